/** Rows of which a person has said what their columns are. */
import { basename, dirname } from 'node:path';
import * as v from 'valibot';
import { answerOf, chat, completionOf, questionOf } from './chat.ts';
import { isRow, roles, valueAt, type ColumnMap, type Row } from './columns.ts';
import { promptDraft, rolloutDraft, type Draft, type FileContext, type Format, type RolloutDraft } from './draft.ts';
import { finishOf } from './finish.ts';
import { filePaths, mediaBeside, mediaOf } from './media.ts';
import { splitOfPrompt, splitOfRow } from './split.ts';
import { score, step, textual, valid } from './valid.ts';

const empty = v.pipe(
  v.literal(''),
  v.transform(() => null),
);
/** A number, a flag, or either as text; null where there is none. */
export const reward = v.nullish(
  v.union(
    [
      empty,
      score,
      v.pipe(v.boolean(), v.transform(Number)),
      v.pipe(
        v.string(),
        v.regex(/^(?:true|false)$/iu),
        v.transform((text) => Number(text.toLowerCase() === 'true')),
      ),
    ],
    'not a number',
  ),
  null,
);
/** A prompt in messages, and what the assistant said after the last thing it was told; null when it said nothing. */
export function turnsOf(prompt: v.InferOutput<typeof chat>): { prompt: typeof prompt; completion: string | null } {
  if (typeof prompt === 'string') return { prompt, completion: null };
  const asked = prompt.findLastIndex(({ role }) => role !== 'assistant' && role !== 'tool') + 1;
  if (asked === 0 || prompt.at(-1)?.role !== 'assistant') return { prompt, completion: null };
  return { prompt: prompt.slice(0, asked), completion: completionOf(prompt.slice(asked)) };
}

/** A reader of rows by the columns named: prompts, with a rollout each where there is a completion, or where the messages end with one. */
export function mappedFormat(map: ColumnMap): Format {
  return {
    name: 'columns',
    title: 'a table by its columns',
    container: 'table',
    rows: (record) => rowsOf(record, map),
    parse(record, context): Draft {
      const one = record as Row;
      const { prompt, completion: said } = turnsOf(read(chat, one, map.prompt) ?? '');
      const { text, system, ...asked } = questionOf(prompt);
      const answer = read(v.unknown(), one, map.answer);
      const completion = map.completion ? completionOf(read(chat, one, map.completion) ?? '') : said;
      return {
        kind: 'prompt',
        prompt: promptDraft(context, {
          question: text,
          ...asked,
          // Of a row without a completion, it is the prompt's own.
          ...(completion === null && { system }),
          media: mediaBeside(
            [
              ...mediaOf('video', read(filePaths, one, map.video) ?? []),
              ...mediaOf('audio', read(filePaths, one, map.audio) ?? []),
            ],
            asked.media,
          ),
          // An empty cell is none; 0 and false are answers.
          answer: answerOf(answer === '' ? null : answer),
          ...(completion === null ? splitOfPrompt(one, context) : splitOfRow(one)),
        }),
        rollout: rolloutOf(completion, one, map, { hinted: asked.hint !== null, system }, context),
        labels: [],
      };
    },
  };
}

/** The rollout of a row that has a completion, with what its columns tell of it; its policy is known by the file's folder. */
export function rolloutOf(
  completion: string | null,
  row: Row,
  map: ColumnMap,
  asked: Pick<RolloutDraft, 'hinted' | 'system'>,
  context: FileContext,
): RolloutDraft | null {
  if (completion === null) return null;
  const policy = basename(dirname(context.file));
  return rolloutDraft(context, { policy, completion, finish: finishOf(row), ...asked, ...scoresOf(row, map) });
}

/** What is told of a completion beside its text. */
function scoresOf(
  row: Row,
  map: ColumnMap,
): Pick<RolloutDraft, 'groupName' | 'policyVersion' | 'rewards' | 'reward' | 'advantage'> {
  const rewards: Record<string, number> = {};
  for (const column of map.reward ?? []) {
    const value = read(reward, row, [column]);
    if (value !== null) rewards[column] = value;
  }
  return {
    groupName: read(v.nullish(textual), row, map.group) ?? '',
    policyVersion: read(v.nullish(step), row, map.version) ?? 0,
    rewards,
    reward: sumOf(rewards),
    advantage: read(reward, row, map.advantage),
  };
}

/** A column's value, validated; null of a part that has no column. Throws an Error that names the column. */
function read<Schema extends v.GenericSchema>(
  schema: Schema,
  row: Row,
  [column]: readonly string[] = [],
): v.InferOutput<Schema> | null {
  if (column === undefined) return null;
  return valid(v.object({ [column]: schema }), { [column]: valueAt(row, column) })[column];
}

/** A row for each completion where a row lists several of one prompt; lists of as many rewards or advantages are theirs. */
function rowsOf(row: unknown, map: ColumnMap): Row[] {
  if (!isRow(row)) throw new Error('not an object with names');
  const completions = map.completion && valueAt(row, map.completion[0]);
  if (!Array.isArray(completions) || completions.length === 0 || v.is(chat, completions)) return [row];
  const lists = roles
    .flatMap((role) => map[role] ?? [])
    .filter((column) => column !== map.prompt?.[0])
    .map((column) => [column, valueAt(row, column)] as const)
    .filter((entry): entry is [string, unknown[]] => Array.isArray(entry[1]));
  const uneven = lists.find(([, values]) => values.length !== completions.length);
  if (uneven) throw new Error(`${uneven[0]}: ${uneven[1].length} values for ${completions.length} completions`);
  return completions.map((_, i) => ({
    ...row,
    ...Object.fromEntries(lists.map(([column, values]) => [column, values[i]])),
  }));
}

/** Of the columns that were named as rewards; null of none. */
function sumOf(rewards: Readonly<Record<string, number>>): number | null {
  const parts = Object.values(rewards);
  return parts.length === 0 ? null : parts.reduce((sum, part) => sum + part, 0);
}
