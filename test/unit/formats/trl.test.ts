import { parquetWriteRows, fileWriter } from 'hyparquet-writer';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { groupAdvantages } from '../../../src/domain/advantage.ts';
import { completionOf } from '../../../src/formats/chat.ts';
import { importFiles } from '../../../src/formats/import.ts';
import { withoutNulls } from '../../../src/formats/trl.ts';
import type { Store } from '../../../src/store/store.ts';
import { openStore, temporaryFolder } from '../store/fixture.ts';
import { everything, fixtures, folderOf } from './fixture.ts';

const completions = (run: string): string => join(fixtures, 'trl', run, 'completions');

interface Row {
  prompt: string;
  completion: string;
  advantage: number;
  /** By reward function. */
  [column: string]: string | number | null;
}

/** Writes a run's files by step, with the columns in the rows' order, and returns its folder. */
async function runOf(steps: Record<number, Row[]>): Promise<string> {
  const folder = join(temporaryFolder(), 'run/completions');
  mkdirSync(folder, { recursive: true });
  for (const [step, rows] of Object.entries(steps)) {
    const name = `completions_${step.padStart(5, '0')}.parquet`;
    const columns = Object.keys(rows[0]).map((column) => ({
      name: column,
      type: rows.some((row) => typeof row[column] === 'string') ? ('STRING' as const) : ('DOUBLE' as const),
    }));
    await parquetWriteRows({
      writer: fileWriter(join(folder, name)),
      rows: rows.map((row) => ({ step: Number(step), ...row })),
      columns: [{ name: 'step', type: 'INT32' }, ...columns],
    });
  }
  return folder;
}

/** A group of which each completion has its `parts`, and r = the parts weighed. */
function groupOf(prompt: string, names: string[], weights: number[], parts: number[][]): Row[] {
  const rewards = parts.map((row) => weights.reduce((sum, weight, i) => sum + weight * row[i], 0));
  return groupAdvantages(rewards).map((advantage, i) => ({
    prompt,
    completion: `${prompt} ${i}`,
    ...Object.fromEntries(names.map((name, column) => [name, parts[i][column]])),
    advantage: Math.fround(advantage),
  }));
}

describe('rewards of TRL completions', () => {
  it.each([
    ['log-extra', [0, 1.125, 0.25, 1, 0, 1.125, 0.25, 1], ['accuracy', 'maybe'], 'accuracy + 0.5 × maybe'],
    ['weights', [0, 1.125, 0.25, 1], ['accuracy', 'maybe'], 'accuracy + 0.5 × maybe'],
    ['stale', [26, 31, 23, 29, 30, 11, 29, 25], ['length'], 'length, as the advantages tell; judge stands beside it'],
  ])('in %s are those that the advantages tell', async (run, rewards, names, said) => {
    const store = openStore();
    const { rejected, notes } = await importFiles(store, [completions(run)]);
    expect(rejected).toEqual([]);
    expect(everything(store).map(({ reward }) => reward)).toEqual(rewards);
    expect(Object.keys(everything(store)[1].rewards)).toEqual(names);
    expect(notes.map(({ text }) => text)).toContainEqual(expect.stringContaining(said));
  });

  it('tell of the columns that are left out', async () => {
    const { notes } = await importFiles(openStore(), [completions('log-extra')]);
    expect(notes.map(({ text }) => text)).toContain(
      'logged beside the rewards, and not taken in: gold_answer, is_correct, response_length',
    );
  });

  const names = ['accuracy', 'format'];
  const varied = groupOf(
    'Q1',
    names,
    [1, 0.5],
    [
      [1, 1],
      [0, 1],
      [1, 0],
      [0, 0],
    ],
  );
  const silent = groupOf(
    'Q2',
    names,
    [1, 0.5],
    [
      [1, 1],
      [0, 1],
      [1, 1],
      [0, 1],
    ],
  );

  it('of a file that cannot tell a weight are told by the files beside it', async () => {
    const folder = await runOf({ 1: silent, 2: varied });
    const store = openStore();
    await importFiles(store, [join(folder, 'completions_00001.parquet')]);
    expect(everything(store).map(({ reward }) => reward)).toEqual([1.5, 0.5, 1.5, 0.5]);
  });

  it('are not known, and said not to be, where nothing tells a weight; the parts are', async () => {
    const folder = await runOf({ 1: silent });
    const store = openStore();
    const { notes } = await importFiles(store, [folder]);
    expect(everything(store)).toMatchObject([
      { reward: null, rewards: { accuracy: 1, format: 1 } },
      { reward: null, rewards: { accuracy: 0, format: 1 } },
      {},
      {},
    ]);
    expect(notes).toEqual([
      {
        file: join(folder, 'completions_00001.parquet'),
        text: 'the whole reward is not known, only its parts: format never differs within a group, so no advantage tells what it counts',
      },
    ]);
  });

  it('are those of a batch’s own weights where it was scored by others than the rest', async () => {
    const other = groupOf(
      'Q3',
      names,
      [1, 0.25],
      [
        [1, 1],
        [0, 1],
        [1, 0],
        [0, 0],
      ],
    );
    const store = openStore();
    await importFiles(store, [await runOf({ 1: varied, 2: other })]);
    expect(everything(store).map(({ reward }) => reward)).toEqual([1.5, 0.5, 1, 0, 1.25, 0.25, 1, 0]);
  });

  it('are null where no function scored, and such a row is left out of its group', async () => {
    const rows = [...varied.slice(0, 3), { ...varied[3], accuracy: null, format: null, advantage: 0 }];
    const store = openStore();
    await importFiles(store, [await runOf({ 1: rows })]);
    expect(everything(store)[3]).toMatchObject({ reward: null, rewards: {} });
  });
});

