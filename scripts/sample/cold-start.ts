/** Stage 0: a policy that sees, hears and reasons in the right form, and is right about half the time. */
import type { Backend } from '../../src/training/backends/backend.ts';
import { endIds } from '../../src/training/policy/config.ts';
import { Learner } from '../../src/training/policy/learner.ts';
import { Policy } from '../../src/training/policy/policy.ts';
import type { SupervisedRow } from '../../src/training/policy/row.ts';
import { frameValues, melBands, slotsPerSecond } from '../../src/video/features.ts';
import { Dice } from './dice.ts';
import { type Lesson, drawLesson, renderScenes } from './lesson.ts';
import { type TokenizerFile, specialTokens } from './tokenizer.ts';
import { clock } from './trace.ts';

/** The longest clip that the policy reads, in seconds. */
const longest = 12;
/** A clip of 12 s takes 24 slots, a prompt with its hint up to 40 tokens, a completion up to 96. */
const positions = 256;

/** A stretch of supervised training with an optimiser and a learning rate schedule of its own. */
interface Course {
  name: string;
  steps: number;
  /** The highest learning rate, reached after `warmUp` steps. */
  peakRate: number;
  warmUp: number;
  /** Lessons a step. */
  batch: number;
  /** Conclusions drawn before a lesson's own, so that a step teaches many look-ups. */
  drills: number;
}

/** The lessons teach to see, hear and write, the drills to look up in the evidence what a conclusion needs, the last the form again. */
const courses: readonly Course[] = [
  { name: 'lessons', steps: 300, peakRate: 2e-3, warmUp: 60, batch: 48, drills: 0 },
  { name: 'drills', steps: 640, peakRate: 2e-3, warmUp: 20, batch: 24, drills: 7 },
  { name: 'rehearsal', steps: 60, peakRate: 1e-3, warmUp: 10, batch: 48, drills: 0 },
];
/** What a token of the conclusion counts for, against 1 before it: the evidence is many tokens, and easy. */
const conclusionWeight = 4;
/** Every eighth batch is of rare lengths, so that a batch is padded little. */
const usual = { scenes: 2500, lengths: [5, 6, 7, 8] };
const rare = { scenes: 400, lengths: [4, 9, 10, 11, 12] };
const rareEvery = 8;

/** A fresh policy of 0.9 million parameters for the sample's vocabulary. */
export function newPolicy(tokenizer: TokenizerFile, seed: number): Policy {
  const { vocab } = tokenizer.model;
  const seconds = Array.from({ length: longest }, (_, second) => vocab[`\u0120${clock(second)}`]);
  const config = {
    model_type: 'qwen2' as const,
    vocab_size: Object.keys(vocab).length,
    hidden_size: 128,
    intermediate_size: 352,
    num_hidden_layers: 4,
    num_attention_heads: 4,
    num_key_value_heads: 4,
    max_position_embeddings: positions,
    rms_norm_eps: 1e-6,
    rope_theta: 10_000,
    hidden_act: 'silu' as const,
    tie_word_embeddings: true,
    initializer_range: 0.05,
    eos_token_id: vocab[specialTokens[0]],
    audio_visual_prefix: {
      slots_per_second: slotsPerSecond,
      frame_values: frameValues,
      mel_bands: melBands,
      max_slots: longest * slotsPerSecond,
      second_token_ids: seconds,
    },
  };
  return Policy.create(config, tokenizer, seed);
}

/** Takes `policy` through every course and returns it trained; `report` hears of the loss now and then. */
export async function coldStart(
  policy: Policy,
  backend: Backend,
  seed: number,
  report: (line: string) => void,
): Promise<Policy> {
  let trained = policy;
  for (const course of courses) trained = await teach(trained, backend, course, seed, report);
  return trained;
}

async function teach(
  policy: Policy,
  backend: Backend,
  course: Course,
  seed: number,
  report: (line: string) => void,
): Promise<Policy> {
  const { name, steps, batch, drills } = course;
  const chance = new Dice(seed, name);
  const usualScenes = renderScenes(chance, usual.scenes, usual.lengths);
  const rareScenes = renderScenes(chance, rare.scenes, rare.lengths);
  const optimiser = { beta1: 0.9, beta2: 0.98, weightDecay: 0.01, maxGradNorm: 1 };
  const learner = new Learner({ policy, backend, optimiser });
  try {
    for (let step = 0; step < steps; step += 1) {
      const scenes = step % rareEvery === rareEvery - 1 ? rareScenes : usualScenes;
      const rows = Array.from({ length: batch }, () => rowOf(policy, drawLesson(chance, scenes, drills)));
      learner.learningRate = rateAt(course, step);
      const { loss } = await learner.imitate(rows);
      if ((step + 1) % 40 === 0) report(`${name}: step ${step + 1} of ${steps}, loss ${loss.toFixed(3)}`);
    }
    return learner.policy();
  } finally {
    await learner.dispose();
  }
}

/** A linear rise, then half a cosine down to a twentieth of the peak. */
function rateAt({ steps, peakRate, warmUp }: Course, step: number): number {
  const rise = Math.min(1, (step + 1) / warmUp);
  return peakRate * rise * (0.05 + 0.95 * 0.5 * (1 + Math.cos((Math.PI * step) / steps)));
}

function rowOf({ tokenizer, config }: Policy, { features, prompt, completion, conclusion }: Lesson): SupervisedRow {
  const before = tokenizer.encode(completion.slice(0, conclusion)).length;
  const completionIds = Int32Array.of(...tokenizer.encode(completion), endIds(config)[0]);
  const weights = Float32Array.from(completionIds, (_, i) => (i < before ? 1 : conclusionWeight));
  return { promptIds: tokenizer.encode(prompt), prefix: features, completionIds, weights };
}
