/** Keyset pages: the cursor is the last row's key, so a page costs the same however deep it is. */
import type { Page, PageQuery } from './rows.ts';

const largestPage = 1000;

/** Rows asked for, 100 unless said, at most 1000. Throws RangeError on a limit that is no positive integer. */
export function limitOf({ limit = 100 }: PageQuery): number {
  if (!Number.isInteger(limit) || limit < 1) throw new RangeError(`limit must be a positive integer, not ${limit}`);
  return Math.min(limit, largestPage);
}

interface Kinds {
  string: string;
  number: number;
}

/** The key a cursor holds, or null when there is none. Throws when it is not one that `pageOf` made. */
export function parseCursor<const Names extends readonly (keyof Kinds)[]>(
  cursor: string | null | undefined,
  names: Names,
): { -readonly [I in keyof Names]: Kinds[Names[I]] } | null {
  if (cursor === null || cursor === undefined) return null;
  let key: unknown;
  try {
    key = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    key = null;
  }
  if (!Array.isArray(key) || key.length !== names.length || names.some((name, i) => typeof key[i] !== name)) {
    throw new RangeError(`“${cursor}” is not a cursor of this list: pass the “next” of the page before`);
  }
  return key as { -readonly [I in keyof Names]: Kinds[Names[I]] };
}

/** Makes a page of `limit` from rows read one over it. */
export function pageOf<Row, Shown>(
  rows: Row[],
  limit: number,
  show: (row: Row) => Shown,
  keyOf: (row: Row) => (string | number)[],
): Page<Shown> {
  const shown = rows.slice(0, limit);
  const next = rows.length > limit ? Buffer.from(JSON.stringify(keyOf(shown[limit - 1]))).toString('base64url') : null;
  return { rows: shown.map(show), next };
}
