import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { rewardRules } from '../../../src/domain/reward.ts';
import { ruleNames, rules, type Question, type RuleName } from '../../../src/evaluation/rule.ts';
import { golden } from '../domain/golden.ts';
import fc from '../fc.ts';

const question: Question = {
  question: 'What colour is the square?',
  options: ['A. A red square', 'B. A blue square', 'C. Green', 'D. None'],
  answer: 'B',
  problemType: 'multiple-choice',
};

describe('the rule ours', () => {
  it.each([
    ['<answer>B</answer>', 'B', true, 'B'],
    ['<answer>A</answer> no, <answer> (b) </answer>', 'B', true, '(b)'],
    ['<answer>a blue square.</answer>', 'B', true, 'a blue square.'],
    ['<answer>A green one</answer>', null, false, null],
    ['<answer>A or B</answer>', null, false, null],
    ['<answer> </answer>', null, false, null],
    ['The answer is B.', null, false, null],
    ['<answer>E</answer>', 'E', false, 'E'],
  ])('reads %j as %j', (reply, extracted, correct, taken) => {
    const { at, how, ...reading } = rules.ours.read(reply, question);
    expect({ ...reading, taken: at && reply.slice(at.start, at.end) }).toEqual({ extracted, correct, taken });
    expect(how).not.toBe('');
  });

  it('reads numbers, and free answers by their score', () => {
    const open: Question = { ...question, options: [], answer: '5', problemType: 'numerical' };
    expect(rules.ours.read('<answer>about 5 cats</answer>', open)).toMatchObject({ extracted: '5', correct: true });
    expect(rules.ours.read('<answer>five</answer>', open)).toMatchObject({ extracted: null, at: null });
    const free: Question = { ...open, answer: 'a dog barks', problemType: 'free-form' };
    expect(rules.ours.read('<answer>a dog</answer>', free)).toMatchObject({ extracted: 'a dog', correct: true });
    expect(rules.ours.read('<answer>no cat</answer>', free)).toMatchObject({ extracted: 'no cat', correct: false });
  });

  it('is not defined without a true answer', () => {
    expect(rules.ours.reads(question)).toBe(true);
    expect(rules.ours.reads({ ...question, answer: null })).toBe(false);
  });
});

/** Of each rule but ours, made by its project's own program (test/golden/answer_rules.py). */
const theirs = golden<{
  questions: Record<string, Pick<Question, 'question' | 'options' | 'answer'>>;
  replies: {
    question: string;
    reply: string;
    read: Record<Exclude<RuleName, 'ours'>, [string | null, boolean] | string>;
  }[];
}>('answer-rules');

const asked = (name: string): Question => ({ ...theirs.questions[name], problemType: 'multiple-choice' });

describe('a rule gives what its own program gives', () => {
  it.each(ruleNames.filter((name) => name !== 'ours'))('%s', (name) => {
    const rule = rules[name];
    const read = theirs.replies.filter(({ question }) => rule.reads(asked(question)));
    expect(read.length).toBeGreaterThan(150);
    const given = read.map(({ question, reply }) => ({ question, reply, ...rule.read(reply, asked(question)) }));
    expect(given.map(({ question, reply, extracted, correct }) => ({ question, reply, extracted, correct }))).toEqual(
      read.map(({ question, reply, read: values }) => {
        // An option drawn at random is no answer.
        const [extracted, correct] = values[name] === 'random' ? [null, false] : values[name];
        return { question, reply, extracted, correct };
      }),
    );
  });
});

it('is told in docs/evaluation.md what each reads of one reply', () => {
  const text = readFileSync(join(import.meta.dirname, '../../../docs/evaluation.md'), 'utf8');
  const reply = /^> (.+)$/mu.exec(text)![1];
  const options = ['A. The cook', 'B. The gardener', 'C. The butler', 'D. The maid'];
  for (const option of options) expect(text).toContain(`"${option}"`);
  const told = [...text.matchAll(/^\| `([\w-]+)` \| (\w+): (right|wrong) \|/gmu)].map(([, ...row]) => row);
  const one: Question = { question: '', options, answer: 'D', problemType: 'multiple-choice' };
  expect(told).toEqual(
    ruleNames.map((name) => {
      const { extracted, correct } = rules[name].read(reply, one);
      return [name, extracted ?? 'nothing', correct ? 'right' : 'wrong'];
    }),
  );
});

/** Replies of what the rules look for, in any order, and of anything else. */
const replies = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '<answer>',
        '</answer>',
        '<answer>D</answer>',
        '<answer>A</answer>',
        '<answer>the maid</answer>',
        'assistant\n',
        'The maid',
        'maid',
        'nobody',
        "I'd",
        'A man',
        '(D)',
        '[C',
        'D.',
        'b',
      ),
      fc.constantFrom(...'ABCDEFGdİß \n\t.,!:;()[]_7é是', '\x1c', '\x85', '\ufeff', '\ud83d', '\ude00'),
      fc.string({ unit: 'binary', maxLength: 8 }),
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(''));

