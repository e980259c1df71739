/** A policy's config.json: Hugging Face's, with this project's audio-visual prefix when the policy sees and hears. */
import * as v from 'valibot';
import { faultText } from '../../domain/schema-fault.ts';
import { families, familyKeys, familyNames, familyOf } from './family.ts';
import type { FamilyName } from './family.ts';
import { isFree, unknownKeys } from './known-keys.ts';
import { ropeSchema } from './rope.ts';
import type { Rope } from './rope.ts';

const count = v.pipe(v.number(), v.integer(), v.minValue(1));
/** Ten times what the deepest models have: every layer is listed before a weight is looked for. */
const mostLayers = 1000;
const layers = v.pipe(count, v.maxValue(mostLayers, `more than ${mostLayers} layers are not read`));

const prefixSchema = v.object({
  slots_per_second: v.pipe(v.number(), v.minValue(0.1)),
  /** Values of a slot's frame: a 4×4 RGB grid is 48. */
  frame_values: count,
  mel_bands: count,
  /** The longest clip, in slots. */
  max_slots: count,
  /** Ids of the number tokens "0", "1", …: a slot's time embedding adds its second's own, so that a policy learns times from few clips. */
  second_token_ids: v.optional(v.nullable(v.array(v.pipe(v.number(), v.integer()))), null),
  /** Hidden width of the perceptron over a frame, and over a sound. */
  frame_hidden: v.optional(count, 96),
  mel_hidden: v.optional(count, 64),
});

const id = v.pipe(v.number(), v.integer(), v.minValue(0));
const flag = v.optional(v.boolean(), false);
/** A key that changes what the model computes, in a way not known here. */
const only = <const Value extends v.Literal>(value: Value, message: string) =>
  v.optional(v.nullable(v.literal(value, message)));

const nothing = v.pipe(
  v.strictObject({}),
  v.transform(() => null),
);
/** An empty object is none. */
const scaling = v.lazy((given) => (v.is(nothing, given) ? nothing : ropeSchema));
const slidingWindows = 'sliding windows are not supported; set it to false for texts shorter than the window';

const entries = {
  model_type: v.picklist(
    familyNames,
    ({ received }) => `${received} is not supported; use a text model of the type ${familyNames.join(', ')}`,
  ),
  vocab_size: count,
  hidden_size: count,
  intermediate_size: count,
  num_hidden_layers: layers,
  num_attention_heads: count,
  num_key_value_heads: v.optional(v.nullable(count)),
  head_dim: v.optional(v.nullable(v.pipe(count, v.multipleOf(2, 'a head that is rotated has an even size')))),
  max_position_embeddings: count,
  rms_norm_eps: v.number(),
  rope_theta: v.optional(v.number()),
  rope_scaling: v.optional(v.nullable(scaling)),
  rope_parameters: v.optional(v.nullable(scaling)),
  partial_rotary_factor: only(1, 'a partly rotated head is not supported'),
  hidden_act: v.optional(v.literal('silu', 'only silu is supported'), 'silu'),
  attention_bias: flag,
  mlp_bias: flag,
  tie_word_embeddings: flag,
  use_sliding_window: only(false, slidingWindows),
  layer_types: v.optional(
    v.nullable(v.array(v.picklist(['full_attention', 'attention'], 'only layers of full attention are supported'))),
  ),
  quantization_config: v.optional(
    v.null('a quantised checkpoint is not supported; take or save it in bfloat16, float16 or float32'),
  ),
  initializer_range: v.optional(v.number(), 0.02),
  /** The tokens that end a completion; the first is the one written where a completion is made from text. */
  eos_token_id: v.union(
    [id, v.pipe(v.array(id), v.minLength(1))],
    'the id of the token that ends a text, or a list of ids, must be here or in generation_config.json',
  ),
  audio_visual_prefix: v.optional(v.nullable(prefixSchema), null),
};

/** Whether a key of config.json is read: some only of the families that compute by them. */
function isRead(key: string, family: FamilyName): boolean {
  const { keys } = families[family];
  return familyKeys.has(key) ? (keys as readonly string[]).includes(key) : Object.hasOwn(entries, key);
}

