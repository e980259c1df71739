import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { promptMedia, type Prompt } from '../../../src/domain/rollout.ts';
import { exportPrompts } from '../../../src/formats/export.ts';
import { importFiles } from '../../../src/formats/import.ts';
import { optionsApart, problemTypeOf, stageOf } from '../../../src/formats/problem.ts';
import { openStore, temporaryFolder } from '../store/fixture.ts';
import { makeGroup, makePrompt } from '../store/rows.ts';
import { folderOf } from './fixture.ts';

describe('options at the end of a question', () => {
  it.each<[string, string, string[]]>([
    ['Which?\nA. red\nB. green', 'Which?', ['A. red', 'B. green']],
    ['Look.\n\nWhich?\nOptions:\n(A) red\n (B) green\n', 'Look.\n\nWhich?\nOptions:', ['(A) red', '(B) green']],
    ['Q: Which?\nA) red\nB) green\nC) blue', 'Q: Which?', ['A) red', 'B) green', 'C) blue']],
  ])('of %j are taken out', (text, question, options) => {
    expect(optionsApart(text)).toEqual({ question, options });
  });

  it.each([
    'Which?',
    'Which?\nA. red',
    'Which?\nB. red\nC. green',
    'Which?\nA. red\nC. green',
    'A. red\nB. green',
    'Which?\nA. red\nB. green\nAnswer with a letter.',
    'Which?\nA red\nB green',
    '',
  ])('are not seen in %j', (question) => {
    expect(optionsApart(question)).toEqual({ question, options: [] });
  });
});

it('types and stages are known by the names that datasets write; what is unknown is said, and scored by exact match', () => {
  const notes: string[] = [];
  const prompt = { options: [], answer: '5' };
  const context = { note: (text: string) => void notes.push(text) };
  const known = [
    'multiple choice',
    'multiple_choice',
    'OCR',
    'free-form',
    'Free_Form',
    'text_recognition',
    'regression',
  ];
  expect(known.map((name) => problemTypeOf(name, prompt, context))).toEqual([
    ...['multiple-choice', 'multiple-choice', 'ocr', 'free-form', 'free-form', 'text-recognition', 'regression'],
  ]);
  expect(['2', 'stage_3', 'Stage 1', 'audio_visual', 'localization'].map((name) => stageOf(name, context))).toEqual([
    ...['audio-visual', 'localisation', 'visual', 'audio-visual', 'localisation'],
  ]);
  expect([stageOf(null, context), stageOf('', context)]).toEqual([null, null]);
  expect(notes).toEqual([]);
  expect(['constructor', null].map((name) => problemTypeOf(name, prompt, context))).toEqual(['exact', 'exact']);
  expect(stageOf('4', context)).toBeNull();
  expect(notes).toEqual([
    expect.stringContaining('“constructor”'),
    expect.stringContaining('without problem_type'),
    expect.stringContaining('stage “4” is none of visual, audio-visual, localisation, or 1 to 3'),
  ]);
});

const row = (text: string, more: object): object => ({ messages: [{ role: 'user', content: text }], ...more });

it('a type is taken for multiple choice where a row says none and its text has options, and says so where it has none', async () => {
  const folder = folderOf({
    'data.jsonl': [
      row('Which?\nA. red\nB. green', { solution: 'A' }),
      row('List:\nA. red\nB. green', { solution: 'red, green', problem_type: 'free_form' }),
      row('Who?', {}),
      row('How many below zero?', { solution: '-5' }),
    ],
  });
  const store = openStore();
  const { notes } = await importFiles(store, [folder]);
  expect(store.prompts.page().rows).toMatchObject([
    { problemType: 'multiple-choice', options: ['A. red', 'B. green'] },
    { problemType: 'free-form', options: [], question: 'List:\nA. red\nB. green' },
    { problemType: 'free-form', answer: null },
    { problemType: 'exact' },
  ]);
  expect(notes).toHaveLength(1);
});

it('a column that is no type does not fill the notes without end', async () => {
  const rows = Array.from({ length: 200 }, (_, i) => row(`Who is ${i}?`, { solution: 'A', problem_type: `kind ${i}` }));
  const { notes } = await importFiles(openStore(), [folderOf({ 'data.jsonl': rows })]);
  expect(notes).toHaveLength(51);
  expect(notes.at(-1)!.text).toBe('there is more of this kind than is listed here');
});