describe('one question about two media', () => {
  const twice = (first: number[], second: number[]) => [
    ...groupOf(
      'Q',
      ['accuracy'],
      [1],
      first.map((value) => [value]),
    ),
    ...groupOf(
      'Q',
      ['accuracy'],
      [1],
      second.map((value) => [value]),
    ),
  ];

  it.each([
    ['alone in a batch', twice([1, 0, 0, 0], [1, 1, 0, 1]), 2],
    [
      'beside another',
      [...twice([1, 0, 0, 0], [1, 1, 0, 1]), ...groupOf('R', ['accuracy'], [1], [[1], [0], [0], [1]])],
      3,
    ],
    [
      'where every answer was right',
      [...twice([1, 1, 1, 1], [1, 1, 1, 1]), ...groupOf('R', ['accuracy'], [1], [[1], [0], [0], [1]])],
      3,
    ],
  ])('is two prompts and two groups %s', async (_, rows, prompts) => {
    const store = openStore();
    await importFiles(store, [await runOf({ 1: rows })]);
    expect(store.prompts.page().rows.map(({ rollouts, groups }) => [groups, rollouts])).toEqual(
      Array(prompts).fill([1, 4]),
    );
  });

  it('is one prompt in each of two steps', async () => {
    const group = groupOf('Q', ['accuracy'], [1], [[1], [0], [0], [1]]);
    const store = openStore();
    await importFiles(store, [
      await runOf({ 1: group, 2: group.map((row) => ({ ...row, completion: `${row.completion}!` })) }),
    ]);
    expect(store.prompts.page().rows).toMatchObject([{ groups: 2, rollouts: 8 }]);
  });
});

describe('what a TRL run logged', () => {
  const group = (prompt: string, said: string): Row[] =>
    groupOf(prompt, ['accuracy'], [1], [[1], [0], [0], [1]]).map((row) => ({
      ...row,
      completion: `${row.completion} ${said}`,
    }));
  const splits = (store: Store) => store.prompts.page().rows.map(({ question, split }) => [question, split]);

  it('as evaluations, over steps of training, is told by prompts that come again evenly and mix with no others', async () => {
    const store = openStore();
    const { notes } = await importFiles(store, [completions('evaluation')]);
    expect(splits(store)).toEqual([
      ['T w5', 'train'],
      ['E w1', 'validation'],
      ['T w2', 'train'],
    ]);
    expect(notes.map(({ text }) => text)).toEqual([
      'evaluations stand where steps 2, 4 of training would, as their prompts tell, which come again evenly and mix with no others',
      'of training the dump holds steps 1, 3: between two log lines TRL keeps the last batch only',
    ]);
  });

  it('as an evaluation once is told by the run’s log, also where it shares a file with what was trained on', async () => {
    const mixed = [...group('T1', 'later'), ...group('E', 'x')];
    const folder = await runOf({ 1: [...group('T1', ''), ...group('T2', '')], 2: mixed });
    const store = openStore();
    await importFiles(store, [folder]);
    expect(splits(store).map(([, split]) => split)).toEqual(['train', 'train', 'train']);
    mkdirSync(join(folder, '../checkpoint-2'));
    const log = '{"log_history": [{"step": 2, "loss": NaN},\n {"step": 2, "eval_reward": 0.5}]}';
    writeFileSync(join(folder, '../checkpoint-2/trainer_state.json'), log);
    const told = openStore();
    await importFiles(told, [folder]);
    expect(splits(told)).toEqual([
      ['T1', 'train'],
      ['T2', 'train'],
      ['E', 'validation'],
    ]);
  });

  it('as training, and asks again what it asked, is training', async () => {
    const asked = ['A', 'B', 'C', 'A', 'B', 'C'];
    const folder = await runOf(Object.fromEntries(asked.map((prompt, i) => [i + 1, group(prompt, String(i))])));
    const store = openStore();
    const { notes } = await importFiles(store, [folder]);
    expect(splits(store)).toEqual([
      ['A', 'train'],
      ['B', 'train'],
      ['C', 'train'],
    ]);
    expect(notes).toEqual([]);
  });

  it('at each step that reuses a batch counts once, whichever of its files comes', async () => {
    const folder = await runOf({ 3: group('Q', ''), 4: group('Q', ''), 6: group('Q', 'new') });
    const store = openStore();
    const { rollouts, notes } = await importFiles(store, [folder]);
    expect(rollouts).toBe(8);
    expect([...new Set(everything(store).map(({ policyVersion }) => policyVersion))]).toEqual([3, 6]);
    expect(notes.map(({ text }) => text)).toEqual([
      'at step 4 the batch of the step before is logged again: it counts once',
      'of training the dump holds steps 3, 6: between two log lines TRL keeps the last batch only',
    ]);
    const again = await importFiles(store, [join(folder, 'completions_00004.parquet')]);
    expect(again).toMatchObject({ rollouts: 0, duplicates: 4 });
  });
});

