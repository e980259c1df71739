/** Rollouts for other trainers, each token with the weight that Temporal Advantage Shaping gives it. */
import type { SchemaElement } from 'hyparquet';
import { fileWriter, parquetWriteRows } from 'hyparquet-writer';
import { loggedPrompt } from '../domain/prompt-text.ts';
import type { TokenTrace } from '../domain/rollout.ts';
import type { RunConfig } from '../domain/run.ts';
import { needsPhases, tasWeights } from '../domain/tas.ts';
import { unitBoundaries, unitsOf, type UnitSource } from '../domain/unit.ts';
import { shapingOf, type Shaping } from '../domain/weight-source.ts';
import { shortest } from './rollout-lab.ts';
import { writeWhole } from './whole-file.ts';
import { writeLines } from './write.ts';
import type { Written } from './written.ts';

export const trainingExports = ['training-jsonl', 'training-parquet'] as const;
export type TrainingExport = (typeof trainingExports)[number];

/** How the weights are made, as a run's configuration has it. */
export type Shaper = RunConfig['tas'];

/** One rollout; lists have a place for each token, or each word where no tokens are known. */
interface TrainingRow {
  rollout: string;
  /** Completions of one prompt and policy version share it. */
  group: string;
  policy: string;
  policy_version: number;
  prompt: string;
  completion: string;
  reward: number | null;
  /** As the trainer recorded it. */
  advantage: number | null;
  /** Null where `units` is 'words'. */
  token_ids: number[] | null;
  /** Behaviour policy's, in nats. */
  log_probs: number[] | null;
  tokenizer: string | null;
  tas_weights: number[];
  /** Where each begins in the completion, in code points; null where only the ids are known. */
  starts: number[] | null;
  /** What has a weight: 'tokens' or 'words'. */
  units: UnitSource;
  /** Whose phases shaped the weights, 'label:ann', or the scheme that needs none. */
  weight_source: Shaping['source'];
}

/** Writes `rows` to the file `out`, streaming; -Infinity of a log-prob is null in JSON, which has none. */
export async function writeTraining(
  out: string,
  format: TrainingExport,
  rows: Iterable<Written>,
  shaper: Shaper,
): Promise<void> {
  if (format === 'training-jsonl') return writeLines(out, rows, (row) => trainingLine(trainingRow(row, shaper)));
  function* records(): Generator<Record<string, unknown>> {
    for (const row of rows) yield { ...trainingRow(row, shaper) };
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

function trainingRow({ prompt, rollout, labels }: Written, shaper: Shaper): TrainingRow {
  const { tokens, completion } = rollout;
  return {
    rollout: rollout.id,
    group: rollout.groupId,
    policy: rollout.policy,
    policy_version: rollout.policyVersion,
    prompt: loggedPrompt(prompt, rollout),
    completion,
    reward: rollout.reward,
    advantage: rollout.advantage,
    token_ids: tokens && Array.from(tokens.ids),
    log_probs: tokens?.logProbs ? Array.from(tokens.logProbs) : null,
    tokenizer: tokens?.tokenizer ?? null,
    ...weighed(completion, tokens, shapingOf(completion, labels, shaper), shaper),
  };
}

/** Phases need to know where a token stands: ids alone are weighed by the fallback. */
function weighed(
  completion: string,
  tokens: TokenTrace | null,
  shaping: Shaping,
  { scheme, fallback, ...options }: Shaper,
): Pick<TrainingRow, 'tas_weights' | 'starts' | 'units' | 'weight_source'> {
  const bare = tokens !== null && tokens.offsets === null;
  const units = bare ? null : unitsOf({ completion, tokens });
  const boundaries = units && shaping.boundaries ? unitBoundaries(units, shaping.boundaries) : undefined;
  const used = needsPhases(scheme) && !boundaries ? fallback : scheme;
  const weights = tasWeights(units?.starts.length ?? tokens!.ids.length, { ...options, scheme: used, boundaries });
  return {
    tas_weights: Array.from(Float32Array.from(weights)),
    starts: units && codePointOffsets(completion, units.starts),
    units: units?.source ?? 'tokens',
    weight_source: boundaries ? shaping.source : used,
  };
}

/** Code points before each UTF-16 offset; offsets do not decrease. */
function codePointOffsets(text: string, offsets: readonly number[]): number[] {
  let [at, count] = [0, 0];
  return offsets.map((offset) => {
    for (; at < offset; count += 1) at += text.codePointAt(at)! > 0xffff ? 2 : 1;
    return count;
  });
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
