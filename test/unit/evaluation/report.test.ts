import { describe, expect, it } from 'vitest';
import type { ProblemType } from '../../../src/domain/rollout.ts';
import { compare } from '../../../src/evaluation/compare.ts';
import { neverRight, report } from '../../../src/evaluation/report.ts';
import { readerNames, scored, usualReaders } from '../../../src/evaluation/score.ts';
import { wilson } from '../../../src/evaluation/statistics.ts';
import { comparisonTables, evaluationsTable, failedTable, reportTables } from '../../../src/evaluation/tables.ts';
import { replies, reply } from './rows.ts';

const [right, wrong, bare] = ['<answer>B</answer>', '<answer>A</answer>', 'It is B.'];

it('the prompts that all fail are a table: the first of them by their questions, and how many there are', () => {
  const prompts = Array.from({ length: 21 }, (_, i) => ({ promptId: `p-${i}`, question: `What ${i}?` }));
  const [{ title, columns, rows }] = failedTable(prompts, 'ours', 3);
  expect(title).toBe('Prompts that all 3 evaluations of the dataset fail, by Rollout Lab: 21');
  expect([columns, rows.length, rows[19]]).toEqual([['prompt', 'question'], 20, ['p-19', 'What 19?']]);
  expect(failedTable(prompts.slice(0, 1), 'ours', 1)[0].title).toBe('Prompts that it fails, by Rollout Lab: 1');
  expect(failedTable([], 'ours', 3)).toEqual([]);
});

