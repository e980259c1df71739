/** The model families whose checkpoints are read. They are one decoder; what tells them apart is this table. */

/** Whether a weight is there: always, never, or as a key of config.json says. */
type Presence = boolean | 'attention_bias' | 'mlp_bias';

interface Family {
  /** The class that config.json names for transformers. */
  architecture: string;
  /** Biases of the query, key and value projections, of attention's output, and of the perceptron. */
  queryKeyValueBias: Presence;
  outputBias: Presence;
  perceptronBias: Presence;
  /** Queries and keys go through a norm of their own, head by head, before they are rotated. */
  headNorm: boolean;
  /** `head_dim` where config.json leaves it out; null is hidden_size / num_attention_heads. */
  headSize: number | null;
  /** What its config.json says that not every family's does. */
  keys: readonly string[];
}

const windows = ['max_window_layers', 'sliding_window', 'use_sliding_window'];

/** As transformers computes them: Qwen2 and 2.5 (arXiv 2407.10671, 2412.15115), Qwen3 (2505.09388), Llama and what has its architecture (2407.21783). */
export const families = {
  qwen2: {
    architecture: 'Qwen2ForCausalLM',
    queryKeyValueBias: true,
    outputBias: false,
    perceptronBias: false,
    headNorm: false,
    headSize: null,
    keys: windows,
  },
  qwen3: {
    architecture: 'Qwen3ForCausalLM',
    queryKeyValueBias: 'attention_bias',
    outputBias: 'attention_bias',
    perceptronBias: false,
    headNorm: true,
    headSize: 128,
    keys: ['attention_bias', ...windows],
  },
  llama: {
    architecture: 'LlamaForCausalLM',
    queryKeyValueBias: 'attention_bias',
    outputBias: 'attention_bias',
    perceptronBias: 'mlp_bias',
    headNorm: false,
    headSize: null,
    keys: ['attention_bias', 'mlp_bias'],
  },
} as const satisfies Record<string, Family>;

export type FamilyName = keyof typeof families;
export const familyNames = Object.keys(families) as FamilyName[];

/** The keys of config.json that only some families have. */
export const familyKeys: ReadonlySet<string> = new Set(Object.values(families).flatMap(({ keys }) => keys));

/** The row of a config. */
export const familyOf = ({ model_type: name }: { model_type: FamilyName }): Family => families[name];

/** Whether a config's policy has the weights that `presence` is of. */
export const has = (config: { attention_bias: boolean; mlp_bias: boolean }, presence: Presence): boolean =>
  typeof presence === 'string' ? config[presence] : presence;
