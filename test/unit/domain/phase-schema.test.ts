import { safeParse } from 'valibot';
import { describe, expect, it } from 'vitest';
import fc from '../fc.ts';
import { defaultPhases, boundariesFault, spans, type Phase } from '../../../src/domain/phase.ts';
import { keepsLabels, movedLabel, phaseMove, phaseSchema } from '../../../src/domain/phase-schema.ts';

const phases = (...names: string[]): Phase[] =>
  names.map((name, index) => ({ name, key: `${index + 1}`, colour: 'blue', weight: 0 }));
const nothing = (count: number): null[] => Array<null>(count).fill(null);

describe('a phase schema', () => {
  it('is taken with its names, keys, colours and weights, and refused with the reason', () => {
    expect(safeParse(phaseSchema, defaultPhases).output).toEqual(defaultPhases);
    const faults = (...changed: object[]): string[] => {
      const result = safeParse(phaseSchema, changed);
      return result.success ? [] : result.issues.map(({ message }) => message);
    };
    const [first, second] = phases('look', 'think');
    expect(faults(first)).toEqual(['reasoning has at least two phases']);
    expect(faults(first, { ...second, name: 'look' })).toEqual(['two phases have one name']);
    expect(faults(first, { ...second, key: '1' })).toEqual(['two phases have one key']);
    expect(faults(first, { ...second, key: 'x' })).toEqual(['the key is a digit from 1 to 9']);
    expect(faults(first, { ...second, weight: 2 })).toEqual(['the weight is from 0 to 1, in units of λ']);
    expect(faults(first, { ...second, color: 'red' })).toHaveLength(1);
  });
});

describe('a change of phases', () => {
  const move = (before: string, after: string) => phaseMove(phases(...before.split(' ')), phases(...after.split(' ')));

  it('knows phases by name, and as many new names as old ones in a place as these renamed', () => {
    expect(move('a b c', 'a b c')).toEqual([0, 1, 2]);
    expect(move('a b c', 'x a b c')).toEqual([null, 0, 1, 2]);
    expect(move('a b c', 'a x b c y')).toEqual([0, null, 1, 2, null]);
    expect(move('a b c', 'a c')).toEqual([0, 2]);
    expect(move('a b c', 'a x c')).toEqual([0, 1, 2]);
    expect(move('a b c', 'x y z')).toEqual([0, 1, 2]);
    expect(move('a b c', 'a x y c')).toEqual([0, null, null, 2]);
    expect(keepsLabels(move('a b c', 'a x c'), 3)).toBe(true);
    expect(keepsLabels(move('a b c', 'a b'), 3)).toBe(false);
    expect(() => move('a b c', 'b a c')).toThrow('a came before b in the labels made so far');
  });

  it('begins a new phase empty and lets an empty one go, but none that has text or video', () => {
    const label = { boundaries: [3, 3], grounding: [{ start: 1, end: 2 }, null, null] };
    expect(movedLabel(10, label, move('a b c', 'a x b c y'))).toEqual({
      boundaries: [3, 3, 3, 10],
      grounding: [{ start: 1, end: 2 }, null, null, null, null],
    });
    expect(movedLabel(10, label, move('a b c', 'a c'))).toEqual({
      boundaries: [3],
      grounding: [label.grounding[0], null],
    });
    const origin = { source: 'rules', scores: [0.5, null] } as const;
    const taken = movedLabel(
      10,
      { ...label, origin: { ...origin, scores: [...origin.scores] } },
      move('a b c', 'x a b y c'),
    );
    expect(taken!.origin).toEqual({ source: 'rules', scores: [null, 0.5, null, null] });
    expect(movedLabel(10, label, move('a b c', 'a b'))).toBeNull();
    const grounded = { ...label, grounding: [null, { start: 1, end: 2 }, null] };
    expect(movedLabel(10, grounded, move('a b c', 'a c'))).toBeNull();
  });

  it('keeps the text of every phase that stays', () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    fc.assert(
      fc.property(
        fc.subarray(names, { minLength: 2 }),
        fc.subarray(names, { minLength: 2 }),
        fc.array(fc.nat(20), { minLength: 4, maxLength: 4 }),
        (before, after, cuts) => {
          const from = phases(...before);
          const boundaries = cuts.slice(0, from.length - 1).sort((x, y) => x - y);
          const how = phaseMove(from, phases(...after));
          const moved = movedLabel(20, { boundaries, grounding: nothing(from.length) }, how);
          const text = spans(20, boundaries);
          const lost = text.some(({ start, end }, index) => end > start && !how.includes(index));
          expect(moved === null).toBe(lost);
          if (!moved) return;
          expect(boundariesFault('x'.repeat(20), moved.boundaries, after.length)).toBeNull();
          spans(20, moved.boundaries).forEach(({ start, end }, index) => {
            const old = how[index] === null ? null : text[how[index]];
            if (end > start || (old && old.end > old.start)) expect([start, end]).toEqual([old?.start, old?.end]);
          });
        },
      ),
    );
  });
});