it('a row says the type of a prompt that came without one', async () => {
  const dump = folderOf({ '1.jsonl': [{ input: 'How many?', output: 'Two.', score: 1, step: 1 }] });
  const store = openStore();
  await importFiles(store, [dump]);
  expect(store.prompts.page().rows).toMatchObject([{ problemType: 'free-form' }]);
  const dataset = folderOf({ 'data.jsonl': [row('How many?', { solution: '2', problem_type: 'numerical' })] });
  await importFiles(store, [dataset]);
  expect(store.prompts.page().rows).toMatchObject([{ problemType: 'numerical', answer: '2', rollouts: 1 }]);
});

it('prompts that no trainer’s dataset told of go out as ms-swift rows, which are read as the same prompts', async () => {
  const store = openStore();
  const options = ['A. red', 'B. green'];
  const prompt = makePrompt({ options, problemType: 'multiple-choice', answer: 'B', hint: 'Look.', sourceId: 'q-7' });
  store.addRollouts([prompt], []);
  const out = join(temporaryFolder(), 'prompts.jsonl');
  expect(await exportPrompts(store, out)).toBe(1);
  const other = openStore();
  expect(await importFiles(other, [out])).toMatchObject({ prompts: 1, rejected: [], notes: [] });
  const { question, problemType, answer, hint, sourceId, stage } = prompt;
  expect(other.prompts.page().rows).toMatchObject([{ question, options, problemType, answer, hint, sourceId, stage }]);
});

it('rows for ms-swift have every file of a prompt, in the column of its kind behind a tag for it, and its instruction', async () => {
  const store = openStore();
  const [clip, picture, sound] = [
    { kind: 'video', path: '/a.mp4' },
    { kind: 'image', path: '/b.png' },
    { kind: 'audio', path: '/c.wav' },
  ] as const;
  const asked: Partial<Prompt> = { options: [], problemType: 'free-form', system: 'Be brief.' };
  const prompts = [
    makePrompt({ ...asked, question: 'One?', ...promptMedia([picture]) }),
    makePrompt({ ...asked, question: 'Many?', ...promptMedia([picture, clip, picture, sound]) }),
    makePrompt({ ...asked, question: 'None?', ...promptMedia([]) }),
  ];
  store.addRollouts(prompts, []);
  const out = join(temporaryFolder(), 'prompts.jsonl');
  await exportPrompts(store, out);
  const rows = readFileSync(out, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const row = (text: string, media: object) => ({
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: text },
    ],
    ...media,
  });
  const columns = rows.map(({ messages, videos, images, audios }) => ({ messages, videos, images, audios }));
  expect(columns).toHaveLength(3);
  expect(columns).toEqual(
    expect.arrayContaining([
      row('<image>One?', { images: ['/b.png'] }),
      row('<image><video><image><audio>Many?', {
        ...{ videos: ['/a.mp4'], images: ['/b.png', '/b.png'], audios: ['/c.wav'] },
      }),
      row('None?', {}),
    ]),
  );
  const other = openStore();
  expect(await importFiles(other, [out])).toMatchObject({ prompts: 3, rejected: [] });
  for (const { system } of other.prompts.page().rows) expect(system).toBe('Be brief.');
});

it('the prompts of a query, or of chosen rollouts, go out alone, and losslessly to another store', async () => {
  const store = openStore();
  const prompts = ['one', 'two', 'three'].map((name) =>
    makePrompt({
      ...{ question: `What is in ${name}?`, dataset: name, category: 'colour', system: 'Think.', split: 'validation' },
      ...{ hint: 'Look.', events: [{ kind: 'flash', start: 1, end: 2 }] },
    }),
  );
  const groups = prompts.map((prompt, i) => makeGroup(prompt, [Number(i > 0), Number(i > 1)]));
  store.addRollouts(prompts, groups.flat());
  const out = join(temporaryFolder(), 'hard.rollouts.jsonl');
  const written = async (query: Parameters<typeof exportPrompts>[3]): Promise<string[]> => {
    const count = await exportPrompts(store, out, 'rollout-lab', query);
    const other = openStore();
    expect(await importFiles(other, [out])).toMatchObject({ prompts: count, rollouts: 0, rejected: [] });
    for (const row of other.prompts.page().rows) expect(row).toMatchObject(prompts.find(({ id }) => id === row.id)!);
    return other.prompts.page().rows.map(({ dataset }) => dataset);
  };
  expect(await written({ where: 'pass:0.2..0.8' })).toEqual(['two']);
  expect(await written({ where: 'correct:no' })).toEqual(['one', 'two']);
  expect(await written({ where: 'correct:no', dataset: 'one' })).toEqual(['one']);
  expect(await written({ rolloutIds: [groups[2][0].id, groups[2][1].id, groups[0][1].id] })).toEqual(['one', 'three']);
});
