/** Rollouts and their groups: adding in bulk, reading, paging. */
import { correctness } from '../domain/correctness.ts';
import type { Rollout } from '../domain/rollout.ts';
import { toBlob, toFloat32, toInt32 } from './blob.ts';
import { commentedCondition, openComments } from './comments.ts';
import type { Connection, Value } from './connection.ts';
import { instructionNumber, instructionOf } from './instructions.ts';
import { vanishingCondition, wrongCondition } from './outcome-conditions.ts';
import { limitOf, pageOf, parseCursor } from './page.ts';
import type { Prompts } from './prompts.ts';
import type { Filter, GroupSummary, ImportedRollout, Page, PageQuery, RolloutQuery, RolloutSummary } from './rows.ts';
import { rolloutNumber } from './rollout-number.ts';
import { matchExpression } from './search.ts';
import { markedConditions, marksOf } from './statuses.ts';

interface RolloutRow {
  n: number;
  group_n: number;
  id: string;
  prompt_id: string;
  group_id: string;
  run_id: string | null;
  policy: string;
  policy_version: number;
  completion: string;
  rewards: string;
  reward: number | null;
  advantage: number | null;
  finish: string | null;
  hinted: number;
  system: string | null;
  source: string;
  created_at: string;
}

interface TokenRow {
  token_ids: Buffer | null;
  token_offsets: Buffer | null;
  log_probs: Buffer | null;
  tokenizer: string | null;
}

const columns = `r.n, r.group_n, r.id, p.id AS prompt_id, g.id AS group_id, runs.id AS run_id, r.policy, r.policy_version,
  r.completion, r.rewards, r.reward, r.advantage, r.finish, r.hinted, r.source, r.created_at,
  ${instructionOf('r')}`;
const tables = `rollouts r JOIN prompts p ON p.n = r.prompt_n JOIN groups g ON g.n = r.group_n
  LEFT JOIN runs ON runs.n = r.run_n`;

export class Rollouts {
  readonly #db: Connection;
  readonly #prompts: Prompts;

  constructor(db: Connection, prompts: Prompts) {
    this.#db = db;
    this.#prompts = prompts;
  }

