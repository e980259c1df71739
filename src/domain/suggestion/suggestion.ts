/** A suggestion: the phases that a program proposes, with how sure it is. */

export const suggestionSources = ['rules', 'tagger'] as const;
export type SuggestionSource = (typeof suggestionSources)[number];

/** The suggestion that a label was taken from, however it was edited since. */
export interface LabelOrigin {
  source: SuggestionSource;
  /** Of each boundary as it was suggested; null where it was not taken. */
  scores: (number | null)[];
}

export interface Suggestion {
  source: SuggestionSource;
  /** UTF-16 offsets, one fewer than phases. */
  boundaries: number[];
  /** Of each boundary: the probability that it is at just this word, or for the rules this sentence. */
  scores: number[];
  /** Of the distribution over all segmentations, in nats: how much a label of this text would tell. */
  entropy: number;
}
