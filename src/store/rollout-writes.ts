/** Rollouts written, and their groups counted; each call is part of a transaction of whoever makes it. */
import type { Rollout } from '../domain/rollout.ts';
import { wordCount } from '../domain/word-count.ts';
import { toBlob } from './blob.ts';
import type { Connection, Value } from './connection.ts';
import { instructionNumber } from './instructions.ts';
import { labelledCondition, wrongCondition } from './outcome-conditions.ts';
import { addMissingCurves, setCurves } from './token-curves.ts';
import { evaluationNumber, promptNumber, rolloutNumber, runNumber } from './row-numbers.ts';

/** What a rollout's source tells of it. */
const told = [
  ...(['prompt_n', 'group_n', 'policy', 'policy_version', 'completion', 'rewards', 'reward'] as const),
  ...([
    'advantage',
    'token_ids',
    'token_offsets',
    'log_probs',
    'tokenizer',
    'finish',
    'hinted',
    'source',
    'instruction_n',
    'evaluation_n',
  ] as const),
];

function toldOf(db: Connection, rollout: Rollout, promptN: number, groupN: number): Value[] {
  const { tokens } = rollout;
  return [
    promptN,
    groupN,
    rollout.policy,
    rollout.policyVersion,
    rollout.completion,
    JSON.stringify(rollout.rewards),
    rollout.reward,
    rollout.advantage,
    toBlob(tokens?.ids),
    toBlob(tokens?.offsets),
    toBlob(tokens?.logProbs),
    tokens?.tokenizer ?? null,
    rollout.finish ?? null,
    Number(rollout.hinted),
    rollout.source,
    instructionNumber(db, rollout.system),
    evaluationOf(db, rollout),
  ];
}

const evaluationOf = (db: Connection, { evaluationId }: Rollout): number | null =>
  evaluationId ? evaluationNumber(db, evaluationId) : null;

const isSame = (one: Value, other: Value): boolean =>
  one instanceof Buffer && other instanceof Buffer ? one.equals(other) : one === other;

/** Adds those whose id is new and returns their row numbers; one that is there gets what it lacks of instruction, end, evaluation and curves. Throws, naming it, when a prompt is not stored. */
export function addRollouts(db: Connection, rollouts: readonly Rollout[], iteration: number | null = null): number[] {
  const added: number[] = [];
  const groups = new Set<number>();
  for (const rollout of rollouts) {
    if (isKnown(db, rollout)) continue;
    const promptN = promptNumber(db, rollout.promptId);
    if (promptN === undefined) throw new Error(`rollout ${rollout.id} is of prompt ${rollout.promptId}, not stored`);
    const runN = rollout.runId === null ? null : runNumber(db, rollout.runId);
    const groupN = groupOf(db, rollout, promptN, runN);
    groups.add(groupN);
    const { lastInsertRowid } = db.run(
      `INSERT INTO rollouts (id, run_n, run_step, created_at, ${told.join(', ')})
       VALUES (?, ?, ?, ?, ${told.map(() => '?').join(', ')})`,
      [rollout.id, runN, iteration, rollout.createdAt, ...toldOf(db, rollout, promptN, groupN)],
    );
    if (rollout.tokens) setCurves(db, Number(lastInsertRowid), rollout.tokens);
    setFacts(db, Number(lastInsertRowid), rollout);
    added.push(Number(lastInsertRowid));
  }
  for (const group of groups) recount(db, group);
  return added;
}

