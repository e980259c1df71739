/** The prompts of a store as one table beside that of rollouts: which a query line keeps, in whose order, and their rows by place. */
import { parseQuery } from '../domain/rollout-query.ts';
import { mostSelectedPrompts } from '../domain/run.ts';
import type { PromptSelection } from '../domain/run-prompts.ts';
import type { Connection } from './connection.ts';
import { passRate, vanishingCondition } from './outcome-conditions.ts';
import { allRollouts, promptCondition, queryCondition } from './query-conditions.ts';
import { passRates } from './rollout-order.ts';
import { longestCell } from './rollout-table.ts';
import type { PromptTableRow, TableQuery, TableSort } from './rows.ts';

/** Versions of policies that stand side by side. */
const mostPolicies = 8;

const overGroups = (what: string): string => `(SELECT ${what} FROM groups g WHERE g.prompt_n = p.n)`;

/** SQL of what is known of prompt `p` by its groups. */
const groupSql = {
  rollouts: overGroups('coalesce(sum(g.rollouts), 0)'),
  mean: overGroups('sum(g.mean * g.scored) / nullif(sum(g.scored), 0)'),
  spread: overGroups('sqrt(sum((g.scored - 1) * g.std * g.std) / nullif(sum(max(g.scored - 1, 0)), 0))'),
  groups: overGroups('count(*)'),
  vanishing: overGroups(`count(*) FILTER (WHERE ${vanishingCondition})`),
};

const sortedSql: Record<string, string> = {
  ...groupSql,
  question: 'p.question COLLATE NOCASE',
  dataset: 'p.dataset COLLATE NOCASE',
  stage: 'p.stage',
  split: 'p.split',
  id: 'p.id',
  pass: '(SELECT s.rate FROM rates s WHERE s.prompt_n = p.n)',
};

/** SQL: the name of rollout `alias`’s policy with its version. */
const policyOf = (alias: string): string => `${alias}.policy || ' v' || ${alias}.policy_version`;

/** What a sort by the pass rate of one version of a policy is called before its name. */
const byPolicy = 'pass.';

export class PromptTable {
  readonly #db: Connection;

  constructor(db: Connection) {
    this.#db = db;
  }

