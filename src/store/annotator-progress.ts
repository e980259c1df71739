/** What each annotator did of each dataset. Reads every label and status: ask on a thread of its own. */
import { progressOf, type AnnotatorProgress, type DoneRollouts } from '../domain/annotator-progress.ts';
import { isGold } from '../domain/gold.ts';
import { isProgram } from '../domain/weight-source.ts';
import type { Connection } from './connection.ts';
import type { Prompts } from './prompts.ts';

/** By annotator and dataset; a rollout that somebody did several things with counts once in each. */
const counts = `
WITH marks AS (
  SELECT rollout_n, annotator, 1 AS labelled, 0 AS submitted, 0 AS skipped, 0 AS flagged FROM labels
  UNION ALL
  SELECT rollout_n, annotator, 0, status = 'submitted', status = 'skipped', 0 FROM statuses
  UNION ALL
  SELECT rollout_n, annotator, 0, 0, 0, 1 FROM flags
), done AS (
  SELECT rollout_n, annotator, max(labelled) AS labelled, max(submitted) AS submitted, max(skipped) AS skipped,
    max(flagged) AS flagged FROM marks GROUP BY rollout_n, annotator
)
SELECT d.annotator, p.dataset, sum(d.labelled) AS labelled, sum(d.submitted) AS submitted, sum(d.skipped) AS skipped,
  sum(d.flagged) AS flagged, sum(d.labelled OR d.skipped) AS finished
FROM done d JOIN rollouts r ON r.n = d.rollout_n JOIN prompts p ON p.n = r.prompt_n
GROUP BY d.annotator, p.dataset`;

/** When each rollout was first edited and first submitted by an annotator; nothing of those that were submitted in the same moment. */
const spans = `
SELECT s.annotator, p.dataset, e.at AS began, s.at AS ended
FROM (SELECT rollout_n, annotator, min(at) AS at FROM status_changes WHERE change = 'submitted' GROUP BY rollout_n, annotator) s
JOIN (SELECT rollout_n, annotator, min(at) AS at FROM revisions GROUP BY rollout_n, annotator) e
  ON e.rollout_n = s.rollout_n AND e.annotator = s.annotator AND e.at < s.at
JOIN rollouts r ON r.n = s.rollout_n JOIN prompts p ON p.n = r.prompt_n`;

export class ProgressReport {
  readonly #db: Connection;
  readonly #prompts: Prompts;

  constructor(db: Connection, prompts: Prompts) {
    this.#db = db;
    this.#prompts = prompts;
  }

  /** Of everybody who labelled, submitted, skipped or flagged something, by name; programs and gold are nobody. */
  get(): AnnotatorProgress[] {
    const keyOf = ({ annotator, dataset }: Pick<DoneRollouts, 'annotator' | 'dataset'>): string =>
      JSON.stringify([annotator, dataset]);
    const times = Map.groupBy(
      this.#db.all<{ annotator: string; dataset: string; began: string; ended: string }>(spans),
      keyOf,
    );
    const done = this.#db
      .all<Omit<DoneRollouts, 'times'>>(counts)
      .filter(({ annotator }) => !isProgram(annotator) && !isGold(annotator))
      .map((row) => ({
        ...row,
        times: (times.get(keyOf(row)) ?? []).map(({ began, ended }) => Date.parse(ended) - Date.parse(began)),
      }));
    return progressOf(done, this.#prompts.datasets());
  }
}
