/** System messages of dumps and datasets, on their way into a store and out again. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { questionOf } from '../../../src/formats/chat.ts';
import { exportRollouts, exportTraining, defaultWeights } from '../../../src/formats/export.ts';
import { importFiles } from '../../../src/formats/import.ts';
import { detectFormat } from '../../../src/formats/detect.ts';
import { makeGroup, makePrompt, openStore, raw, temporaryFolder } from '../store/fixture.ts';
import { everything, fixtures, folderOf, trainers } from './fixture.ts';

const [system, question] = ['Think inside <think>.', 'Which colour sounds?'];
const told = { role: 'system', content: system };
const asked = { role: 'user', content: question };
const rendered = `<|im_start|>system\n${system}<|im_end|>\n<|im_start|>user\n${question}<|im_end|>\n<|im_start|>assistant\n`;

/** A dump's file of each trainer, of a prompt with the system message and of the same without. */
const dumps: Record<string, (prompt: 'text' | 'messages', isTold: boolean) => [string, unknown]> = {
  verl: (_, isTold) => [
    'run/1.jsonl',
    { input: `${isTold ? `system\n${system}\n` : ''}user\n${question}\nassistant\n`, output: 'A', score: 1, step: 1 },
  ],
  'ms-swift': (kind, isTold) => [
    'run/completions.jsonl',
    { step: ['1'], prompt: [promptOf(kind, isTold)], completion: ['A'], Acc: [1], advantages: [0] },
  ],
  'ms-swift of Ray': (kind, isTold) => [
    'run/completions.jsonl',
    { gen_step: 1, prompt: promptOf(kind, isTold), completion: 'A', reward: 1 },
  ],
  verifiers: (kind, isTold) => [
    'outputs/run/results.jsonl',
    { example_id: 1, prompt: promptOf(kind, isTold), completion: 'A', reward: 1 },
  ],
  'a table': (_, isTold) => [
    'run/rows.jsonl',
    { messages: [...(isTold ? [told] : []), asked, { role: 'assistant', content: 'A' }], reward: 1 },
  ],
};

function promptOf(kind: 'text' | 'messages', isTold: boolean): unknown {
  if (kind === 'messages') return isTold ? [told, asked] : [asked];
  return isTold ? rendered : rendered.slice(rendered.indexOf('<|im_start|>user'));
}

it.each(Object.keys(dumps))('of %s are kept of the completion, and change no prompt', async (name) => {
  const ids = [];
  for (const isTold of [true, false]) {
    for (const kind of ['text', 'messages'] as const) {
      const store = openStore();
      const [file, row] = dumps[name](kind, isTold);
      expect(await importFiles(store, [folderOf({ [file]: [row] })])).toMatchObject({ rollouts: 1, rejected: [] });
      const [rollout] = everything(store);
      expect(rollout.system).toBe(isTold ? system : undefined);
      expect(store.prompts.page().rows).toMatchObject([{ question }]);
      expect(store.prompts.page().rows[0].system).toBeUndefined();
      ids.push([rollout.promptId, rollout.groupId, rollout.id]);
    }
  }
  expect(new Set(ids.map(([prompt]) => prompt)).size).toBe(1);
});

it('are told from a hint that is a system message of its own, before or behind them', () => {
  const hint = { role: 'system', content: 'Hint: Listen.' };
  for (const prompt of [
    [hint, told, asked],
    [told, hint, asked],
  ])
    expect(questionOf(prompt)).toMatchObject({ system, hint: 'Listen.', text: question });
});

it('of a dataset are its prompts’, and none where they say nothing', async () => {
  const row = (video: string, words: string) => ({ question, video, system: words });
  const store = openStore();
  await importFiles(store, [folderOf({ 'dataset.jsonl': [row('1.mp4', system), row('2.mp4', ' ')] })]);
  expect(store.prompts.page().rows.map((prompt) => prompt.system)).toEqual([system, undefined]);
});

it.each(['outputs', 'traces'])('of verifiers’ own %s are kept', async (folder) => {
  const store = openStore();
  await importFiles(store, [join(fixtures, 'verifiers', folder)]);
  expect(everything(store).map((rollout) => rollout.system)).toContain('Think first.');
});

it('of a dump do not hide the row of its dataset, which keeps its own', async () => {
  const dataset = {
    messages: [{ role: 'system', content: 'Be kind.' }, asked],
    videos: ['clips/7.mp4'],
    solution: 'A',
  };
  for (const order of [0, 1]) {
    const files: Record<string, unknown[]>[] = [
      { 'dataset.jsonl': [dataset] },
      { 'run/1.jsonl': [dumps.verl('text', true)[1]] },
    ];
    const store = openStore();
    for (const one of order === 0 ? files : files.toReversed()) await importFiles(store, [folderOf(one)]);
    expect(store.prompts.page().rows).toMatchObject([{ system: 'Be kind.', answer: 'A', rollouts: 1 }]);
    expect(everything(store)).toMatchObject([{ system }]);
  }
});

it('are stored once, and given to rollouts that came in when they were not kept', async () => {
  const row = (output: string) => ({ ...(dumps.verl('text', true)[1] as object), output });
  const folder = folderOf({ 'run/1.jsonl': ['A', 'B', 'C'].map(row) });
  const file = join(temporaryFolder(), 'rollouts.db');
  const store = openStore(file);
  await importFiles(store, [folder]);
  const texts = raw(file, (database) => {
    database.exec('UPDATE rollouts SET instruction_n = NULL WHERE n < 3');
    return database.prepare('SELECT text FROM instructions').pluck().all();
  });
  expect(texts).toEqual([system]);
  expect(everything(store).map((rollout) => rollout.system)).toEqual([undefined, undefined, system]);
  expect(await importFiles(store, [folder])).toMatchObject({ rollouts: 0, duplicates: 3 });
  expect(everything(store).map((rollout) => rollout.system)).toEqual([system, system, system]);
});

it.each(['trl', 'verl'] as const)('come back from %s, with the hint behind them', async (format) => {
  const store = openStore();
  const prompt = makePrompt({ hint: 'Listen.', video: null });
  store.addRollouts([prompt], makeGroup(prompt, [1, 0], { hinted: true, system }));
  const out = join(temporaryFolder(), format === 'trl' ? 'completions_00000.parquet' : '0.jsonl');
  await exportRollouts(store, out, format);
  expect((await detectFormat(out))?.name).toBe(format);
  const copy = openStore();
  await importFiles(copy, [out]);
  expect(everything(copy)).toMatchObject([
    { system, hinted: true },
    { system, hinted: true },
  ]);
  const question = [prompt.question, ...prompt.options].join('\n');
  expect(copy.prompts.page().rows).toMatchObject([{ question, hint: 'Listen.' }]);
});

it('stand in the prompts of training sets', async () => {
  const store = openStore();
  const prompt = makePrompt({ question, options: [] });
  store.addRollouts([prompt], makeGroup(prompt, [1], { system }));
  const out = join(temporaryFolder(), 'training.jsonl');
  await exportTraining(store, out, 'training-jsonl', {}, defaultWeights, { trainers });
  expect(JSON.parse(readFileSync(out, 'utf8'))).toMatchObject({ prompt: rendered });
});
