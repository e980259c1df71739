/** How the rows of a batch lie in the parts that graphs read: each different context once, its completions beside it, all tokens packed. */
import type { TensorData } from '../backends/backend.ts';
import type { PolicyConfig, TextConfig } from './config.ts';
import { distinct } from './row.ts';
import type { CompletionRow, Context } from './row.ts';

/**
 * The sizes of one part. Few different ones mean few compiled graphs. A context's last token is read with each completion, so that a
 * completion's tokens and the positions that predict them are as many.
 */
export interface Sizes {
  /** Contexts, and the completions that each has room for. */
  contexts: number;
  members: number;
  /** Positions of a context without its last token, 0 where none has more, and of a completion. */
  prompt: number;
  completion: number;
  /** Tokens of all completions and of all contexts: the packed axis has the first, then the others. */
  completionTokens: number;
  promptTokens: number;
}

export interface Layout extends Sizes {
  /** What the rows continue, in the places of their contexts. */
  read: readonly Context[];
  rows: readonly {
    /** Which completion it is: those of context c are c · members and on. */
    place: number;
    /** Completion tokens. */
    count: number;
  }[];
}

/** What a graph reads at once of a batch. */
export interface Part {
  layout: Layout;
  /** The rows of the batch that it has, in the layout's order. */
  indices: readonly number[];
}

const upTo = (value: number, step: number): number => Math.ceil(value / step) * step;

/** Tokens and positions come in sixteens. */
const unit = 16;
/** Completions of one part: what it holds then stays in the processor's cache. */
const completionsAtOnce = 8;
/** Packed tokens are padded to eighths of the positions there are. */
const shares = 8;

/** What a cache holds is read at every token, so it is padded least: to sixteens. */
export const cacheLength = (length: number): number => upTo(length, unit);

/** Lengths are padded to one of so many sizes between a power of two and the next. */
const bucketLength = (length: number, sizes = 4): number =>
  length === 0 ? 0 : upTo(length, Math.max(2 ** Math.ceil(Math.log2(length)) / (2 * sizes), unit));

/** Completions differ more than prompts, and what pads them is seen by attention alone: they have fewer sizes. */
const completionSizes = 2;

/** Batches are padded to 1, 2, 4, 8 and then multiples of 8. */
export const bucketBatch = (rows: number): number => (rows <= 8 ? 2 ** Math.ceil(Math.log2(rows)) : upTo(rows, 8));

const bucketTokens = (tokens: number, positions: number): number =>
  upTo(Math.max(tokens, 1), upTo(positions / shares, unit));

/** Positions a context takes. Throws when a row has a prefix that the policy cannot read, an empty prompt or is too long. */
export function contextLength(context: Context, config: TextConfig): number {
  const slots = context.prefix?.slots ?? 0;
  const limit = config.audio_visual_prefix?.max_slots ?? 0;
  if (slots > limit) throw new RangeError(`A clip has ${slots} slots; the policy reads at most ${limit}.`);
  if (context.promptIds.length === 0) throw new RangeError('A prompt has no tokens.');
  return slots + context.promptIds.length;
}

/** A context and the rows of a batch that continue it. */
interface Group {
  context: Context;
  /** Positions of the context. */
  length: number;
  rows: readonly { index: number; count: number }[];
}

/** The groups of a batch. Throws when a row is too long or cannot be read. */
function groupsOf(rows: readonly CompletionRow[], config: PolicyConfig, wanted: (index: number) => boolean): Group[] {
  const { contexts, owners } = distinct(rows);
  const members = Map.groupBy([...rows.keys()].filter(wanted), (index) => owners[index]);
  return [...members].map(([owner, indices]) => {
    const context = contexts[owner];
    const length = contextLength(context, config);
    const own = indices.map((index) => ({ index, count: rows[index].completionIds.length }));
    const longest = length - 1 + longestOf(own);
    if (longest > config.max_position_embeddings) {
      throw new RangeError(`A row has ${longest} positions; the policy has ${config.max_position_embeddings}.`);
    }
    return { context, length, rows: own };
  });
}

const longestOf = (rows: Group['rows']): number => rows.reduce((most, { count }) => Math.max(most, count), 0);
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

