import { describe, expect, it } from 'vitest';
import { ruleNames, rules, type Question, type RuleName } from '../../../src/evaluation/rule.ts';
import { golden } from '../domain/golden.ts';

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
