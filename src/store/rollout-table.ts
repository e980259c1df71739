/** The rollouts of a store as one table: which a query line keeps, in whose order, how their numbers spread, and their rows by place. */
import { correctness } from '../domain/correctness.ts';
import { histogramOf } from '../domain/histogram.ts';
import type { SpreadField } from '../domain/query-fields.ts';
import { isOfNumber, parseQuery } from '../domain/rollout-query.ts';
import { answerOf } from '../domain/rules/ours.ts';
import type { Connection } from './connection.ts';
import { peopleOf, type People } from './people.ts';
import { allRollouts, numberSql, queriedTables, queryCondition } from './query-conditions.ts';
import { orderOf, passRates } from './rollout-order.ts';
import type { TableHistogram, TableQuery, TableRow } from './rows.ts';

/** Characters of a text that a cell shows at most. */
export const longestCell = 300;

interface Row {
  id: string;
  prompt_id: string;
  question: string;
  completion: string;
  rewards: string;
  reward: number | null;
  advantage: number | null;
  tokens: number | null;
  characters: number;
  words: number | null;
  pass: number | null;
  finish: string | null;
  policy: string;
  policy_version: number;
  iteration: number | null;
  stage: string | null;
  split: string;
  dataset: string;
  run: string | null;
  evaluation: string | null;
  hinted: number;
  entropy: number | null;
  logprob: number | null;
  gap: number | null;
  mismatch: number | null;
  ratio: number | null;
}

export class RolloutTable {
  readonly #db: Connection;

  constructor(db: Connection) {
    this.#db = db;
  }

  /**
   * The row numbers of the rollouts that a query keeps, in its order, for `rows` and `ids`; only the first where a `limit` is given. Passes over
   * every rollout's facts, so ask a store on a thread of its own. Throws QueryError when the line cannot be read, and RangeError on a sort that
   * there is not.
   */
  order({ line, sort, blindFor }: TableQuery, limit: number | null = null): Int32Array {
    const condition = queryCondition(parseQuery(line), blindFor);
    const order = sort ? orderOf(sort, blindFor) : { sql: 'r.n', values: {} };
    const numbers = this.#db.values<number>(
      `WITH ${passRates} SELECT r.n FROM ${allRollouts} WHERE ${condition.sql} ORDER BY ${order.sql} ${limit === null ? '' : 'LIMIT :limit'}`,
      { ...condition.values, ...order.values, limit },
    );
    return Int32Array.from(numbers);
  }

  /**
   * How a number spreads among the rollouts that a query keeps, but for what its line asks of that number, so that its range can be widened; of
   * 'pass', among their prompts. Null where none has one. Passes over all facts, as `order` does.
   */
  spread({ line, blindFor }: Omit<TableQuery, 'sort'>, field: SpreadField): TableHistogram | null {
    const others = parseQuery(line).filter((term) => !isOfNumber(term, field));
    const { sql, values } = queryCondition(others, blindFor);
    const kept = `FROM ${allRollouts} WHERE ${sql}`;
    const all =
      field === 'pass'
        ? `WITH ${passRates} SELECT s.rate FROM rates s WHERE s.rate IS NOT NULL ${others.length === 0 ? '' : `AND s.prompt_n IN (SELECT r.prompt_n ${kept})`}`
        : `SELECT ${numberSql[field]} ${kept} AND ${numberSql[field]} IS NOT NULL`;
    const histogram = histogramOf(this.#db.values<number>(all, values), field !== 'reward' && field !== 'pass');
    return histogram && { field, histogram };
  }

  /** Rollouts in the store. */
  total(): number {
    return this.#db.get<{ total: number }>('SELECT coalesce(sum(rollouts), 0) AS total FROM groups')!.total;
  }

  /** The rows of these rollouts, in this order; null where one is there no more. */
  rows(numbers: readonly number[]): (TableRow | null)[] {
    const people = peopleOf(this.#db, numbers);
    return numbers.map((n) => {
      const row = this.#db.get<Row>(`${rowSql} WHERE r.n = ?`, [n]);
      return row ? { ...this.#rowOf(row), ...people(n) } : null;
    });
  }

  /** The ids of these rollouts, in this order; null where one is there no more. */
  ids(numbers: readonly number[]): (string | null)[] {
    return numbers.map((n) => this.#db.get<{ id: string }>('SELECT id FROM rollouts WHERE n = ?', [n])?.id ?? null);
  }

  /** The row number of a rollout, by which a view knows it; null when there is none. */
  number(id: string): number | null {
    return this.#db.get<{ n: number }>('SELECT n FROM rollouts WHERE id = ?', [id])?.n ?? null;
  }

  /** The names of all parts of rewards. Passes over every rollout's facts, as `order` does. */
  rewardParts(): string[] {
    const names = new Set<string>();
    for (let after = 0; ;) {
      // Whether something is left without what is known already is told in half the time that it takes to list what there is.
      const known = JSON.stringify(Object.fromEntries([...names].map((name) => [name, null])));
      const other = this.#db.get<{ n: number; rewards: string }>(
        `SELECT n, rewards FROM rollout_facts WHERE n > ? AND json_patch(rewards, ?) <> '{}' ORDER BY n LIMIT 1`,
        [after, known],
      );
      if (!other) return [...names].sort();
      for (const name of Object.keys(JSON.parse(other.rewards) as object)) names.add(name);
      after = other.n;
    }
  }

  #rowOf(row: Row): Omit<TableRow, keyof People> {
    const { id, completion, reward, advantage, tokens, characters, pass, finish, policy, iteration } = row;
    const { words, stage, split, dataset, run, evaluation, entropy, logprob, gap, mismatch, ratio } = row;
    const rewards = JSON.parse(row.rewards) as Record<string, number>;
    return {
      ...{ id, promptId: row.prompt_id, stage, split, dataset },
      ...{ policy, policyVersion: row.policy_version, run, iteration, evaluation, hinted: row.hinted === 1 },
      ...{ reward, advantage, tokens, characters, words, pass, finish, entropy, logprob, gap, mismatch, ratio },
      question: row.question.slice(0, longestCell),
      rewards,
      correct: correctness(rewards, reward),
      answer: answerOf(completion)?.slice(0, longestCell) ?? null,
      // Completions of one prompt begin alike.
      ending: completion.slice(-4 * longestCell),
    };
  }
}

const rowSql = `SELECT r.id, p.id AS prompt_id, p.question, r.completion, r.rewards, r.reward, ${numberSql.advantage} AS advantage,
  ${numberSql.tokens} AS tokens, ${numberSql.characters} AS characters, ${numberSql.words} AS words, ${numberSql.pass} AS pass, r.finish, r.policy, r.policy_version,
  r.run_step AS iteration, p.stage, p.split, p.dataset, runs.name AS run, e.name AS evaluation, r.hinted,
  t.entropy, t.log_prob AS logprob, t.gap, t.mismatch, t.ratio FROM ${queriedTables}`;
