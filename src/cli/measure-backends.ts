/** What each backend takes for a training step on this machine. */
import { availableParallelism } from 'node:os';
import { measure } from '../training/backends/backend.ts';
import { chooseBackend, type Measurement } from '../training/backends/choose.ts';
import { Learner } from '../training/policy/learner.ts';
import { Policy } from '../training/policy/policy.ts';
import type { SupervisedRow } from '../training/policy/row.ts';

/** About a million parameters, as the sample project's policy. */
const config = {
  model_type: 'qwen2' as const,
  vocab_size: 256,
  hidden_size: 128,
  intermediate_size: 384,
  num_hidden_layers: 4,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  max_position_embeddings: 256,
  rms_norm_eps: 1e-6,
  eos_token_id: 0,
};
/** No text is read: the step's tokens are given. */
const tokenizer = {
  model: { type: 'WordLevel', vocab: { x: 0 }, unk_token: 'x' },
  added_tokens: [],
  normalizer: null,
  pre_tokenizer: { type: 'Whitespace' },
  post_processor: null,
  decoder: null,
};

/** Median milliseconds of a step on 8 completions of 64 tokens, or why the backend does not run here. */
export async function measureBackends(): Promise<Measurement[]> {
  const policy = Policy.create(config, tokenizer, 1);
  const rows = Array.from({ length: 8 }, (_, row): SupervisedRow => ({
    promptIds: Int32Array.from({ length: 16 }, (_, i) => (i + row) % 256),
    prefix: null,
    completionIds: Int32Array.from({ length: 64 }, (_, i) => (i * 7 + row) % 256),
    weights: new Float32Array(64).fill(1),
  }));
  const { measurements } = await chooseBackend('auto', availableParallelism(), (backend) => {
    const learner = new Learner({ policy, backend });
    return measure(() => learner.imitate(rows));
  });
  return measurements;
}
