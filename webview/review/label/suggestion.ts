/** What a suggestion still offers beside a label, and what taking it changes. Pure. */
import type { Label } from '../../../src/domain/phase.ts';
import type { LabelOrigin } from '../../../src/domain/suggestion/suggestion.ts';
import type { ReviewSuggestion } from '../../../src/protocol/review.ts';
import { startPhase } from './labelling.ts';

export interface Offer {
  source: ReviewSuggestion['source'];
  /** Of each boundary, the offset where it is offered, or null. */
  places: (number | null)[];
  scores: readonly number[];
}

/**
 * The boundaries of `suggestion` whose phase is still empty in a label with `boundaries`, and which were not refused, unless
 * `evenRefused`. Null when nothing is left.
 */
export function offerOf(
  suggestion: ReviewSuggestion | null,
  boundaries: readonly number[],
  length: number,
  evenRefused = false,
): Offer | null {
  if (!suggestion) return null;
  const { source, scores, refused } = suggestion;
  const places = suggestion.boundaries.map((place, k) => {
    const end = boundaries[k + 1] ?? length;
    const taken = boundaries.findLast((boundary) => boundary < boundaries[k]) ?? 0;
    const open = boundaries[k] === end && taken <= place && place < end;
    return open && (evenRefused || !refused[k]) ? place : null;
  });
  return places.some((place) => place !== null) ? { source, places, scores } : null;
}

/** What taking these boundaries of an offer makes of a label: one edit, which keeps source and scores. */
export function taken(
  text: string,
  { boundaries, origin }: Pick<Label, 'boundaries' | 'origin'>,
  offer: Offer,
  which: readonly number[],
): Pick<Label, 'boundaries' | 'origin'> {
  const same = origin?.source === offer.source ? origin : null;
  const scores: LabelOrigin['scores'] = boundaries.map((_, k) => same?.scores[k] ?? null);
  let edited = [...boundaries];
  for (const k of which) {
    const place = offer.places[k];
    if (place === null) continue;
    edited = startPhase(text, edited, k + 1, place);
    scores[k] = offer.scores[k];
  }
  return { boundaries: edited, origin: { source: offer.source, scores } };
}

/** "tagger 0.93": whose, and how sure it is of its least sure boundary. */
export function offerText({ source, places, scores }: Offer): string {
  return sourceText(source, Math.min(...scores.filter((_, k) => places[k] !== null)));
}

/** The same of a label that was taken from one. */
export function originText({ source, scores }: LabelOrigin): string {
  const known = scores.filter((score) => score !== null);
  return known.length > 0 ? sourceText(source, Math.min(...known)) : source;
}

export function sourceText(source: string, score: number): string {
  return `${source} ${score.toFixed(2)}`;
}
