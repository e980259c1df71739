/** Writes what runs measured as files that other tools read. */
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { toldConfig } from '../domain/run-prompts.ts';
import type { RunRow, Store } from '../store/store.ts';
import { eventRecords } from './tensorboard.ts';
import { writeFolder, writeWhole } from './whole-file.ts';
import { writeLines } from './write.ts';

export const metricExports = ['csv', 'tensorboard', 'trackio'] as const;
export type MetricExport = (typeof metricExports)[number];

/** The project that Trackio shows the runs in. */
const project = 'rollout-lab';

/** Writes all that `runs` measured, by iteration, to `out`: for TensorBoard a new folder with a folder for each run. */
export async function writeMetrics(
  out: string,
  format: MetricExport,
  store: Store,
  runs: readonly RunRow[],
): Promise<void> {
  switch (format) {
    case 'csv':
      return writeWhole(out, store.runs.curvesTable(runs.map(({ id }) => id)));
    case 'tensorboard':
      return writeFolder(out, async (folder) => {
        const names = new Set<string>();
        for (const run of runs) {
          const within = join(folder, folderName(run, names));
          await mkdir(within);
          const rows = store.runs.metrics(run.id, -1).map(({ iteration, ...row }) => ({ ...row, step: iteration }));
          const file = join(within, `events.out.tfevents.${Math.floor(Date.parse(run.createdAt) / 1000)}.rollout-lab`);
          await pipeline(Readable.from(eventRecords(rows)), createWriteStream(file));
        }
      });
    case 'trackio':
      return writeLines(out, trackioRecords(store, runs), (record) => `${JSON.stringify(record)}\n`);
  }
}

/** A name that is a folder's, each once. */
function folderName({ name, id }: RunRow, taken: Set<string>): string {
  const plain = name.replaceAll(/[^\p{L}\p{N}_.=-]+/gu, '-').replace(/^\.+/u, '');
  const chosen = plain === '' || taken.has(plain) ? `${plain}-${id.slice(0, 8)}` : plain;
  taken.add(chosen);
  return chosen;
}

/** Records of Trackio's inbox (fragments.py): it takes each `log_id` once, so that a file may come in again. */
function* trackioRecords(store: Store, runs: readonly RunRow[]): Generator<object> {
  for (const { id, name, config } of runs) {
    const told = toldConfig(config);
    for (const { iteration, at, values } of store.runs.metrics(id, -1)) {
      yield {
        ...{ v: 1, kind: 'metric', project, run: name, run_id: id, metrics: values, step: iteration },
        ...{ timestamp: new Date(at).toISOString(), config: told, log_id: `${id}-${iteration}` },
      };
    }
  }
}