  /** Adds those whose id is new and returns their row numbers; one that is there gets what it lacks of instruction and end. Throws, naming it, when a prompt is not stored. */
  add(rollouts: readonly Rollout[], runStep: number | null = null): number[] {
    const added: number[] = [];
    const groups = new Set<number>();
    for (const rollout of rollouts) {
      if (this.#known(rollout)) continue;
      const promptN = this.#prompts.find(rollout.promptId);
      if (promptN === undefined) throw new Error(`rollout ${rollout.id} is of prompt ${rollout.promptId}, not stored`);
      const runN = rollout.runId === null ? null : runNumber(this.#db, rollout.runId);
      const groupN = this.#group(rollout, promptN, runN);
      groups.add(groupN);
      const { lastInsertRowid } = this.#db.run(
        `INSERT INTO rollouts (id, run_n, run_step, created_at, ${told.join(', ')})
         VALUES (?, ?, ?, ?, ${told.map(() => '?').join(', ')})`,
        [rollout.id, runN, runStep, rollout.createdAt, ...toldOf(this.#db, rollout, promptN, groupN)],
      );
      added.push(Number(lastInsertRowid));
    }
    for (const group of groups) this.recount(group);
    return added;
  }

  /** Whether a rollout is stored; one that came in when its instruction, or why it ended, was not kept gets that. */
  #known({ id, system, finish }: Rollout): boolean {
    const n = rolloutNumber(this.#db, id);
    if (n === undefined) return false;
    const known = this.#db.get<{ instruction_n: number | null; finish: string | null }>(
      'SELECT instruction_n, finish FROM rollouts WHERE n = ?',
      [n],
    )!;
    const instruction = known.instruction_n ?? instructionNumber(this.#db, system);
    const ended = known.finish ?? finish ?? null;
    if (instruction !== known.instruction_n || ended !== known.finish) {
      this.#db.run('UPDATE rollouts SET instruction_n = ?, finish = ? WHERE n = ?', [instruction, ended, n]);
    }
    return true;
  }

  /**
   * Brings the stored rollout in row `n` to what `rollout` says, all but its id, which becomes a second one, and its time. Returns whether
   * that changed anything. Labels and what else is on it stay: that they fit the completion is the caller's to see to.
   */
  update(n: number, rollout: Rollout): boolean {
    if (rolloutNumber(this.#db, rollout.id) === undefined)
      this.#db.run('INSERT INTO rollout_aliases (id, rollout_n) VALUES (?, ?)', [rollout.id, n]);
    const promptN = this.#prompts.find(rollout.promptId);
    if (promptN === undefined) throw new Error(`rollout ${rollout.id} is of prompt ${rollout.promptId}, not stored`);
    const groupN = this.#group(rollout, promptN, null);
    const before = this.#db.get<Record<(typeof told)[number], Value>>(
      `SELECT ${told.join(', ')} FROM rollouts WHERE n = ?`,
      [n],
    )!;
    const now = toldOf(this.#db, rollout, promptN, groupN);
    if (told.every((name, i) => isSame(before[name], now[i]))) return false;
    const isOtherText = before.completion !== rollout.completion;
    if (isOtherText)
      this.#db.run("INSERT INTO rollout_text (rollout_text, rowid, completion) VALUES ('delete', ?, ?)", [
        n,
        before.completion,
      ]);
    this.#db.run(`UPDATE rollouts SET ${told.map((name) => `${name} = ?`).join(', ')} WHERE n = ?`, [...now, n]);
    this.#db.run('UPDATE groups SET prompt_n = ? WHERE n = ?', [promptN, groupN]);
    if (isOtherText)
      this.#db.run('INSERT INTO rollout_text (rowid, completion) VALUES (?, ?)', [n, rollout.completion]);
    for (const group of new Set([before.group_n as number, groupN])) this.recount(group);
    return true;
  }

  /** Those that were imported from files of this name, in the order they came in. */
  imported(name: string, query: PageQuery): Page<ImportedRollout> {
    const limit = limitOf(query);
    const [after] = parseCursor(query.after, ['number']) ?? [0];
    const rows = this.#db.all<ImportedRollout & { n: number }>(
      `SELECT r.n, r.id, p.id AS promptId, r.policy, r.policy_version AS policyVersion, r.completion, r.source,
         EXISTS (SELECT 1 FROM revisions v WHERE v.rollout_n = r.n)
           OR EXISTS (SELECT 1 FROM status_changes c WHERE c.rollout_n = r.n)
           OR EXISTS (SELECT 1 FROM comment_changes c WHERE c.rollout_n = r.n) AS isTouched
       FROM rollouts r JOIN prompts p ON p.n = r.prompt_n
       WHERE r.n > :after AND r.run_n IS NULL AND r.source GLOB 'import:*'
         AND substr(r.source, -length(:name) - 1) IN ('/' || :name, '\\' || :name) ORDER BY r.n LIMIT :limit`,
      { after, name, limit: limit + 1 },
    );
    return pageOf(
      rows,
      limit,
      ({ id, promptId, policy, policyVersion, completion, source, isTouched }) => ({
        ...{ id, promptId, policy, policyVersion, completion, source, isTouched: Boolean(isTouched) },
      }),
      ({ n }) => [n],
    );
  }

  /** Whether some rollout was imported from one of these files, or from one in one of these folders. */
  isImported(paths: readonly string[]): boolean {
    const isIn = 'substr(source, 1, length(:path) + 8) IN (:file || :slash, :file || :backslash)';
    return paths.some(
      (path) =>
        this.#db.get(`SELECT 1 FROM rollouts WHERE source = :file OR ${isIn} LIMIT 1`, {
          ...{ path, file: `import:${path}`, slash: '/', backslash: '\\' },
        }) !== undefined,
    );
  }