  /**
   * The row numbers of the prompts that a query keeps (`promptCondition`), in its order; only the first where a `limit` is given. Passes over
   * every rollout's facts, as that of rollouts does. Throws QueryError when the line cannot be read, and RangeError on a sort that there is not.
   */
  order({ line, sort, blindFor }: TableQuery, limit: number | null = null): Int32Array {
    const prompts = promptCondition(parseQuery(line), blindFor);
    const order = sort ? orderOf(sort) : { sql: 'p.n', values: {} };
    const numbers = this.#db.values<number>(
      `WITH ${passRates} SELECT p.n FROM prompts p WHERE ${prompts.sql} ORDER BY ${order.sql} ${limit === null ? '' : 'LIMIT :limit'}`,
      { ...prompts.values, ...order.values, limit },
    );
    return Int32Array.from(numbers);
  }

  /** Versions of policies that wrote rollouts that a line keeps, by name; of more than stand side by side, those that wrote for most prompts. */
  policies({ line, blindFor }: Omit<TableQuery, 'sort'>): string[] {
    const condition = queryCondition(parseQuery(line), blindFor);
    return this.#db.values<string>(
      `SELECT ${policyOf('r')} FROM (SELECT r.policy, r.policy_version, count(*) AS prompts
         FROM (SELECT DISTINCT r.prompt_n, r.policy, r.policy_version FROM ${allRollouts} WHERE ${condition.sql}) r
         GROUP BY r.policy, r.policy_version ORDER BY prompts DESC, r.policy, r.policy_version LIMIT ${mostPolicies}) r
       ORDER BY policy, policy_version`,
      condition.values,
    );
  }

  /** Prompts in the store. */
  total(): number {
    return this.#db.get<{ total: number }>('SELECT count(*) AS total FROM prompts')!.total;
  }

  /** The rows of these prompts, in this order; null where one is there no more. */
  rows(numbers: readonly number[]): (PromptTableRow | null)[] {
    return numbers.map((n) => {
      const row = this.#db.get<Omit<PromptTableRow, 'passBy'>>(`${rowSql} WHERE p.n = ?`, [n]);
      if (!row) return null;
      const passBy = this.#db.lists<[name: string, rate: number | null]>(
        `SELECT ${policyOf('q')}, avg(q.correct) FROM rollout_facts q
         WHERE q.prompt_n = ? GROUP BY q.policy, q.policy_version`,
        [n],
      );
      return { ...row, question: row.question.slice(0, longestCell), passBy: Object.fromEntries(passBy) };
    });
  }

  /** The ids of these prompts, in this order; null where one is there no more. */
  ids(numbers: readonly number[]): (string | null)[] {
    return numbers.map((n) => this.#db.get<{ id: string }>('SELECT id FROM prompts WHERE n = ?', [n])?.id ?? null);
  }

  /** The prompts of these rollouts, each once, as they came in. */
  ofRollouts(rollouts: Int32Array): Int32Array {
    const prompts = this.#db.lists<[n: number]>(
      `SELECT DISTINCT r.prompt_n FROM rollout_facts r WHERE r.n IN (SELECT value FROM json_each(:rollouts)) ORDER BY r.prompt_n`,
      { rollouts: JSON.stringify([...rollouts]) },
    );
    return Int32Array.from(prompts, ([n]) => n);
  }

  /**
   * Those of these prompts that are there still, in the store's order, as what a run trains on. Throws RangeError where they are none, or
   * too many for one.
   */
  selection(numbers: Int32Array): PromptSelection {
    const count = numbers.length.toLocaleString('en');
    if (numbers.length > mostSelectedPrompts)
      throw new RangeError(
        `${count} prompts are selected, and a run takes at most ${mostSelectedPrompts.toLocaleString('en')}: narrow the query, or train on a dataset`,
      );
    const rows = this.#db.all<{ id: string; dataset: string }>(
      'SELECT id, dataset FROM prompts WHERE n IN (SELECT value FROM json_each(:numbers)) ORDER BY dataset, n',
      { numbers: JSON.stringify([...numbers]) },
    );
    if (rows.length === 0) throw new RangeError('no prompt is selected: choose some to train on');
    const dataset = rows[0].dataset === rows.at(-1)!.dataset ? rows[0].dataset : null;
    return { prompts: rows.map(({ id }) => id), dataset };
  }

  /** The row numbers of the rollouts of these prompts that a line keeps, prompt by prompt in this order. */
  rolloutsOf(numbers: readonly number[], { line, blindFor }: Omit<TableQuery, 'sort'>): Int32Array {
    const condition = queryCondition(parseQuery(line), blindFor);
    const rollouts = this.#db.lists<[n: number]>(
      `SELECT r.n FROM json_each(:prompts) j CROSS JOIN ${allRollouts} WHERE r.prompt_n = j.value AND ${condition.sql}
       ORDER BY j.key, r.group_n, r.n`,
      { ...condition.values, prompts: JSON.stringify(numbers) },
    );
    return Int32Array.from(rollouts, ([n]) => n);
  }
}

const rowSql = `SELECT p.id, p.question, p.dataset, p.stage, p.split, ${passRate('p.n')} AS pass,
  ${Object.entries(groupSql)
    .map(([name, sql]) => `${sql} AS ${name}`)
    .join(', ')} FROM prompts p`;

/** Prompts without a value last, whichever way; those of equal values as they came in. */
function orderOf({ by, descending }: TableSort): { sql: string; values: Record<string, string> } {
  const policy = by.startsWith(byPolicy) ? by.slice(byPolicy.length) : null;
  const own = Object.hasOwn(sortedSql, by) ? sortedSql[by] : null;
  const ofPolicy = `(SELECT avg(q.correct) FROM rollout_facts q
    WHERE q.prompt_n = p.n AND ${policyOf('q')} = :policy)`;
  const sql = policy === null ? own : ofPolicy;
  if (sql === null) throw new RangeError(`prompts cannot be sorted by ${by}`);
  return { sql: `${sql} ${descending ? 'DESC' : 'ASC'} NULLS LAST, p.n`, values: policy === null ? {} : { policy } };
}
