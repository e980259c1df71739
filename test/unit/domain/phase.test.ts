import { describe, expect, it } from 'vitest';
import fc from '../fc.ts';
import {
  cuedBoundaries,
  insideCodePoint,
  moveBoundary,
  phaseAt,
  boundariesFault,
  spans,
} from '../../../src/domain/phase.ts';

const text = fc.string({ unit: 'binary', maxLength: 40 });
/** Valid boundaries of a text: offsets of whole code points, in order. */
const cutText = text.chain((value) => {
  const borders = [0];
  for (const point of value) borders.push(borders[borders.length - 1] + point.length);
  return fc
    .array(fc.constantFrom(...borders), { maxLength: 4 })
    .map((chosen) => ({ text: value, boundaries: chosen.toSorted((a, b) => a - b) }));
});

describe('a segmentation', () => {
  it('is right when its boundaries are whole code points in order', () => {
    fc.assert(
      fc.property(cutText, ({ text: value, boundaries }) => {
        expect(boundariesFault(value, boundaries, boundaries.length + 1)).toBeNull();
      }),
    );
  });

  it.each([
    ['abc', [1], 'need 2 boundaries, not 1'],
    ['abc', [1, 4], 'boundary 4 is outside'],
    ['abc', [-1, 2], 'boundary -1 is outside'],
    ['abc', [0.5, 2], 'boundary 0.5 is outside'],
    ['abc', [2, 1], '1 comes after 2'],
    ['a😀b', [2, 3], 'inside a code point; use 1'],
  ])('of %j by %j is refused: %s', (value, boundaries, fault) => {
    expect(boundariesFault(value, boundaries, 3)).toContain(fault);
  });

  it('cuts the text into spans that tile it', () => {
    fc.assert(
      fc.property(cutText, ({ text: value, boundaries }) => {
        const parts = spans(value.length, boundaries);
        expect(parts.map(({ start, end }) => value.slice(start, end)).join('')).toBe(value);
        expect(parts.map(({ phase }) => phase)).toEqual(parts.map((_, i) => i));
        for (const { phase, start, end } of parts) if (start < end) expect(phaseAt(boundaries, start)).toBe(phase);
      }),
    );
  });

  it('stays right wherever one of its boundaries is dragged', () => {
    const dragged = cutText.filter(({ boundaries }) => boundaries.length > 0);
    fc.assert(
      fc.property(
        dragged,
        fc.nat(),
        fc.integer({ min: -50, max: 90 }),
        ({ text: value, boundaries }, which, offset) => {
          const index = which % boundaries.length;
          const moved = moveBoundary(value, boundaries, index, offset);
          expect(boundariesFault(value, moved, boundaries.length + 1)).toBeNull();
          expect(moved.toSpliced(index, 1)).toEqual(boundaries.toSpliced(index, 1));
        },
      ),
    );
  });

  it('knows the middle of a surrogate pair', () => {
    expect([0, 1, 2, 3].map((offset) => insideCodePoint('a😀', offset))).toEqual([false, false, true, false]);
  });
});

describe('phases by cues', () => {
  const cues = { evidence: ' At ', synthesis: ' So ' };

  it('begin where the first of each cue stands, the synthesis after the evidence', () => {
    const completion = 'I plan. So it goes. At 0:01 red. At 0:02 blue. So blue. So B.';
    const parts = spans(completion.length, cuedBoundaries(completion, cues)!);
    expect(parts.map(({ start, end }) => completion.slice(start, end))).toEqual([
      'I plan. So it goes.',
      ' At 0:01 red. At 0:02 blue.',
      ' So blue. So B.',
    ]);
  });

  it.each(['I plan. So blue.', 'I plan. At 0:01 red.', ''])('are not there in %j', (completion) => {
    expect(cuedBoundaries(completion, cues)).toBeNull();
  });
});
