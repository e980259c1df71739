/** Writes rollouts as files that this project and trainers read. */
import { createWriteStream } from 'node:fs';
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Prompt } from '../domain/rollout.ts';
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
  switch (format) {
    case 'rollout-lab':
      return writeLines(out, rows(), ({ prompt, rollout, ...more }) =>
        rolloutLine(placed(prompt, folder), rollout, more),
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
export const writeEach = (file: string, texts: Iterable<string>): Promise<void> =>
  pipeline(Readable.from(texts), createWriteStream(file));

/** Media under the written file's folder are named relative to it, so that the folder can move. */
export function placed(prompt: Prompt, folder: string): Prompt {
  const place = <Path extends string | null>(path: Path): Path | string => {
    if (path === null || !isAbsolute(path)) return path;
    const way = relative(folder, path);
    return way.startsWith('..') || isAbsolute(way) ? path : way.split(sep).join('/');
  };
  return {
    ...prompt,
    video: place(prompt.video),
    audio: place(prompt.audio),
    media: prompt.media?.map((one) => ({ ...one, path: place(one.path) })),
  };
}
