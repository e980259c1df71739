import { describe, expect, it } from 'vitest';
import fc from '../../fc.ts';
import { boundariesFault } from '../../../../src/domain/phase.ts';
import { byStops, snap, splitAt, startPhase, step, unlabelled } from '../../../../webview/review/label/labelling.ts';

const text = 'Plan it. See it. Say it.';

describe('an edit', () => {
  it('by Enter cuts the text into one phase after the other', () => {
    const evidence = splitAt(text, unlabelled(text, 3), 9);
    expect(evidence).toEqual([9, text.length]);
    const synthesis = splitAt(text, evidence!, 17);
    expect(synthesis).toEqual([9, 17]);
    expect(splitAt(text, synthesis!, 20)).toBeNull();
  });

  it('by Enter in an earlier phase moves the start of the next one', () => {
    expect(splitAt(text, [9, 17], 4)).toEqual([4, 17]);
    expect(splitAt(text, [9, 17], 12)).toEqual([9, 12]);
  });

  it('by a phase key starts that phase at the caret and pushes the others along', () => {
    expect(startPhase(text, [9, 17], 1, 20)).toEqual([20, 20]);
    expect(startPhase(text, [9, 17], 2, 4)).toEqual([4, 4]);
    expect(startPhase(text, [9, 17], 0, 12)).toEqual([12, 17]);
    expect(startPhase(text, unlabelled(text, 3), 2, 17)).toEqual([17, 17]);
  });

  it('always leaves boundaries that the store takes, whatever the text and the place', () => {
    const place = fc.nat(60);
    const texts = fc.string({ unit: 'grapheme', maxLength: 40 });
    fc.assert(
      fc.property(texts, fc.array(fc.tuple(fc.nat(2), place), { maxLength: 6 }), (completion, edits) => {
        let boundaries = unlabelled(completion, 3);
        for (const [phase, at] of edits) {
          boundaries = startPhase(completion, boundaries, phase, Math.min(at, completion.length));
          expect(boundariesFault(completion, boundaries, 3)).toBeNull();
          boundaries = splitAt(completion, boundaries, Math.min(at, completion.length)) ?? boundaries;
          expect(boundariesFault(completion, boundaries, 3)).toBeNull();
        }
      }),
    );
  });
});

describe('the caret and the handles', () => {
  const starts = [0, 4, 8, 12];

  it('go by units from wherever they are', () => {
    expect(byStops(starts, 15, 4, 1)).toBe(8);
    expect(byStops(starts, 15, 5, 1)).toBe(8);
    expect(byStops(starts, 15, 5, -1)).toBe(4);
    expect(byStops(starts, 15, 12, 1)).toBe(15);
    expect(byStops(starts, 15, 0, -1)).toBe(0);
    expect(byStops(starts, 15, 2, 10)).toBe(15);
    expect(byStops(starts, 15, 9, -2)).toBe(4);
  });

  it('snap to the nearest unit', () => {
    expect([0, 1, 2, 3, 7, 14].map((offset) => snap(starts, 15, offset))).toEqual([0, 0, 0, 4, 8, 15]);
  });

  it('never stop inside a code point', () => {
    expect(step('a😀b', 1, 1)).toBe(3);
    expect(step('a😀b', 3, -1)).toBe(1);
    expect(step('ab', 2, 1)).toBe(2);
    expect(step('ab', 0, -1)).toBe(0);
  });
});
