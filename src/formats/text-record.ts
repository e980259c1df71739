/** A file that is one record: its whole text. */
import type { RawRecord } from './json-records.ts';
import { utf8Chunks } from './utf8.ts';

const longest = 16 * 1024 * 1024;

export async function* textRecord(file: string): AsyncGenerator<RawRecord> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of utf8Chunks(file)) {
    length += chunk.length;
    if (length > longest) {
      yield { line: 0, reason: `longer than ${longest} bytes` };
      return;
    }
    chunks.push(chunk);
  }
  yield {
    line: 1,
    value: Buffer.concat(chunks)
      .toString('utf8')
      .replace(/^\uFEFF/u, ''),
  };
}
