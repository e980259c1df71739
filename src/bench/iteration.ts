/** A whole iteration of AVATAR as a user waits for it (completions, reference, gradient steps), beside one of TRL's GRPOTrainer. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { groupAdvantages } from '../domain/advantage.ts';
import { Random } from '../domain/random.ts';
import type { Backend } from '../training/backends/backend.ts';
import { EmbeddedEngine } from '../training/engine/embedded.ts';
import type { Engine } from '../training/engine/engine.ts';
import { TorchEngine } from '../training/engine/torch.ts';
import type { Policy } from '../training/policy/policy.ts';
import type { CompletionRow, RolloutRow } from '../training/policy/row.ts';
import { forgetPeak, median, peakMemory, Peer } from './peer.ts';
import { smallConfig, smallPolicy } from './small-policy.ts';

export interface IterationShape {
  hidden: number;
  /** Different prompts, each asked `group` times. */
  groups: number;
  /** Tokens of the shortest and the longest prompt. */
  prompt: [number, number];
  newTokens: number;
}

/** Medians over the rounds. */
export interface IterationCost {
  seconds: number;
  /** Processor seconds, of all threads and processes. */
  processor: number;
  /** Bytes of the process that holds the policy; null where the system does not tell. */
  peakMemory: number | null;
}

export interface IterationMeasurement extends IterationShape {
  engine: string;
  own: IterationCost;
  /** Of TRL, in float32 and in bfloat16. */
  peers: (IterationCost & { dtype: string; ratio: number; processorRatio: number; memoryRatio: number | null })[];
  /** What a gradient step's request takes to be written, sent and read, over what the step takes; null within one process. */
  requestShare: number | null;
}

/** A video is a prompt of hundreds of tokens, or thousands; the first shape's are questions alone. */
export const iterationShapes: readonly IterationShape[] = [
  { hidden: 128, groups: 8, prompt: [9, 24], newTokens: 96 },
  { hidden: 128, groups: 2, prompt: [512, 512], newTokens: 64 },
  { hidden: 128, groups: 8, prompt: [512, 512], newTokens: 64 },
  { hidden: 128, groups: 1, prompt: [512, 512], newTokens: 256 },
  { hidden: 128, groups: 1, prompt: [2048, 2048], newTokens: 64 },
  { hidden: 512, groups: 1, prompt: [128, 128], newTokens: 64 },
];

const group = 8;
const gradientSteps = 4;
const vocabulary = 512;
const klWeight = 0.04;
const loss = {
  clipLow: 0.2,
  clipHigh: 0.2,
  klWeight,
  aggregation: 'token',
  ratio: 'token',
  learningRate: 1e-5,
} as const;
const sampling = { temperature: 1, topP: 1, topK: 0 };
const optimiser = { weightDecay: 0, beta2: 0.999, maxGradNorm: 1 };

export interface IterationParts {
  /** Null measures the embedded engine on `backend`; else the Python of the PyTorch engine. */
  torch: { python: string; packages: string } | null;
  backend: Backend;
  /** A Python that has TRL, and the folder of its script. */
  peer: { python: string; scripts: string } | null;
  threads: number;
  rounds: number;
  signal: AbortSignal;
}

/** Times iterations of a shape, interleaved with TRL's where there is a peer. */
export async function measureIteration(shape: IterationShape, parts: IterationParts): Promise<IterationMeasurement> {
  const folder = await mkdtemp(join(tmpdir(), 'rollout-lab-bench-'));
  const started: Peer[] = [];
  let engine: Engine | undefined;
  try {
    const policy = smallPolicy(smallConfig(shape.hidden, 2 * (shape.prompt[1] + shape.newTokens)));
    await policy.save(folder);
    const prompts = promptsOf(shape);
    engine = await openEngine(policy, folder, parts);
    for (const bf16 of parts.peer ? [false, true] : [])
      started.push(await startPeer(shape, prompts, folder, bf16, parts));
    const own: IterationCost[] = [];
    const theirs: IterationCost[][] = started.map(() => []);
    const requests: number[] = [];
    // The first round warms all up.
    for (let round = 0; round <= parts.rounds; round += 1) {
      parts.signal.throwIfAborted();
      const { cost, requestShare } = await iterate(engine, prompts, shape, round);
      if (round > 0) own.push(cost);
      if (round > 0 && requestShare !== null) requests.push(requestShare);
      for (const [i, peer] of started.entries()) {
        const answer = await peer.ask<IterationCost>('iterate');
        if (round > 0) theirs[i].push(answer);
      }
    }
    const ours = medians(own);
    return {
      ...shape,
      engine: engine.description,
      own: ours,
      peers: theirs.map(medians).map((cost, i) => ({
        ...cost,
        dtype: ['float32', 'bfloat16'][i],
        ratio: ours.seconds / cost.seconds,
        processorRatio: ours.processor / cost.processor,
        memoryRatio: ours.peakMemory && cost.peakMemory && ours.peakMemory / cost.peakMemory,
      })),
      requestShare: requests.length > 0 ? median(requests) : null,
    };
  } finally {
    for (const peer of started) peer.stop();
    await engine?.dispose();
    await rm(folder, { recursive: true });
  }
}

