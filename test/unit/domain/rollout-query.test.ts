import { describe, expect, it } from 'vitest';
import fc from '../fc.ts';
import { queryFields } from '../../../src/domain/query-fields.ts';
import {
  parseQuery,
  printQuery,
  queryFault,
  QueryError,
  withRange,
  type QueryTerm,
} from '../../../src/domain/rollout-query.ts';

describe('a query line', () => {
  it.each<[string, QueryTerm[]]>([
    ['', []],
    ['green', [{ not: false, kind: 'words', text: 'green' }]],
    ['-"low tone"', [{ not: true, kind: 'words', text: 'low tone' }]],
    ['"0:03"', [{ not: false, kind: 'words', text: '0:03' }]],
    [
      'pass:0.2..<0.8',
      [{ not: false, kind: 'number', field: 'pass', part: null, range: { from: 0.2, to: 0.8, isToOpen: true } }],
    ],
    ['correct:no', [{ not: false, kind: 'choice', field: 'correct', choices: ['no'] }]],
    ['Correct:NO,none', [{ not: false, kind: 'choice', field: 'correct', choices: ['no', null] }]],
    [
      'length:>800',
      [{ not: false, kind: 'number', field: 'tokens', part: null, range: { from: 800, to: null, isFromOpen: true } }],
    ],
    ['pass:.2..0.8', [{ not: false, kind: 'number', field: 'pass', part: null, range: { from: 0.2, to: 0.8 } }]],
    [
      'reward.rewards/format_reward:<=-1e-2',
      [
        {
          not: false,
          kind: 'number',
          field: 'reward',
          part: 'rewards/format_reward',
          range: { from: null, to: -0.01 },
        },
      ],
    ],
    ['tokens:none', [{ not: false, kind: 'number', field: 'tokens', part: null, range: null }]],
    [
      'policy:"my policy, 2",tiny*,none',
      [{ not: false, kind: 'names', field: 'policy', names: ['my policy, 2', 'tiny*', null] }],
    ],
    ['tag:hack,"lucky guess"', [{ not: false, kind: 'names', field: 'tag', names: ['hack', 'lucky guess'] }]],
    ['run:"none"', [{ not: false, kind: 'names', field: 'run', names: ['none'] }]],
    ['-labelled:"Ana \\"A\\" B"', [{ not: true, kind: 'people', field: 'labelled', who: 'Ana "A" B' }]],
  ])('reads %s', (line, terms) => {
    expect(parseQuery(line)).toEqual(terms);
    expect(parseQuery(printQuery(terms))).toEqual(terms);
  });

  it.each([
    ['rewrd:>1', 'rewrd:>1 names no field: did you mean reward?'],
    ['topic:hack', 'topic:hack names no field: there are correct, stage,'],
    ['topic:hack', 'write them in quotes: "topic:hack"'],
    ['reward:high', 'reward:high asks for no number: write reward:0.5, reward:>0.5'],
    ['reward:0.8..0.2', 'reward:0.8..0.2 ends before it begins: write the smaller number first'],
    ['reward:..', 'reward:.. asks for no number'],
    ['-', '- has neither a letter nor a digit to look for'],
    ['reward:', 'reward: asks for nothing: write a value after the colon, such as reward:>0.5'],
    ['reward.:>1', 'names no part of the reward'],
    ['correct:maybe', 'correct:maybe: correct is yes, no, none, such as correct:no'],
    ['hinted:none', 'hinted:none: hinted is yes, no'],
    ['policy:"my', 'policy:"my has a quotation mark without its end'],
  ])('refuses %s, naming the term and the cure', (line, message) => {
    expect(() => parseQuery(`green ${line}`)).toThrow(message);
    try {
      parseQuery(`green ${line}`);
    } catch (error) {
      expect(error).toBeInstanceOf(QueryError);
      expect(error).toMatchObject({ from: 6, to: 6 + line.length });
    }
  });

  const not = fc.boolean();
  const text = fc.string({ unit: 'binary', maxLength: 12 });
  const named = fc.array(fc.option(text), { minLength: 1, maxLength: 3 });
  const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((one) => one + 0);
  const range = fc.oneof(
    fc.constant(null),
    fc.tuple(number, number).map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) })),
    number.map((from) => ({ from, to: null, isFromOpen: true as const })),
    number.map((to) => ({ from: null, to })),
  );
  const anyTerm = fc.oneof(
    fc.record({ not, kind: fc.constant('words' as const), text: text.map((some) => `a${some}`) }),
    fc.record({
      ...{ not, kind: fc.constant('number' as const), field: fc.constant('reward' as const) },
      ...{ part: fc.option(fc.string({ unit: 'binary', minLength: 1, maxLength: 12 })), range },
    }),
    fc.record({ not, kind: fc.constant('names' as const), field: fc.constant('policy' as const), names: named }),
    fc.record({ not, kind: fc.constant('people' as const), field: fc.constant('flagged' as const), who: text }),
  );

  it('is what its terms are printed as, whatever names and texts they hold', () => {
    fc.assert(
      fc.property(fc.array(anyTerm, { maxLength: 4 }), (terms) => {
        expect(parseQuery(printQuery(terms))).toEqual(terms);
      }),
    );
  });

  it('is read, or refused in words, whatever is typed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (line) => {
        try {
          const printed = printQuery(parseQuery(line));
          expect(printQuery(parseQuery(printed))).toBe(printed);
        } catch (error) {
          expect(error).toBeInstanceOf(QueryError);
          expect(queryFault(line)).toBe((error as QueryError).message);
        }
      }),
    );
  });

  it('has an example of every field that can be read', () => {
    for (const { example } of Object.values(queryFields)) expect(printQuery(parseQuery(example))).toBe(example);
  });

  it('takes another range of a number, and none', () => {
    const terms = parseQuery('correct:no reward:>1 -reward:2 reward.format:1');
    const narrowed = withRange(terms, 'reward', { from: 0.25, to: 0.5 });
    expect(printQuery(narrowed)).toBe('correct:no -reward:2 reward.format:1 reward:0.25..0.5');
    expect(printQuery(withRange(narrowed, 'reward', null))).toBe('correct:no -reward:2 reward.format:1');
  });
});