it('a batch that ms-swift logs again counts once', async () => {
  const table = (step: string) => ({
    step: [step, step],
    prompt: ['Q', 'Q'],
    completion: ['a', 'b'],
    Acc: [1, 0],
    advantages: groupAdvantages([1, 0]).map(Math.fround),
  });
  const store = openStore();
  const folder = folderOf({ 'completions.jsonl': [table('1'), table('2'), { ...table('3'), completion: ['c', 'd'] }] });
  const { rollouts, notes } = await importFiles(store, [folder]);
  expect(rollouts).toBe(4);
  expect(everything(store).map(({ policyVersion }) => policyVersion)).toEqual([1, 1, 3, 3]);
  expect(notes.map(({ text }) => text)).toEqual([
    'at step 2 the batch of the step before is logged again: it counts once',
  ]);
});

describe('completions that TRL took apart', () => {
  it.each([
    ['thinking', 0, '<think>Look at 0:03.</think>\nBlue'],
    ['thinking-cut', 1, '<think>Look at 0:04, cut'],
    ['tool-call', 0, '<tool_call>\n{"name": "crop", "arguments": {"start":3}}\n</tool_call>'],
  ])('in %s are whole', async (run, place, text) => {
    const store = openStore();
    await importFiles(store, [completions(run)]);
    expect(everything(store)[place].completion).toBe(text);
  });

  it('have none of the arguments that the table added', () => {
    const given = { start: 3, end: null, place: { x: null, y: [1, null] } };
    expect(withoutNulls({ content: null, tool_calls: [{ name: 'crop', arguments: given }] })).toEqual({
      tool_calls: [{ name: 'crop', arguments: { start: 3, place: { y: [1, null] } } }],
    });
  });

  const call = '{"name": "crop", "arguments": {"start":3}}';
  it.each([
    ['an object', { type: 'function', function: { name: 'crop', arguments: { start: 3 } } }, call],
    ['arguments as text', { name: 'crop', arguments: '{"start":3}' }, call],
    ['text', '{"id": "1", "name": "crop", "arguments": {"start":3}}', call],
    ['text that is no JSON', 'crop(3)', 'crop(3)'],
    ['something else', { tool: 1 }, '{"tool":1}'],
  ])('show a call that is %s', (_, given, text) => {
    const turn = { role: 'assistant', content: 'I crop.', reasoning_content: 'Where?', tool_calls: [given] };
    expect(completionOf([turn])).toBe(`<think>Where?</think>\nI crop.\n<tool_call>\n${text}\n</tool_call>`);
  });
});

it('ms-swift’s weights are found as TRL’s are', async () => {
  const table = {
    step: Array<string>(4).fill('1'),
    prompt: Array<string>(4).fill('Q'),
    completion: ['a', 'b', 'c', 'd'],
    Acc: [1, 0, 1, 0],
    Format: [1, 1, 0, 0],
    advantages: groupAdvantages([1.2, 0.2, 1, 0]).map(Math.fround),
    entropy: [1, 2, 3, 4],
  };
  const store = openStore();
  await importFiles(store, [folderOf({ 'completions.jsonl': [table] })]);
  expect(everything(store).map(({ reward }) => reward)).toEqual([1.2, 0.2, 1, 0]);
});
