/** What the terms of a query line (docs/table.md, "The query line") mean in SQL. */
import { isGold } from '../domain/gold.ts';
import type { NameField, NumberField } from '../domain/query-fields.ts';
import type { QueryTerm } from '../domain/rollout-query.ts';
import { stdFloor, vanishingStd } from '../domain/advantage.ts';
import { commentedRollouts } from './comments.ts';
import { notGold, passRate, vanishingCondition } from './outcome-conditions.ts';
import { tagsOfRollout } from './tags.ts';

const joined = `LEFT JOIN prompts p ON p.n = r.prompt_n LEFT JOIN groups g ON g.n = r.group_n
  LEFT JOIN runs ON runs.n = r.run_n LEFT JOIN evaluations e ON e.n = r.evaluation_n LEFT JOIN token_facts t ON t.rollout_n = r.n`;

/** The tables that a condition may name, one row a rollout `r`; those that it does not name cost nothing. */
export const queriedTables = `rollouts r ${joined} LEFT JOIN rollout_facts f ON f.n = r.n`;

/** The same for who reads all rollouts, as they came in: `r` has no more of each than its facts, for completions are long. */
export const allRollouts = `rollout_facts r ${joined}`;

/** SQL of what a number field is of rollout `r`. Facts that are no columns of `rollouts` are of whichever table has them. */
export const numberSql: Record<NumberField, string> = {
  reward: 'r.reward',
  advantage: `coalesce(r.advantage, iif(g.std < ${vanishingStd}, 0.0, (r.reward - g.mean) / (g.std + ${stdFloor})))`,
  tokens: 'tokens',
  characters: 'characters',
  words: 'words',
  version: 'r.policy_version',
  iteration: 'r.run_step',
  pass: passRate('r.prompt_n'),
  entropy: 't.entropy',
  logprob: 't.log_prob',
  gap: 't.gap',
  mismatch: 't.mismatch',
  ratio: 't.ratio',
};

/** SQL: the part of rollout `r`’s reward whose name is bound to `name`. */
export const partSql = (name: string): string =>
  `(SELECT j.value FROM json_each(r.rewards) j WHERE j.key = ${name} AND j.type IN ('integer', 'real'))`;

const nameSql: Record<Exclude<NameField, 'tag'>, readonly string[]> = {
  dataset: ['p.dataset'],
  prompt: ['p.id'],
  policy: ['r.policy'],
  run: ['runs.name', 'runs.id'],
  evaluation: ['e.name', 'e.id'],
  finish: ['r.finish'],
};

export interface QueryCondition {
  /** Of the rows of `queriedTables`. */
  sql: string;
  /** What it binds, by names that begin with `q`. */
  values: Record<string, string | number>;
}

/**
 * That all terms hold of rollout `r`. Where `blindFor` names an annotator, whose first pass is blind, what another one by name did with a
 * rollout counts once that annotator has labelled it.
 */
export function queryCondition(terms: readonly QueryTerm[], blindFor: string | null = null): QueryCondition {
  return allHold(terms, 'q', (term, bind) => sqlOf(term, bind, blindFor));
}

/**
 * That a line keeps prompt `p`: it has a rollout of which all terms hold. One that asks of prompts alone (dataset, prompt, stage, split, words)
 * keeps those without a rollout, too.
 */
export function promptCondition(terms: readonly QueryTerm[], blindFor: string | null = null): QueryCondition {
  const { sql, values } = queryCondition(terms, blindFor);
  const kept = `p.n IN (SELECT r.prompt_n FROM ${allRollouts} WHERE ${sql})`;
  if (!terms.every(isOfPrompt)) return { sql: kept, values };
  const own = allHold(terms, 'qp', (term, bind) =>
    term.kind === 'words' ? questionSql('p.n', bind(matchOf(term))) : sqlOf(term, bind, blindFor),
  );
  if (terms.every(({ kind }) => kind !== 'words')) return own;
  const bare = 'NOT EXISTS (SELECT 1 FROM rollouts b WHERE b.prompt_n = p.n)';
  return { sql: `(${kept} OR (${bare} AND ${own.sql}))`, values: { ...values, ...own.values } };
}

/** Whether a term asks of the prompt, whatever rollouts it has. */
function isOfPrompt(term: QueryTerm): boolean {
  if (term.kind === 'names') return term.field === 'dataset' || term.field === 'prompt';
  if (term.kind === 'choice') return term.field === 'stage' || term.field === 'split';
  return term.kind === 'words';
}

/** That all terms hold as `say` has each in SQL; what it binds is named `prefix` and a number. */
function allHold(
  terms: readonly QueryTerm[],
  prefix: string,
  say: (term: QueryTerm, bind: Bind) => string,
): QueryCondition {
  const values: QueryCondition['values'] = {};
  const bind = (value: string | number): string => {
    const name = `${prefix}${Object.keys(values).length}`;
    values[name] = value;
    return `:${name}`;
  };
  const sql = terms.map((term) => `(${say(term, bind)}) IS ${term.not ? 'NOT ' : ''}TRUE`);
  return { sql: sql.length === 0 ? 'TRUE' : sql.join(' AND '), values };
}

type Bind = (value: string | number) => string;

