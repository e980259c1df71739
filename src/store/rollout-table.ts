/** The rollouts of a store as one table: which a query line keeps, in whose order, how their numbers spread, and their rows by place. */
import { correctness } from '../domain/correctness.ts';
import { histogramOf } from '../domain/histogram.ts';
import { spreadFields, type SpreadField } from '../domain/query-fields.ts';
import { isOfNumber, parseQuery, type QueryTerm } from '../domain/rollout-query.ts';
import { answerOf } from '../domain/rules/ours.ts';
import type { Connection } from './connection.ts';
import { allRollouts, numberSql, queriedTables, queryCondition } from './query-conditions.ts';
import { orderOf, passRates } from './rollout-order.ts';
import { peopleColumns, peopleOf, type PeopleRow } from './rollouts.ts';
import type { TableHistogram, TableQuery, TableRow, TableView } from './rows.ts';

/** Characters of a text that a cell shows at most. */
export const longestCell = 300;

interface Row extends PeopleRow {
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
   * What a query keeps and in which order. Reads every rollout’s facts: a tenth of a second for 100,000, so ask a store on a thread of its own.
   * Throws QueryError when the line cannot be read, and RangeError on a sort that there is not.
   */
  view({ line, sort, blindFor }: TableQuery): TableView {
    const terms = parseQuery(line);
    const condition = queryCondition(terms, blindFor);
    const order = sort ? orderOf(sort, blindFor) : { sql: 'r.n', values: {} };
    // What the line asks nothing of spreads among just the rollouts that it keeps: one reading tells of all.
    const free = spreadFields.filter((field) => field !== 'pass' && !terms.some((term) => isOfNumber(term, field)));
    const kept = this.#db.lists<[n: number, prompt: number, ...(number | null)[]]>(
      `WITH ${passRates}
       SELECT ${['r.n', 'r.prompt_n', ...free.map((field) => numberSql[field])].join(', ')}
       FROM ${allRollouts} WHERE ${condition.sql} ORDER BY ${order.sql}`,
      { ...condition.values, ...order.values },
    );
    const valuesOf = (field: SpreadField): (number | null)[] => {
      if (terms.some((term) => isOfNumber(term, field))) return this.#spread(terms, field, blindFor);
      // To look for the kept rollouts once more would take as long as to look for them.
      if (field === 'pass') return this.#rates(new Set(kept.map(([, prompt]) => prompt)));
      const at = free.indexOf(field) + 2;
      return kept.map((row) => row[at]);
    };
    const spread = (field: SpreadField): TableHistogram[] => {
      const values = valuesOf(field);
      const histogram = histogramOf(
        values.filter((value) => value !== null),
        field !== 'reward' && field !== 'pass',
      );
      return histogram ? [{ field, histogram }] : [];
    };
    const tokens = spread('tokens');
    return {
      numbers: Int32Array.from(kept, ([n]) => n),
      total: this.total(),
      histograms: [
        ...spread('reward'),
        ...(tokens.length > 0 ? tokens : spread('characters')),
        ...spread('pass'),
        ...spread('iteration'),
      ],
    };
  }

  /** Rollouts in the store. */
  total(): number {
    return this.#db.get<{ total: number }>('SELECT coalesce(sum(rollouts), 0) AS total FROM groups')!.total;
  }

  /** The pass rates of these prompts. */
  #rates(prompts: ReadonlySet<number>): (number | null)[] {
    const all = this.#db.lists<[prompt: number, rate: number | null]>(
      `WITH ${passRates} SELECT prompt_n, rate FROM rates`,
    );
    return all.filter(([prompt]) => prompts.has(prompt)).map(([, rate]) => rate);
  }

  /** A number of all rollouts that the other terms keep, so that its own range can be widened; of 'pass', one of each of their prompts. */
  #spread(terms: readonly QueryTerm[], field: SpreadField, blindFor: string | null): (number | null)[] {
    const { sql, values } = queryCondition(
      terms.filter((term) => !isOfNumber(term, field)),
      blindFor,
    );
    const kept = `FROM ${allRollouts} WHERE ${sql}`;
    const all =
      field === 'pass'
        ? `SELECT avg(is_right(q.rewards, q.reward)) FROM rollouts q INDEXED BY rollout_facts
           WHERE q.prompt_n IN (SELECT r.prompt_n ${kept}) GROUP BY q.prompt_n`
        : `SELECT ${numberSql[field]} ${kept}`;
    return this.#db.lists<[number | null]>(all, values).map(([value]) => value);
  }

  /** The rows of these rollouts, in this order; null where one is there no more. */
  rows(numbers: readonly number[]): (TableRow | null)[] {
    return numbers.map((n) => {
      const row = this.#db.get<Row>(`${rowSql} WHERE r.n = ?`, [n]);
      return row ? this.#rowOf(row) : null;
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

  /** The names of all parts of rewards. Reads every rollout’s rewards, as `view` does. */
  rewardParts(): string[] {
    const sql = 'SELECT DISTINCT j.key FROM rollouts r INDEXED BY rollout_facts, json_each(r.rewards) j ORDER BY j.key';
    return this.#db.lists<[string]>(sql).map(([name]) => name);
  }

  #rowOf(row: Row): TableRow {
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
      ...peopleOf(row),
    };
  }
}

const rowSql = `SELECT r.id, p.id AS prompt_id, p.question, r.completion, r.rewards, r.reward, ${numberSql.advantage} AS advantage,
  ${numberSql.tokens} AS tokens, ${numberSql.characters} AS characters, ${numberSql.words} AS words, ${numberSql.pass} AS pass, r.finish, r.policy, r.policy_version,
  r.run_step AS iteration, p.stage, p.split, p.dataset, runs.name AS run, e.name AS evaluation, r.hinted,
  t.entropy, t.log_prob AS logprob, t.gap, t.mismatch, t.ratio, ${peopleColumns} FROM ${queriedTables}`;
