/** What the columns of a file of no known format may be, by their names and by what is in them. */
import * as v from 'valibot';
import { chat, message } from './chat.ts';
import { columnsOf, roles, valueAt, type ColumnMap, type ColumnOffer, type Role, type Row } from './columns.ts';
import { reward } from './mapped.ts';
import { filePaths } from './media.ts';
import { step, textual } from './valid.ts';

/** Names that trainers, benchmarks and sampling scripts give the parts, likeliest first, without case and signs. */
const names: Record<Role, RegExp[]> = {
  prompt: [
    /^prompts?$/u,
    /^(?:question|problem|query)s?$/u,
    /^(?:instruction|input)s?$/u,
    /^(?:messages|conversations?)$/u,
  ],
  completion: [
    /^(?:completion|response|fullresponse|fulloutput|repl(?:y|ie))s?$/u,
    /^(?:rollout|trajectory|generation|generated|output)s?$/u,
    /^(?:model|llm|generated|policy|assistant|raw)(?:output|response|answer|completion|text)s?$/u,
    /^(?:prediction|pred|predicted)s?$/u,
    /^(?:candidate|sample|reasoning|cot)s?$/u,
  ],
  reward: [/^rewards?$/u, /^scores?$/u, /rewards?$/u, /^reward/u, /scores?$/u, /^(?:is)?correct$/u, /^acc(?:uracy)?$/u],
  answer: [
    /^(?:groundtruth|gt|gts|gold|goldanswer|trueanswer|correctanswer|referenceanswer)s?$/u,
    /^(?:solution|answer)s?$/u,
    /^(?:reference|target|label|expected)s?$/u,
  ],
  group: [/^group(?:id)?$/u, /^(?:prompt|problem|question|query|example)id$/u, /^uid$/u],
  video: [/^videos?$/u, /^video(?:path|file|url|s)?$/u, /^image(?:path|file|url|s)?$/u],
  audio: [/^audios?$/u, /^audio(?:path|file|url|s)?$/u],
  advantage: [/^advantages?$/u],
  version: [/^(?:policyversion|globalstep|trainingstep|trainstep|genstep|step)$/u],
};

/** Kept to a line of what a person is shown. */
const shown = 160;

/** The likeliest column of each part, by its name and by what the rows hold. */
export function guessColumns(rows: readonly Row[]): ColumnMap {
  const columns = columnsOf(rows);
  const free = new Set(columns);
  const map: Partial<Record<Role, string[]>> = {};
  const fits = (role: Role, column: string): boolean => {
    const values = rows.map((row) => valueAt(row, column)).filter((value) => value !== null && value !== undefined);
    return values.every((value) => isPart(role, value));
  };
  // The rarer names first: an "answer" beside a "ground_truth" may be the completion.
  for (const role of [
    'group',
    'video',
    'audio',
    'advantage',
    'version',
    'reward',
    'prompt',
    'completion',
    'answer',
  ] as const) {
    for (const name of names[role]) {
      const found = columns.filter((column) => {
        // Datasets keep a medium as an object with its path.
        const told = role === 'video' || role === 'audio' ? column.replace(/\.path$/u, '') : column;
        return free.has(column) && name.test(bare(told)) && fits(role, column);
      });
      if (found.length === 0) continue;
      map[role] = role === 'reward' ? found : [found[0]];
      for (const column of map[role]) free.delete(column);
      break;
    }
  }
  // Of two texts, one of which tells by its name, the other is the other.
  const texts = [...free].filter(
    (column) => fits('completion', column) && rows.some((row) => isWords(valueAt(row, column))),
  );
  if (
    texts.length === 1 &&
    (map.prompt === undefined) !== (map.completion === undefined) &&
    (map.completion || map.reward)
  )
    map[map.prompt ? 'completion' : 'prompt'] = texts;
  return Object.fromEntries(roles.filter((role) => map[role]).map((role) => [role, map[role]]));
}

/** Those of a dataset may be anything: options to choose from, or an annotation. */
const completionNames = names.completion.slice(0, -1);

/** The column of a row in which a completion stands, by a name that tells of one; undefined where there is none. */
export function completionColumn(row: Readonly<Record<string, unknown>>): string | undefined {
  const columns = Object.keys(row).filter((column) => isPart('completion', row[column]) && !isEmpty(row[column]));
  const found = completionNames.map((name) => columns.find((column) => name.test(bare(column))));
  return found.find((column) => column !== undefined);
}

const isEmpty = (value: unknown): boolean =>
  Array.isArray(value) ? value.every(isEmpty) : typeof value === 'string' && value.trim() === '';

const bare = (column: string): string =>
  column
    .slice(column.lastIndexOf('.') + 1)
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]/gu, '');

/** Whether a value can be this part. */
function isPart(role: Role, value: unknown): boolean {
  switch (role) {
    case 'prompt':
      return v.is(chat, value);
    case 'completion':
      return v.is(chat, value) || (Array.isArray(value) && value.length > 0 && value.every((one) => v.is(chat, one)));
    case 'reward':
    case 'advantage':
      return (Array.isArray(value) ? value : [value]).every((one) => v.is(reward, one));
    case 'version':
      return v.is(step, value);
    case 'video':
    case 'audio':
      return v.is(filePaths, value);
    case 'group':
      return v.is(textual, value);
    case 'answer':
      return true;
  }
}

/** Whether a value says something in words: labels, paths and numbers do not. Scripts without case may have no spaces between words. */
export function isWords(value: unknown): boolean {
  if (Array.isArray(value)) return value.some((one) => isWords(one) || v.is(message, one));
  if (typeof value !== 'string') return false;
  const start = value.slice(0, 1000);
  return start.split(/\s+/u).filter((word) => /\p{L}{2}/u.test(word)).length >= 3 || /\p{Lo}{4}/u.test(start);
}

/** What a person chooses from: the columns, a guess and three rows. */
export function offerOf(rows: readonly Row[]): ColumnOffer {
  const columns = columnsOf(rows);
  return {
    columns,
    guess: guessColumns(rows),
    rows: rows
      .slice(0, 3)
      .map((row) => Object.fromEntries(columns.map((column) => [column, lineOf(valueAt(row, column))]))),
  };
}

/** A value as text, cut to a line. */
export function lineOf(value: unknown): string {
  const text = typeof value === 'string' ? value : value === undefined ? '' : (JSON.stringify(value) ?? '');
  const line = text
    .slice(0, 2 * shown)
    .replaceAll(/\s+/gu, ' ')
    .trim();
  return line.length > shown ? `${line.slice(0, shown).toWellFormed()}…` : line;
}
