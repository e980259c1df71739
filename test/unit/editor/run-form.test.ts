import { describe, expect, it } from 'vitest';
import { numberFault, numberRules, runName, stagesFault } from '../../../src/editor/run-form.ts';

describe('a number a person types', () => {
  it.each([
    ['24', null],
    [' 24 ', null],
    ['', 'Type a number.'],
    ['  ', 'Type a number.'],
    ['many', 'Type a number.'],
    ['Infinity', 'Type a number.'],
    ['2.5', 'Type a whole number.'],
    ['0', 'At least 1.'],
    ['1e9', 'At most 1000000.'],
  ])('of steps, “%s”: %s', (text, fault) => {
    expect(numberFault(text, numberRules.steps)).toBe(fault);
  });

  it('of λ may be 0 or a fraction, not negative', () => {
    expect(['0', '0.3', '-0.1'].map((text) => numberFault(text, numberRules.lambda))).toEqual([
      null,
      null,
      'At least 0.',
    ]);
  });
});

it('a curriculum a person types is one, or told why not', () => {
  expect(stagesFault('visual:4, localisation:2')).toBeNull();
  expect(stagesFault('visual 4')).toContain('“visual 4” is not a stage');
});

describe('the name of a new run', () => {
  it('is its preset with the first free number', () => {
    expect(runName('avatar', ['avatar-1', 'grpo-2', 'avatar-3'])).toBe('avatar-2');
    expect(runName('grpo', [])).toBe('grpo-1');
  });
});
