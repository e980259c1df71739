/** What is imported of a column, as its format itself reads it: what changes when another value stands there, or none. */
import { isDeepStrictEqual } from 'node:util';
import { isRow, valueAt, type Row } from './columns.ts';
import type { Draft } from './draft.ts';
import { draftParts } from './draft-parts.ts';

/** Records that are looked at for one column, and the drafts of a record that are compared. */
const mostTried = 2;
const mostCompared = 4;
/** Rows within a record that are read again. */
const mostWithin = 8;

/** The rows of a record: itself, or those that it has under the name `within`. */
export function rowsIn(record: Row, within: string | undefined): Row[] {
  const rows = within === undefined ? [record] : record[within];
  return Array.isArray(rows) ? rows.filter(isRow) : [];
}

/**
 * In words; empty where it is left out, null where no record has a value there that could be tried. `reread` makes drafts of a record, and is
 * null of one that is refused.
 */
export async function columnUse(
  column: string,
  records: readonly Row[],
  within: string | undefined,
  reread: (record: Row) => Promise<Draft[] | null>,
): Promise<string[] | null> {
  const found = new Set<string>();
  let tried = 0;
  for (const record of records) {
    if (tried === mostTried) break;
    const rows = rowsIn(record, within).slice(0, mostWithin);
    if (rows.every((row) => isEmpty(valueAt(row, column)))) continue;
    const partsWith = async (change: (value: unknown) => unknown): Promise<Parts | null> => {
      const changed = rows.map((row) => withValue(row, column, change(valueAt(row, column))));
      const drafts = await reread(within === undefined ? changed[0] : { ...record, [within]: changed });
      return drafts && drafts.slice(0, mostCompared).map(draftParts);
    };
    const before = await partsWith((value) => value);
    if (before === null) continue;
    tried += 1;
    let isRefused = false;
    for (const change of changes) {
      const parts = differences(before, await partsWith(change));
      isRefused ||= parts === null;
      for (const part of parts ?? []) found.add(part);
      if (parts?.length) break;
    }
    // It is looked at, whatever it is for.
    if (found.size === 0 && isRefused) found.add('checked');
  }
  return tried === 0 ? null : [...found];
}

/** The one that changes least first. */
const changes: readonly ((value: unknown) => unknown)[] = [
  (value) => otherThan(value, (text) => `${text}x`),
  // What is cut off from the end of a text, or out of it, does not tell.
  (value) =>
    otherThan(value, (text) =>
      text.replaceAll(/<[^>]*>|\p{L}{3,}/gu, (word) => (word.startsWith('<') ? word : `${word}x`)),
    ),
  () => undefined,
];

const isEmpty = (value: unknown): boolean =>
  value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0);

type Parts = Map<string, unknown>[];

/** Null where these are not alike enough to be compared. */
function differences(before: Parts, after: Parts | null): string[] | null {
  if (after?.length !== before.length) return null;
  const found = new Set<string>();
  for (const [i, parts] of before.entries()) {
    if (parts.get('kind') !== after[i].get('kind')) return null;
    for (const name of [...parts.keys(), ...after[i].keys()])
      if (!isDeepStrictEqual(parts.get(name), after[i].get(name))) found.add(name);
  }
  return [...found];
}

/** A value of the same form that says something else. */
function otherThan(value: unknown, otherText: (text: string) => string, name = ''): unknown {
  if (typeof value === 'string') {
    if (name === 'role' || name === 'type') return value;
    return value.trim() !== '' && Number.isFinite(Number(value)) ? String(Number(value) + 1) : otherText(value);
  }
  if (typeof value === 'number') return value + 1;
  if (typeof value === 'boolean') return !value;
  if (Array.isArray(value)) return value.map((one) => otherThan(one, otherText));
  if (!isRow(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, otherThan(one, otherText, key)]));
}

/** The row with this in a column, or without it where that is undefined. */
function withValue(row: Row, column: string, value: unknown): Row {
  if (Object.hasOwn(row, column)) {
    const others = Object.entries(row).filter(([name]) => name !== column);
    return value === undefined ? Object.fromEntries(others) : { ...row, [column]: value };
  }
  for (let dot = column.indexOf('.'); dot > 0; dot = column.indexOf('.', dot + 1)) {
    const inner = row[column.slice(0, dot)];
    if (isRow(inner)) return { ...row, [column.slice(0, dot)]: withValue(inner, column.slice(dot + 1), value) };
  }
  return row;
}
