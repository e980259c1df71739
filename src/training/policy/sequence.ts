/** What a decoder reads of a layout: packed tokens with their positions, a clip's slots, and where attention finds each token. */
import type { Backend, DeviceTensor } from '../backends/backend.ts';
import { input } from '../graph/operators.ts';
import type { Tensor } from '../graph/tensor.ts';
import type { PolicyConfig } from './config.ts';
import { placesOfCompletions, type Layout, type Sizes } from './layout.ts';
import type { CompletionRow, Context } from './row.ts';

/** Which row of one tensor each row of another is, and the way back; an index past the end is none. */
export interface Arrangement {
  /** int32 [rows of the other]. */
  from: Tensor;
  /** int32 [rows of the one]. */
  back: Tensor;
}

/** Where the heads of packed queries, and of keys and values, go: [contexts, key's heads, members, query's heads to a key's, positions]. */
export interface Grid {
  queries: Arrangement;
  keys: Arrangement;
}

/** The tensors a decoder reads beside its weights, of `tokens` packed tokens: those of completions, then those of contexts. */
export interface SequenceInputs {
  /** int32 [tokens]: token ids; 0 where a slot or padding lies. */
  tokens: Tensor;
  /** int32 [tokens / 16, 16]. */
  positions: Tensor;
  completions: Grid;
  prompts: Grid;
  /** [contexts, 1, 1, prompt]: 0 at a context's positions, very negative behind them. */
  promptMask: Tensor;
  slots: SlotInputs | null;
}

/** The slots of clips, for a policy with a prefix. */
export interface SlotInputs {
  /** [contexts · slots, values] of each. */
  frames: Tensor;
  mels: Tensor;
  /** Which slot each token is. */
  places: Arrangement;
  /** [tokens, 1]: 1 at tokens, 0 at slots. */
  words: Tensor;
}

/** Added to scores that may not be seen; their softmax is exactly 0. */
export const masked = -1e9;

/** Positions stand in rows of so many. */
const positionsInRow = 16;

/** The graph inputs of an arrangement, fed by `arrangementFeeds`. */
export const arrangement = (name: string, from: number, back: number): Arrangement => ({
  from: input(name, [from], 'int32'),
  back: input(`${name}/back`, [back], 'int32'),
});

/** Graph inputs of a layout, fed by `sequenceFeeds`. */
export function sequenceInputs(config: PolicyConfig, sizes: Sizes): SequenceInputs {
  const { num_attention_heads: heads, num_key_value_heads: keyValueHeads, audio_visual_prefix: av } = config;
  const { contexts, members, prompt, completion, completionTokens, promptTokens } = sizes;
  const tokens = completionTokens + promptTokens;
  const grid = (name: string, cells: number, packed: number): Grid => ({
    queries: arrangement(`${name}/queries`, cells * heads, packed * heads),
    keys: arrangement(`${name}/keys`, cells * keyValueHeads, packed * keyValueHeads),
  });
  return {
    tokens: input('tokens', [tokens], 'int32'),
    positions: input('positions', [tokens / positionsInRow, positionsInRow], 'int32'),
    completions: grid('completions', contexts * members * completion, completionTokens),
    prompts: grid('prompts', contexts * prompt, promptTokens),
    promptMask: input('prompt_mask', [contexts, 1, 1, prompt]),
    slots: av && {
      frames: input('frames', [contexts * av.max_slots, av.frame_values]),
      mels: input('mels', [contexts * av.max_slots, av.mel_bands]),
      places: arrangement('slots', tokens, contexts * av.max_slots),
      words: input('words', [tokens, 1]),
    },
  };
}