function sizesOf(groups: readonly Group[]): Sizes {
  const contexts = bucketBatch(groups.length);
  const members = bucketBatch(Math.max(...groups.map(({ rows }) => rows.length)));
  const prompt = bucketLength(Math.max(...groups.map(({ length }) => length - 1)));
  const completion = bucketLength(Math.max(...groups.map(({ rows }) => longestOf(rows)), 1), completionSizes);
  const completions = sum(groups.flatMap(({ rows }) => rows.map(({ count }) => count)));
  return {
    contexts,
    members,
    prompt,
    completion,
    completionTokens: bucketTokens(completions, contexts * members * completion),
    promptTokens: prompt === 0 ? 0 : bucketTokens(sum(groups.map(({ length }) => length - 1)), contexts * prompt),
  };
}

/** Halves a group until each part of it fits: its shorter rows, and its longer ones. */
function split(group: Group, fits: (sizes: Sizes) => boolean): Group[] {
  const { rows } = group;
  if (rows.length === 1 || (rows.length <= completionsAtOnce && fits(sizesOf([group])))) return [group];
  const sorted = rows.toSorted((a, b) => a.count - b.count);
  const middle = Math.ceil(rows.length / 2);
  return [sorted.slice(0, middle), sorted.slice(middle)].flatMap((half) => split({ ...group, rows: half }, fits));
}

/**
 * Lays the wanted rows out in parts that fit, as even as they can be: groups of a size and a length together, a group in one part if it
 * can be. A row that does not fit by itself has a part of its own. The same rows are laid out alike. Throws when a row is too long or cannot be read.
 */
export function layOut(
  rows: readonly CompletionRow[],
  config: PolicyConfig,
  fits: (sizes: Sizes) => boolean = () => true,
  wanted: (index: number) => boolean = () => true,
): Part[] {
  const key = ({ length, rows }: Group): number[] => [bucketBatch(rows.length), length + longestOf(rows)];
  const groups = groupsOf(rows, config, wanted)
    .flatMap((group) => split(group, fits))
    .map((group) => ({ group, key: key(group) }))
    .sort((a, b) => b.key[0] - a.key[0] || b.key[1] - a.key[1]);
  const packed = (most: number): Group[][] => {
    const parts: Group[][] = [];
    for (const { group } of groups) {
      const last = parts.at(-1);
      const sizes = last && sizesOf([...last, group]);
      if (sizes && sizes.contexts * sizes.members <= most && fits(sizes)) last.push(group);
      else parts.push([group]);
    }
    return parts;
  };
  const parts = packed(completionsAtOnce);
  const even = packed(bucketBatch(Math.ceil(sum(groups.map(({ group }) => group.rows.length)) / parts.length)));
  return (even.length === parts.length ? even : parts).map(partOf);
}

function partOf(groups: readonly Group[]): Part {
  const sizes = sizesOf(groups);
  const placed = groups.flatMap(({ rows }, context) =>
    rows.map((row, member) => ({ ...row, place: context * sizes.members + member })),
  );
  return {
    layout: {
      ...sizes,
      read: groups.map(({ context }) => context),
      rows: placed.map(({ place, count }) => ({ place, count })),
    },
    indices: placed.map(({ index }) => index),
  };
}

/** Contexts without completions: what a cache begins with. */
export function layOutContexts(contexts: readonly Context[], config: PolicyConfig): Layout {
  const groups = contexts.map((context) => ({ context, length: contextLength(context, config), rows: [] }));
  return { ...sizesOf(groups), members: 0, completion: 0, completionTokens: 0, read: contexts, rows: [] };
}

/** Where each position of the completions' grid [contexts, members, completion] lies among their packed tokens, or −1. */
export function placesOfCompletions({ contexts, members, completion, rows }: Layout): Int32Array {
  const places = new Int32Array(contexts * members * completion).fill(-1);
  let at = 0;
  for (const { place, count } of rows) for (let t = 0; t < count; t += 1, at += 1) places[place * completion + t] = at;
  return places;
}

/** Values of completion tokens in the grid [contexts · members, completion], with zeros elsewhere. */
export function spread(layout: Layout, values: (row: number) => Float32Array): Float32Array {
  const data = new Float32Array(layout.contexts * layout.members * layout.completion);
  for (const [i, { place }] of layout.rows.entries()) data.set(values(i), place * layout.completion);
  return data;
}

/** The values [L] of each row's completion tokens out of that grid: `spread` backwards. */
export function collect(layout: Layout, values: TensorData): Float32Array[] {
  return layout.rows.map(({ place, count }) => {
    const from = place * layout.completion;
    return Float32Array.from(values.subarray(from, from + count));
  });
}

/** Tells the graphs of layouts apart. */
export const layoutKey = ({ contexts, members, prompt, completion, completionTokens, promptTokens }: Sizes): string =>
  [contexts, members, prompt, completion, completionTokens, promptTokens].join(' ');
