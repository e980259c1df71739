/** Rollouts and their groups, read: one, by pages, by where they came from. */
import { correctness } from '../domain/correctness.ts';
import type { Rollout } from '../domain/rollout.ts';
import { toFloat32, toInt32 } from './blob.ts';
import { commentedCondition, openComments } from './comments.ts';
import type { Connection } from './connection.ts';
import { instructionOf } from './instructions.ts';
import { vanishingCondition, wrongCondition } from './outcome-conditions.ts';
import { limitOf, pageOf, parseCursor } from './page.ts';
import type {
  Filter,
  GroupSummary,
  ImportedRollout,
  Page,
  PageQuery,
  RolloutQuery,
  RolloutSummary,
  RolloutText,
} from './rows.ts';
import { promptNumber, rolloutNumber } from './row-numbers.ts';
import { matchExpression } from './search.ts';
import { markedConditions, marksOf } from './statuses.ts';

interface RolloutRow {
  n: number;
  group_n: number;
  id: string;
  prompt_id: string;
  group_id: string;
  run_id: string | null;
  evaluation_id: string | null;
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

const columns = `r.n, r.group_n, r.id, p.id AS prompt_id, g.id AS group_id, runs.id AS run_id, e.id AS evaluation_id, r.policy, r.policy_version,
  r.completion, r.rewards, r.reward, r.advantage, r.finish, r.hinted, r.source, r.created_at,
  ${instructionOf('r')}`;
const tables = `rollouts r JOIN prompts p ON p.n = r.prompt_n JOIN groups g ON g.n = r.group_n
  LEFT JOIN runs ON runs.n = r.run_n LEFT JOIN evaluations e ON e.n = r.evaluation_n`;

export class Rollouts {
  readonly #db: Connection;

  constructor(db: Connection) {
    this.#db = db;
  }

  /** Those that were imported from files of this name, wherever those lay, in the order they came in. */
  imported(name: string, query: PageQuery = {}): Page<ImportedRollout> {
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

  groups(promptId: string): GroupSummary[] {
    const promptN = promptNumber(this.#db, promptId);
    if (promptN === undefined) return [];
    return this.#db.all<GroupSummary>(
      `SELECT g.id, p.id AS promptId, g.policy, g.policy_version AS policyVersion, runs.id AS runId, e.id AS evaluationId, g.rollouts,
         (SELECT count(*) FROM rollouts r WHERE r.group_n = g.n
           AND EXISTS (SELECT 1 FROM labels l WHERE l.rollout_n = r.n)) AS labelled,
         g.mean AS meanReward, g.std AS rewardStd
       FROM groups g JOIN prompts p ON p.n = g.prompt_n LEFT JOIN runs ON runs.n = g.run_n
         LEFT JOIN evaluations e ON e.n = g.evaluation_n
       WHERE g.prompt_n = ? ORDER BY g.n`,
      [promptN],
    );
  }

  /** Pages by group, then as they came in. */
  page(query: RolloutQuery = {}): Page<RolloutSummary> {
    const limit = limitOf(query);
    const [groupN, n] = parseCursor(query.after, ['number', 'number']) ?? [0, 0];
    const match = query.search ? matchExpression(query.search) : null;
    if (query.search && match === null) return { rows: [], next: null };
    const conditions = ['(r.group_n, r.n) > (:groupN, :n)'];
    if (query.promptId !== undefined) conditions.push('r.prompt_n = :promptN');
    if (query.groupId !== undefined) conditions.push('r.group_n = (SELECT n FROM groups WHERE id = :groupId)');
    if (query.runId !== undefined) conditions.push('r.run_n = (SELECT n FROM runs WHERE id = :runId)');
    if (query.evaluationId !== undefined)
      conditions.push('r.evaluation_n = (SELECT n FROM evaluations WHERE id = :evaluationId)');
    if (query.iteration !== undefined) conditions.push('r.run_step = :iteration');
    if (query.weighted !== undefined) conditions.push(weightedCondition);
    if (match !== null) conditions.push('r.n IN (SELECT rowid FROM rollout_text WHERE rollout_text MATCH :match)');
    if (query.filter) conditions.push(conditionOf[query.filter]);
    const rows = this.#db.all<RolloutRow & { token_count: number | null }>(
      `SELECT ${columns}, length(r.token_ids) / 4 AS token_count FROM ${tables} WHERE ${conditions.join(' AND ')} ORDER BY r.group_n, r.n LIMIT :limit`,
      {
        groupN,
        n,
        limit: limit + 1,
        promptN: query.promptId === undefined ? null : (promptNumber(this.#db, query.promptId) ?? null),
        groupId: query.groupId ?? null,
        runId: query.runId ?? null,
        evaluationId: query.evaluationId ?? null,
        iteration: query.iteration ?? null,
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

  /** Their texts, in the order they came in. */
  texts(query: PageQuery = {}): Page<RolloutText> {
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
    ...(row.evaluation_id !== null && { evaluationId: row.evaluation_id }),
    source: row.source,
    createdAt: row.created_at,
  };
}
