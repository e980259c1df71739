/** Suggestions: what programs make of rollouts' phases, apart from people's labels. */
import type { PlaceIn } from '../domain/text-change.ts';
import type { SuggestionSource } from '../domain/suggestion/suggestion.ts';
import type { Stage } from '../domain/rollout.ts';
import type { RunConfig } from '../domain/run.ts';
import type { SavedSegmentation, SegmentedRollouts } from '../domain/weight-source.ts';
import { parseQuery } from '../domain/rollout-query.ts';
import type { Connection } from './connection.ts';
import type { Phases } from './phases.ts';
import { limitOf, pageOf, parseCursor } from './page.ts';
import { queriedTables, queryCondition } from './query-conditions.ts';
import type { NewSuggestion, Page, PageQuery, SuggestionRow, UnsuggestedCount, UnsuggestedRollout } from './rows.ts';
import { promptNumbers } from './row-numbers.ts';
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

/** SQL: whether rollout `r` has no suggestion of a source for phases with so many boundaries. */
const unsuggested = `NOT EXISTS (SELECT 1 FROM suggestions s
  WHERE s.rollout_n = r.n AND s.source = :source AND json_array_length(s.boundaries) = :boundaries)`;

/** What of a run's configuration decides which stored rollouts it begins with, beside its stages. */
export type SegmentedQuery = Pick<RunConfig, 'dataset' | 'prompts' | 'split' | 'storedRollouts'>;

export class Suggestions {
  readonly #db: Connection;
  readonly #phases: Phases;

  constructor(db: Connection, phases: Phases) {
    this.#db = db;
    this.#phases = phases;
  }

