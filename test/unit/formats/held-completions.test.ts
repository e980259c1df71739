/** A file that holds completions never comes in as prompts alone without a word. */
import { describe, expect, it } from 'vitest';
import { formats } from '../../../src/formats/detect.ts';
import { importFiles } from '../../../src/formats/import.ts';
import { openStore } from '../store/fixture.ts';
import { everything, folderOf } from './fixture.ts';

/** A row of each dataset's format. */
const rows: Record<string, Record<string, unknown>> = {
  'video-r1': {
    problem_id: 1,
    problem: 'What is it?',
    solution: '<answer>B</answer>',
    path: 'a.mp4',
    problem_type: 'exact',
  },
  'ms-swift-dataset': { messages: [{ role: 'user', content: 'What is it?' }], solution: 'B', problem_type: 'exact' },
  mmvu: { id: 'v0', question: 'What is it?', question_type: 'open-ended', choices: {}, answer: 'x', video: 'a.mp4' },
  omnibench: {
    index: 0,
    question: 'What is it?',
    options: ['x', 'y'],
    answer: 'x',
    audio_path: 'a.mp3',
    image_path: 'a.png',
  },
  'video-holmes': { 'video ID': 'a', 'Question ID': 1, Question: 'What is it?', Options: { A: 'x' }, Answer: 'A' },
  dataset: { question: 'What is it?', video: 'a.mp4', audio: null },
};

it('is so of every format of prompts', () => {
  expect(
    formats
      .filter(({ isDataset }) => isDataset)
      .map(({ name }) => name)
      .sort(),
  ).toEqual(Object.keys(rows).sort());
});

const names = [
  'response',
  'responses',
  'output',
  'model_output',
  'prediction',
  'pred',
  'reply',
  'full_output',
  'completion',
  'generated_text',
];

describe.each(Object.entries(rows))('%s', (format, row) => {
  it.each(names)('with %s is taken by a format, or asked about', async (column) => {
    const value = column.endsWith('s') ? ['It is B.', 'It is x.'] : 'It is B.';
    const folder = folderOf({ 'rows.jsonl': [row, { ...row, [column]: value }] });
    const store = openStore();
    const { rollouts, prompts, rejected } = await importFiles(store, [folder]);
    if (rollouts > 0) return;
    expect(prompts).toBe(0);
    expect(rejected).toMatchObject([
      { line: 0, reason: expect.stringContaining(`“${column}”`) as string, offer: { guess: { completion: [column] } } },
    ]);
    const prompt = rejected[0].offer!.guess.prompt;
    const map = {
      prompt: prompt ?? [Object.keys(row).find((name) => /question|problem|messages/iu.test(name))!],
      completion: [column],
    };
    const read = await importFiles(store, [`${folder}/rows.jsonl`], { map });
    expect(read.rollouts, JSON.stringify(read)).toBeGreaterThan(0);
    expect(everything(store).some(({ completion }) => completion === 'It is B.')).toBe(true);
  });

  it('alone is prompts, and with a format that a person names, it is so with a word', async () => {
    const folder = folderOf({ 'rows.jsonl': [row], 'more.jsonl': [{ ...row, reply: '' }] });
    expect(await importFiles(openStore(), [folder])).toMatchObject({ files: 2, rejected: [], notes: [] });
    const named = await importFiles(openStore(), [folderOf({ 'rows.jsonl': [{ ...row, reply: 'It is B.' }] })], {
      format,
    });
    expect(named).toMatchObject({
      prompts: 1,
      rollouts: 0,
      notes: [{ text: expect.stringContaining('“reply” are left out') as string }],
    });
  });
});
