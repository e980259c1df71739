/**
 * Endings of the files that can be imported, which the file dialog offers. Those that are not of JSON, parquet or tables belong to a
 * `Format`. The manifest offers the same in the explorer (tested); the editor loads no format to know them.
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
