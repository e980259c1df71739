/** Rows as one padded batch: [slots · prompt · completion] from position 0, padding at the end where causal attention never looks. */
import type { Backend, DeviceTensor, TensorData } from '../backends/backend.ts';
import type { PolicyConfig, TextConfig } from './config.ts';
import type { CompletionRow, Context } from './row.ts';

/** The padded shape of a batch. Few different shapes mean few compiled graphs. */
export interface Layout {
  batch: number;
  length: number;
  /** Completion tokens of all rows, padded. */
  tokens: number;
  rows: readonly {
    /** The position whose prediction is the first completion token. */
    start: number;
    /** Completion tokens. */
    count: number;
  }[];
}

const lengthStep = 16;
const batchStep = 8;
/** Completion tokens are padded to eighths of all positions. */
const tokenShares = 8;

/** Sequence lengths are padded to multiples of 16. */
export const bucketLength = (length: number): number => Math.ceil(length / lengthStep) * lengthStep;

/** Batches are padded to 1, 2, 4, 8 and then multiples of 8. */
export const bucketBatch = (rows: number): number =>
  rows <= batchStep ? 2 ** Math.ceil(Math.log2(rows)) : Math.ceil(rows / batchStep) * batchStep;

/** The largest batch that needs no padding and has at most so many rows; 1 at least. */
export const floorBatch = (rows: number): number =>
  rows < batchStep ? 2 ** Math.floor(Math.log2(Math.max(rows, 1))) : Math.floor(rows / batchStep) * batchStep;

/** Positions a context takes. Throws when a row has a prefix that the policy cannot read, an empty prompt or is too long. */
export function contextLength(context: Context, config: TextConfig): number {
  const slots = context.prefix?.slots ?? 0;
  const limit = config.audio_visual_prefix?.max_slots ?? 0;
  if (slots > limit) throw new RangeError(`A clip has ${slots} slots; the policy reads at most ${limit}.`);
  if (context.promptIds.length === 0) throw new RangeError('A prompt has no tokens.');
  return slots + context.promptIds.length;
}

/** Lays rows out, in at least so many positions: the parts of a batch in those of the whole, so that they are one graph. */
export function layOut(rows: readonly CompletionRow[], config: PolicyConfig, least = 1): Layout {
  const places = rows.map((row) => ({ start: contextLength(row, config) - 1, count: row.completionIds.length }));
  // The last completion token predicts nothing, so it is not read.
  const length = places.reduce((longest, { start, count }) => Math.max(longest, start + count), least);
  if (length > config.max_position_embeddings) {
    throw new RangeError(`A row has ${length} positions; the policy has ${config.max_position_embeddings}.`);
  }
  const batch = bucketBatch(rows.length);
  const padded = bucketLength(Math.max(length, limitOf(config)));
  const share = (batch * padded) / tokenShares;
  const completionTokens = places.reduce((sum, { count }) => sum + count, 0);
  const tokens = Math.max(Math.ceil(completionTokens / share), 1) * share;
  return { batch, length: padded, tokens, rows: places };
}

/** Tells the graphs of layouts apart. */
export const layoutKey = ({ batch, length, tokens }: Layout): string => `${batch}×${length}, ${tokens}`;

/** Slots lie within the sequence, whatever its length. */
const limitOf = (config: PolicyConfig): number => config.audio_visual_prefix?.max_slots ?? 0;

/** Feeds of `sequenceInputs`: token ids of prompt and completion behind the slots, and the slots. */
export function sequenceFeeds(
  backend: Backend,
  config: PolicyConfig,
  { batch, length }: Pick<Layout, 'batch' | 'length'>,
  rows: readonly (Context & { completionIds?: Int32Array })[],
): Record<string, DeviceTensor> {
  const tokens = new Int32Array(batch * length);
  for (const [i, { promptIds, prefix, completionIds = [] }] of rows.entries()) {
    const start = i * length + (prefix?.slots ?? 0);
    tokens.set(promptIds, start);
    tokens.set(completionIds.slice(0, -1), start + promptIds.length);
  }
  const feeds = { tokens: backend.tensor(tokens, [batch * length]) };
  const av = config.audio_visual_prefix;
  if (!av) return feeds;
  const feature = (values: number, of: (row: Context) => Float32Array | undefined): DeviceTensor => {
    const data = new Float32Array(batch * av.max_slots * values);
    for (const [i, row] of rows.entries()) data.set(of(row) ?? [], i * av.max_slots * values);
    return backend.tensor(data, [batch * av.max_slots, values]);
  };
  const mask = new Float32Array(batch * av.max_slots);
  for (const [i, { prefix }] of rows.entries()) mask.fill(1, i * av.max_slots, i * av.max_slots + (prefix?.slots ?? 0));
  return {
    ...feeds,
    frames: feature(av.frame_values, (row) => row.prefix?.frames),
    mels: feature(av.mel_bands, (row) => row.prefix?.mels),
    slot_mask: backend.tensor(mask, [batch, av.max_slots, 1]),
  };
}

/** Values of completion tokens at the positions that predict them, [B·S] with zeros elsewhere. */
export function spread<Data extends TensorData>(
  layout: Layout,
  data: Data,
  values: (row: number) => ArrayLike<number>,
): Data {
  for (const [i, { start }] of layout.rows.entries()) data.set(values(i), i * layout.length + start);
  return data;
}

/** The values [L] of each row's completion tokens out of [B·S]: `spread` backwards. */
export function collect(layout: Layout, values: TensorData): Float32Array[] {
  return layout.rows.map(({ start, count }, i) => {
    const from = i * layout.length + start;
    return Float32Array.from(values.subarray(from, from + count));
  });
}
