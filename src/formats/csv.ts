/** Labels as a table: a row a phase of a label, for spreadsheets, R and pandas. */
import * as v from 'valibot';
import { csvText, type CsvField } from '../domain/csv-line.ts';
import { spans, type MediaSpan, type Phase } from '../domain/phase.ts';
import { suggestionSource, type LabelOrigin } from '../domain/suggestion/suggestion.ts';
import type { Draft, Format, FileContext } from './draft.ts';
import type { RawRecord } from './json-records.ts';
import { separatorOf, tableRows } from './table-records.ts';
import { firstBytes } from './utf8.ts';
import { numeral, valid } from './valid.ts';
import type { Written } from './written.ts';

/**
 * Offsets [start, end) are counted in UTF-16 units, as everywhere here, and again in code points, as Python counts;
 * from_seconds and to_seconds are empty where the phase talks about no span of the video. Of a label taken from a suggestion,
 * suggested_by says whose, and score how sure it was of where the phase starts; empty where that start was not taken.
 */
const columns = [
  ...['rollout', 'annotator', 'phase', 'start', 'end', 'start_codepoint', 'end_codepoint'],
  ...['from_seconds', 'to_seconds', 'suggested_by', 'score', 'text'],
];
/** Those that a label cannot be read without. */
const needed = columns.slice(0, 5);

/** The table's rows, its header first. */
export function* labelRows(rows: Iterable<Written>, phases: readonly Phase[]): Generator<CsvField[]> {
  yield columns;
  for (const { rollout, labels } of rows) {
    for (const { annotator, boundaries, grounding, origin } of labels) {
      let codePoints = 0;
      for (const { phase, start, end } of spans(rollout.completion.length, boundaries)) {
        const text = rollout.completion.slice(start, end);
        const first = codePoints;
        codePoints += [...text].length;
        const { start: from = null, end: to = null } = grounding?.[phase] ?? {};
        yield [
          ...[rollout.id, annotator, phases[phase].name, start, end, first, codePoints, from, to],
          ...[origin?.source ?? null, origin?.scores[phase - 1] ?? null, text],
        ];
      }
    }
  }
}

/** The names of a table's header, quoted or not. */
function namesIn(head: string): string[] {
  const [first] = head.split(/[\r\n]/u);
  return first.split(separatorOf(head)).map((name) => name.replaceAll('"', '').trim());
}

const offset = v.pipe(numeral, v.integer('not a whole number'));
const empty = v.pipe(
  v.literal(''),
  v.transform(() => null),
);
const optionalNumber = v.optional(v.union([empty, numeral], 'not a number'), '');
const text = v.pipe(v.string(), v.transform(csvText));
const row = v.object({
  rollout: v.pipe(text, v.minLength(1, 'no rollout is named')),
  annotator: v.pipe(text, v.trim(), v.minLength(1, 'no annotator is named')),
  phase: text,
  start: offset,
  end: offset,
  from_seconds: optionalNumber,
  to_seconds: optionalNumber,
  suggested_by: v.optional(v.union([empty, suggestionSource], 'not rules, tagger, agent:NAME or model:NAME'), ''),
  score: optionalNumber,
});
type Row = v.InferOutput<typeof row>;

export const csv: Format = {
  name: 'csv',
  title: 'Labels (CSV)',
  labels: /\.(?:csv|tsv)$/u,
  begins: (head) => needed.every((name) => namesIn(head).includes(name)),
  refuses(head, ending) {
    const names = namesIn(head);
    if (!['csv', 'tsv'].includes(ending) || needed.filter((name) => names.includes(name)).length < 3) return null;
    const has = names.slice(0, 40).join(', ');
    return { reason: `labels need the columns ${needed.join(', ')}, and it has ${has}`, isData: true };
  },
  records: labelTableRecords,
  parse(record, context): Draft {
    const rows = (record as unknown[]).map((one) => valid(row, one));
    const [{ rollout, annotator }] = rows;
    const ordered = inOrder(rows, context);
    for (const [i, { phase, start, end }] of ordered.entries()) {
      const due = i === 0 ? 0 : ordered[i - 1].end;
      if (start !== due) throw new Error(`${phase} starts at ${start}, not at ${due} where the phase before it ends`);
      if (end < start) throw new Error(`${phase} ends at ${end}, before it starts`);
    }
    return {
      kind: 'label',
      rolloutId: rollout,
      label: {
        annotator,
        boundaries: ordered.slice(1).map(({ start }) => start),
        grounding: ordered.map(spanOf),
        origin: originOf(ordered),
      },
    };
  },
};

/** The rows of a label, in the order of the project's phases. Throws when there is not one for each. */
function inOrder(rows: readonly Row[], { phases }: FileContext): Row[] {
  const stray = rows.find(({ phase }) => !phases.some(({ name }) => name === phase));
  if (stray)
    throw new Error(`there is no phase “${stray.phase}” here, but ${phases.map(({ name }) => name).join(', ')}`);
  return phases.map(({ name }) => {
    const [one, another] = rows.filter(({ phase }) => phase === name);
    const place = 'the rows of a label must follow one another, one for each phase';
    if (!one) throw new Error(`there is no row for ${name}: ${place}`);
    if (another) throw new Error(`${name} has two rows: ${place}`);
    return one;
  });
}

function originOf([{ suggested_by: source }, ...others]: readonly Row[]): LabelOrigin | undefined {
  const other = others.find(({ suggested_by }) => suggested_by !== source);
  if (other)
    throw new Error(`${other.phase} has another suggested_by than the phase before: a label is taken from one`);
  return source === null ? undefined : { source, scores: others.map(({ score }) => score) };
}

function spanOf({ phase, from_seconds: start, to_seconds: end }: Row): MediaSpan | null {
  if (start === null && end === null) return null;
  if (start === null || end === null)
    throw new Error(`${phase} has one of from_seconds and to_seconds; give both or none`);
  return { start, end };
}

/** Columns whose decimal mark may be a comma where it does not separate fields. */
const fractions = new Set<string | number>(['from_seconds', 'to_seconds', 'score']);

/** A label in rows: more are no label, and must not fill the memory. */
const mostRows = 1000;

/** The rows of each label, read a line at a time: those that follow one another with the same rollout and annotator. */
async function* labelTableRecords(file: string, signal?: AbortSignal): AsyncGenerator<RawRecord> {
  const separator = separatorOf((await firstBytes(file)).toString('utf8'));
  let rows: Record<string, string>[] = [];
  let line = 2;
  for await (const row of tableRows(file, separator, {
    cast: (field, { column }) => (separator !== ',' && fractions.has(column) ? field.replace(',', '.') : field),
    signal,
  })) {
    if ('reason' in row) {
      yield row;
      continue;
    }
    const same = rows[0]?.rollout === row.value.rollout && rows[0].annotator === row.value.annotator;
    if (rows.length > 0 && (!same || rows.length === mostRows)) {
      yield { line, value: rows };
      rows = [];
    }
    if (rows.length === 0) line = row.line;
    rows.push(row.value);
  }
  if (rows.length > 0) yield { line, value: rows };
}
