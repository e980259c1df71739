import { describe, expect, it } from 'vitest';
import type { ReviewSuggestion } from '../../../../src/protocol/review.ts';
import { offerOf, offerText, originText, taken } from '../../../../webview/review/label/suggestion.ts';

const text = 'Plan it. At 0:01 it is red. So red.';
const end = text.length;
const suggestion: ReviewSuggestion = {
  source: 'tagger',
  boundaries: [8, 27],
  scores: [0.934, 0.8],
  refused: [false, false],
};
const places = (boundaries: number[], change: Partial<ReviewSuggestion> = {}): (number | null)[] | null =>
  offerOf({ ...suggestion, ...change }, boundaries, end)?.places ?? null;

describe('what a suggestion offers', () => {
  it('is every boundary of a rollout without a label, and those whose phase is still empty', () => {
    expect(places([end, end])).toEqual([8, 27]);
    expect(places([6, end])).toEqual([null, 27]);
    expect(places([20, 20])).toEqual([8, null]);
    expect(places([6, 20])).toBeNull();
    expect(offerOf(null, [end, end], end)).toBeNull();
  });

  it('is nothing that was refused, that lies before what is labelled, or that begins nothing', () => {
    expect(places([end, end], { refused: [true, false] })).toEqual([null, 27]);
    expect(places([end, end], { refused: [true, true] })).toBeNull();
    expect(places([30, end])).toBeNull();
    expect(places([end, end], { boundaries: [8, end] })).toEqual([8, null]);
    expect(offerOf({ ...suggestion, refused: [true, true] }, [end, end], end, true)?.places).toEqual([8, 27]);
  });

  it('is told by its least sure boundary', () => {
    expect(offerText(offerOf(suggestion, [end, end], end)!)).toBe('tagger 0.80');
    expect(offerText(offerOf({ ...suggestion, refused: [false, true] }, [end, end], end)!)).toBe('tagger 0.93');
    expect(originText({ source: 'rules', scores: [null, 0.5] })).toBe('rules 0.50');
  });
});

describe('taking it', () => {
  const blank = { boundaries: [end, end] };
  const offer = offerOf(suggestion, blank.boundaries, end)!;

  it('as a whole is one edit with source and scores', () => {
    expect(taken(text, blank, offer, [0, 1])).toEqual({
      ...{ boundaries: [8, 27], origin: { source: 'tagger', scores: [0.934, 0.8] } },
    });
  });

  it('boundary by boundary, in either order, comes to the same', () => {
    for (const [first, second] of [
      [0, 1],
      [1, 0],
    ]) {
      const one = taken(text, blank, offer, [first]);
      expect(one.origin!.scores[second]).toBeNull();
      const rest = offerOf(suggestion, one.boundaries, end)!;
      expect(rest.places[first]).toBeNull();
      expect(taken(text, one, rest, [second])).toEqual(taken(text, blank, offer, [0, 1]));
    }
  });

  it('leaves alone what a person set', () => {
    const rest = offerOf(suggestion, [6, end], end)!;
    expect(taken(text, { boundaries: [6, end] }, rest, [0, 1])).toEqual({
      ...{ boundaries: [6, 27], origin: { source: 'tagger', scores: [null, 0.8] } },
    });
  });
});