/** Whether a rollout is stored; one that came in when its instruction, why it ended, its evaluation or its curves were not kept gets that. */
function isKnown(db: Connection, rollout: Rollout): boolean {
  const n = rolloutNumber(db, rollout.id);
  if (n === undefined) return false;
  const known = db.get<{
    group_n: number;
    instruction_n: number | null;
    finish: string | null;
    evaluation_n: number | null;
  }>('SELECT group_n, instruction_n, finish, evaluation_n FROM rollouts WHERE n = ?', [n])!;
  const instruction = known.instruction_n ?? instructionNumber(db, rollout.system);
  const ended = known.finish ?? rollout.finish ?? null;
  const evaluation = known.evaluation_n ?? evaluationOf(db, rollout);
  if (instruction !== known.instruction_n || ended !== known.finish || evaluation !== known.evaluation_n) {
    db.run('UPDATE rollouts SET instruction_n = ?, finish = ?, evaluation_n = ? WHERE n = ?', [
      instruction,
      ended,
      evaluation,
      n,
    ]);
  }
  if (evaluation !== known.evaluation_n)
    db.run('UPDATE groups SET evaluation_n = ? WHERE n = ?', [evaluation, known.group_n]);
  addMissingCurves(db, n, rollout.tokens);
  return true;
}

/**
 * Brings the stored rollout in row `n` to what `rollout` says, all but its id, which becomes a second one, and its time. Returns whether
 * that changed anything. Labels and what else is on it stay: that they fit the completion is the caller's to see to.
 */
export function updateRollout(db: Connection, n: number, rollout: Rollout): boolean {
  if (rolloutNumber(db, rollout.id) === undefined)
    db.run('INSERT INTO rollout_aliases (id, rollout_n) VALUES (?, ?)', [rollout.id, n]);
  const promptN = promptNumber(db, rollout.promptId);
  if (promptN === undefined) throw new Error(`rollout ${rollout.id} is of prompt ${rollout.promptId}, not stored`);
  const groupN = groupOf(db, rollout, promptN, null);
  const before = db.get<Record<(typeof told)[number], Value>>(`SELECT ${told.join(', ')} FROM rollouts WHERE n = ?`, [
    n,
  ])!;
  const now = toldOf(db, rollout, promptN, groupN);
  const hasNewCurves = setCurves(db, n, rollout.tokens);
  if (told.every((name, i) => isSame(before[name], now[i]))) return hasNewCurves;
  const isOtherText = before.completion !== rollout.completion;
  if (isOtherText)
    db.run("INSERT INTO rollout_text (rollout_text, rowid, completion) VALUES ('delete', ?, ?)", [
      n,
      before.completion,
    ]);
  db.run(`UPDATE rollouts SET ${told.map((name) => `${name} = ?`).join(', ')} WHERE n = ?`, [...now, n]);
  db.run('UPDATE groups SET prompt_n = ?, evaluation_n = ? WHERE n = ?', [promptN, evaluationOf(db, rollout), groupN]);
  if (isOtherText) db.run('INSERT INTO rollout_text (rowid, completion) VALUES (?, ?)', [n, rollout.completion]);
  setFacts(db, n, rollout);
  for (const group of new Set([before.group_n as number, groupN])) recount(db, group);
  db.run('UPDATE evaluations SET changes = changes + 1 WHERE n = (SELECT evaluation_n FROM rollouts WHERE n = ?)', [n]);
  return true;
}

/** Of its facts those that SQL does not know: triggers keep the others. */
function setFacts(db: Connection, n: number, { completion }: Rollout): void {
  db.run('UPDATE rollout_facts SET correct = is_right(rewards, reward), words = ? WHERE n = ?', [
    wordCount(completion),
    n,
  ]);
}

function groupOf(db: Connection, rollout: Rollout, promptN: number, runN: number | null): number {
  const known = db.get<{ n: number }>('SELECT n FROM groups WHERE id = ?', [rollout.groupId]);
  if (known) return known.n;
  const { lastInsertRowid } = db.run(
    'INSERT INTO groups (id, prompt_n, run_n, policy, policy_version, evaluation_n) VALUES (?, ?, ?, ?, ?, ?)',
    [rollout.groupId, promptN, runN, rollout.policy, rollout.policyVersion, evaluationOf(db, rollout)],
  );
  return Number(lastInsertRowid);
}