  /**
   * Keeps suggestions, each in place of an older one of its rollout and source. A boundary refused before stays refused. Those for a rollout
   * whose completion is another than `text` are not kept, where it is given: what took long to make may be of an older version.
   */
  add(suggestions: readonly NewSuggestion[], text: string | null = null): void {
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
           SELECT n, ?, ?, ?, ?, ?, ?, ? FROM rollouts WHERE id = ? AND completion = coalesce(?, completion)`,
          [
            source,
            JSON.stringify(boundaries),
            JSON.stringify(scores),
            JSON.stringify(refusedAt),
            entropy,
            model,
            at,
            rolloutId,
            text,
          ],
        );
      }
    });
  }

  /** Those of the project's phases: agents' and language models', the latest first, the tagger's, the rules', and theirs that were refused as a whole. */
  of(rolloutId: string): SuggestionRow[] {
    return this.#db
      .all<Row>(
        `SELECT ${columns} FROM suggestions s JOIN rollouts r ON r.n = s.rollout_n
         WHERE r.id = ? AND json_array_length(s.boundaries) = ?
         ORDER BY CASE WHEN s.source = 'tagger' THEN 1 WHEN s.source = 'rules' THEN 2
           WHEN EXISTS (SELECT 1 FROM json_each(s.refused_at) WHERE type = 'null') THEN 0 ELSE 3 END, s.created_at DESC, s.source`,
        [rolloutId, this.#phases.get().length - 1],
      )
      .map(suggestionOf);
  }

  /** What can shape a rollout's weights: its labels, and, as 'suggestion:SOURCE', its suggestions without a refused boundary. */
  segmentations(rolloutId: string): SavedSegmentation[] {
    return this.#db
      .all<{ annotator: string; boundaries: string; savedAt: string }>(
        `SELECT annotator, boundaries, saved_at AS savedAt FROM ${segmentations}
         WHERE rollout_n = (SELECT n FROM rollouts WHERE id = ?) ORDER BY annotator`,
        [rolloutId],
      )
      .map((row) => ({ ...row, boundaries: JSON.parse(row.boundaries) as number[] }));
  }

  /**
   * The stored rollouts that a run of this configuration would begin with, by whose segmentations they have. `stages` are those of
   * its prompts, null for any. Reads every rollout: seconds for a million.
   */
  segmented(
    { dataset, prompts, split, storedRollouts }: SegmentedQuery,
    stages: readonly (Stage | null)[],
  ): SegmentedRollouts[] {
    if (storedRollouts === 'none') return [];
    return this.#db
      .all<{ annotators: string; rollouts: number }>(
        `SELECT coalesce(s.annotators, '[]') AS annotators, count(*) AS rollouts
         FROM rollouts r JOIN prompts p ON p.n = r.prompt_n LEFT JOIN (
           SELECT rollout_n, json_group_array(annotator ORDER BY annotator) AS annotators FROM ${segmentations}
           WHERE json_array_length(boundaries) = :boundaries GROUP BY rollout_n) s ON s.rollout_n = r.n
         WHERE p.split = :split AND p.dataset = coalesce(:dataset, p.dataset)
           AND (:prompts IS NULL OR p.n IN (${promptNumbers('prompts')}))
           AND EXISTS (SELECT 1 FROM json_each(:stages) WHERE value IS NULL OR value = p.stage)
           AND (:storedRollouts = 'all' OR r.run_n IS NULL)
         GROUP BY s.annotators ORDER BY rollouts DESC, annotators`,
        {
          split,
          dataset,
          prompts: prompts && JSON.stringify(prompts),
          stages: JSON.stringify(stages),
          storedRollouts,
          boundaries: this.#phases.get().length - 1,
        },
      )
      .map(({ annotators, rollouts }) => ({ annotators: JSON.parse(annotators) as string[], rollouts }));
  }

  /** Rollouts that a query line keeps and for which this source has suggested nothing yet, in the order they came in. */
  unsuggested(source: SuggestionSource, where: string, query: PageQuery = {}): Page<UnsuggestedRollout> {
    const limit = limitOf(query);
    const [after] = parseCursor(query.after, ['number']) ?? [0];
    const kept = queryCondition(parseQuery(where));
    const rows = this.#db.all<Omit<UnsuggestedRollout, 'options'> & { n: number; options: string }>(
      `SELECT r.n, r.id AS rolloutId, p.id AS promptId, p.question, p.options, r.completion AS text
       FROM ${queriedTables} WHERE r.n > :after AND ${unsuggested} AND ${kept.sql} ORDER BY r.n LIMIT :limit`,
      { after, source, boundaries: this.#phases.get().length - 1, limit: limit + 1, ...kept.values },
    );
    return pageOf(
      rows,
      limit,
      ({ rolloutId, promptId, question, options, text }) => ({
        ...{ rolloutId, promptId, question, options: JSON.parse(options) as string[], text },
      }),
      ({ n }) => [n],
    );
  }

  /** How many and how long those are. Reads every completion that the query line keeps: seconds for a million. */
  unsuggestedCount(source: SuggestionSource, where: string): UnsuggestedCount {
    const kept = queryCondition(parseQuery(where));
    return this.#db.get<UnsuggestedCount>(
      `SELECT coalesce(sum(open), 0) AS rollouts, coalesce(sum(bytes) FILTER (WHERE open), 0) AS bytes, count(*) - coalesce(sum(open), 0) AS suggested
       FROM (SELECT ${unsuggested} AS open, octet_length(r.completion) + octet_length(p.question) + octet_length(p.options) AS bytes
         FROM ${queriedTables} WHERE ${kept.sql})`,
      { source, boundaries: this.#phases.get().length - 1, ...kept.values },
    )!;
  }

  /** Marks boundaries (their places in the list) of a suggestion as refused. */
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

  /** Who suggested phases, and of how many rollouts. */
  sources(): { source: SuggestionSource; rollouts: number }[] {
    return this.#db.all('SELECT source, count(*) AS rollouts FROM suggestions GROUP BY source ORDER BY source');
  }

  /** All of one source that are of the project's phases. */
  by(source: SuggestionSource): SuggestionRow[] {
    return this.#db
      .all<Row>(
        `SELECT ${columns} FROM suggestions s JOIN rollouts r ON r.n = s.rollout_n
         WHERE s.source = ? AND json_array_length(s.boundaries) = ? ORDER BY s.rollout_n`,
        [source, this.#phases.get().length - 1],
      )
      .map(suggestionOf);
  }

  /** Forgets those of one source. Returns how many there were. */
  forget(source: SuggestionSource): number {
    return this.#db.run('DELETE FROM suggestions WHERE source = ?', [source]).changes;
  }

  /** Forgets all: they are of phases that are no longer the project's. */
  clear(): void {
    this.#db.run('DELETE FROM suggestions');
  }

  /**
   * Rollouts that this annotator has neither labelled nor skipped, the one first whose label would tell most: that whose suggestion has the greatest
   * entropy. Of one source, the tagger where it has made any.
   */
  mostInformative(annotator: string, query: PageQuery = {}): Page<{ rolloutId: string; entropy: number }> {
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

/** The source of a rollout's suggestion that has a boundary without a place in a changed text; null when all have theirs. */
export function stuckSuggestion(db: Connection, n: number, place: PlaceIn): string | null {
  return boundariesOf(db, n).find(({ boundaries }) => boundaries.some((one) => place(one) === null))?.source ?? null;
}

/** Brings a rollout's suggestions to a changed text. */
export function carrySuggestions(db: Connection, n: number, place: PlaceIn): void {
  for (const { source, boundaries } of boundariesOf(db, n))
    db.run('UPDATE suggestions SET boundaries = ? WHERE rollout_n = ? AND source = ?', [
      JSON.stringify(boundaries.map((one) => place(one)!)),
      n,
      source,
    ]);
}

function boundariesOf(db: Connection, n: number): { source: string; boundaries: number[] }[] {
  return db
    .all<{ source: string; boundaries: string }>('SELECT source, boundaries FROM suggestions WHERE rollout_n = ?', [n])
    .map(({ source, boundaries }) => ({ source, boundaries: JSON.parse(boundaries) as number[] }));
}
