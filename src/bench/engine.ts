/** A whole policy-gradient step (forward, loss, backward, clipping, AdamW) on shapes like those of small policies and on known ones, beside the peer's. */
import { Random } from '../domain/random.ts';
import { baseBits, loraModules, type BaseBits } from '../domain/run.ts';
import type { Backend } from '../training/backends/backend.ts';
import { Adapter } from '../training/policy/adapter.ts';
import { Learner } from '../training/policy/learner.ts';
import type { Policy } from '../training/policy/policy.ts';
import { shapedPolicy, shapes } from '../training/policy/shape.ts';
import type { ShapeName } from '../training/policy/shape.ts';
import { forgetPeak, median, peakMemory, type Peer } from './peer.ts';
import { smallConfig, smallPolicy } from './small-policy.ts';

export interface StepShape {
  /** A known shape, or null for a small one of width `hidden`. */
  policy: ShapeName | null;
  hidden: number;
  /** Rows, and completion tokens of each. */
  batch: number;
  length: number;
  /** An adapter on every linear module, or all weights. */
  lora: boolean;
  /** Bits of a weight beneath the adapter. */
  baseBits: BaseBits;
}

export interface StepMeasurement extends StepShape {
  /** Medians over the rounds. */
  milliseconds: number;
  peakMemory: number | null;
  peer: { milliseconds: number; peakMemory: number | null } | null;
  /** Own time over the peer's. */
  ratio: number | null;
  /** The time that NumPy's BLAS takes for the step's matrix products alone, over own time. */
  shareOfBound: number | null;
}

/** The shape of docs/backends.md, "How fast it is", then d 128 to 512 by 64 to 512 tokens. */
export const stepShapes: readonly StepShape[] = [
  { policy: null, hidden: 256, batch: 8, length: 128, lora: false, baseBits: 32 },
  ...[false, true].flatMap((lora) =>
    [128, 256, 512].flatMap((hidden) =>
      [64, 512].map((length) => ({ policy: null, hidden, batch: 8, length, lora, baseBits: 32 as const })),
    ),
  ),
];

/** An adapter on a checkpoint's size. */
export const loraShapes: readonly StepShape[] = [128, 256].flatMap((length) => {
  const policy = 'qwen2.5-0.5b';
  const shape = { policy, hidden: shapes[policy].hidden_size, batch: 4, length, lora: true } as const;
  return baseBits.map((bits) => ({ ...shape, baseBits: bits }));
});

const lora = { rank: 8, alpha: 16 };
const loss = { clipLow: 0.2, clipHigh: 0.2, klWeight: 0, aggregation: 'token', ratio: 'token' } as const;

const small = ({ hidden, length }: StepShape) => smallConfig(hidden, 2 * length);

const configOf = (shape: StepShape) => (shape.policy ? shapes[shape.policy] : small(shape));

/** The step's matrix products [m, k, n, how many]: of each linear module its output, its input's gradient and, without LoRA, its weight's. */
function products(shape: StepShape): number[][] {
  const { batch, length, lora: adapted } = shape;
  const config = configOf(shape);
  const { hidden_size: hidden, num_hidden_layers: layers, num_attention_heads: heads } = config;
  const tokens = batch * length;
  const size = hidden / heads;
  const modules = [
    [hidden, hidden, 2 * layers],
    [hidden, config.num_key_value_heads * size, 2 * layers],
    [hidden, config.intermediate_size, 3 * layers],
    [hidden, config.vocab_size, 1],
  ];
  const linear = modules.flatMap(([from, to, count]) => [
    [tokens, from, to, count],
    [tokens, to, from, count],
    ...(adapted ? [] : [[from, tokens, to, count]]),
  ]);
  const attention = [
    [length, size, length, 2 * layers * batch * heads],
    [length, length, size, 4 * layers * batch * heads],
  ];
  return [...linear, ...attention];
}

/** Times `rounds` steps of a shape, interleaved with the peer's where there is one. */
export async function measureStep(
  shape: StepShape,
  { backend, peer, threads, rounds }: { backend: Backend; peer: Peer | null; threads: number; rounds: number },
): Promise<StepMeasurement> {
  const { batch, length } = shape;
  const random = Random.seeded(1, 'bench');
  const ids = (count: number): Int32Array =>
    Int32Array.from({ length: count }, () => random.integer(configOf(shape).vocab_size));
  await forgetPeak();
  const learner = new Learner({ policy: policyOf(shape), backend });
  const contexts = Array.from({ length: batch }, () => ({
    prefix: null,
    promptIds: ids(1),
    completionIds: ids(length),
  }));
  const old = await learner.logProbs(contexts);
  const rows = contexts.map((context, i) => ({
    ...context,
    weights: new Float32Array(length).fill(1),
    advantage: i % 2 === 0 ? 1 : -1,
    oldLogProbs: old[i],
    refLogProbs: null,
    dualClip: Infinity,
  }));
  const prepared = await peer?.ask<{ products: number }>('prepare', {
    threads,
    seed: 1,
    config: configOf(shape),
    batch,
    length,
    lora: shape.lora ? lora : null,
    products: products(shape),
  });
  const own: number[] = [];
  const theirs: { milliseconds: number; peakMemory: number | null }[] = [];
  // The first round warms both up.
  for (let round = 0; round <= rounds; round += 1) {
    const start = performance.now();
    await learner.reinforce(rows, loss);
    if (round > 0) own.push(performance.now() - start);
    const answer = await peer?.ask<{ milliseconds: number; peakMemory: number | null }>('step');
    if (answer && round > 0) theirs.push(answer);
  }
  const memory = await peakMemory();
  await learner.dispose();
  const milliseconds = median(own);
  const peers = theirs.length > 0 ? median(theirs.map((step) => step.milliseconds)) : null;
  return {
    ...shape,
    milliseconds,
    peakMemory: memory,
    peer: peers === null ? null : { milliseconds: peers, peakMemory: theirs.at(-1)!.peakMemory },
    ratio: peers === null ? null : milliseconds / peers,
    shareOfBound: prepared ? (prepared.products * 1e3) / milliseconds : null,
  };
}

function policyOf(shape: StepShape): Policy {
  const policy = shape.policy ? shapedPolicy(shape.policy, 1, shape.baseBits) : smallPolicy(small(shape));
  if (!shape.lora) return policy;
  return policy.with({ adapter: Adapter.create(policy.config, { ...lora, modules: [...loraModules] }, 1) });
}
