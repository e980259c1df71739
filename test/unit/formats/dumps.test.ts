/** What trainers dump of their rollouts, beside those of trainers.test.ts. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { detectFormat } from '../../../src/formats/detect.ts';
import { importFiles } from '../../../src/formats/import.ts';
import { openStore, temporaryFolder } from '../store/fixture.ts';
import { everything, fixtures, folderOf } from './fixture.ts';

it.each([
  ['verifiers/prime-rl/rollouts/step_4/train/effective/traces.jsonl', 'verifiers-traces'],
  ['verifiers/prime-rl/before/rollouts/step_7/train_rollouts.jsonl', 'verifiers'],
])('%s is known as %s, and adds nothing the second time', async (name, format) => {
  const file = join(fixtures, name);
  expect((await detectFormat(file))?.name).toBe(format);
  const store = openStore();
  const first = await importFiles(store, [file]);
  expect(first.rollouts).toBeGreaterThan(0);
  expect(first.rejected).toEqual([]);
  expect(await importFiles(store, [file])).toMatchObject({ rollouts: 0, prompts: 0, duplicates: first.rollouts });
});

/** The fixture in a folder of its own, called after the run. */
function copyOf(name: string): string {
  const folder = join(temporaryFolder(), 'run');
  cpSync(join(fixtures, name), folder, { recursive: true });
  return folder;
}

describe('prime-rl', () => {
  it('traces of all episodes have the advantages of those that were trained on, which count once', async () => {
    const store = openStore();
    const run = join(fixtures, 'verifiers/prime-rl/rollouts');
    const { rollouts, duplicates, rejected, notes } = await importFiles(store, [run]);
    expect({ rollouts, duplicates, rejected }).toEqual({ rollouts: 4, duplicates: 2, rejected: [] });
    expect(everything(store)).toMatchObject([
      { completion: '<answer>B</answer>', policyVersion: 4, advantage: null },
      { completion: '<answer>B</answer>', policyVersion: 3, advantage: 0.5, reward: 1 },
      { completion: '<answer>A</answer>', policyVersion: 3, advantage: null, reward: 0 },
      { completion: '<answer>C</answer>', policyVersion: 3, advantage: null },
    ]);
    expect(notes.map(({ text }) => text).sort()).toEqual([
      'advantages that differ from token to token are no rollout’s, and are left out',
      'of each token, ids, log-probs and advantages are taken in, and these are left out: trainer_logprobs, entropies, loss_weights',
    ]);
  });

  it.each([
    ['train', 'train'],
    ['eval', 'validation'],
  ])('that it samples to %s is of the split %s', async (kind, split) => {
    for (const file of [
      `rollouts/step_4/${kind}/effective/traces.jsonl`,
      `before/rollouts/step_7/${kind}_rollouts.jsonl`,
    ]) {
      const store = openStore();
      await importFiles(store, [join(fixtures, 'verifiers/prime-rl', file)]);
      expect(store.prompts.page().rows).toMatchObject([{ split, dataset: 'colours' }]);
    }
  });

  it('rows of verifiers before 0.4 are of the step that their folder names', async () => {
    const store = openStore();
    const folder = copyOf('verifiers/prime-rl/before');
    expect(await importFiles(store, [join(folder, 'rollouts')])).toMatchObject({ rollouts: 2, notes: [] });
    expect(everything(store)).toMatchObject([
      { policy: 'run', policyVersion: 7 },
      { policy: 'run', policyVersion: 7 },
    ]);
    const { notes } = await importFiles(openStore(), [join(copyOf(`verifiers/prime-rl/before/rollouts/step_7`))]);
    expect(notes).toMatchObject([{ text: expect.stringContaining('the step is not known') as string }]);
  });
});

describe('the split', () => {
  const row = { input: 'How many tones?', output: 'Two.', gts: '2', score: 1, step: 7 };
  const question = { data_source: 'colours', prompt: [{ role: 'user', content: 'How many tones?' }] };
  const map = { prompt: ['prompt'] };
  const splitOf = async (files: Record<string, unknown[]>, options = {}): Promise<string[]> => {
    const store = openStore();
    const { rejected } = await importFiles(store, [folderOf(files)], options);
    expect(rejected).toEqual([]);
    return store.prompts.page().rows.map(({ split }) => split);
  };

  it.each([
    [
      'validation',
      [
        { ...row, reward: 1 },
        { ...row, output: 'Three.', score: 0, reward: 0 },
      ],
    ],
    ['train', [row]],
    ['train', [{ ...row, reward: 1 }, row]],
    ['train', [{ ...row, reward: 1, problem_id: 'p-1' }]],
  ])('is %s of a verl dump by the reward of its rows', async (split, rows) => {
    expect(await splitOf({ 'run/7.jsonl': rows })).toEqual([split]);
  });

  it.each([
    ['validation', 'validation.jsonl', question],
    ['test', 'test-00000-of-00001.jsonl', question],
    ['train', 'train.jsonl', question],
    ['train', 'tests of mine.jsonl', question],
    ['test', 'rows.jsonl', { ...question, extra_info: { split: 'test', index: 0 } }],
    ['train', 'test.jsonl', { ...question, extra_info: { split: 'train' } }],
    ['validation', 'rows.jsonl', { ...question, split: 'dev' }],
    ['train', 'rows.jsonl', { ...question, split: 'constructor' }],
  ])('is %s of a prompt in %s, by its row or its file', async (split, name, one) => {
    expect(await splitOf({ [name]: [one] }, { map })).toEqual([split]);
  });

  it('is that of the file for rows of ms-swift and Video-R1 too', async () => {
    const { prompt, ...rest } = question;
    expect(await splitOf({ 'val.jsonl': [{ ...rest, messages: prompt }] })).toEqual(['validation']);
    expect(await splitOf({ 'test.jsonl': [{ problem: 'Why?', solution: 'So.' }] })).toEqual(['test']);
  });
});
