/**
 * One line that says which rollouts are meant (docs/table.md, "The query line"): `correct:no tokens:>800 policy:"my policy" green`. Parsed to
 * terms, which all must hold, and printed back. What a term means in the store is the store's to say.
 */
import {
  choiceFields,
  nameFields,
  numberFields,
  peopleFields,
  queryFields,
  type ChoiceField,
  type NameField,
  type NumberField,
  type PeopleField,
} from './query-fields.ts';

/** From `from` to `to`, null of no end; an end is meant with it unless it is said to be open. Only one without an end begins open. */
export interface Range {
  from: number | null;
  to: number | null;
  isFromOpen?: true;
  isToOpen?: true;
}

/** What must hold of a rollout, or must not where it is `not`. */
export type QueryTerm = { not: boolean } & (
  | { kind: 'words'; text: string }
  /** `part` names a part of the reward; null is 'none': nothing is recorded. */
  | { kind: 'number'; field: NumberField; part: string | null; range: Range | null }
  /** One of these; a name that ends in * stands for all that begin so, and null for none. */
  | { kind: 'names'; field: NameField; names: (string | null)[] }
  | { kind: 'choice'; field: ChoiceField; choices: (string | null)[] }
  /** 'yes', 'no', or an annotator's name. */
  | { kind: 'people'; field: PeopleField; who: string }
);

/** A term that cannot be read; `from` and `to` are where it stands in the line. */
export class QueryError extends RangeError {
  override readonly name = 'QueryError';
  readonly from: number;
  readonly to: number;

  constructor(message: string, from: number, to: number) {
    super(message);
    this.from = from;
    this.to = to;
  }
}

/** Parts without quotes, and quoted ones with \ before what would end them. */
const written = /(?:"(?:[^"\\]|\\.)*"?|[^\s"])+/gsu;

/** The terms of a line. Throws QueryError, which names the first term that cannot be read, and the cure. */
export function parseQuery(line: string): QueryTerm[] {
  return [...line.matchAll(written)].map(({ 0: term, index }) => {
    try {
      return parseTerm(term);
    } catch (error) {
      if (error instanceof RangeError) throw new QueryError(error.message, index, index + term.length);
      throw error;
    }
  });
}

/** Whether a line can be read. */
export function isQuery(line: string): boolean {
  return queryFault(line) === null;
}

/** What is wrong with a line; null of one that can be read. */
export function queryFault(line: string): string | null {
  try {
    parseQuery(line);
    return null;
  } catch (error) {
    if (error instanceof QueryError) return error.message;
    throw error;
  }
}

function parseTerm(term: string): QueryTerm {
  if (/^(?:[^"]|"(?:[^"\\]|\\.)*")*$/su.test(term) === false)
    throw new RangeError(`${term} has a quotation mark without its end: add a " there`);
  const not = term.length > 1 && term.startsWith('-');
  const said = not ? term.slice(1) : term;
  const colon = colonOf(said);
  if (colon < 0) {
    const text = unquoted(said);
    if (!/[\p{L}\p{N}]/u.test(text)) throw new RangeError(`${term} has neither a letter nor a digit to look for`);
    return { not, kind: 'words', text };
  }
  const [name, value] = [unquoted(said.slice(0, colon)), said.slice(colon + 1)];
  const dot = name.startsWith('reward.');
  const lower = name.toLowerCase() === 'length' ? 'tokens' : name.toLowerCase();
  if (value === '') throw new RangeError(`${term} asks for nothing: write a value after the colon${exampleOf(lower)}`);
  if (dot || isKey(numberFields, lower)) {
    const field = dot ? 'reward' : (lower as NumberField);
    const part = dot ? name.slice('reward.'.length) : null;
    if (part === '') throw new RangeError(`${term} names no part of the reward: write reward.NAME:>0.5`);
    return { not, kind: 'number', field, part, range: parseRange(term, value, field) };
  }
  if (isKey(nameFields, lower)) return { not, kind: 'names', field: lower, names: listed(value) };
  if (isKey(choiceFields, lower)) return { not, kind: 'choice', field: lower, choices: chosen(term, lower, value) };
  if (isKey(peopleFields, lower)) return { not, kind: 'people', field: lower, who: unquoted(value) };
  const near = nearest(name);
  throw new RangeError(
    `${term} names no field: ${near === null ? `there are ${Object.keys(queryFields).join(', ')}` : `did you mean ${near}?`} ` +
      `To look for these words, write them in quotes: "${said.replaceAll('"', '')}"`,
  );
}

const isKey = <Fields extends object>(fields: Fields, name: string): name is keyof Fields & string =>
  Object.hasOwn(fields, name);

const exampleOf = (field: string): string =>
  Object.hasOwn(queryFields, field) ? `, such as ${queryFields[field].example}` : '';

/** Where the first colon is that stands in no quotes; −1 without one. */
function colonOf(term: string): number {
  let isQuoted = false;
  for (let at = 0; at < term.length; at += 1) {
    if (term[at] === '\\' && isQuoted) at += 1;
    else if (term[at] === '"') isQuoted = !isQuoted;
    else if (term[at] === ':' && !isQuoted) return at;
  }
  return -1;
}

const unquoted = (text: string): string =>
  text.replaceAll(/"((?:[^"\\]|\\.)*)"/gsu, (_, inner: string) => inner.replaceAll(/\\(.)/gsu, '$1'));

/** Comma-separated; 'none' without quotes is null. */
function listed(value: string): (string | null)[] {
  const parts = value.match(/(?:"(?:[^"\\]|\\.)*"|[^",])+/gsu) ?? [];
  return parts.map((part) => (part === 'none' ? null : unquoted(part)));
}

