import { describe, expect, it } from 'vitest';
import * as v from 'valibot';
import {
  carriedSteps,
  defaultErrorTypes,
  errorTypesSchema,
  stepOn,
  stepsFault,
  stepText,
  withStep,
  type StepJudgement,
} from '../../../src/domain/judgement.ts';
import { placesIn } from '../../../src/domain/text-change.ts';
import fc from '../fc.ts';

const step = (start: number, end: number, more: Partial<StepJudgement> = {}): StepJudgement => ({
  ...{ start, end, verdict: 'wrong', error: null },
  ...more,
});

describe('the steps of a completion', () => {
  it('are within it, in order, apart, on whole code points, and without an error where they are correct', () => {
    const text = 'Plan. 🎬 See. So B.';
    const faults: [StepJudgement[], string][] = [
      [[step(-1, 4)], 'is outside the completion (0 to 19 UTF-16 units)'],
      [[step(0, 20)], 'is outside the completion'],
      [[step(0.5, 4)], 'is outside the completion'],
      [[step(4, 4)], 'the step from 4 to 4 has no text'],
      [[step(0, 6), step(5, 9)], 'the step from 5 to 9 begins before the one before it ends'],
      [[step(0, 7)], 'offset 7 is inside a code point; use 6'],
      [[step(0, 5, { verdict: 'correct', error: 'reasoning' })], 'is correct: it has no error, not “reasoning”'],
    ];
    for (const [steps, fault] of faults) expect(stepsFault(text, steps)).toContain(fault);
    expect(stepsFault(text, [step(0, 6), step(6, 19, { verdict: 'correct' })])).toBeNull();
  });

  it('stay apart and in order whatever is said one after the other, and the last word stands', () => {
    const said = fc.record({
      start: fc.nat(20),
      length: fc.integer({ min: 1, max: 12 }),
      verdict: fc.constantFrom('correct' as const, 'wrong' as const, 'unsupported' as const, null),
    });
    fc.assert(
      fc.property(fc.array(said, { maxLength: 20 }), (all) => {
        let steps: StepJudgement[] = [];
        for (const { start, length, verdict } of all) {
          const end = start + length;
          steps = withStep(steps, { start, end, verdict, error: null });
          expect(stepsFault('x'.repeat(40), steps)).toBeNull();
          const found = stepOn(steps, { start, end });
          if (verdict === null) expect(found).toBeNull();
          else expect(found).toEqual({ step: { start, end, verdict, error: null }, isExact: true });
        }
      }),
    );
  });

  it('are found again on most of a phase whose boundaries moved', () => {
    const steps = [step(0, 6), step(6, 18, { verdict: 'correct' })];
    expect(stepOn(steps, { start: 0, end: 9 })).toEqual({ step: steps[0], isExact: false });
    expect(stepOn(steps, { start: 4, end: 18 })).toEqual({ step: steps[1], isExact: false });
    expect(stepOn(steps, { start: 18, end: 18 })).toBeNull();
  });

  it('go with their text where that changes elsewhere, and are stuck where it is gone', () => {
    const place = placesIn('Plan. See. So B.', 'Oh! Plan. See. So B.');
    expect(carriedSteps([step(6, 11)], place)).toEqual([step(10, 15)]);
    for (const other of ['Plan. Hm.', 'Plan. Saw. So B.', 'Plan. S!ee. So B.', 'Plan. Se. So B.'])
      expect(carriedSteps([step(0, 5), step(6, 10)], placesIn('Plan. See. So B.', other)), other).toBeNull();
  });
});

describe('the error types of a project', () => {
  it('are nine at most, each with its name', () => {
    expect(v.is(errorTypesSchema, defaultErrorTypes)).toBe(true);
    expect(v.is(errorTypesSchema, [])).toBe(true);
    expect(v.is(errorTypesSchema, [{ name: 'a' }, { name: 'a' }])).toBe(false);
    expect(v.is(errorTypesSchema, [{ name: ' ' }])).toBe(false);
    expect(v.is(errorTypesSchema, [...defaultErrorTypes, { name: 'one more', about: '' }])).toBe(false);
  });

  it('are named after the verdict', () => {
    expect(stepText({ verdict: 'wrong', error: 'reasoning' })).toBe('wrong: reasoning');
    expect(stepText({ verdict: 'correct', error: null })).toBe('correct');
  });
});