const configSchema = v.pipe(
  v.looseObject(entries),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const { model_type: family } = dataset.value;
    for (const key of unknownKeys(dataset.value, (name) => isFree(name) || isRead(name, family)))
      addIssue({
        message: `${key} is not known for ${family} and may change what the policy computes; take it out where it does not`,
      });
  }),
  v.transform((config) => ({
    ...config,
    num_key_value_heads: config.num_key_value_heads ?? config.num_attention_heads,
    head_dim: config.head_dim ?? familyOf(config).headSize ?? config.hidden_size / config.num_attention_heads,
  })),
  v.check((c) => c.head_dim % 2 === 0, 'hidden_size is not an even multiple of num_attention_heads'),
  v.check(
    (c) => c.num_attention_heads % c.num_key_value_heads === 0,
    'num_attention_heads is not a multiple of num_key_value_heads',
  ),
);

const textSchema = v.pipe(
  v.looseObject({
    eos_token_id: entries.eos_token_id,
    num_hidden_layers: v.optional(layers),
    max_position_embeddings: v.optional(count),
    n_positions: v.optional(count),
    sliding_window: v.optional(v.nullable(count)),
    use_sliding_window: v.optional(v.boolean(), true),
    layer_types: v.optional(v.nullable(v.array(v.string()))),
    audio_visual_prefix: entries.audio_visual_prefix,
  }),
  v.transform(({ eos_token_id, audio_visual_prefix, ...given }) => {
    const { max_position_embeddings: positions = given.n_positions, layer_types: kinds } = given;
    // What no longer sees its beginning is not trained: the engine of PyTorch has the same rule.
    const slides = kinds ? kinds.includes('sliding_attention') : given.use_sliding_window;
    const window = slides ? given.sliding_window : null;
    const most = Math.min(positions ?? Number.MAX_SAFE_INTEGER, window ?? Number.MAX_SAFE_INTEGER);
    return { eos_token_id, audio_visual_prefix, max_position_embeddings: most };
  }),
);

export type PolicyConfig = v.InferOutput<typeof configSchema>;
export type PolicyConfigInput = v.InferInput<typeof configSchema>;
export type PrefixConfig = v.InferOutput<typeof prefixSchema>;

/** Validates config.json's content; throws an error that names `file` and every fault. */
export function parsePolicyConfig(content: unknown, file: string): PolicyConfig {
  const result = v.safeParse(configSchema, content);
  if (result.success) return result.output;
  const faults = result.issues.map(faultText);
  throw new Error(`${file} does not describe a policy that can be trained here: ${faults.join('; ')}`);
}

/** What of a configuration places a prompt and a completion: all that the loop reads, whatever holds the weights. */
export interface TextConfig extends Pick<
  PolicyConfig,
  'eos_token_id' | 'max_position_embeddings' | 'audio_visual_prefix'
> {
  /** Whether it sees by towers of its own, and opens the files of media itself. */
  towers?: boolean;
}

/**
 * What any model's configuration says of its texts; a model that also sees or hears keeps it in a part of its own. Throws an error that names
 * `file` and every fault.
 */
export function parseTextConfig(content: Readonly<Record<string, unknown>>, file: string): TextConfig {
  const thinker = (content.thinker_config ?? content) as Readonly<Record<string, unknown>>;
  const text = (thinker.text_config ?? content) as Readonly<Record<string, unknown>>;
  const given = { ...text, ...content, eos_token_id: content.eos_token_id ?? text.eos_token_id };
  const result = v.safeParse(textSchema, given);
  if (result.success) return { ...result.output, towers: 'vision_config' in thinker };
  throw new Error(`${file} does not describe a policy that can be trained: ${result.issues.map(faultText).join('; ')}`);
}

/** The tokens that end a completion. */
export const endIds = ({ eos_token_id: ends }: Pick<TextConfig, 'eos_token_id'>): readonly number[] =>
  typeof ends === 'number' ? [ends] : ends;

/** θ where config.json leaves it out, as in the oldest Llama checkpoints. */
const defaultBase = 10_000;

/** How positions rotate queries and keys. */
export function ropeOf(config: PolicyConfig): Rope {
  const scaling = config.rope_scaling ?? config.rope_parameters ?? { rope_type: 'default' };
  return {
    base: scaling.rope_theta ?? config.rope_theta ?? defaultBase,
    scaling,
    positions: config.max_position_embeddings,
  };
}