  #group(rollout: Rollout, promptN: number, runN: number | null): number {
    const known = this.#db.get<{ n: number }>('SELECT n FROM groups WHERE id = ?', [rollout.groupId]);
    if (known) return known.n;
    const { lastInsertRowid } = this.#db.run(
      'INSERT INTO groups (id, prompt_n, run_n, policy, policy_version) VALUES (?, ?, ?, ?, ?)',
      [rollout.groupId, promptN, runN, rollout.policy, rollout.policyVersion],
    );
    return Number(lastInsertRowid);
  }

  /** Brings a group's counts up to date; one that has become empty goes. `std` is the sample standard deviation. */
  recount(groupN: number): void {
    this.#db.run(
      `WITH stats AS (SELECT count(*) AS rollouts, count(reward) AS scored, avg(reward) AS mean, max(reward) AS best
         FROM rollouts WHERE group_n = :groupN)
       UPDATE groups SET rollouts = stats.rollouts, scored = stats.scored, mean = stats.mean, best = stats.best,
         std = (SELECT sqrt(sum((r.reward - stats.mean) * (r.reward - stats.mean)) / (stats.scored - 1))
           FROM rollouts r WHERE r.group_n = :groupN AND stats.scored > 1)
       FROM stats WHERE n = :groupN`,
      { groupN },
    );
    this.#db.run('DELETE FROM groups WHERE n = ? AND rollouts = 0', [groupN]);
  }

  groups(promptId: string): GroupSummary[] {
    const promptN = this.#prompts.find(promptId);
    if (promptN === undefined) return [];
    return this.#db.all<GroupSummary>(
      `SELECT g.id, p.id AS promptId, g.policy, g.policy_version AS policyVersion, runs.id AS runId, g.rollouts,
         (SELECT count(*) FROM rollouts r WHERE r.group_n = g.n
           AND EXISTS (SELECT 1 FROM labels l WHERE l.rollout_n = r.n)) AS labelled,
         g.mean AS meanReward, g.std AS rewardStd
       FROM groups g JOIN prompts p ON p.n = g.prompt_n LEFT JOIN runs ON runs.n = g.run_n
       WHERE g.prompt_n = ? ORDER BY g.n`,
      [promptN],
    );
  }

  /** Pages by group, then as they came in. */
  page(query: RolloutQuery): Page<RolloutSummary> {
    const limit = limitOf(query);
    const [groupN, n] = parseCursor(query.after, ['number', 'number']) ?? [0, 0];
    const match = query.search ? matchExpression(query.search) : null;
    if (query.search && match === null) return { rows: [], next: null };
    const conditions = ['(r.group_n, r.n) > (:groupN, :n)'];
    if (query.promptId !== undefined) conditions.push('r.prompt_n = :promptN');
    if (query.groupId !== undefined) conditions.push('r.group_n = (SELECT n FROM groups WHERE id = :groupId)');
    if (query.runId !== undefined) conditions.push('r.run_n = (SELECT n FROM runs WHERE id = :runId)');
    if (query.runStep !== undefined) conditions.push('r.run_step = :runStep');
    if (query.weighted !== undefined) conditions.push(weightedCondition);
    if (match !== null) conditions.push('r.n IN (SELECT rowid FROM rollout_text WHERE rollout_text MATCH :match)');
    if (query.filter) conditions.push(conditionOf[query.filter]);
    const rows = this.#db.all<RolloutRow & { token_count: number | null }>(
      `SELECT ${columns}, length(r.token_ids) / 4 AS token_count FROM ${tables} WHERE ${conditions.join(' AND ')} ORDER BY r.group_n, r.n LIMIT :limit`,
      {
        groupN,
        n,
        limit: limit + 1,
        promptN: query.promptId === undefined ? null : (this.#prompts.find(query.promptId) ?? null),
        groupId: query.groupId ?? null,
        runId: query.runId ?? null,
        runStep: query.runStep ?? null,
        weightedBy: query.weighted?.runId ?? null,
        source: query.weighted?.source ?? null,
        match,
      },
    );
    return pageOf(
      rows,
      limit,
      (row) => this.#summaryOf(plainOf(row), row.n, row.token_count),
      (row) => [row.group_n, row.n],
    );
  }

  #summaryOf(rollout: Omit<Rollout, 'tokens'>, n: number, tokenCount: number | null): RolloutSummary {
    return {
      ...{ ...rollout, tokenCount, correct: correctness(rollout.rewards, rollout.reward) },
      labelledBy: this.#db
        .all<{ annotator: string }>('SELECT annotator FROM labels WHERE rollout_n = ? ORDER BY annotator', [n])
        .map(({ annotator }) => annotator),
      ...marksOf(this.#db, '?', n),
      openComments: openComments(this.#db, n),
    };
  }

  get(id: string): Rollout | null {
    const row = this.#db.get<RolloutRow & TokenRow>(
      `SELECT ${columns}, r.token_ids, r.token_offsets, r.log_probs, r.tokenizer FROM ${tables} WHERE r.n = ?`,
      [rolloutNumber(this.#db, id) ?? null],
    );
    if (!row) return null;
    const ids = toInt32(row.token_ids);
    const tokens = ids && {
      ids,
      offsets: toInt32(row.token_offsets),
      logProbs: toFloat32(row.log_probs),
      tokenizer: row.tokenizer,
    };
    return { ...plainOf(row), tokens };
  }

  /** Deletes a run's rollouts of iterations after `step`, but those a person has labelled, skipped, flagged or commented on. */
  truncate(runN: number, step: number): void {
    const doomed = this.#db.all<{ n: number; group_n: number }>(
      `SELECT n, group_n FROM rollouts r WHERE run_n = ? AND run_step > ?
         AND NOT EXISTS (SELECT 1 FROM revisions v WHERE v.rollout_n = r.n)
         AND NOT EXISTS (SELECT 1 FROM status_changes c WHERE c.rollout_n = r.n)
         AND NOT EXISTS (SELECT 1 FROM comment_changes c WHERE c.rollout_n = r.n)`,
      [runN, step],
    );
    for (const { n } of doomed) this.#db.run('DELETE FROM rollouts WHERE n = ?', [n]);
    for (const group of new Set(doomed.map(({ group_n }) => group_n))) this.recount(group);
  }
}

