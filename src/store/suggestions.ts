/** Suggestions: what programs make of rollouts' phases, apart from people's labels. */
import type { PlaceIn } from '../domain/text-change.ts';
import type { SuggestionSource } from '../domain/suggestion/suggestion.ts';
import type { RunConfig } from '../domain/run.ts';
import { isProgram, type SavedSegmentation, type SegmentedRollouts } from '../domain/weight-source.ts';
import { toInt32 } from './blob.ts';
import type { Connection } from './connection.ts';
import type { Phases } from './phases.ts';
import { limitOf, pageOf, parseCursor } from './page.ts';
import type { LabelledCompletion, NewSuggestion, Page, PageQuery, RolloutText, SuggestionRow } from './rows.ts';
import { notSkipped } from './statuses.ts';

interface Row {
  rollout_id: string;
  source: SuggestionSource;
  boundaries: string;
  scores: string;
  refused_at: string;
  entropy: number;
  model: string;
  created_at: string;
}

const columns = `r.id AS rollout_id, s.source, s.boundaries, s.scores, s.refused_at, s.entropy, s.model, s.created_at`;

/** Labels, and suggestions of which nobody refused a boundary as segmentations by 'suggestion:SOURCE': a table to select from. */
export const segmentations = `(
  SELECT rollout_n, annotator, boundaries, saved_at FROM labels
  UNION ALL
  SELECT rollout_n, 'suggestion:' || source, boundaries, created_at FROM suggestions s
  WHERE NOT EXISTS (SELECT 1 FROM json_each(s.refused_at) WHERE type <> 'null'))`;

/** What of a run's configuration decides which stored rollouts it begins with, beside its stages. */
export type SegmentedQuery = Pick<RunConfig, 'dataset' | 'split' | 'storedRollouts'>;

export class Suggestions {
  readonly #db: Connection;
  readonly #phases: Phases;

  constructor(db: Connection, phases: Phases) {
    this.#db = db;
    this.#phases = phases;
  }