/** Feeds of `sequenceInputs`; `rows` are the layout's. */
export function sequenceFeeds(
  backend: Backend,
  config: PolicyConfig,
  layout: Layout,
  rows: readonly Pick<CompletionRow, 'completionIds'>[],
): Record<string, DeviceTensor> {
  const { contexts, members, prompt, completion, completionTokens, promptTokens, read } = layout;
  const length = completionTokens + promptTokens;
  const [tokens, positions] = [new Int32Array(length), new Int32Array(length)];
  const mask = new Float32Array(contexts * prompt).fill(masked);
  const places = new Int32Array(contexts * prompt).fill(-1);
  /** Where each context begins among the tokens. */
  const starts: number[] = [];
  let at = completionTokens;
  for (const [c, context] of read.entries()) {
    starts.push(at);
    const count = startOf(context);
    tokens.set(context.promptIds.subarray(0, -1), at + slotsOf(context));
    mask.fill(0, c * prompt, c * prompt + count);
    for (let t = 0; t < count; t += 1, at += 1) {
      positions[at] = t;
      places[c * prompt + t] = at - completionTokens;
    }
  }
  at = 0;
  for (const [i, { place, count }] of layout.rows.entries()) {
    const context = read[Math.floor(place / members)];
    tokens[at] = context.promptIds.at(-1)!;
    tokens.set(rows[i].completionIds.subarray(0, -1), at + 1);
    for (let t = 0; t < count; t += 1, at += 1) positions[at] = startOf(context) + t;
  }
  const grid = (name: string, places: Int32Array, [members, length]: [number, number], packed: number): Feeds => ({
    ...headFeeds(backend, config, `${name}/queries`, {
      places,
      contexts,
      members,
      length,
      packed,
      each: heads / keyValueHeads,
    }),
    ...headFeeds(backend, config, `${name}/keys`, { places, contexts, members, length, packed, each: 1 }),
  });
  const { num_attention_heads: heads, num_key_value_heads: keyValueHeads } = config;
  return {
    tokens: backend.tensor(tokens, [length]),
    positions: backend.tensor(positions, [length / positionsInRow, positionsInRow]),
    ...(members > 0 && grid('completions', placesOfCompletions(layout), [members, completion], completionTokens)),
    ...(prompt > 0 && grid('prompts', places, [1, prompt], promptTokens)),
    prompt_mask: backend.tensor(mask, [contexts, 1, 1, prompt]),
    ...slotFeeds(backend, config, layout, starts),
  };
}

type Feeds = Record<string, DeviceTensor>;

const slotsOf = ({ prefix }: Context): number => prefix?.slots ?? 0;
/** The position of a context's last token, which each completion reads. */
const startOf = (context: Context): number => slotsOf(context) + context.promptIds.length - 1;

/** An arrangement of rows that `places` says the rows of the other tensor are, or −1. */
export function arrangementFeeds(backend: Backend, name: string, places: Int32Array, packed: number): Feeds {
  const back = new Int32Array(packed).fill(places.length);
  for (const [cell, place] of places.entries()) if (place >= 0) back[place] = cell;
  const from = places.map((place) => (place < 0 ? packed : place));
  return { [name]: backend.tensor(from, [from.length]), [`${name}/back`]: backend.tensor(back, [packed]) };
}

/** An arrangement of each token's heads, `each` to a key's, for a grid whose tokens lie at `places` [contexts, members, length]. */
function headFeeds(
  backend: Backend,
  { num_key_value_heads: keyValueHeads }: PolicyConfig,
  name: string,
  {
    places,
    contexts,
    members,
    length,
    packed,
    each,
  }: Record<'contexts' | 'members' | 'length' | 'packed' | 'each', number> & { places: Int32Array },
): Feeds {
  const heads = new Int32Array(places.length * keyValueHeads * each);
  let cell = 0;
  for (let context = 0; context < contexts; context += 1) {
    for (let key = 0; key < keyValueHeads; key += 1) {
      for (let member = 0; member < members; member += 1) {
        const from = (context * members + member) * length;
        for (let head = key * each; head < (key + 1) * each; head += 1) {
          for (let t = 0; t < length; t += 1, cell += 1) {
            const place = places[from + t];
            heads[cell] = place < 0 ? -1 : place * keyValueHeads * each + head;
          }
        }
      }
    }
  }
  return arrangementFeeds(backend, name, heads, packed * keyValueHeads * each);
}

function slotFeeds(backend: Backend, config: PolicyConfig, layout: Layout, starts: readonly number[]): Feeds {
  const av = config.audio_visual_prefix;
  if (!av) return {};
  const { contexts, completionTokens, promptTokens, read } = layout;
  const length = completionTokens + promptTokens;
  const feature = (values: number, of: (context: Context) => Float32Array | undefined): DeviceTensor => {
    const data = new Float32Array(contexts * av.max_slots * values);
    for (const [c, context] of read.entries()) data.set(of(context) ?? [], c * av.max_slots * values);
    return backend.tensor(data, [contexts * av.max_slots, values]);
  };
  const places = new Int32Array(length).fill(-1);
  const words = new Float32Array(length).fill(1);
  for (const [c, context] of read.entries()) {
    for (let slot = 0; slot < slotsOf(context); slot += 1) {
      places[starts[c] + slot] = c * av.max_slots + slot;
      words[starts[c] + slot] = 0;
    }
  }
  return {
    frames: feature(av.frame_values, ({ prefix }) => prefix?.frames),
    mels: feature(av.mel_bands, ({ prefix }) => prefix?.mels),
    ...arrangementFeeds(backend, 'slots', places, contexts * av.max_slots),
    words: backend.tensor(words, [length, 1]),
  };
}
