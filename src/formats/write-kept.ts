import { writeLines } from './write.ts';

/** Rows that a file does not hold, for one reason. */
export interface Left {
  count: number;
  reason: string;
}

/** Writes a line of each of `rows` to the file `out`, streaming, and counts those of which there is none by the reason. */
export async function writeKept<Row>(
  out: string,
  rows: Iterable<Row>,
  lineOf: (row: Row) => { text: string } | { reason: string },
): Promise<{ count: number; left: Left[] }> {
  let count = 0;
  const left = new Map<string, number>();
  function* kept(): Generator<string> {
    for (const row of rows) {
      const line = lineOf(row);
      if ('reason' in line) left.set(line.reason, (left.get(line.reason) ?? 0) + 1);
      else {
        count += 1;
        yield line.text;
      }
    }
  }
  await writeLines(out, kept(), (text) => text);
  return { count, left: [...left].map(([reason, count]) => ({ count, reason })) };
}
