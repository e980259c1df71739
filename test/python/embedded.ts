/**
 * What the embedded engine says of the sample's policy, as JSON for the tests of the policy service: rows, their log-probs, and two steps on
 * them, after the first of which it saves a checkpoint into the folder that is named. It reads the adapter and the policy that are named, too.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Prompt } from '../../src/domain/rollout.ts';
import { readClip } from '../../src/training/avatar/clip-features.ts';
import { openBackend } from '../../src/training/backends/choose.ts';
import { Learner } from '../../src/training/policy/learner.ts';
import { Policy } from '../../src/training/policy/policy.ts';
import { writeSafetensors } from '../../src/training/policy/safetensors.ts';

const [checkpoint, ownAdapter, ownPolicy] = process.argv.slice(2);
const sample = join(import.meta.dirname, '../../media/sample');
const learningRate = 1e-3;
const loss = { clipLow: 0.2, clipHigh: 0.2, klWeight: 0.1, aggregation: 'sequence', ratio: 'token' } as const;

const policy = await Policy.load(join(sample, 'policy'));
const lines = readFileSync(join(sample, 'rollouts/sample.rollouts.jsonl'), 'utf8').split('\n').slice(0, 6);
const rows = await Promise.all(
  lines.map(async (line, i) => {
    const { prompt, rollout } = JSON.parse(line) as {
      prompt: Prompt & { video: string };
      rollout: { advantage: number; tokens: { ids: number[]; logProbs: number[] } };
    };
    const file = join(sample, 'rollouts', prompt.video);
    const oldLogProbs = Float32Array.from(rollout.tokens.logProbs);
    return {
      promptIds: policy.promptIds(prompt),
      prefix: await readClip(file, policy.config.audio_visual_prefix!, new AbortController().signal),
      completionIds: Int32Array.from(rollout.tokens.ids),
      weights: oldLogProbs.map((_, t) => 1 + 0.3 * Math.abs(Math.sin(t))),
      advantage: rollout.advantage,
      oldLogProbs,
      refLogProbs: i === 0 ? null : oldLogProbs.map((logProb, t) => logProb - 0.1 * Math.cos(t)),
      dualClip: Infinity,
    };
  }),
);
const backend = await openBackend('onnxruntime', 1);
const learner = new Learner({ policy, backend, optimiser: { learningRate } });
const measured = async (): Promise<object> => {
  const { loss: value, kl, gradNorm, entropy } = await learner.reinforce(rows, loss);
  return { loss: value, kl, gradNorm, entropy };
};
const logProbs = await learner.logProbs(rows);
const steps = [await measured()];
const after = await learner.logProbs(rows);
await learner.policy().save(checkpoint);
const moments = [...learner.state().tensors].filter(([name]) => name.startsWith('moment'));
await writeSafetensors(join(checkpoint, 'optimiser.safetensors'), new Map(moments));
steps.push(await measured());

const scores = async (folder: string, adapter: string | null): Promise<Float32Array[]> =>
  new Learner({ policy: await Policy.load(folder, adapter), backend }).logProbs(rows);
const own = { adapter: await scores(join(sample, 'policy'), ownAdapter), policy: await scores(ownPolicy, null) };
const plain = (_: string, value: unknown): unknown => {
  if (value instanceof Float32Array || value instanceof Int32Array) return [...value];
  return value === Infinity ? null : value;
};
console.log(JSON.stringify({ learningRate, options: loss, rows, logProbs, steps, after, own }, plain));
