/** Which split a row of a dataset is of, where the row or its file says so. */
import { basename } from 'node:path';
import type { Split } from '../domain/rollout.ts';
import { valueAt, type Row } from './columns.ts';
import type { FileContext } from './draft.ts';

const names: Readonly<Record<string, Split>> = {
  train: 'train',
  validation: 'validation',
  valid: 'validation',
  val: 'validation',
  dev: 'validation',
  eval: 'validation',
  test: 'test',
};
const splitNamed = (name: unknown): Split | undefined =>
  typeof name === 'string' && Object.hasOwn(names, name) ? names[name] : undefined;

/** The row's own, also as verl's and SkyRL's datasets have it. */
export function splitOfRow(row: Row): { split?: Split } {
  const split = splitNamed(valueAt(row, 'split')) ?? splitNamed(valueAt(row, 'extra_info.split'));
  return split ? { split } : {};
}

/** Of a row without a completion, by its file's whole name too: `validation.parquet`, `test-00000-of-00001.parquet`. */
export function splitOfPrompt(row: Row, { file, note }: FileContext): { split?: Split } {
  const told = splitOfRow(row);
  const split = splitNamed(/^([a-z]+)(?:-\d+-of-\d+)?\./u.exec(basename(file))?.[1]);
  if (told.split || !split) return told;
  if (split !== 'train') note(`by the file’s name its prompts are of the split ${split}`);
  return { split };
}
