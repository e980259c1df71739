import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileWriter, parquetWriteRows } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import { guessColumns } from '../../../src/formats/column-guess.ts';
import { columnsNamed, columnsText, shapeOf } from '../../../src/formats/columns.ts';
import { importFiles } from '../../../src/formats/import.ts';
import { openStore, temporaryFolder } from '../store/fixture.ts';
import { everything, folderOf } from './fixture.ts';

const rows = [
  { prompt: 'What sounds first?', response: '<think>a</think><answer>A</answer>', score: 1, ground_truth: 'A' },
  { prompt: 'What sounds first?', response: '<think>b</think><answer>B</answer>', score: 0, ground_truth: 'A' },
  { prompt: 'Which colour, then?', response: 'It is "red"; I am sure,\nthough.', score: 0.5, ground_truth: 'red' },
];
const map = { prompt: ['prompt'], completion: ['response'], reward: ['score'], answer: ['ground_truth'] };

describe('a guess', () => {
  it.each([
    [rows[0], 'prompt=prompt,completion=response,reward=score,answer=ground_truth'],
    [
      { question: 'What?', answer: 'The ball falls down.', ground_truth: 'B', reward: '1.0' },
      'prompt=question,completion=answer,reward=reward,answer=ground_truth',
    ],
    [
      { problem: 'What?', generations: ['a', 'b'], correct: [true, false], uid: 7 },
      'prompt=problem,completion=generations,reward=correct,group=uid',
    ],
    [{ question: 'What?', answer: 'B', video: 'a.mp4' }, 'prompt=question,answer=answer,video=video'],
    [
      { instruction: 'Say it.', output: 'It.', format_reward: 1, accuracy_reward: null },
      'prompt=instruction,completion=output,reward=format_reward,reward=accuracy_reward',
    ],
    [
      { Prompt: 'Say it.', 'Model Output': 'It.', step: 3, advantage: 0.5, video: { path: 'a.mp4', bytes: null } },
      'prompt=Prompt,completion=Model Output,video=video.path,advantage=advantage,version=step',
    ],
    [
      { prompt: [{ role: 'user', content: 'What?' }], reward_model: { ground_truth: '5', style: 'rule' } },
      'prompt=prompt,answer=reward_model.ground_truth',
    ],
    [
      { prompt: '视频里先响的是什么？', reply: '先响的是钟声。', score: 1 },
      'prompt=prompt,completion=reply,reward=score',
    ],
    // Two texts, and nothing tells which it is.
    [{ prompt: 'What?', a: 'It is a ball.', b: 'It may be a ball.', score: 1 }, 'prompt=prompt,reward=score'],
    // A name alone is not enough.
    [{ prompt: 5, score: 'good', response: { a: 1 } }, ''],
    [{ loss: 0.5, step: 3 }, 'version=step'],
  ])('of %j is %s', (row, text) => {
    expect(columnsText(guessColumns([row]))).toBe(text);
  });
});

describe('columns as they are typed', () => {
  it('are what was meant', () => {
    const text = 'prompt=question,completion=model output,reward=score,reward=format,answer=reward_model.ground_truth';
    expect(columnsText(columnsNamed(text))).toBe(text);
  });

  it.each([
    ['prompt', 'PART=COLUMN'],
    ['question=prompt', 'there is no part “question”: use prompt, completion'],
    ['prompt=a,prompt=b', 'two columns'],
    ['completion=a', 'prompt=COLUMN'],
  ])('%s is refused', (text, reason) => {
    expect(() => columnsNamed(text)).toThrow(reason);
  });
});

describe('an answer by its column', () => {
  it.each([
    [0, '0'],
    [false, 'false'],
    ['', null],
    [null, null],
  ])('of %j is %j', async (ground_truth, answer) => {
    const file = join(temporaryFolder(), 'rows.jsonl');
    writeFileSync(file, JSON.stringify({ ...rows[0], ground_truth }));
    const store = openStore();
    await importFiles(store, [file], { map });
    expect(store.prompts.page({ limit: 9 }).rows).toMatchObject([{ answer }]);
  });
});

