/** What annotators agree on; gold is none of them. Each question reads every rollout that two or more have labelled: seconds for thousands, so ask on a thread of its own. */
import {
  agreementOf,
  agreementValues,
  measureRollout,
  withinScope,
  worstFirst,
  type Agreement,
  type LabelledRollout,
  type MeasuredRollout,
} from '../domain/agreement-report.ts';
import type { StepJudgement } from '../domain/judgement.ts';
import { judgementAgreement, type JudgedByMany, type JudgementAgreement } from '../domain/judgement-agreement.ts';
import type { Segmentation } from '../domain/phase.ts';
import { toInt32 } from './blob.ts';
import type { Connection } from './connection.ts';
import { notGold } from './outcome-conditions.ts';
import type { Phases } from './phases.ts';
import type { Disagreement, DisagreementQuery } from './rows.ts';

/** Rollouts read at a time, so that no more completions than these are held. */
const pageSize = 200;

export class Agreements {
  readonly #db: Connection;
  readonly #phases: Phases;

  constructor(db: Connection, phases: Phases) {
    this.#db = db;
    this.#phases = phases;
  }

  /** How far annotators agree, of each pair and of all people. */
  get(): Agreement {
    return agreementOf(this.measured());
  }

  /** How far annotators agree on what they say of the same steps. */
  judgements(): JudgementAgreement {
    const rows = this.#db.all<{ rolloutId: string; annotator: string; steps: string }>(
      `SELECT r.id AS rolloutId, j.annotator, j.steps, max(j.seq) FROM judgement_changes j JOIN rollouts r ON r.n = j.rollout_n
       WHERE ${notGold('j.annotator')} GROUP BY j.rollout_n, j.annotator ORDER BY j.rollout_n, j.annotator`,
    );
    const byRollout = Map.groupBy(rows, ({ rolloutId }) => rolloutId);
    return judgementAgreement(
      [...byRollout].map(([rolloutId, said]): JudgedByMany => ({
        rolloutId,
        judgements: said.map(({ annotator, steps }) => ({ annotator, steps: JSON.parse(steps) as StepJudgement[] })),
      })),
    );
  }

  /** Every rollout that two or more have labelled, its labels compared pair by pair. */
  measured(): MeasuredRollout[] {
    const measured: MeasuredRollout[] = [];
    for (const rollout of this.#labelledByMany()) measured.push(measureRollout(rollout));
    return measured;
  }

  /** The rollouts on which a scope agrees least, worst first. */
  disagreements({ scope, metric, limit }: DisagreementQuery): Disagreement[] {
    const order = worstFirst(metric);
    return withinScope(this.measured(), scope)
      .map((rollout) => ({ rollout, values: agreementValues([rollout]) }))
      .sort((a, b) => order(a.values, b.values))
      .slice(0, limit)
      .map(({ rollout: { rolloutId, pairs }, values }) => {
        const { n, question, completion } = this.#db.get<{ n: number; question: string; completion: string }>(
          'SELECT r.n, p.question, r.completion FROM rollouts r JOIN prompts p ON p.n = r.prompt_n WHERE r.id = ?',
          [rolloutId],
        )!;
        const annotators = new Set(pairs.flatMap(({ a, b }) => [a, b]));
        const labels = this.#labels(n).filter(({ annotator }) => annotators.has(annotator));
        return { rolloutId, question, length: completion.length, labels, values };
      });
  }

  /** In the order in which they came in. */
  *#labelledByMany(): Generator<LabelledRollout> {
    for (let after = 0; ;) {
      const rows = this.#db.all<{ n: number; id: string; completion: string; token_offsets: Buffer | null }>(
        `SELECT r.n, r.id, r.completion, r.token_offsets FROM rollouts r WHERE r.n IN
           (SELECT rollout_n FROM labels WHERE rollout_n > :after AND json_array_length(boundaries) = :boundaries AND ${notGold('annotator')}
            GROUP BY rollout_n HAVING count(*) > 1 ORDER BY rollout_n LIMIT :limit)
         ORDER BY r.n`,
        { after, boundaries: this.#phases.get().length - 1, limit: pageSize },
      );
      for (const { n, id, completion, token_offsets } of rows) {
        const offsets = toInt32(token_offsets);
        yield { rolloutId: id, completion, tokens: offsets && { offsets }, labels: this.#labels(n) };
      }
      if (rows.length < pageSize) return;
      after = rows[rows.length - 1].n;
    }
  }

  /** Labels of the schema's phases, by annotator. */
  #labels(rolloutN: number): Segmentation[] {
    return this.#db
      .all<{ annotator: string; boundaries: string }>(
        `SELECT annotator, boundaries FROM labels WHERE rollout_n = ? AND json_array_length(boundaries) = ? AND ${notGold('annotator')} ORDER BY annotator`,
        [rolloutN, this.#phases.get().length - 1],
      )
      .map(({ annotator, boundaries }) => ({ annotator, boundaries: JSON.parse(boundaries) as number[] }));
  }
}