/** Brings a group's counts up to date; one that has become empty goes. `std` is the sample standard deviation. */
function recount(db: Connection, groupN: number): void {
  db.run(
    `WITH stats AS (SELECT count(*) AS rollouts, count(reward) AS scored, avg(reward) AS mean, max(reward) AS best,
         count(*) FILTER (WHERE ${labelledCondition}) AS labelled, count(*) FILTER (WHERE ${wrongCondition}) AS wrong,
         count(*) FILTER (WHERE r.hinted) AS hinted
       FROM rollouts r WHERE r.group_n = :groupN)
     UPDATE groups SET rollouts = stats.rollouts, scored = stats.scored, mean = stats.mean, best = stats.best,
       labelled = stats.labelled, wrong = stats.wrong, hinted = stats.hinted,
       std = (SELECT sqrt(sum((r.reward - stats.mean) * (r.reward - stats.mean)) / (stats.scored - 1))
         FROM rollouts r WHERE r.group_n = :groupN AND stats.scored > 1)
     FROM stats WHERE n = :groupN`,
    { groupN },
  );
  db.run('DELETE FROM groups WHERE n = ? AND rollouts = 0', [groupN]);
}

/**
 * SQL: that rollout `r` of a run may go: nobody labelled, judged, compared, corrected, skipped, flagged, tagged or commented on it or refused a suggestion on it, and no other run
 * began with it. An extract has labels without their revisions.
 */
const isFree = `NOT EXISTS (SELECT 1 FROM labels l WHERE l.rollout_n = r.n)
  AND NOT EXISTS (SELECT 1 FROM revisions v WHERE v.rollout_n = r.n)
  AND NOT EXISTS (SELECT 1 FROM status_changes c WHERE c.rollout_n = r.n)
  AND NOT EXISTS (SELECT 1 FROM tag_changes c WHERE c.rollout_n = r.n)
  AND NOT EXISTS (SELECT 1 FROM comment_changes c WHERE c.rollout_n = r.n)
  AND NOT EXISTS (SELECT 1 FROM judgement_changes j WHERE j.rollout_n = r.n)
  AND NOT EXISTS (SELECT 1 FROM preference_changes f WHERE f.rollout_n = r.n OR f.other_n = r.n)
  AND NOT EXISTS (SELECT 1 FROM correction_changes c WHERE c.rollout_n = r.n)
  AND NOT EXISTS (SELECT 1 FROM correction_drafts c WHERE c.rollout_n = r.n)
  AND NOT EXISTS (SELECT 1 FROM suggestions s, json_each(s.refused_at) f WHERE s.rollout_n = r.n AND f.type <> 'null')
  AND NOT EXISTS (SELECT 1 FROM runs o CROSS JOIN label_snapshots s ON s.run_n = o.n AND s.rollout_id = r.id WHERE o.n <> r.run_n)`;

/** SQL: whether all of an iteration stays for good: of the first, and of every hundredth after it. */
export const isSparse = (step: string): string => `${step} % 100 = 1`;

/** Deletes a run's rollouts after `iteration` that may go. */
export function truncateRollouts(db: Connection, runN: number, iteration: number): void {
  remove(db, 'run_n = :runN AND run_step > :iteration', { runN, iteration });
}

/**
 * The same of those up to `iteration`, but for those of the iterations that `isSparse` keeps and those with these ids, as JSON; `limit` at most.
 * Returns how many.
 */
export function thinRollouts(db: Connection, runN: number, iteration: number, ids: string, limit: number): number {
  const old = `run_n = :runN AND run_step <= :iteration AND NOT ${isSparse('run_step')}`;
  return remove(db, `${old} AND id NOT IN (SELECT value FROM json_each(:ids))`, { runN, iteration, ids, limit });
}

function remove(db: Connection, condition: string, values: Record<string, Value>): number {
  const doomed = db.all<{ n: number; group_n: number }>(
    `SELECT n, group_n FROM rollouts r WHERE ${condition} AND ${isFree} LIMIT :limit`,
    { limit: -1, ...values },
  );
  for (const { n } of doomed) {
    db.run('DELETE FROM label_snapshots WHERE (run_n, rollout_id) = (SELECT run_n, id FROM rollouts WHERE n = ?)', [n]);
    db.run('DELETE FROM rollouts WHERE n = ?', [n]);
  }
  for (const group of new Set(doomed.map(({ group_n }) => group_n))) recount(db, group);
  return doomed.length;
}