function sqlOf(term: QueryTerm, bind: Bind, blindFor: string | null): string {
  switch (term.kind) {
    case 'words':
      return wordsSql(bind(matchOf(term)));
    case 'number':
      return numberTerm(term, bind);
    case 'names': {
      const { field, names } = term;
      if (field === 'tag') return tagSql(names, bind, blindFor);
      return names
        .flatMap((name) => nameSql[field].map((sql) => isNamed(sql, name, bind)))
        .join(names.every((name) => name === null) ? ' AND ' : ' OR ');
    }
    case 'choice':
      return term.choices.map((choice) => choiceSql(term.field, choice, bind)).join(' OR ');
    case 'people':
      return peopleSql(term, bind, blindFor);
  }
}

/** The rollout’s completion or its prompt’s question has these words one after another; the last one may go on. */
const wordsSql = (match: string): string =>
  `r.n IN (SELECT rowid FROM rollout_text WHERE rollout_text MATCH ${match}) OR ${questionSql('r.prompt_n', match)}`;

/** The question of the prompt in row `promptN` has them. */
const questionSql = (promptN: string, match: string): string =>
  `${promptN} IN (SELECT rowid FROM prompt_text WHERE prompt_text MATCH ${match})`;

const matchOf = ({ text }: Extract<QueryTerm, { kind: 'words' }>): string => `"${text.replaceAll('"', '""')}"*`;

function numberTerm({ field, part, range }: Extract<QueryTerm, { kind: 'number' }>, bind: Bind): string {
  const isIn = (value: string): string => {
    if (range === null) return `${value} IS NULL`;
    const { from, to, isFromOpen, isToOpen } = range;
    return [
      ...(from === null ? [] : [`${value} ${isFromOpen ? '>' : '>='} ${bind(from)}`]),
      ...(to === null ? [] : [`${value} ${isToOpen ? '<' : '<='} ${bind(to)}`]),
    ].join(' AND ');
  };
  if (part !== null) return isIn(partSql(bind(part)));
  if (field !== 'pass') return isIn(numberSql[field]);
  // Asked of each prompt once.
  return `r.prompt_n IN (SELECT q.prompt_n FROM rollout_facts q GROUP BY q.prompt_n HAVING ${isIn('avg(q.correct)')})`;
}

/** A name in any case; one that ends in * is how it begins. */
function isNamed(sql: string, name: string | null, bind: Bind): string {
  if (name === null) return `${sql} IS NULL`;
  if (!name.endsWith('*')) return `${sql} = ${bind(name)} COLLATE NOCASE`;
  const start = bind(name.slice(0, -1));
  return `substr(${sql}, 1, length(${start})) = ${start} COLLATE NOCASE`;
}

/** Whether one of these tags is on it; null of no tag. */
function tagSql(names: readonly (string | null)[], bind: Bind, blindFor: string | null): string {
  const tagged = `EXISTS (SELECT 1 FROM ${tagsOfRollout(blindFor === null ? null : bind(blindFor))}`;
  return names
    .map((name) => (name === null ? `NOT ${tagged})` : `${tagged} AND ${isNamed('x.tag', name, bind)})`))
    .join(' OR ');
}

function choiceSql(field: Extract<QueryTerm, { kind: 'choice' }>['field'], choice: string | null, bind: Bind): string {
  const isYes = choice === 'yes';
  switch (field) {
    case 'correct':
      return `correct IS ${choice === null ? 'NULL' : Number(isYes)}`;
    case 'stage':
      return choice === null ? 'p.stage IS NULL' : `p.stage = ${bind(choice)}`;
    case 'split':
      return `p.split = ${bind(choice!)}`;
    case 'status':
      return choice === 'open'
        ? `NOT EXISTS (SELECT 1 FROM statuses s WHERE s.rollout_n = r.n AND ${notGold('s.annotator')})`
        : `EXISTS (SELECT 1 FROM statuses s WHERE s.rollout_n = r.n AND ${notGold('s.annotator')} AND s.status = ${bind(choice!)})`;
    case 'hinted':
      return `r.hinted = ${Number(isYes)}`;
    case 'commented':
      return `r.n ${isYes ? '' : 'NOT '}IN (${commentedRollouts})`;
    case 'vanishing':
      return `(${vanishingCondition}) IS ${isYes ? '' : 'NOT '}TRUE`;
  }
}

function peopleSql(
  { field, who }: Extract<QueryTerm, { kind: 'people' }>,
  bind: Bind,
  blindFor: string | null,
): string {
  const table = { labelled: 'labels', flagged: 'flags' }[field];
  const by = (condition: string): string => `EXISTS (SELECT 1 FROM ${table} x WHERE x.rollout_n = r.n${condition})`;
  if (who === 'yes' || who === 'no') return `${who === 'no' ? 'NOT ' : ''}${by(` AND ${notGold('x.annotator')}`)}`;
  const named = by(` AND x.annotator = ${bind(who)}`);
  if (blindFor === null || who === blindFor) return named;
  if (isGold(who)) return 'FALSE';
  return `${named} AND EXISTS (SELECT 1 FROM labels l WHERE l.rollout_n = r.n AND l.annotator = ${bind(blindFor)})`;
}