describe('any reply', () => {
  it.each(ruleNames)('is read by %s, and what was taken is in it', (name) => {
    const rule = rules[name];
    const read = Object.keys(theirs.questions)
      .map(asked)
      .filter((one) => rule.reads(one));
    const found = { nothing: 0, right: 0, wrong: 0 };
    fc.assert(
      fc.property(replies, fc.constantFrom(...read), (reply, one) => {
        const { extracted, correct, how, at } = rule.read(reply, one);
        expect(how).toMatch(/^\S.*\S$/u);
        if (extracted === null) found.nothing += 1;
        else found[correct ? 'right' : 'wrong'] += 1;
        // Of MMVU lmms-eval prints one letter and decides by what speaks for the true option: it may print none of a right reply.
        if (name !== 'lmms-eval-mmvu') expect(at === null).toBe(extracted === null);
        if (at === null) {
          expect([extracted, correct]).toEqual([null, false]);
          return;
        }
        expect(at.start).toBeGreaterThanOrEqual(0);
        expect(at.end).toBeGreaterThan(at.start);
        expect(at.end).toBeLessThanOrEqual(reply.length);
        const taken = reply.slice(at.start, at.end).toLowerCase();
        const texts = [extracted ?? '', ...one.options, ...one.options.map((option) => option.slice(3))];
        if (name === 'lmms-eval-mmvu')
          texts.push(one.answer!, ...one.options.flatMap((option) => option.split(/[\s()]/u)));
        if (name !== 'ours') expect(texts.map((text) => text.toLowerCase())).toContain(taken);
      }),
      { numRuns: 500 },
    );
    expect(Math.min(...Object.values(found))).toBeGreaterThan(5);
  });

  it('is right by ours where a run rewards it as right', () => {
    for (const { question, reply } of theirs.replies) {
      const { score } = rewardRules.ours.accuracy(reply, { id: 'p', ...asked(question) });
      expect([reply, rules.ours.read(reply, asked(question)).correct]).toEqual([reply, score === 1]);
    }
  });
});

/** How many characters the methods of texts go over while `work` runs: what they are called on, or of a search the way to what it finds. */
function charactersRead(work: () => void): number {
  let count = 0;
  const prototype = String.prototype as unknown as Record<string | symbol, (...given: unknown[]) => unknown>;
  const cost: Record<string, (text: string, given: unknown[], result: unknown) => number> = {
    indexOf: (text, [, from = 0], result) =>
      ((result as number) < 0 ? text.length : (result as number)) - (from as number),
    lastIndexOf: (text, _, result) => text.length - Math.max(result as number, 0),
    slice: (_text, _given, result) => (result as string).length,
  };
  const others = [
    'includes',
    'match',
    'matchAll',
    'search',
    'replace',
    'split',
    'trim',
    'trimStart',
    'toLowerCase',
    'toUpperCase',
  ];
  const names = [...Object.keys(cost), ...others, Symbol.iterator];
  const originals = names.map((name) => prototype[name]);
  for (const [i, name] of names.entries())
    prototype[name] = function (this: string, ...given: unknown[]) {
      const result = originals[i].apply(this, given);
      // Else the count would be of itself.
      count += typeof name === 'string' && Object.hasOwn(cost, name) ? cost[name](this, given, result) : this.length;
      return result;
    };
  try {
    work();
  } finally {
    for (const [i, name] of names.entries()) prototype[name] = originals[i];
  }
  return count;
}

describe('a long reply', () => {
  const pieces = [
    '<answer>',
    '</answer>',
    '<answer>A</answer>',
    '</answer><answer>',
    'assistant\n',
    'A ',
    '(A)',
    'A.',
    'a',
    'AB',
    'İ',
    ' ',
    '.',
    ', ',
    '.,',
    'the maid ',
    '7_',
  ];
  it.each(ruleNames)('is read by %s in a time that grows as it does', (name) => {
    const question = asked(name.includes('omnibench') ? 'four' : 'five');
    expect(rules[name].reads(question)).toBe(true);
    for (const piece of pieces) {
      const [once, twice] = [1000, 2000].map((times) => {
        const reply = piece.repeat(times);
        return charactersRead(() => rules[name].read(reply, question));
      });
      expect([piece, once > 0, twice < 2.5 * once]).toEqual([piece, true, true]);
    }
  });

  it('is counted: a search that begins anew at each tag reads the square of it', () => {
    const [once, twice] = [1000, 2000].map((times) => {
      const reply = '<answer>'.repeat(times);
      return charactersRead(() => {
        for (let i = 0; i < times; i += 1) reply.indexOf('</answer>', i * 8);
      });
    });
    expect(twice).toBeGreaterThan(3.5 * once);
  });
});
