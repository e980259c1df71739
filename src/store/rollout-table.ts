/** The rollouts of a store as one table: which a query line keeps, in whose order, how their numbers spread, and their rows by place. */
import { correctness } from '../domain/correctness.ts';
import { histogramOf } from '../domain/histogram.ts';
import { isOfNumber, parseQuery, type NumberField, type QueryTerm, type SpreadField } from '../domain/rollout-query.ts';
import { answerOf } from '../domain/rules/ours.ts';
import type { Connection } from './connection.ts';
import { numberSql, partSql, passRate, queriedTables, queryCondition } from './query-conditions.ts';
import { peopleColumns, peopleOf, type PeopleRow } from './rollouts.ts';
import type { TableHistogram, TableQuery, TableRow, TableSort, TableView } from './rows.ts';

/** Characters of a text that a cell shows at most. */
const longestCell = 300;

/** What a table can be sorted by beside its numbers. */
const textSql: Record<string, string> = {
  question: 'p.question COLLATE NOCASE',
  dataset: 'p.dataset COLLATE NOCASE',
  policy: 'r.policy COLLATE NOCASE',
  run: 'runs.name COLLATE NOCASE',
  evaluation: 'e.name COLLATE NOCASE',
  finish: 'r.finish COLLATE NOCASE',
  stage: 'p.stage',
  split: 'p.split',
  correct: 'is_right(r.rewards, r.reward)',
  labelled: '(SELECT count(*) FROM labels l WHERE l.rollout_n = r.n)',
  flagged: '(SELECT count(*) FROM flags f WHERE f.rollout_n = r.n)',
};

interface Row extends PeopleRow {
  id: string;
  n: number;
  prompt_id: string;
  question: string;
  completion: string;
  rewards: string;
  reward: number | null;
  advantage: number | null;
  tokens: number | null;
  characters: number;
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
    const order = sort ? orderOf(sort) : { sql: 'r.n', values: {} };
    const numbers = this.#db.column<number>(
      `SELECT r.n FROM ${queriedTables} WHERE ${condition.sql} ORDER BY ${order.sql}`,
      { ...condition.values, ...order.values },
    );
    const values = (field: SpreadField): number[] => this.#spread(terms, field, blindFor);
    const tokens = values('tokens');
    const spread = (field: SpreadField, of = values(field)): TableHistogram[] => {
      const histogram = histogramOf(of, field !== 'reward' && field !== 'pass');
      return histogram ? [{ field, histogram }] : [];
    };
    return {
      numbers: Int32Array.from(numbers),
      total: this.total(),
      histograms: [
        ...spread('reward'),
        ...(tokens.length > 0 ? spread('tokens', tokens) : spread('characters')),
        ...spread('pass'),
        ...spread('iteration'),
      ],
    };
  }

  /** Rollouts in the store. */
  total(): number {
    return this.#db.get<{ total: number }>('SELECT coalesce(sum(rollouts), 0) AS total FROM groups')!.total;
  }

  /** A number of all rollouts that the other terms keep, so that its own range can be widened; of 'pass', one of each of their prompts. */
  #spread(terms: readonly QueryTerm[], field: SpreadField, blindFor: string | null): number[] {
    const { sql, values } = queryCondition(
      terms.filter((term) => !isOfNumber(term, field)),
      blindFor,
    );
    const kept = `FROM ${queriedTables} WHERE ${sql}`;
    const all =
      field === 'pass'
        ? `SELECT ${passRate('k.n')} AS value FROM (SELECT DISTINCT r.prompt_n AS n ${kept}) k`
        : `SELECT ${numberSql[field]} AS value ${kept}`;
    return this.#db.column(`SELECT value FROM (${all}) WHERE value IS NOT NULL`, values);
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
    return this.#db.column('SELECT DISTINCT j.key FROM rollouts r, json_each(r.rewards) j ORDER BY j.key');
  }

  #rowOf(row: Row): TableRow {
    const { completion, n, prompt_id, policy_version, hinted, labelled_by, flagged_by, open_comments, ...plain } = row;
    const rewards = JSON.parse(row.rewards) as Record<string, number>;
    return {
      ...plain,
      promptId: prompt_id,
      policyVersion: policy_version,
      hinted: hinted === 1,
      question: row.question.slice(0, longestCell),
      rewards,
      correct: correctness(rewards, row.reward),
      answer: answerOf(completion)?.slice(0, longestCell) ?? null,
      // Completions of one prompt begin alike.
      ending: completion.slice(-4 * longestCell),
      ...peopleOf(row),
    };
  }
}

const rowSql = `SELECT r.id, r.n, p.id AS prompt_id, p.question, r.completion, r.rewards, r.reward, ${numberSql.advantage} AS advantage,
  ${numberSql.tokens} AS tokens, ${numberSql.characters} AS characters, ${numberSql.pass} AS pass, r.finish, r.policy, r.policy_version,
  r.run_step AS iteration, p.stage, p.split, p.dataset, runs.name AS run, e.name AS evaluation, r.hinted, ${peopleColumns} FROM ${queriedTables}`;

/** Rollouts without a value last, whichever way; those of equal values as they came in. */
function orderOf({ by, descending }: TableSort): { sql: string; values: Record<string, string> } {
  const isPart = by.startsWith('reward.');
  const sql = isPart
    ? partSql(':part')
    : Object.hasOwn(numberSql, by)
      ? numberSql[by as NumberField]
      : Object.hasOwn(textSql, by)
        ? textSql[by]
        : null;
  if (sql === null) throw new RangeError(`rollouts cannot be sorted by ${by}`);
  return {
    sql: `${sql} ${descending ? 'DESC' : 'ASC'} NULLS LAST, r.n`,
    values: isPart ? { part: by.slice('reward.'.length) } : {},
  };
}
