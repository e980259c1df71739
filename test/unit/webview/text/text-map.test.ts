import { describe, expect, it } from 'vitest';
import fc from '../../fc.ts';
import { stepsOf } from '../../../../webview/review/judge/steps.ts';
import { readingLine, scrolledTo, stretchesOf, viewOf } from '../../../../webview/review/text/text-map.ts';

describe('the map of a long text', () => {
  it('says what is in view, and where it can be scrolled to', () => {
    const view = viewOf({ scrollTop: 300, clientHeight: 200, scrollHeight: 1000 });
    expect(view).toEqual({ top: 0.3, share: 0.2 });
    expect([-0.1, 0.4, 0.95].map((top) => scrolledTo(top, view))).toEqual([0, 0.4, 0.8]);
  });

  it('comes to every place of the text as it is scrolled', () => {
    const height = fc.integer({ min: 100, max: 5000 });
    fc.assert(
      fc.property(height, height, fc.double({ min: 0, max: 1, noNaN: true }), (clientHeight, more, place) => {
        const scrollHeight = clientHeight + more;
        // Where it must be scrolled to for this place to be on the line at which one reads.
        const view = viewOf({ scrollTop: place * more, clientHeight, scrollHeight });
        const read = view.top + readingLine(view) * view.share;
        expect(read).toBeCloseTo(place, 9);
      }),
    );
    expect(readingLine({ top: 0, share: 1 })).toBe(0);
  });

  it('has the phases with text as stretches that tile it, with signs of what is said of just that text', () => {
    const said = [
      { start: 0, end: 10, verdict: 'wrong', error: null },
      { start: 12, end: 100, verdict: 'correct', error: null },
    ] as const;
    expect(stretchesOf(stepsOf(100, [10, 10], said), (offset) => offset / 200)).toEqual([
      { phase: 0, from: 0, to: 0.05, sign: '✗' },
      { phase: 2, from: 0.05, to: 1, sign: null },
    ]);
    expect(stretchesOf([], () => 0)).toEqual([]);
  });
});
