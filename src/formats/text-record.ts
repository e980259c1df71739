/** A file that is one record: its whole text. */
import { readFile, stat } from 'node:fs/promises';
import type { RawRecord } from './json-records.ts';

const longest = 16 * 1024 * 1024;

export async function* textRecord(file: string): AsyncGenerator<RawRecord> {
  const { size } = await stat(file);
  if (size > longest) yield { line: 0, reason: `longer than ${longest} bytes` };
  else yield { line: 1, value: (await readFile(file, 'utf8')).replace(/^\uFEFF/u, '') };
}
