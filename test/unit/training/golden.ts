/** The tiny policy and rows of test/golden/engine.py. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Backend } from '../../../src/training/backends/backend.ts';
import { slice } from '../../../src/training/graph/operators.ts';
import { program } from '../../../src/training/graph/program.ts';
import { causalAttention } from '../../../src/training/policy/attention.ts';
import { Decoder, parameterInputs } from '../../../src/training/policy/decoder.ts';
import { layOut } from '../../../src/training/policy/layout.ts';
import type { PolicyLossOptions } from '../../../src/training/policy/objective.ts';
import type { OptimiserOptions } from '../../../src/training/policy/optimiser.ts';
import type { Policy } from '../../../src/training/policy/policy.ts';
import type { RolloutRow } from '../../../src/training/policy/row.ts';
import { deviceParameters } from '../../../src/training/policy/scorer.ts';
import { sequenceFeeds, sequenceInputs } from '../../../src/training/policy/sequence.ts';

export const goldenFolder = join(import.meta.dirname, '../../golden/engine');

interface GoldenRow {
  promptIds: number[];
  completionIds: number[];
  prefix: { slots: number; frames: number[]; mels: number[] } | null;
  weights: number[];
  advantage: number;
  dualClip: number | null;
  logProbs: number[];
  oldLogProbs: number[];
  refLogProbs: number[] | null;
}
interface Golden {
  optimiser: Pick<OptimiserOptions, 'learningRate' | 'weightDecay' | 'maxGradNorm'>;
  rows: GoldenRow[];
  objectives: Record<string, { options: PolicyLossOptions | null; steps: Record<string, number>[] }>;
}

export const golden = JSON.parse(readFileSync(join(goldenFolder, 'rows.json'), 'utf8')) as Golden;

export const goldenRows: RolloutRow[] = golden.rows.map((row) => ({
  promptIds: Int32Array.from(row.promptIds),
  completionIds: Int32Array.from(row.completionIds),
  prefix: row.prefix && {
    slots: row.prefix.slots,
    frames: Float32Array.from(row.prefix.frames),
    mels: Float32Array.from(row.prefix.mels),
  },
  weights: Float32Array.from(row.weights),
  advantage: row.advantage,
  dualClip: row.dualClip ?? Infinity,
  oldLogProbs: Float32Array.from(row.oldLogProbs),
  refLogProbs: row.refLogProbs && Float32Array.from(row.refLogProbs),
}));

/** The largest difference of two lists. */
export const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  a.length === b.length ? Array.from(a).reduce((worst, x, i) => Math.max(worst, Math.abs(x - b[i])), 0) : Infinity;

/** A policy's logits [ids, vocabulary] of a text. */
export async function logitsOf(policy: Policy, ids: Int32Array, backend: Backend): Promise<Float32Array> {
  // The last token is read too: as one that a completion of any token follows.
  const row = { promptIds: ids.subarray(0, 1), prefix: null, completionIds: Int32Array.from([...ids.subarray(1), 0]) };
  const [{ layout }] = layOut([row], policy.config);
  const decoder = new Decoder(policy, parameterInputs(policy));
  const inputs = sequenceInputs(policy.config, layout);
  const hidden = decoder.hidden(decoder.embed(inputs), causalAttention(policy.config, layout, inputs));
  const logits = decoder.logits(slice(hidden, 0, 0, ids.length));
  const executable = await backend.compile(program({ logits }));
  const feeds = {
    ...Object.fromEntries(deviceParameters(policy, backend)),
    ...sequenceFeeds(backend, policy.config, layout, [row]),
  };
  const results = await executable.run(feeds);
  return results.logits.data() as Float32Array;
}
