/** Whether a backend computes what the default computes, and how fast. Run in a process of its own: a driver may take that down. */
import type { BackendName } from '../../domain/backend.ts';
import { measure, type Backend } from './backend.ts';
import { openBackend } from './choose.ts';
import type { BackendCheck } from './launch-check.ts';
import { Learner, type LearnerState } from '../policy/learner.ts';
import type { PolicyLossOptions } from '../policy/objective.ts';
import { Policy } from '../policy/policy.ts';
import type { RolloutRow } from '../policy/row.ts';

/** Where a small step takes this many times onnxruntime's, a step worth training on is not waited for: it is a GPU in software. */
const slow = 30;
/** Rounding differs with the order of sums; more than this is an error. */
const tolerance = 1e-4;

interface Size {
  vocabulary: number;
  width: number;
  layers: number;
  heads: number;
  completions: number;
  tokens: number;
}
const small: Size = { vocabulary: 64, width: 32, layers: 2, heads: 2, completions: 4, tokens: 16 };
const usual: Size = { vocabulary: 256, width: 128, layers: 4, heads: 4, completions: 8, tokens: 64 };

/** Throws BackendUnavailableError when the backend cannot run here, and an error when it fails or its results are others. */
export async function checkBackend(name: BackendName, threads: number): Promise<BackendCheck> {
  const [backend, reference] = [await openBackend(name, threads), await openBackend('onnxruntime', threads)];
  const difference = differenceOf(await firstStep(backend), await firstStep(reference));
  if (!(difference <= tolerance)) {
    throw new Error(
      `${name} gives a different loss or gradient than onnxruntime (relative difference ${difference.toPrecision(2)}): ` +
        "update the GPU's driver, or choose another backend.",
    );
  }
  const smallStep = await timeOf(backend, small);
  const isSlow = smallStep > slow * (await timeOf(reference, small));
  const milliseconds = isSlow ? null : await timeOf(backend, usual);
  return { description: backend.description, difference, smallStep, milliseconds };
}

async function timeOf(backend: Backend, size: Size): Promise<number> {
  const learner = new Learner({ policy: policyOf(size), backend });
  const rows = rowsOf(size);
  const milliseconds = await measure(() => learner.reinforce(rows, loss));
  await learner.dispose();
  return milliseconds;
}

interface Step {
  loss: number;
  state: LearnerState;
}

async function firstStep(backend: Backend): Promise<Step> {
  const learner = new Learner({ policy: policyOf(small), backend });
  const stats = await learner.reinforce(rowsOf(small), loss);
  const state = learner.state();
  await learner.dispose();
  return { loss: stats.loss, state };
}

/** After one step AdamW's first moments are the clipped gradient, but for a factor. */
function differenceOf(actual: Step, expected: Step): number {
  const differences = [Math.abs(actual.loss / expected.loss - 1)];
  for (const [name, { data }] of expected.state.tensors) {
    if (!name.startsWith('moment1/')) continue;
    const other = actual.state.tensors.get(name)!.data;
    differences.push(Math.hypot(...data.map((value, i) => other[i] - value)) / Math.hypot(...data));
  }
  return Math.max(...differences);
}

const loss: PolicyLossOptions = { clipLow: 0.2, clipHigh: 0.2, klWeight: 0.1, aggregation: 'sequence', ratio: 'token' };

const policyOf = ({ vocabulary, width, layers, heads }: Size): Policy =>
  Policy.create(
    {
      model_type: 'qwen2',
      vocab_size: vocabulary,
      hidden_size: width,
      intermediate_size: 3 * width,
      num_hidden_layers: layers,
      num_attention_heads: heads,
      num_key_value_heads: heads / 2,
      max_position_embeddings: 256,
      rms_norm_eps: 1e-6,
      eos_token_id: 0,
    },
    tokenizer,
    1,
  );

/** No text is read: the step's tokens are given. */
const tokenizer = {
  model: { type: 'WordLevel', vocab: { x: 0 }, unk_token: 'x' },
  added_tokens: [],
  normalizer: null,
  pre_tokenizer: { type: 'Whitespace' },
  post_processor: null,
  decoder: null,
};

const rowsOf = ({ vocabulary, completions, tokens }: Size): RolloutRow[] =>
  Array.from({ length: completions }, (_, row) => ({
    promptIds: Int32Array.from({ length: tokens / 4 }, (_, i) => (i + row) % vocabulary),
    prefix: null,
    completionIds: Int32Array.from({ length: tokens }, (_, i) => (i * 7 + row) % vocabulary),
    weights: new Float32Array(tokens).fill(1),
    advantage: row % 2 === 0 ? 1 : -1,
    dualClip: 4,
    oldLogProbs: new Float32Array(tokens).fill(-4),
    refLogProbs: new Float32Array(tokens).fill(-4),
  }));