const weightedCondition = `r.id IN (SELECT rollout_id FROM label_snapshots
  WHERE run_n = (SELECT n FROM runs WHERE id = :weightedBy) AND source = :source)`;

const conditionOf: Record<Filter, string> = {
  labelled: 'EXISTS (SELECT 1 FROM labels l WHERE l.rollout_n = r.n)',
  unlabelled: 'NOT EXISTS (SELECT 1 FROM labels l WHERE l.rollout_n = r.n)',
  ...markedConditions,
  commented: commentedCondition,
  vanishing: vanishingCondition,
  wrong: wrongCondition,
  hinted: 'r.hinted',
};

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
  ];
}

const isSame = (one: Value, other: Value): boolean =>
  one instanceof Buffer && other instanceof Buffer ? one.equals(other) : one === other;

/** The row number of a run; throws when there is none of this id. */
export function runNumber(db: Connection, id: string): number {
  const row = db.get<{ n: number }>('SELECT n FROM runs WHERE id = ?', [id]);
  if (!row) throw new Error(`there is no run ${id} in this store`);
  return row.n;
}

function plainOf(row: RolloutRow): Omit<Rollout, 'tokens'> {
  return {
    id: row.id,
    promptId: row.prompt_id,
    groupId: row.group_id,
    runId: row.run_id,
    policy: row.policy,
    policyVersion: row.policy_version,
    completion: row.completion,
    rewards: JSON.parse(row.rewards) as Record<string, number>,
    reward: row.reward,
    advantage: row.advantage,
    finish: row.finish,
    hinted: row.hinted === 1,
    ...(row.system !== null && { system: row.system }),
    source: row.source,
    createdAt: row.created_at,
  };
}