  add(suggestions: readonly NewSuggestion[]): void {
    const at = new Date().toISOString();
    this.#db.transaction(() => {
      for (const { rolloutId, source, boundaries, scores, entropy, model } of suggestions) {
        const before = this.#get(rolloutId, source);
        const refusedAt = boundaries.map((boundary, k) =>
          before?.boundaries[k] === boundary ? before.refusedAt[k] : null,
        );
        this.#db.run(
          `INSERT OR REPLACE INTO suggestions
             (rollout_n, source, boundaries, scores, refused_at, entropy, model, created_at)
           SELECT n, ?, ?, ?, ?, ?, ?, ? FROM rollouts WHERE id = ?`,
          [
            source,
            JSON.stringify(boundaries),
            JSON.stringify(scores),
            JSON.stringify(refusedAt),
            entropy,
            model,
            at,
            rolloutId,
          ],
        );
      }
    });
  }

  of(rolloutId: string): SuggestionRow[] {
    return this.#db
      .all<Row>(
        `SELECT ${columns} FROM suggestions s JOIN rollouts r ON r.n = s.rollout_n
         WHERE r.id = ? AND json_array_length(s.boundaries) = ? ORDER BY s.source = 'rules'`,
        [rolloutId, this.#phases.get().length - 1],
      )
      .map(suggestionOf);
  }

  segmentations(rolloutId: string): SavedSegmentation[] {
    return this.#db
      .all<{ annotator: string; boundaries: string; savedAt: string }>(
        `SELECT annotator, boundaries, saved_at AS savedAt FROM ${segmentations}
         WHERE rollout_n = (SELECT n FROM rollouts WHERE id = ?) ORDER BY annotator`,
        [rolloutId],
      )
      .map((row) => ({ ...row, boundaries: JSON.parse(row.boundaries) as number[] }));
  }

  segmented(
    { dataset, split, storedRollouts }: SegmentedQuery,
    stages: readonly (string | null)[],
  ): SegmentedRollouts[] {
    if (storedRollouts === 'none') return [];
    return this.#db
      .all<{ annotators: string; rollouts: number }>(
        `SELECT coalesce(s.annotators, '[]') AS annotators, count(*) AS rollouts
         FROM rollouts r JOIN prompts p ON p.n = r.prompt_n LEFT JOIN (
           SELECT rollout_n, json_group_array(annotator ORDER BY annotator) AS annotators FROM ${segmentations}
           WHERE json_array_length(boundaries) = :boundaries GROUP BY rollout_n) s ON s.rollout_n = r.n
         WHERE p.split = :split AND p.dataset = coalesce(:dataset, p.dataset)
           AND EXISTS (SELECT 1 FROM json_each(:stages) WHERE value IS NULL OR value = p.stage)
           AND (:storedRollouts = 'all' OR r.run_n IS NULL)
         GROUP BY s.annotators ORDER BY rollouts DESC, annotators`,
        {
          split,
          dataset,
          stages: JSON.stringify(stages),
          storedRollouts,
          boundaries: this.#phases.get().length - 1,
        },
      )
      .map(({ annotators, rollouts }) => ({ annotators: JSON.parse(annotators) as string[], rollouts }));
  }

  refuse(rolloutId: string, source: SuggestionSource, boundaries: readonly number[]): void {
    this.#db.durable(() => {
      const suggestion = this.#get(rolloutId, source);
      if (!suggestion) throw new Error(`rollout ${rolloutId} has no suggestion of the ${source}`);
      const at = new Date().toISOString();
      const refusedAt = suggestion.refusedAt.map((before, k) => before ?? (boundaries.includes(k) ? at : null));
      this.#db.run(
        'UPDATE suggestions SET refused_at = ? WHERE rollout_n = (SELECT n FROM rollouts WHERE id = ?) AND source = ?',
        [JSON.stringify(refusedAt), rolloutId, source],
      );
    });
  }

  /** The source of a rollout's suggestion that has a boundary without a place in a changed text; null when all have theirs. */
  stuck(n: number, place: PlaceIn): string | null {
    return this.#boundaries(n).find(({ boundaries }) => boundaries.some((one) => place(one) === null))?.source ?? null;
  }

  /** Brings a rollout's suggestions to a changed text. */
  carry(n: number, place: PlaceIn): void {
    for (const { source, boundaries } of this.#boundaries(n))
      this.#db.run('UPDATE suggestions SET boundaries = ? WHERE rollout_n = ? AND source = ?', [
        JSON.stringify(boundaries.map((one) => place(one)!)),
        n,
        source,
      ]);
  }

  #boundaries(n: number): { source: string; boundaries: number[] }[] {
    return this.#db
      .all<{ source: string; boundaries: string }>('SELECT source, boundaries FROM suggestions WHERE rollout_n = ?', [
        n,
      ])
      .map(({ source, boundaries }) => ({ source, boundaries: JSON.parse(boundaries) as number[] }));
  }

  /** Forgets all: they are of phases that are no longer the project's. */
  clear(): void {
    this.#db.run('DELETE FROM suggestions');
  }

  texts(query: PageQuery): Page<RolloutText> {
    const limit = limitOf(query);
    const [after] = parseCursor(query.after, ['number']) ?? [0];
    const rows = this.#db.all<Omit<RolloutText, 'labelled'> & { n: number; labelled: number }>(
      `SELECT r.n, r.id AS rolloutId, p.id AS promptId, r.completion AS text, EXISTS
         (SELECT 1 FROM labels l WHERE l.rollout_n = r.n AND l.annotator NOT GLOB 'suggestion:*') AS labelled
       FROM rollouts r JOIN prompts p ON p.n = r.prompt_n WHERE r.n > :after ORDER BY r.n LIMIT :limit`,
      { after, limit: limit + 1 },
    );
    return pageOf(
      rows,
      limit,
      ({ rolloutId, promptId, text, labelled }) => ({ rolloutId, promptId, text, labelled: labelled === 1 }),
      ({ n }) => [n],
    );
  }

  labelled(annotator: string | undefined): LabelledCompletion[] {
    return this.#db
      .all<Omit<LabelledCompletion, 'boundaries' | 'tokens'> & { boundaries: string; offsets: Buffer | null }>(
        `SELECT r.id AS rolloutId, p.id AS promptId, r.completion, r.token_offsets AS offsets, l.annotator, l.boundaries
         FROM labels l JOIN rollouts r ON r.n = l.rollout_n JOIN prompts p ON p.n = r.prompt_n
         WHERE json_array_length(l.boundaries) = :boundaries AND (:annotator IS NULL OR l.annotator = :annotator)
         ORDER BY l.saved_at, l.rollout_n, l.annotator`,
        { boundaries: this.#phases.get().length - 1, annotator: annotator ?? null },
      )
      .filter((row) => !isProgram(row.annotator))
      .map(({ boundaries, offsets, ...row }) => {
        const starts = toInt32(offsets);
        return { ...row, boundaries: JSON.parse(boundaries) as number[], tokens: starts && { offsets: starts } };
      });
  }

  mostInformative(annotator: string, query: PageQuery): Page<{ rolloutId: string; entropy: number }> {
    const limit = limitOf(query);
    const [entropy, n] = parseCursor(query.after, ['number', 'number']) ?? [Number.MAX_VALUE, 0];
    const rows = this.#db.all<{ rolloutId: string; entropy: number; n: number }>(
      `SELECT r.id AS rolloutId, s.entropy, s.rollout_n AS n FROM suggestions s JOIN rollouts r ON r.n = s.rollout_n
       WHERE s.source = coalesce((SELECT source FROM suggestions WHERE source = 'tagger' LIMIT 1), 'rules')
         AND (s.entropy < :entropy OR (s.entropy = :entropy AND s.rollout_n > :n))
         AND NOT EXISTS (SELECT 1 FROM labels l WHERE l.rollout_n = s.rollout_n AND l.annotator = :annotator)
         AND ${notSkipped('r.n')}
       ORDER BY s.entropy DESC, s.rollout_n LIMIT :limit`,
      { entropy, n, annotator, limit: limit + 1 },
    );
    return pageOf(
      rows,
      limit,
      (row) => ({ rolloutId: row.rolloutId, entropy: row.entropy }),
      (row) => [row.entropy, row.n],
    );
  }

  #get(rolloutId: string, source: SuggestionSource): SuggestionRow | null {
    const row = this.#db.get<Row>(
      `SELECT ${columns} FROM suggestions s JOIN rollouts r ON r.n = s.rollout_n WHERE r.id = ? AND s.source = ?`,
      [rolloutId, source],
    );
    return row ? suggestionOf(row) : null;
  }
}

function suggestionOf(row: Row): SuggestionRow {
  return {
    rolloutId: row.rollout_id,
    source: row.source,
    boundaries: JSON.parse(row.boundaries) as number[],
    scores: JSON.parse(row.scores) as number[],
    refusedAt: JSON.parse(row.refused_at) as (string | null)[],
    entropy: row.entropy,
    model: row.model,
    createdAt: row.created_at,
  };
}
