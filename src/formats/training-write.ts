/** Rollouts for other trainers, each token with the weight that Temporal Advantage Shaping gives it. */
import type { SchemaElement } from 'hyparquet';
import { fileWriter, parquetWriteRows } from 'hyparquet-writer';
import { shortest } from './rollout-lab.ts';
import { writeWhole } from './whole-file.ts';
import { trainingRow, type Shaper, type SourceCounts, type TrainingRow, type Weighed } from './training-row.ts';
import { writeTrlTraining } from './trl-training.ts';
import { writeVerifiersTraining } from './verifiers-training.ts';
import { writeVerlStored } from './verl-stored.ts';
import { writeVerlTraining } from './verl-training.ts';
import { writeLines } from './write.ts';
import type { Written } from './written.ts';

export const trainingExports = [
  'training-jsonl',
  'training-parquet',
  'training-trl',
  'training-verl',
  'training-verl-stored',
  'training-verifiers',
] as const;
export type TrainingExport = (typeof trainingExports)[number];

/**
 * Writes `rows` to `out`, streaming, and returns what shaped them; -Infinity of a log-prob is null in JSON, which has none. `trainers` is the
 * folder of the files of Python that go beside the data. Rejects when a trainer needs tokens and rollouts have none.
 */
export async function writeTraining(
  out: string,
  format: TrainingExport,
  rows: Iterable<Written>,
  shaper: Shaper,
  trainers: string,
): Promise<SourceCounts> {
  const sources: SourceCounts = {};
  function* weighedRows(): Generator<Weighed> {
    for (const row of rows) {
      const training = trainingRow(row, shaper);
      sources[training.weight_source] = (sources[training.weight_source] ?? 0) + 1;
      yield { row, training };
    }
  }
  switch (format) {
    case 'training-jsonl':
      await writeLines(out, weighedRows(), ({ training }) => trainingLine(training));
      break;
    case 'training-parquet':
      await writeParquet(out, weighedRows());
      break;
    case 'training-trl':
      await writeTrlTraining(out, weighedRows(), trainers);
      break;
    case 'training-verl':
      await writeVerlTraining(out, rows, shaper, trainers);
      break;
    case 'training-verl-stored':
      await writeVerlStored(out, weighedRows(), trainers);
      break;
    case 'training-verifiers':
      await writeVerifiersTraining(out, weighedRows());
  }
  return sources;
}

async function writeParquet(out: string, rows: Iterable<Weighed>): Promise<void> {
  function* records(): Generator<Record<string, unknown>> {
    for (const { training } of rows) yield { ...training };
  }
  await writeWhole(out, async (file) =>
    parquetWriteRows({
      writer: fileWriter(file),
      rows: records(),
      schema,
      columns: columns.map(({ name }) => ({ name })),
      // Three lists as long as a completion, and what the writer makes of them: more rows take much more memory, and make the file little smaller.
      rowGroupSize: 100,
    }),
  );
}

function trainingLine({ log_probs, tas_weights, ...row }: TrainingRow): string {
  return `${JSON.stringify({
    ...row,
    log_probs: log_probs?.map((value) => (Number.isFinite(value) ? shortest(value) : null)) ?? null,
    tas_weights: tas_weights.map(shortest),
  })}\n`;
}

interface Column {
  name: keyof TrainingRow;
  type: SchemaElement['type'];
  list?: true;
  nullable?: true;
}

const columns: readonly Column[] = [
  { name: 'rollout', type: 'BYTE_ARRAY' },
  { name: 'group', type: 'BYTE_ARRAY' },
  { name: 'policy', type: 'BYTE_ARRAY' },
  { name: 'policy_version', type: 'INT32' },
  { name: 'prompt', type: 'BYTE_ARRAY' },
  { name: 'completion', type: 'BYTE_ARRAY' },
  { name: 'reward', type: 'DOUBLE', nullable: true },
  { name: 'advantage', type: 'DOUBLE', nullable: true },
  { name: 'token_ids', type: 'INT32', list: true, nullable: true },
  { name: 'log_probs', type: 'FLOAT', list: true, nullable: true },
  { name: 'tokenizer', type: 'BYTE_ARRAY', nullable: true },
  { name: 'tas_weights', type: 'FLOAT', list: true },
  { name: 'starts', type: 'INT32', list: true, nullable: true },
  { name: 'units', type: 'BYTE_ARRAY' },
  { name: 'weight_source', type: 'BYTE_ARRAY' },
];

const schema: SchemaElement[] = [
  { name: 'root', num_children: columns.length },
  ...columns.flatMap(({ name, type, list, nullable }): SchemaElement[] => {
    const repetition_type = nullable ? 'OPTIONAL' : 'REQUIRED';
    if (!list) return [{ name, type, repetition_type, ...(type === 'BYTE_ARRAY' && { converted_type: 'UTF8' }) }];
    return [
      { name, repetition_type, converted_type: 'LIST', num_children: 1 },
      { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
      { name: 'element', type, repetition_type: 'REQUIRED' },
    ];
  }),
];
