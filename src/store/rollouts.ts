/** Rollouts and their groups, read: one, by pages, by where they came from. */
import { correctness } from '../domain/correctness.ts';
import type { Rollout } from '../domain/rollout.ts';
import { parseQuery } from '../domain/rollout-query.ts';
import { toFloat32, toInt32 } from './blob.ts';
import type { Connection, Value } from './connection.ts';
import { countedConditions, keptRollouts } from './filter-conditions.ts';
import { instructionOf } from './instructions.ts';
import { limitOf, pageOf, parseCursor } from './page.ts';
import { peopleOf } from './people.ts';
import { allRollouts, queriedTables, queryCondition } from './query-conditions.ts';
import { orderOf, passRates } from './rollout-order.ts';
import type {
  GroupSummary,
  ImportedRollout,
  Page,
  PageQuery,
  RolloutQuery,
  RolloutSummary,
  RolloutText,
  TableSort,
} from './rows.ts';
import { promptNumber, rolloutNumber } from './row-numbers.ts';
import { matchExpression } from './search.ts';

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

interface SummaryRow extends RolloutRow {
  token_count: number | null;
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

/**
 * Where a page's rollouts are looked for: among all, by what else is asked of them as SQLite sees fit, or group by group, where a group's counts
 * tell that none of its own is one.
 */
const everywhere = { from: 'rollouts r', start: 'TRUE', order: 'r.group_n, r.n' };
const anyWay = { from: queriedTables, start: 'TRUE', order: 'r.group_n, r.n' };
const byGroup = {
  from: 'groups g CROSS JOIN rollouts r ON r.group_n = g.n',
  start: 'g.n >= :groupN',
  order: 'g.n, r.n',
};

const summaryColumns = `${columns}, length(r.token_ids) / 4 AS token_count`;

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
           OR EXISTS (SELECT 1 FROM tag_changes c WHERE c.rollout_n = r.n)
           OR EXISTS (SELECT 1 FROM comment_changes c WHERE c.rollout_n = r.n)
           OR EXISTS (SELECT 1 FROM judgement_changes j WHERE j.rollout_n = r.n)
           OR EXISTS (SELECT 1 FROM preference_changes f WHERE f.rollout_n = r.n OR f.other_n = r.n)
           OR EXISTS (SELECT 1 FROM correction_changes c WHERE c.rollout_n = r.n)
           OR EXISTS (SELECT 1 FROM correction_drafts c WHERE c.rollout_n = r.n) AS isTouched
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
         g.labelled, g.mean AS meanReward, g.std AS rewardStd
       FROM groups g JOIN prompts p ON p.n = g.prompt_n LEFT JOIN runs ON runs.n = g.run_n
         LEFT JOIN evaluations e ON e.n = g.evaluation_n
       WHERE g.prompt_n = ? ORDER BY g.n`,
      [promptN],
    );
  }

  /** Where a rollout is in its group, as pages have it: 1 is the first. */
  place(id: string): number {
    return this.#db.get<{ place: number }>(
      'SELECT count(*) AS place FROM rollouts r JOIN rollouts q ON q.group_n = r.group_n AND q.n <= r.n WHERE r.n = ?',
      [rolloutNumber(this.#db, id) ?? null],
    )!.place;
  }

  /** Pages by group, then as they came in. */
  page(query: RolloutQuery = {}): Page<RolloutSummary> {
    const limit = limitOf(query);
    const { sort } = query;
    const [groupN, n] = (sort ? null : parseCursor(query.after, ['number', 'number'])) ?? [0, 0];
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
    if (query.filter) conditions.push(keptRollouts(query.filter));
    if (query.ids !== undefined)
      conditions.push('r.n IN (SELECT n FROM rollouts WHERE id IN (SELECT value FROM json_each(:ids)))');
    const asked = queryCondition(parseQuery(query.where ?? ''));
    conditions.push(asked.sql);
    const { promptId, groupId, runId, evaluationId, weighted, ids, where } = query;
    const narrower = [promptId, groupId, runId, evaluationId, weighted, ids, where, match ?? undefined];
    const isCounted = query.filter !== undefined && query.filter in countedConditions;
    const isAsked = query.filter !== undefined || Boolean(where);
    const unasked = isAsked ? anyWay : everywhere;
    const { from, start, order } = isCounted && narrower.every((one) => one === undefined) ? byGroup : unasked;
    const values = {
      groupN,
      n,
      promptN: query.promptId === undefined ? null : (promptNumber(this.#db, query.promptId) ?? null),
      groupId: query.groupId ?? null,
      runId: query.runId ?? null,
      evaluationId: query.evaluationId ?? null,
      iteration: query.iteration ?? null,
      weightedBy: query.weighted?.runId ?? null,
      source: query.weighted?.source ?? null,
      ids: JSON.stringify(query.ids ?? []),
      match,
      ...asked.values,
    };
    const kept = conditions.join(' AND ');
    if (sort) return this.#sorted(sort, kept, values, query.after, limit);
    // What a page shows is read of its own rows alone: others may have to be sorted. Sorted by SQLite, long texts would be copied.
    const rows = this.#db
      .all<SummaryRow>(
        `SELECT ${summaryColumns} FROM (SELECT r.n FROM ${from} WHERE ${kept} AND ${start} ORDER BY ${order} LIMIT :limit) chosen
           CROSS JOIN ${tables} WHERE r.n = chosen.n`,
        { ...values, limit: limit + 1 },
      )
      .sort((a, b) => a.group_n - b.group_n || a.n - b.n);
    return this.#pageOf(rows, limit, (row) => [row.group_n, row.n]);
  }

  #pageOf(rows: SummaryRow[], limit: number, keyOf: (row: SummaryRow) => number[]): Page<RolloutSummary> {
    const people = peopleOf(
      this.#db,
      rows.map(({ n }) => n),
    );
    return pageOf(
      rows,
      limit,
      (row) => {
        const rollout = plainOf(row);
        const { rewards, reward } = rollout;
        return { ...rollout, tokenCount: row.token_count, correct: correctness(rewards, reward), ...people(row.n) };
      },
      keyOf,
    );
  }

  /** A page of those that a condition keeps, in an order: after the rollout that the cursor names, wherever that is by now. */
  #sorted(
    sort: TableSort,
    kept: string,
    values: Record<string, Value>,
    after: string | null | undefined,
    limit: number,
  ): Page<RolloutSummary> {
    const order = orderOf(sort, null);
    const all = this.#db.values<number>(
      `WITH ${passRates} SELECT r.n FROM ${allRollouts} WHERE ${kept} ORDER BY ${order.sql}`,
      { ...values, ...order.values },
    );
    const [last] = parseCursor(after, ['number']) ?? [null];
    const start = last === null ? 0 : all.indexOf(last) + 1;
    if (last !== null && start === 0)
      throw new RangeError('the last rollout of the page before is not among these any more: list them from the start');
    const rows = this.#db.all<SummaryRow>(
      `SELECT ${summaryColumns} FROM json_each(:chosen) chosen CROSS JOIN ${tables} WHERE r.n = chosen.value ORDER BY chosen.key`,
      { chosen: JSON.stringify(all.slice(start, start + limit + 1)) },
    );
    return this.#pageOf(rows, limit, (row) => [row.n]);
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

const weightedCondition = `r.n IN (SELECT o.n FROM label_snapshots s JOIN rollouts o ON o.id = s.rollout_id
  WHERE s.run_n = (SELECT n FROM runs WHERE id = :weightedBy) AND s.source = :source)`;

function plainOf(row: RolloutRow): Omit<Rollout, 'tokens'> {
  const rollout: Omit<Rollout, 'tokens'> = {
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
    source: row.source,
    createdAt: row.created_at,
  };
  if (row.system !== null) rollout.system = row.system;
  if (row.evaluation_id !== null) rollout.evaluationId = row.evaluation_id;
  return rollout;
}
