/** What the ending of a file's name says of it. The editor knows no more: it loads no format. */
import { extname } from 'node:path';
import { unpackedName } from './utf8.ts';

/**
 * Endings of the files that can be imported, which the file dialog offers. Those that are not of JSON, parquet or tables belong to a
 * `Format`. The manifest offers the same in the explorer (tested).
 */
export const endings = [
  'jsonl',
  'ndjson',
  'json',
  'parquet',
  'csv',
  'tsv',
  'xlsx',
  'eaf',
  'vtt',
  'eval',
  'db',
] as const;
export type Ending = (typeof endings)[number];

/** The ending in small letters without the dot, of a packed file the one before. */
export const endingOf = (file: string): string => extname(unpackedName(file)).slice(1).toLowerCase();

/** Pickles may run code: they are refused in words. */
export const isPickleName = (file: string): boolean => /\.(?:pt|pth|pkl|pickle)$/iu.test(unpackedName(file));

/** Whether it may hold records: logs may, and pickles are refused in words. */
export const isReadable = (file: string): boolean =>
  [...endings, 'txt', 'log'].some((one) => one === endingOf(file)) || isPickleName(file);