async function openEngine(policy: Policy, base: string, { torch, backend, threads }: IterationParts): Promise<Engine> {
  await forgetPeak();
  const options = { optimiser, base };
  if (torch === null) return new EmbeddedEngine(policy, backend, options);
  return TorchEngine.open(policy, { ...options, ...torch, adapter: null, lora: null, seed: 1, threads });
}

async function startPeer(
  { newTokens }: IterationShape,
  prompts: readonly Int32Array[],
  folder: string,
  bf16: boolean,
  { peer, threads }: IterationParts,
): Promise<Peer> {
  const started = await Peer.start(peer!.python, resolve(peer!.scripts, 'trl_peer.py'));
  const texts = prompts.map((ids) => Array.from(ids, (id) => `t${id}`).join(' '));
  const asked = {
    threads,
    folder,
    prompts: texts,
    group,
    new_tokens: newTokens,
    steps: gradientSteps,
    beta: klWeight,
    bf16,
  };
  await started.ask('prepare', asked);
  return started;
}

/** One iteration, on rewards that the completions decide as TRL's do. */
async function iterate(
  engine: Engine,
  prompts: readonly Int32Array[],
  { newTokens }: IterationShape,
  round: number,
): Promise<{ cost: IterationCost; requestShare: number | null }> {
  const remote = await childProcess();
  const [start, used] = [performance.now(), await processorSeconds(remote)];
  const asked = prompts.flatMap((promptIds) => Array.from({ length: group }, () => ({ prefix: null, promptIds })));
  const completions = await engine.generate(
    asked.map((context, i) => ({ ...context, random: Random.seeded(round, 'bench', i) })),
    { ...sampling, maxNewTokens: newTokens },
  );
  const rows: CompletionRow[] = asked.map((context, i) => ({ ...context, completionIds: completions[i].ids }));
  const references = await engine.logProbs(rows, 'reference');
  const advantages = prompts.flatMap((_, i) =>
    groupAdvantages(
      completions.slice(i * group, (i + 1) * group).map(({ ids }) => ids.reduce((sum, id) => sum + id, 0) % 7),
    ),
  );
  const learned: RolloutRow[] = rows.map((row, i) => ({
    ...row,
    weights: new Float32Array(row.completionIds.length).fill(1),
    advantage: advantages[i],
    oldLogProbs: completions[i].logProbs,
    refLogProbs: references[i],
    dualClip: Infinity,
  }));
  const size = learned.length / gradientSteps;
  let stepped = 0;
  for (let step = 0; step < gradientSteps; step += 1) {
    const began = performance.now();
    await engine.reinforce(learned.slice(step * size, (step + 1) * size), loss);
    stepped += performance.now() - began;
  }
  const seconds = (performance.now() - start) / 1e3;
  const processor = (await processorSeconds(remote)) - used;
  const cost = { seconds, processor, peakMemory: remote === null ? await peakMemory() : await peakMemory(remote) };
  return {
    cost,
    requestShare: remote === null ? null : (await refused(engine, learned.slice(0, size))) / (stepped / gradientSteps),
  };
}

/** Milliseconds of a gradient step's request that is refused once it was read: one of its tokens is none. */
async function refused(engine: Engine, rows: readonly RolloutRow[]): Promise<number> {
  const last = rows.at(-1)!;
  const wrong = { ...last, completionIds: Int32Array.from(last.completionIds, () => vocabulary) };
  const began = performance.now();
  await engine.reinforce([...rows.slice(0, -1), wrong], loss).catch(() => undefined);
  return performance.now() - began;
}

/** The process that the PyTorch engine asks; null where there is none, or the system (no Linux) does not tell. */
async function childProcess(): Promise<string | null> {
  const children = await readFile(`/proc/self/task/${process.pid}/children`, 'utf8').catch(() => '');
  for (const id of children.split(' ')) {
    const words = await readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '');
    if (words.split('\0').includes('policy')) return id;
  }
  return null;
}

/** Of this process, and of `remote`, whose ticks are a hundredth of a second. */
async function processorSeconds(remote: string | null): Promise<number> {
  const { user, system } = process.cpuUsage();
  const stat = remote === null ? '' : await readFile(`/proc/${remote}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (user + system) / 1e6 + (remote === null ? 0 : (Number(fields[11]) + Number(fields[12])) / 100);
}

function medians(costs: readonly IterationCost[]): IterationCost {
  return {
    seconds: median(costs.map(({ seconds }) => seconds)),
    processor: median(costs.map(({ processor }) => processor)),
    peakMemory: costs.at(-1)!.peakMemory,
  };
}

function promptsOf({ groups, prompt: [shortest, longest] }: IterationShape): Int32Array[] {
  const random = Random.seeded(1, 'bench prompts');
  return Array.from({ length: groups }, () =>
    Int32Array.from(
      { length: shortest + random.integer(longest - shortest + 1) },
      () => 1 + random.integer(vocabulary - 1),
    ),
  );
}
