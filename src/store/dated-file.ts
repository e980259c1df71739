import { join, parse } from 'node:path';

/** A name beside `file` for a copy made now: rollouts-2026-11-22T12-00-00.db, with `word` rollouts-WORD-2026….db. */
export function datedFile(file: string, word = ''): string {
  const { dir, name, ext } = parse(file);
  const time = new Date().toISOString().slice(0, 19).replaceAll(':', '-');
  return join(dir, `${[name, word, time].filter(Boolean).join('-')}${ext}`);
}
