/** A suggestion: a segmentation by a program, with how sure it is. */

export const suggestionSources = ['rules', 'tagger'] as const;
export type SuggestionSource = (typeof suggestionSources)[number];

export interface Suggestion {
  source: SuggestionSource;
  /** UTF-16 offsets, one fewer than phases. */
  boundaries: number[];
  /** Of each boundary: the probability that it is at just this word, or for the rules this sentence. */
  scores: number[];
  /** Of the distribution over all segmentations, in nats: how much a label of this text would tell. */
  entropy: number;
}