describe('a report', () => {
  it('has accuracy by each reader and kind, and the replies that they disagree on', () => {
    const found = report(replies([right, wrong, bare, right]));
    expect([found.prompts, found.replies]).toEqual([4, 4]);
    const [recorded, ours] = found.readers;
    expect([recorded.reader, recorded.accuracy, recorded.unread]).toEqual(['recorded', wilson(3, 4), null]);
    expect([ours.reader, ours.accuracy, ours.unread]).toEqual(['ours', wilson(2, 4), 1]);
    expect(ours.by).toEqual([
      {
        dimension: 'category',
        kinds: [
          { name: 'Art', accuracy: wilson(1, 2), unread: 1 },
          { name: 'Science', accuracy: wilson(1, 2), unread: 0 },
        ],
      },
    ]);
    expect(found.disagreements).toMatchObject({
      count: 1,
      rows: [{ rolloutId: 'r-2', reads: { recorded: { score: 1 }, ours: { score: 0, extracted: null } } }],
    });
    expect(JSON.parse(JSON.stringify(found))).toEqual(found);
  });

  it('leaves out a reader that is not defined for a question, or of which nothing is recorded', () => {
    const open = { ...reply(0, right, { answer: null }), rewards: {} };
    expect(scored(open, ['recorded', 'ours']).reads).toEqual({});
    expect(report([scored(open, ['recorded', 'ours'])])).toMatchObject({ prompts: 1, readers: [] });
    const unknown = reply(0, right, { problemType: 'of tomorrow' as ProblemType });
    expect(Object.keys(scored(unknown, readerNames).reads)).toEqual(['recorded']);
    const graded = { ...reply(0, right), rewards: { accuracy: 0.25 } };
    expect(scored(graded, ['recorded']).reads.recorded).toEqual({ score: 0.25, extracted: null });
  });

  it('is by what is recorded, our rule and those for the benchmark unless others are asked for', () => {
    expect(usualReaders('sample')).toEqual(['recorded', 'ours', 'mmvu-judge']);
    expect(usualReaders(null)).toEqual(['recorded', 'ours', 'mmvu-judge']);
    expect(usualReaders('MMVU_validation')).toEqual([
      'recorded',
      'ours',
      'lmms-eval-mmvu',
      'avatar-mmvu',
      'mmvu-judge',
    ]);
  });

  it('has a judge’s verdicts with the model that gave them; those that could not be read are wrong, and the others not counted', () => {
    const judged = (place: number, model: string, extracted: string | null, correct: boolean) => ({
      ...reply(place, right),
      verdict: { judge: { endpoint: 'https://host/v1', model }, extracted, correct },
    });
    const rows = [judged(0, 'small', 'B', true), judged(1, 'small', '', false), judged(2, 'small', null, false)];
    const all = [...rows, reply(3, right)].map((row) => scored(row, ['ours', 'mmvu-judge']));
    expect(all[0].reads['mmvu-judge']).toEqual({ score: 1, extracted: 'B', judge: 'small' });
    const found = report(all);
    expect(found.readers).toMatchObject([
      { reader: 'ours', judges: [], replies: 4 },
      { reader: 'mmvu-judge', judges: ['small'], replies: 3, accuracy: wilson(1, 3), unread: 2 },
    ]);
    expect(found.disagreements.count).toBe(2);
    const named = { name: 'one', policy: 'tiny', policyVersion: 0 };
    const [overall] = reportTables(named, found);
    expect(overall.rows.map(([title]) => title)).toEqual(['Rollout Lab', 'MMVU’s judge (small)']);

    const others = rows.map((_, place) => scored(judged(place, 'large', 'B', true), ['mmvu-judge']));
    const columns = evaluationsTable([found, report(others)].map((one) => ({ ...named, report: one }))).columns;
    expect(columns.slice(4)).toEqual(['Rollout Lab', 'MMVU’s judge (small)', 'MMVU’s judge (large)']);
    const compared = compare(all, others, 'mmvu-judge')!;
    expect(compared).toMatchObject({ judges: ['small', 'large'], overall: { fixed: 2, broken: 0 } });
    expect(comparisonTables(named, named, compared)[0].title).toContain('MMVU’s judge (small, large)');
  });

  it('takes the mean of a prompt’s replies, and estimates that one of several is right', () => {
    const of = (place: number, answers: string[]) =>
      answers.map((answer, i) => scored(reply(place, answer, { id: `r-${place}-${i}` }), ['ours']));
    const [{ accuracy, passAt }] = report([
      ...of(0, [right, wrong, wrong, wrong]),
      ...of(1, [wrong, wrong, wrong, wrong]),
    ]).readers;
    expect(accuracy).toEqual(wilson(0.25, 2));
    expect(passAt.map(({ k, accuracy: { value } }) => [k, value])).toEqual([
      [1, 0.125],
      [2, 0.25],
      [4, 0.5],
    ]);
  });

  it('is made of any number of prompts', () => {
    const [one] = replies([right]);
    const many = Array.from({ length: 200_000 }, (_, i) => ({ ...one, promptId: `p-${i}` }));
    expect(report(many)).toMatchObject({ prompts: 200_000, readers: [{ accuracy: { value: 1 } }, { unread: 0 }] });
  });

  it('tells the length of right and wrong replies, and accuracy from the shortest to the longest', () => {
    const rows = Array.from({ length: 10 }, (_, i) => reply(i, i < 5 ? right : wrong, { words: i }));
    const [{ length }] = report(rows.map((row) => scored(row, ['ours']))).readers;
    expect(length.unit).toBe('words');
    expect(length.right).toBeLessThan(length.wrong!);
    expect(length.fifths.map(({ accuracy }) => [accuracy.value, accuracy.n])).toEqual([
      [1, 2],
      [1, 2],
      [0.5, 2],
      [0, 2],
      [0, 2],
    ]);
    // Replies to one prompt are not independent of one another.
    const again = rows.map((row, i) => ({ ...row, id: `again-${i}` }));
    const twice = [...rows, ...again].map((row) => scored(row, ['ours']));
    expect(report(twice).readers[0].length.fifths).toEqual(length.fifths);
    const tokens = rows.map((row, i) => scored({ ...row, tokenCount: i }, ['ours']));
    expect(report(tokens).readers[0].length).toMatchObject({ unit: 'tokens', right: 2, wrong: 7 });
  });

  it('of several evaluations knows the prompts that none has right', () => {
    const [first, second] = [replies([right, wrong, wrong]), replies([wrong, wrong, right, wrong])];
    expect(neverRight([first, second], 'ours').map(({ promptId }) => promptId)).toEqual(['p-1']);
    expect(neverRight([], 'ours')).toEqual([]);
  });
});