function chosen(term: string, field: ChoiceField, value: string): (string | null)[] {
  const choices = listed(value).map((one) => one && one.toLowerCase());
  const { of, example } = choiceFields[field];
  const known: readonly (string | null)[] = field === 'correct' || field === 'stage' ? [...of, null] : of;
  if (choices.length === 0 || choices.some((one) => !known.includes(one)))
    throw new RangeError(`${term}: ${field} is ${known.map((one) => one ?? 'none').join(', ')}, such as ${example}`);
  return choices;
}

const number = String.raw`[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?`;
const compared = new RegExp(`^(?<how>>=|<=|>|<|=)?(?<value>${number})$`, 'iu');
const between = new RegExp(`^(?<from>${number})?\\.\\.(?:(?<below><)?(?<to>${number}))?$`, 'iu');

function parseRange(term: string, value: string, field: NumberField): Range | null {
  if (value === 'none') return null;
  const ends = between.exec(value)?.groups;
  if (ends && (ends.from ?? ends.to) !== undefined) {
    const [from, to] = [ends.from, ends.to].map((end) => (end === undefined ? null : Number(end)));
    if (from !== null && to !== null && from > to)
      throw new RangeError(`${term} ends before it begins: write the smaller number first`);
    return ends.below === undefined ? { from, to } : { from, to, isToOpen: true };
  }
  const one = compared.exec(value)?.groups;
  if (!one)
    throw new RangeError(
      `${term} asks for no number: write ${field}:0.5, ${field}:>0.5, ${field}:<=0.5, ${field}:0.2..0.8, ${field}:0.2..<0.8 or ${field}:none`,
    );
  const end = Number(one.value);
  switch (one.how) {
    case '>':
      return { from: end, to: null, isFromOpen: true };
    case '>=':
      return { from: end, to: null };
    case '<':
      return { from: null, to: end, isToOpen: true };
    case '<=':
      return { from: null, to: end };
    default:
      return { from: end, to: end };
  }
}

/** The field whose name is a few letters from this one; null without one. */
function nearest(name: string): string | null {
  const lower = name.toLowerCase();
  const near = Object.keys(queryFields)
    .map((field) => ({ field, distance: distanceOf(lower, field) }))
    .sort((a, b) => a.distance - b.distance)[0];
  return near.distance <= Math.max(1, Math.floor(lower.length / 3)) ? near.field : null;
}

/** Levenshtein's distance. */
function distanceOf(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1)
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + Number(a[i - 1] !== b[j - 1])));
    row = next;
  }
  return row[b.length];
}

/** The line of these terms: parsed again, it gives the same. */
export function printQuery(terms: readonly QueryTerm[]): string {
  return terms.map(printTerm).join(' ');
}

export function printTerm(term: QueryTerm): string {
  return `${term.not ? '-' : ''}${positive(term)}`;
}

function positive(term: QueryTerm): string {
  switch (term.kind) {
    case 'words':
      return quoted(term.text, /[\s":]|^-|^$/u);
    case 'number':
      return `${term.field}${term.part === null ? '' : `.${quoted(term.part, /[\s":]|^$/u)}`}:${rangeText(term.range)}`;
    case 'names':
      return `${term.field}:${namesText(term.names)}`;
    case 'choice':
      return `${term.field}:${namesText(term.choices)}`;
    case 'people':
      return `${term.field}:${quoted(term.who, /[\s"]|^$/u)}`;
  }
}

const quoted = (text: string, when: RegExp): string =>
  when.test(text) ? `"${text.replaceAll(/["\\]/gu, String.raw`\$&`)}"` : text;

const namesText = (names: readonly (string | null)[]): string =>
  names.map((name) => (name === null ? 'none' : quoted(name, /[\s",]|^none$|^$/u))).join(',');

function rangeText(range: Range | null): string {
  if (range === null) return 'none';
  const { from, to, isFromOpen, isToOpen } = range;
  if (from === null) return `${isToOpen ? '<' : '<='}${to}`;
  if (to === null) return `${isFromOpen ? '>' : '>='}${from}`;
  return from === to && !isToOpen ? String(from) : `${from}..${isToOpen ? '<' : ''}${to}`;
}

/** Whether a term asks for this number of a rollout, and may be asked for by a range. */
export function isOfNumber(term: QueryTerm, field: NumberField): boolean {
  return term.kind === 'number' && term.field === field && term.part === null && !term.not;
}

/** The same line with a number of the rollouts from one end to the other, both meant, in place of what it asked of that; null asks nothing of it. */
export function withRange(terms: readonly QueryTerm[], field: NumberField, range: Range | null): QueryTerm[] {
  const others = terms.filter((term) => !isOfNumber(term, field));
  return range === null ? others : [...others, { not: false, kind: 'number', field, part: null, range }];
}
