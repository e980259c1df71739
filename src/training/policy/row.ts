/** What the learner and the generator read: a prompt's tokens behind its audio-visual prefix, and a completion. */

/**
 * Features of a clip, one slot each `1 / slots_per_second` seconds. `frames` is [slots, frame_values] (a 4×4 RGB grid, row major,
 * channels last), `mels` is [slots, mel_bands]. A clip longer than the policy's `max_slots` is an error where it is read.
 */
export interface Prefix {
  frames: Float32Array;
  mels: Float32Array;
  slots: number;
}

/** What a policy with towers of its own reads: its chat as text, with a placeholder for the video, which it opens itself. */
export interface Watched {
  text: string;
  /** The file, whose sound is heard too; null where the prompt has none. */
  video: string | null;
}

/** What a completion continues: the prefix's slots come first, then the prompt's tokens. */
export interface Context {
  promptIds: Int32Array;
  prefix: Prefix | null;
  /** In place of both, for a policy with towers; the tokens are then those of the text, without what is seen and heard. */
  watched?: Watched;
}

/** The different contexts among rows, and for each row the index of its own. The same objects are the same context. */
export function distinct(rows: readonly Context[]): { contexts: Context[]; owners: number[] } {
  const contexts: Context[] = [];
  const owners = rows.map(({ promptIds, prefix, watched }) => {
    const known = contexts.findIndex((context) => context.promptIds === promptIds && context.prefix === prefix);
    return known < 0 ? contexts.push({ promptIds, prefix, watched }) - 1 : known;
  });
  return { contexts, owners };
}

/** A completion of a context; `completionIds` ends with the end-of-sequence token when the policy ended it. */
export interface CompletionRow extends Context {
  completionIds: Int32Array;
}

/** One row of supervised training: `weights` [L] multiply each completion token's cross-entropy. */
export interface SupervisedRow extends CompletionRow {
  weights: Float32Array;
}

/** One rollout as the policy loss reads it (docs/algorithm.md, "Loss"). All arrays are [L]. */
export interface RolloutRow extends CompletionRow {
  /** TAS weight of each completion token; multiplies the clipped policy term only. */
  weights: Float32Array;
  advantage: number;
  /** Behaviour policy's log-probs. */
  oldLogProbs: Float32Array;
  /** Reference policy's log-probs; null leaves the row out of the KL term. */
  refLogProbs: Float32Array | null;
  /** δ of the dual clip, Infinity for none. */
  dualClip: number;
}
