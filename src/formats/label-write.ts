/** Writes labels as files that this project and annotation tools read. */
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { csvLine } from '../domain/csv-line.ts';
import type { Phase } from '../domain/phase.ts';
import { labelRows } from './csv.ts';
import { eafText } from './eaf.ts';
import { labelStudioConfig, labelStudioTask } from './label-studio.ts';
import { labelLineOf } from './rollout-lab.ts';
import { webvttText } from './webvtt.ts';
import { writeFolder, writeWhole } from './whole-file.ts';
import { writeEach, writeLines } from './write.ts';
import type { Written } from './written.ts';

export const labelExports = ['rollout-lab', 'csv', 'eaf', 'label-studio', 'webvtt'] as const;
export type LabelExport = (typeof labelExports)[number];

/** True where a label's file holds one rollout, so that `out` is a folder. */
export const writesFolder = (format: LabelExport): boolean => format === 'eaf' || format === 'webvtt';

/**
 * Writes the labels of `rows` to `out`, streaming: a file, or for `eaf` and `webvtt` a new folder with a file a rollout. Beside
 * Label Studio's tasks goes the labelling interface they are for, `.xml` in place of `.json`. Throws when the folder has files in it, or is a file.
 */
export async function writeLabels(
  out: string,
  format: LabelExport,
  rows: Iterable<Written>,
  phases: readonly Phase[],
): Promise<void> {
  switch (format) {
    case 'rollout-lab':
      return writeLines(out, rows, ({ rollout, labels }) =>
        labels.map((label) => labelLineOf(rollout.id, label)).join(''),
      );
    case 'csv':
      return writeLines(out, labelRows(rows, phases), csvLine);
    case 'label-studio':
      return writeWhole(out, async (file) => {
        await writeEach(
          file,
          listed(rows, (row) => labelStudioTask(row, phases)),
        );
        await writeWhole(`${out.replace(/\.json$/u, '')}.xml`, labelStudioConfig(phases));
      });
    case 'eaf':
      return writeFolder(out, (folder) => writeFiles(folder, 'eaf', rows, (row) => eafText(row, phases)));
    case 'webvtt':
      return writeFolder(out, (folder) => writeFiles(folder, 'vtt', rows, (row) => webvttText(row, phases)));
  }
}

function* listed<Row>(rows: Iterable<Row>, text: (row: Row) => string): Generator<string> {
  let before = '[\n';
  for (const row of rows) {
    yield before + text(row);
    before = ',\n';
  }
  yield before === '[\n' ? '[]\n' : '\n]\n';
}

async function writeFiles(
  folder: string,
  extension: string,
  rows: Iterable<Written>,
  text: (row: Written) => string,
): Promise<void> {
  for (const row of rows) await writeFile(join(folder, `${fileName(row.rollout.id)}.${extension}`), text(row));
}

/** An imported id may be anything, and leads to no other folder. */
function fileName(id: string): string {
  return /^[\w-]{1,100}$/u.test(id) ? id : createHash('sha256').update(id).digest('hex').slice(0, 32);
}
