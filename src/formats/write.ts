/** Writes rollouts as files that this project and trainers read. */
import { createWriteStream } from 'node:fs';
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Prompt } from '../domain/rollout.ts';
import { contains } from '../store/folders.ts';
import { projectAround } from '../store/place.ts';
import { rolloutLine } from './rollout-lab.ts';
import { writeTrl } from './trl-write.ts';
import { verlLine } from './verl-write.ts';
import { writeWhole } from './whole-file.ts';
import type { Written } from './written.ts';

export const rolloutExports = ['rollout-lab', 'trl', 'verl'] as const;
export type RolloutExport = (typeof rolloutExports)[number];

/**
 * Writes `rows` to the file `out`, streaming. `rollout-lab` loses nothing; `trl` and `verl` hold what those trainers log,
 * with the prompt's `problem_id`, so that a dataset gives them their media back. `trl` reads the rows twice.
 */
export async function writeRollouts(out: string, format: RolloutExport, rows: () => Iterable<Written>): Promise<void> {
  const folder = dirname(resolve(out));
  const root = projectAround(folder) ?? folder;
  switch (format) {
    case 'rollout-lab':
      return writeLines(out, rows(), ({ prompt, rollout, ...more }) =>
        rolloutLine(placed(prompt, folder, root), rollout, more),
      );
    case 'verl':
      return writeLines(out, rows(), verlLine);
    case 'trl':
      return writeTrl(out, rows);
  }
}

/** Writes a line for every row, newlines by `line`. */
export async function writeLines<Row>(out: string, rows: Iterable<Row>, line: (row: Row) => string): Promise<void> {
  function* lines(): Generator<string> {
    for (const row of rows) yield line(row);
  }
  await writeWhole(out, (file) => writeEach(file, lines()));
}

/** Writes texts into a file, one after the other. */
export const writeEach = (file: string, texts: Iterable<string> | AsyncIterable<string>): Promise<void> =>
  pipeline(Readable.from(texts), createWriteStream(file));

/** Media in `root`, the written file's folder or one around it, are named relative to that file, so that the two can move together. */
export function placed(prompt: Prompt, folder: string, root = folder): Prompt {
  const place = <Path extends string | null>(path: Path): Path | string => {
    if (path === null || !isAbsolute(path) || !contains(root, path)) return path;
    return relative(folder, path).split(sep).join('/');
  };
  return {
    ...prompt,
    video: place(prompt.video),
    audio: place(prompt.audio),
    media: prompt.media?.map((one) => ({ ...one, path: place(one.path) })),
  };
}
