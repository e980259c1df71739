/** Gold labels, by which annotators are measured: where each stands with them, and which they have not met yet. */
import { goldAgreement, type GoldAgreement, type GoldItem } from '../domain/gold-agreement.ts';
import { goldNameOf, goldPrefix } from '../domain/gold.ts';
import type { StepJudgement } from '../domain/judgement.ts';
import { toInt32 } from './blob.ts';
import type { Connection } from './connection.ts';
import { byGold, byPeople } from './outcome-conditions.ts';
import type { Phases } from './phases.ts';
import { notSkipped } from './statuses.ts';

interface ItemRow {
  rolloutId: string;
  annotator: string;
  completion: string;
  offsets: Buffer | null;
  own: string;
  gold: string;
  ownSteps: string | null;
  goldSteps: string | null;
}

/** SQL: what an annotator says of the steps of rollout `r` now, as JSON; null where nothing. */
const stepsOf = (annotator: string): string =>
  `(SELECT j.steps FROM judgement_changes j WHERE j.rollout_n = r.n AND j.annotator = ${annotator} ORDER BY j.seq DESC LIMIT 1)`;

/** SQL: that rollout `r` has a gold label of somebody else than `:annotator`. */
export const hasGold = `EXISTS (SELECT 1 FROM labels k WHERE k.rollout_n = r.n AND ${byGold('k.annotator')} AND k.annotator <> :goldName)`;

export class Gold {
  readonly #db: Connection;
  readonly #phases: Phases;

  constructor(db: Connection, phases: Phases) {
    this.#db = db;
    this.#phases = phases;
  }

  /** The gold items that an annotator has neither labelled nor skipped, and how often they submitted or skipped so far. */
  queue(annotator: string): { open: string[]; turn: number } {
    const open = this.#db.all<{ id: string }>(
      `SELECT r.id FROM rollouts r WHERE r.n IN (SELECT g.rollout_n FROM labels g WHERE ${byGold('g.annotator')}) AND ${hasGold}
         AND NOT EXISTS (SELECT 1 FROM labels l WHERE l.rollout_n = r.n AND l.annotator = :annotator)
         AND ${notSkipped('r.n')} ORDER BY r.n`,
      { annotator, goldName: goldNameOf(annotator) },
    );
    const { turn } = this.#db.get<{ turn: number }>(
      `SELECT count(*) AS turn FROM status_changes WHERE annotator = ? AND change IN ('submitted', 'skipped')`,
      [annotator],
    )!;
    return { open: open.map(({ id }) => id), turn };
  }

  /** How each annotator does on what they submitted; with `rolloutId`, on that one alone. Ask for all on a thread of its own. */
  agreement(rolloutId: string | null = null): GoldAgreement[] {
    const items = this.#db
      .all<ItemRow>(
        `SELECT r.id AS rolloutId, l.annotator, r.completion, r.token_offsets AS offsets, l.boundaries AS own, g.boundaries AS gold,
           ${stepsOf('l.annotator')} AS ownSteps, ${stepsOf('g.annotator')} AS goldSteps
         FROM labels g JOIN labels l ON l.rollout_n = g.rollout_n AND ${byPeople('l.annotator')}
           JOIN statuses s ON s.rollout_n = l.rollout_n AND s.annotator = l.annotator AND s.status = 'submitted'
           JOIN rollouts r ON r.n = g.rollout_n
         WHERE ${byGold('g.annotator')} AND g.annotator <> '${goldPrefix}' || l.annotator
           AND json_array_length(g.boundaries) = :boundaries AND json_array_length(l.boundaries) = :boundaries
           AND (:rolloutId IS NULL OR r.id = :rolloutId)
         ORDER BY r.n, l.annotator, g.annotator`,
        { boundaries: this.#phases.get().length - 1, rolloutId },
      )
      .map(itemOf);
    return goldAgreement(items);
  }
}

function itemOf({ rolloutId, annotator, completion, offsets, own, gold, ownSteps, goldSteps }: ItemRow): GoldItem {
  const starts = toInt32(offsets);
  const steps = (json: string | null): StepJudgement[] => (json === null ? [] : (JSON.parse(json) as StepJudgement[]));
  return {
    ...{ rolloutId, annotator, completion, tokens: starts && { offsets: starts } },
    labels: [JSON.parse(own) as number[], JSON.parse(gold) as number[]],
    judgements: [steps(ownSteps), steps(goldSteps)],
  };
}
