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

describe('the questions that a rule is defined for', () => {
  const of = (one: Partial<Question>): RuleName[] =>
    ruleNames.filter((name) => rules[name].reads({ ...question, ...one }));
  const options = (count: number): string[] =>
    [...'ABCDEFGH'].slice(0, count).map((letter) => `${letter}. of ${letter}`);
  const anyNumber: RuleName[] = [
    'ours',
    'lmms-eval-video-holmes',
    'avatar-video-holmes',
    'avatar-omnibench',
    'avatar-mmvu',
  ];
  const upToF: RuleName[] = ['video-holmes', 'vlmevalkit-video-holmes'];

  it.each([
    [2, [...anyNumber, ...upToF, 'lmms-eval-omnibench', 'lmms-eval-mmvu']],
    [4, ruleNames],
    [5, [...anyNumber, ...upToF, 'lmms-eval-mmvu']],
    [6, [...anyNumber, ...upToF]],
    [7, anyNumber],
  ])('%d options', (count, names) => {
    expect(new Set(of({ options: options(count) }))).toEqual(new Set(names));
  });

  it('options within the text, of which a letter alone is known', () => {
    const none = ['lmms-eval-video-holmes', 'omnibench'];
    expect(of({ options: [] })).toEqual(ruleNames.filter((name) => !none.includes(name)));
    expect(of({ options: [], answer: 'E' })).not.toContain('lmms-eval-omnibench');
    expect(of({ options: [], answer: 'two' })).toEqual(['ours']);
  });

  it('none but ours where the true answer is no option, or the question open', () => {
    expect(of({ answer: 'Purple' })).toEqual(['ours']);
    expect(of({ answer: 'E' })).toEqual(['ours']);
    expect(of({ problemType: 'free-form' })).toEqual(['ours']);
    expect(of({ answer: null })).toEqual([]);
  });

  it('where their own program stops, it is not', () => {
    const stopped = theirs.replies.flatMap(({ question: one, read }) =>
      Object.entries(read).flatMap(([name, value]) =>
        typeof value === 'string' && value.startsWith('raises') ? [{ name, one }] : [],
      ),
    );
    expect(stopped.length).toBeGreaterThan(0);
    for (const { name, one } of stopped)
      expect([name, one, rules[name as RuleName].reads(asked(one))]).toEqual([name, one, false]);
  });

  it('the true answer may be a text, and options without letters count from A', () => {
    const shown = { options: ['A red square', 'A blue square'], answer: 'A blue square' };
    const { extracted, correct } = rules['video-holmes'].read('(B)', { ...question, ...shown });
    expect({ extracted, correct }).toEqual({ extracted: 'B', correct: true });
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
