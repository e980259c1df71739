/** What the embedded engine says of the sample's policy, as JSON for the tests of the policy service: rows, their log-probs, and one step on them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Prompt } from '../../src/domain/rollout.ts';
import { readClip } from '../../src/training/avatar/clip-features.ts';
import { openBackend } from '../../src/training/backends/choose.ts';
import { Learner } from '../../src/training/policy/learner.ts';
import { Policy } from '../../src/training/policy/policy.ts';

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
const learner = new Learner({ policy, backend: await openBackend('onnxruntime', 1), optimiser: { learningRate } });
const { loss: value, kl, gradNorm, entropy, logProbs } = await learner.reinforce(rows, loss);
const after = await learner.logProbs(rows);
const plain = (_: string, value: unknown): unknown => {
  if (value instanceof Float32Array || value instanceof Int32Array) return [...value];
  return value === Infinity ? null : value;
};
const step = { loss: value, kl, gradNorm, entropy };
console.log(JSON.stringify({ learningRate, options: loss, rows, logProbs, step, after }, plain));