describe('a file of no known format', () => {
  const csvLine = (fields: unknown[]): string =>
    fields.map((field) => `"${String(field).replaceAll('"', '""')}"`).join(';');
  const writers: Record<string, (file: string) => void | Promise<void>> = {
    'rows.jsonl': (file) => writeFileSync(file, rows.map((row) => JSON.stringify(row)).join('\n')),
    'rows.json': (file) => writeFileSync(file, JSON.stringify(rows, null, 2)),
    'rows.csv': (file) =>
      writeFileSync(
        file,
        `\uFEFF${[Object.keys(rows[0]), ...rows.map((row) => Object.values(row))].map(csvLine).join('\r\n')}\r\n`,
      ),
    'rows.parquet': (file) =>
      parquetWriteRows({
        writer: fileWriter(file),
        rows,
        columns: [
          { name: 'prompt', type: 'STRING' },
          { name: 'response', type: 'STRING' },
          { name: 'score', type: 'DOUBLE' },
          { name: 'ground_truth', type: 'STRING' },
        ],
      }),
  };

  it.each(Object.keys(writers))('is offered with a guess, and read by it: %s', async (name) => {
    const file = join(temporaryFolder(), name);
    await writers[name](file);
    const store = openStore();
    const [{ offer, ...rejection }, ...more] = (await importFiles(store, [file])).rejected;
    expect(more).toEqual([]);
    expect(rejection).toMatchObject({ file, line: 0, reason: expect.stringContaining('no format known') as string });
    expect(offer).toMatchObject({ columns: Object.keys(rows[0]), guess: map });
    expect(offer!.rows[2]).toEqual({ ...rows[2], response: 'It is "red"; I am sure, though.', score: '0.5' });

    expect(await importFiles(store, [file], { map: offer!.guess })).toMatchObject({
      rows: 3,
      rollouts: 3,
      prompts: 2,
      rejected: [],
    });
    const read = everything(store).map(({ completion, reward, rewards }) => ({ completion, reward, rewards }));
    expect(read.sort((a, b) => b.reward! - a.reward!)).toEqual(
      [rows[0], rows[2], rows[1]].map(({ response, score }) => ({
        completion: response,
        reward: score,
        rewards: { score },
      })),
    );
    expect(
      store.prompts
        .page()
        .rows.map(({ question, answer, rollouts }) => [question, answer, rollouts])
        .sort(),
    ).toEqual([
      ['What sounds first?', 'A', 2],
      ['Which colour, then?', 'red', 1],
    ]);
    // Again, as a person chose before for files of this shape.
    const again = await importFiles(store, [file], { maps: { [shapeOf(offer!)]: map } });
    expect(again).toMatchObject({ rollouts: 0, duplicates: 3, rejected: [], mapped: [{ file, map }] });
  });

  it('is refused when a column is not there, with those that are; within a folder the others go in', async () => {
    const folder = folderOf({
      'a.jsonl': rows,
      'b.jsonl': [{ text: 'It is something else.' }],
      '4.jsonl': [{ input: 'a', output: 'b', score: 1 }],
    });
    expect(
      (await importFiles(openStore(), [join(folder, 'a.jsonl')], { map: { ...map, reward: ['points'] } })).rejected,
    ).toMatchObject([
      { line: 0, reason: 'there is no column “points”; its columns are prompt, response, score, ground_truth' },
    ]);
    expect(await importFiles(openStore(), [folder], { map })).toMatchObject({
      files: 2,
      rollouts: 4,
      rejected: [
        { file: join(folder, 'b.jsonl'), line: 0, reason: 'there is no column “prompt”; its columns are text' },
      ],
    });
  });

  it('that a trainer’s format fits is read by the columns named all the same, and labels stay labels', async () => {
    const row = { input: 'What?', output: 'wrong', score: 1, step: 1, better: 'right', points: 0.25 };
    const folder = folderOf({ '1.jsonl': [row] });
    const store = openStore();
    await importFiles(store, [join(folder, '1.jsonl')], {
      map: { prompt: ['input'], completion: ['better'], reward: ['points'] },
    });
    expect(everything(store)).toMatchObject([{ completion: 'right', reward: 0.25 }]);
    const [{ id }] = everything(store);
    const labels = join(folder, 'labels.csv');
    const phases = store.phases.get();
    const lines = phases.map(({ name }, i) => `${id},ann,${name},${Math.min(i, 1) * 5},${i === 0 ? 5 : 5}`);
    writeFileSync(labels, ['rollout,annotator,phase,start,end', ...lines].join('\n'));
    expect(await importFiles(store, [labels], { map })).toMatchObject({ labels: 1, rejected: [] });
  });

  it('gives a row’s every completion a rollout, and tells of rows that do not fit', async () => {
    const table = [
      { q: 'What?', responses: ['a', 'b', 'c'], rewards: [1, 0, null], format: ['True', 'False', ''], gid: 'x' },
      { q: 'What?', responses: ['a', 'b'], rewards: [1], format: [1, 1], gid: 'y' },
      { q: 'Why?', responses: 'd', rewards: 'high', format: 1, gid: 'z' },
    ];
    const folder = folderOf({ 'a.jsonl': table });
    const store = openStore();
    const several = { prompt: ['q'], completion: ['responses'], reward: ['rewards', 'format'], group: ['gid'] };
    const report = await importFiles(store, [join(folder, 'a.jsonl')], { map: several });
    expect(report.rejected).toMatchObject([
      { line: 2, reason: 'rewards: 1 values for 2 completions' },
      { line: 3, reason: 'rewards: not a number' },
    ]);
    expect(
      everything(store)
        .map(({ completion, reward, rewards }) => [completion, reward, rewards])
        .sort(),
    ).toEqual([
      ['a', 2, { rewards: 1, format: 1 }],
      ['b', 0, { rewards: 0, format: 0 }],
      ['c', null, {}],
    ]);
  });

  it('as a table tells of the rows that do not fit its header, and of two columns with one name', async () => {
    const folder = folderOf({
      'a.csv': ['prompt,response', 'What?,It is a ball.', 'What?', 'Why?,"It fell, so it did."'],
      'b.csv': ['prompt,prompt,response', 'a,b,c'],
    });
    const report = await importFiles(openStore(), [folder], { map: { prompt: ['prompt'], completion: ['response'] } });
    expect(report).toMatchObject({ rollouts: 2 });
    expect(report.rejected).toMatchObject([
      { file: join(folder, 'a.csv'), line: 3, reason: expect.stringContaining('not CSV') as string },
      {
        file: join(folder, 'b.csv'),
        line: 0,
        reason: expect.stringContaining('two columns are named “prompt”') as string,
      },
    ]);
  });
});
