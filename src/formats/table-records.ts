/** The rows of a table in text, such as CSV. */
import { CsvError, parse, type CastingFunction, type Info } from 'csv-parse';
import { pipeline, Readable } from 'node:stream';
import type { Numbered } from './json-records.ts';
import { DamagedText, firstBytes, headLength, utf8Chunks } from './utf8.ts';

/** What spreadsheets put between fields: a semicolon where the comma is the decimal mark, a tab in their text files. */
const separators = [',', ';', '\t'];

/** A row by the header's names, or what is wrong with it. */
export type TableRow = Numbered & ({ value: Record<string, string> } | { reason: string });

/** What separates most names in a table's first line. */
export function separatorOf(head: string): string {
  const [first] = head.split(/[\r\n]/u);
  const count = (separator: string): number => first.split(separator).length;
  return separators.toSorted((a, b) => count(b) - count(a))[0];
}

/** Yields the rows below the header, read a line at a time; one that does not fit the header is told of, and the rest goes on. Throws without one. */
export async function* tableRows(
  file: string,
  separator: string,
  { cast, signal }: { cast?: CastingFunction; signal?: AbortSignal } = {},
): AsyncGenerator<TableRow> {
  const faults: (Numbered & { reason: string })[] = [];
  const fault = ({ message, lines }: CsvError): undefined => {
    faults.push({ line: Number(lines ?? 1), reason: `not CSV: ${message}` });
  };
  const parser = parse({
    ...{ bom: true, info: true, max_record_size: 64 * 1024 * 1024, skip_empty_lines: true },
    columns: header,
    delimiter: separator,
    skip_records_with_error: true,
    on_skip: (error) => (error ? fault(error) : undefined),
    cast,
  });
  const head = await firstBytes(file);
  if (head.length >= headLength && !/[\r\n]/u.test(head.toString('latin1')))
    throw new Error(`its first line is longer than ${headLength} bytes, and has the names of the columns in a table`);
  // Its failure is thrown where the parser is read.
  pipeline(Readable.from(utf8Chunks(file, signal)), parser, () => {});
  let line = 2;
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: Record<string, string>; info: Info }>) {
      yield* faults.splice(0);
      yield { line, value: record };
      line = info.lines + 1;
    }
  } catch (error) {
    if (error instanceof DamagedText)
      faults.push({ line, reason: `${error.message}; nothing behind this place is read` });
    else if (error instanceof CsvError) fault(error);
    else throw error;
  }
  yield* faults;
}

/** Throws when two columns have one name: a row would keep one of the two. */
function header(names: string[]): string[] {
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) throw new Error(`two columns are named “${twice}”: rename one`);
  return names;
}
