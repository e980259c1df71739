import { describe, expect, it } from 'vitest';
import { carriedBoundaries } from '../../../src/domain/corrected-phases.ts';
import { boundariesFault, spans } from '../../../src/domain/phase.ts';
import fc from '../fc.ts';

const before = 'I plan. I see red. So it is A.';
/** "I plan.| I see blue.| So it is B." with a sign for a boundary whose text does not stand. */
function carried(after: string, boundaries = [7, 18]): string {
  const { boundaries: at, stands } = carriedBoundaries(before, after, boundaries);
  return spans(after.length, at)
    .map(({ start, end, phase }) => `${phase === 0 ? '' : stands[phase - 1] ? '|' : '?'}${after.slice(start, end)}`)
    .join('');
}

describe('boundaries carried over to a corrected text', () => {
  it('are where the text around them stands', () => {
    expect(carried('I plan. I see blue. So it is B.')).toBe('I plan.| I see blue.| So it is B.');
    expect(carried('I plan well. I see red. And green. So it is A.')).toBe(
      'I plan well.| I see red. And green.| So it is A.',
    );
    expect(carried('I see red. So it is A.')).toBe('I ?see red.| So it is A.');
    expect(carried('I plan.', [7, 18])).toBe('I plan.??');
    expect(carried('Anew.', [7, before.length])).toBe('Anew.?|');
  });

  it('are boundaries of that text, whatever it is', () => {
    const text = fc.array(fc.constantFrom('a', 'b', ' ', '\n', '.', '😀', '你')).map((some) => some.join(''));
    fc.assert(
      fc.property(text, text, fc.array(fc.nat()), (from, to, places) => {
        const edges = [...from].reduce<number[]>((all, sign) => [...all, all.at(-1)! + sign.length], [0]);
        const boundaries = places.map((place) => edges[place % edges.length]).sort((a, b) => a - b);
        const { boundaries: at, stands } = carriedBoundaries(from, to, boundaries);
        expect(boundariesFault(to, at, boundaries.length + 1)).toBeNull();
        expect(stands).toHaveLength(boundaries.length);
        expect(carriedBoundaries(from, from, boundaries).boundaries).toEqual(boundaries);
      }),
    );
  });
});
