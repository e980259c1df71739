/** Rotary position embeddings (Su et al., arXiv 2104.09864) and the ways the families stretch them, as transformers computes them. */
import * as v from 'valibot';

const positive = v.pipe(v.number(), v.gtValue(0));
const number = v.optional(v.number());
const original = { original_max_position_embeddings: v.optional(positive) };

/** One way to scale: what else it says may change the angles, and is refused by its name. */
const kind = <const Kind extends string, Entries extends v.ObjectEntries>(name: Kind, entries: Entries) =>
  v.strictObject(
    {
      rope_type: v.literal(name),
      type: v.optional(v.unknown()),
      rope_theta: number,
      partial_rotary_factor: v.optional(v.literal(1, 'a partly rotated head is not supported')),
      ...entries,
    },
    ({ expected, received }) =>
      expected === 'never' ? `is not known for rope_type ${name}` : `expected ${expected} but received ${received}`,
  );

/** `rope_scaling` of config.json (transformers 4, where the kind may be called `type`), or `rope_parameters` (transformers 5). */
export const ropeSchema = v.pipe(
  v.record(v.string(), v.unknown()),
  v.transform((given) => {
    const said = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null));
    return { rope_type: said.type ?? 'default', ...said };
  }),
  v.variant(
    'rope_type',
    [
      kind('default', {}),
      kind('linear', { factor: positive }),
      kind('dynamic', { factor: positive }),
      kind('llama3', { factor: positive, low_freq_factor: positive, high_freq_factor: positive, ...original }),
      kind('yarn', {
        factor: positive,
        attention_factor: number,
        beta_fast: number,
        beta_slow: number,
        mscale: number,
        mscale_all_dim: number,
        truncate: v.optional(v.boolean(), true),
        ...original,
      }),
    ],
    (issue) => `${issue.received} is not a way of scaling that is known here: ${issue.expected}`,
  ),
);

export type RopeScaling = v.InferOutput<typeof ropeSchema>;
type Scaling<Kind extends RopeScaling['rope_type']> = Extract<RopeScaling, { rope_type: Kind }>;

export interface Rope {
  /** θ: frequency i is θ^(−2i / size). */
  base: number;
  scaling: RopeScaling;
  /** Positions the policy has. */
  positions: number;
}

/** Angles a position [size / 2], and what multiplies their cosines and sines. */
interface Frequencies {
  frequencies: number[];
  amplitude: number;
}

const scalings: {
  [Kind in RopeScaling['rope_type']]: (plain: number[], scaling: Scaling<Kind>, rope: Rope) => Frequencies;
} = {
  default: (plain) => ({ frequencies: plain, amplitude: 1 }),
  linear: (plain, { factor }) => ({ frequencies: plain.map((w) => w / factor), amplitude: 1 }),
  /** Stretches only beyond the policy's positions, which are not read here. */
  dynamic: (plain) => ({ frequencies: plain, amplitude: 1 }),
  llama3: (plain, scaling, { positions }) => {
    const { factor, low_freq_factor: low, high_freq_factor: high } = scaling;
    const before = scaling.original_max_position_embeddings ?? positions;
    const frequencies = plain.map((w) => {
      // Turns within the original length: few are stretched, many are kept, those between are mixed.
      const turns = (before * w) / (2 * Math.PI);
      const kept = Math.min(Math.max((turns - low) / (high - low), 0), 1);
      return (1 - kept) * (w / factor) + kept * w;
    });
    return { frequencies, amplitude: 1 };
  },
  /** Peng et al., arXiv 2309.00071. */
  yarn: (plain, scaling, { base, positions }) => {
    const { factor, mscale, mscale_all_dim: mscaleAll } = scaling;
    const before = scaling.original_max_position_embeddings ?? positions;
    const size = 2 * plain.length;
    const dimension = (turns: number): number =>
      (size * Math.log(before / (turns * 2 * Math.PI))) / (2 * Math.log(base));
    const [first, last] = [dimension(scaling.beta_fast || 32), dimension(scaling.beta_slow || 1)];
    const low = Math.max(scaling.truncate ? Math.floor(first) : first, 0);
    const high = Math.min(scaling.truncate ? Math.ceil(last) : last, size - 1);
    const width = high === low ? 0.001 : high - low;
    const frequencies = plain.map((w, i) => {
      const stretched = Math.min(Math.max((i - low) / width, 0), 1);
      return stretched * (w / factor) + (1 - stretched) * w;
    });
    const scale = (weight: number): number => (factor <= 1 ? 1 : 0.1 * weight * Math.log(factor) + 1);
    const amplitude = mscale && mscaleAll ? scale(mscale) / scale(mscaleAll) : scale(1);
    return { frequencies, amplitude: scaling.attention_factor ?? amplitude };
  },
};

/** cos and sin [positions, size/2] of each position's angles. */
export function rotaryTables(
  rope: Rope,
  size: number,
  positions: number,
): { cosine: Float32Array; sine: Float32Array } {
  const half = size / 2;
  const plain = Array.from({ length: half }, (_, i) => rope.base ** (-i / half));
  const scale = scalings[rope.scaling.rope_type] as (plain: number[], scaling: RopeScaling, rope: Rope) => Frequencies;
  const { frequencies, amplitude } = scale(plain, rope.scaling, rope);
  const angles = Array.from({ length: positions * half }, (_, i) => {
    return Math.floor(i / half) * Math.fround(frequencies[i % half]);
  });
  return {
    cosine: Float32Array.from(angles, (angle) => amplitude * Math.cos(angle)),
    sine: Float32Array.from(angles, (angle) => amplitude * Math.sin(angle)),
  };
}
