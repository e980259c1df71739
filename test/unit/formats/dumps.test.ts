/** What trainers dump of their rollouts, beside those of trainers.test.ts. */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { detectFormat } from '../../../src/formats/detect.ts';
import { importFiles } from '../../../src/formats/import.ts';
import { openStore, temporaryFolder } from '../store/fixture.ts';
import { everything, fixtures, folderOf } from './fixture.ts';

it.each([
  ['verifiers/prime-rl/rollouts/step_4/train/effective/traces.jsonl', 'verifiers-traces'],
  ['verifiers/prime-rl/before/rollouts/step_7/train_rollouts.jsonl', 'verifiers'],
  ['miles/dump/trajectory/3.jsonl', 'miles'],
  ['roll/rollout_dump_data.step_3.jsonl', 'roll'],
  ['areal/colours/trial0/rollout/5/7.jsonl', 'areal'],
  ['rllm/eval_results/colours_tiny_av-1/episodes/episode_000000_7.json', 'rllm'],
  ['rllm/logs/colours/av-1/episodes/train_step_7_epoch_0/episode_hash335a7a5d_id7_0.json', 'rllm'],
  ['art/colours/models/av-1/trajectories/train/0012.parquet', 'art'],
  ['ids/open-instruct/av-1_rollouts_000000.jsonl', 'open-instruct'],
  ['ids/prime-rl/token_exports/step_3/rank_0.jsonl', 'prime-rl-tokens'],
  ['r1-v/debug_log.txt', 'r1-v-log'],
  ['r1-v/vlm.txt', 'r1-v-log'],
])('%s is known as %s, and adds nothing the second time', async (name, format) => {
  const file = join(fixtures, name);
  expect((await detectFormat(file))?.name).toBe(format);
  const store = openStore();
  const first = await importFiles(store, [file]);
  expect(first.rollouts).toBeGreaterThan(0);
  expect(first.rejected).toEqual([]);
  expect(await importFiles(store, [file])).toMatchObject({ rollouts: 0, prompts: 0, duplicates: first.rollouts });
});

const colour = 'Which colour sounds?\nA red\nB green';

it('miles’ conversations have the tokens of the columns beside them where the policy wrote in one go', async () => {
  const store = openStore();
  const { rejected, notes } = await importFiles(store, [join(fixtures, 'miles/dump')]);
  expect(rejected).toEqual([]);
  expect(notes.map(({ text }) => text)).toEqual(['a reward that is an object is null in miles’ file: it is not known']);
  expect(store.prompts.page().rows).toMatchObject([
    { question: colour, split: 'train', dataset: 'dump', rollouts: 3, groups: 2 },
    { question: 'How many tones?', split: 'train', rollouts: 2, groups: 1 },
  ]);
  const [first, second, turns, unscored, evaluated] = everything(store);
  expect(first).toMatchObject({
    policy: 'dump',
    policyVersion: 3,
    completion: '<think>Look at 0:03. 🎬</think>\n<answer>B</answer>',
    reward: 1,
    finish: 'stop',
    system: 'Think first.',
    tokens: { ids: Int32Array.of(11, 12, 13), logProbs: Float32Array.of(-0.125, -0.25, -0.375), offsets: null },
  });
  expect(second).toMatchObject({ finish: 'length', tokens: { ids: Int32Array.of(11, 14), logProbs: null } });
  expect(turns).toMatchObject({
    completion: 'Look.\n<answer>2</answer>',
    reward: 0.5,
    tokens: null,
    system: 'Think first.',
  });
  expect(unscored).toMatchObject({ completion: '<answer>3</answer>', reward: null, tokens: null });
  expect(evaluated).toMatchObject({ policyVersion: 4, tokens: { ids: Int32Array.of(31) } });
  expect(store.evaluations.all()).toMatchObject([{ policy: 'dump', policyVersion: 4, done: 1 }]);
});

it('miles’ conversations without the columns beside them keep their texts, and say what is not known', async () => {
  const dump = copyOf('miles/dump');
  const columns = join(dump, 'dashboard_columns/rollout_3.parquet');
  writeFileSync(columns, readFileSync(columns).subarray(0, 500));
  rmSync(join(dump, 'dashboard_columns/rollout_eval_4.parquet'));
  const store = openStore();
  const { rollouts, rejected, notes } = await importFiles(store, [join(dump, 'trajectory')]);
  expect({ rollouts, rejected }).toEqual({ rollouts: 5, rejected: [] });
  expect(everything(store).every(({ tokens }) => tokens === null)).toBe(true);
  expect(notes.map(({ text }) => text)).toEqual([
    expect.stringContaining('rollout_3.parquet beside it cannot be read to its end') as string,
    'a reward that is an object is null in miles’ file: it is not known',
    expect.stringContaining('there is no dashboard_columns/rollout_eval_4.parquet beside it') as string,
  ]);
});

it('ROLL’s line of columns is a rollout a value, grouped by its dataset’s row', async () => {
  const store = openStore();
  const { rejected, notes } = await importFiles(store, [join(fixtures, 'roll')]);
  expect({ rejected, notes }).toEqual({ rejected: [], notes: [] });
  expect(store.prompts.page().rows).toMatchObject([
    { question: colour, answer: 'B', sourceId: 'clip-0', dataset: 'colours', groups: 1, rollouts: 2 },
    { question: 'How many tones?', answer: '2', sourceId: 'clip-1', rollouts: 1 },
  ]);
  expect(everything(store)).toMatchObject([
    {
      policy: 'roll',
      policyVersion: 3,
      reward: 1,
      system: 'Think first.',
      completion: expect.stringContaining('🎬') as string,
    },
    { reward: 0 },
    { reward: 1 },
  ]);
});

it('ROLL’s columns that differ in length are refused whole, a bad value of one by its row', async () => {
  const good = { responses: ['x', 'y'], scores: [1, 0], prompt: ['a', 'b'], global_step: [1, 1] };
  const lines = [good, { ...good, scores: [1] }, { ...good, responses: ['x', 5] }, { ...good, prompt: [null, 'b'] }];
  const { rollouts, rejected } = await importFiles(openStore(), [
    folderOf({ 'rollout_dump_data.step_1.jsonl': lines }),
  ]);
  expect(rollouts).toBe(4);
  expect(rejected).toMatchObject([
    { line: 2, reason: 'scores: 1 values for 2 responses' },
    { line: 3, reason: expect.stringMatching(/^row 2 of 2: responses: /u) as string },
    { line: 4, reason: 'row 1 of 2: prompt: there is none, and no messages' },
  ]);
});

it('AReaL’s tasks are groups of the version that ended them, and a conversation that it cuts elsewhere is told of', async () => {
  const store = openStore();
  const { rejected, notes } = await importFiles(store, [join(fixtures, 'areal')]);
  expect(rejected).toEqual([]);
  expect(notes.map(({ text }) => text)).toEqual([
    expect.stringContaining('prompts here do not end where the assistant begins') as string,
  ]);
  const rows = everything(store);
  expect(rows).toHaveLength(4);
  expect(rows.slice(0, 3)).toMatchObject([
    { policy: 'colours/trial0', policyVersion: 4, completion: '<answer>B</answer><|im_end|>', reward: 1 },
    { policyVersion: 5, completion: '<answer>B</answer><|im_end|>', reward: 1, system: 'Think first.' },
    { policyVersion: 5, completion: '<answer>A</answer><|im_end|>', reward: 0 },
  ]);
  expect(rows[1].groupId).toBe(rows[2].groupId);
  expect(rows[0].evaluationId).toBe(store.evaluations.all()[0].id);
  expect(store.evaluations.all()).toMatchObject([{ name: 'colours', policyVersion: 4, split: 'validation', done: 1 }]);
});

it('rLLM’s evaluation is of its model and benchmark, with tokens where the model spoke once', async () => {
  const store = openStore();
  const { rejected } = await importFiles(store, [join(fixtures, 'rllm/eval_results')]);
  expect(rejected).toEqual([]);
  expect(store.prompts.page().rows).toMatchObject([
    { question: colour, answer: 'B', sourceId: 'colours/7', dataset: 'colours', split: 'test', groups: 2 },
  ]);
  expect(everything(store)).toMatchObject([
    {
      policy: 'tiny/av-1',
      policyVersion: 5,
      rewards: { accuracy: 1, is_correct: 1 },
      reward: 1,
      advantage: 0.5,
      tokens: { ids: Int32Array.of(11, 12, 13), logProbs: Float32Array.of(-0.125, -0.25, -0.5) },
    },
    {
      policyVersion: 0,
      completion: 'Let me look again.\n<answer>A</answer>',
      reward: 0,
      tokens: null,
      advantage: null,
    },
  ]);
  expect(store.evaluations.all()).toHaveLength(2);
});

it('rLLM’s training is of the step that its folder names', async () => {
  const store = openStore();
  await importFiles(store, [join(fixtures, 'rllm/logs')]);
  expect(everything(store)).toMatchObject([
    { policy: 'av-1', policyVersion: 7, reward: 1, finish: null },
    { policyVersion: 7, reward: 0, finish: 'length', completion: '<think>On and on' },
    { policyVersion: 7, reward: 1 },
  ]);
  const [, , validated] = everything(store);
  expect(validated.evaluationId).toBe(store.evaluations.all()[0].id);
});

it('ART’s trajectories are what the model said, in groups, of the project, model, split and step of their folders', async () => {
  const store = openStore();
  const { rejected } = await importFiles(store, [join(fixtures, 'art')]);
  expect(rejected).toEqual([]);
  const rows = everything(store);
  expect(rows).toMatchObject([
    { policy: 'av-1', policyVersion: 12, reward: 1, rewards: { accuracy: 1, length: 0.5 }, system: 'Think first.' },
    { completion: '<answer>A</answer>', reward: 0 },
    {
      completion: '<tool_call>\n{"name": "look", "arguments": {"at": 3}}\n</tool_call>\n<answer>2</answer>',
      reward: 0.5,
    },
    { completion: '<answer>2</answer>', evaluationId: store.evaluations.all()[0].id },
  ]);
  expect(rows[0].groupId).toBe(rows[1].groupId);
  expect(store.prompts.page().rows).toMatchObject([
    { question: colour, dataset: 'colours', rollouts: 2 },
    { question: 'Look again.', split: 'train' },
    { question: 'How many tones?', split: 'validation' },
  ]);
});

describe('R1-V’s log', () => {
  it('has completions and their accuracy, under the time of their call where it does not say what was asked', async () => {
    const store = openStore();
    const { rejected, notes } = await importFiles(store, [join(fixtures, 'r1-v/debug_log.txt')]);
    expect(rejected).toEqual([]);
    expect(notes).toMatchObject([{ text: expect.stringContaining('nothing of what was asked') as string }]);
    expect(everything(store)).toMatchObject([
      {
        policy: 'r1-v',
        completion: '<think>Look at 0:03. 🎬\nSolution: B fits.</think>\n<answer>B</answer>',
        rewards: { accuracy: 1 },
        reward: null,
      },
      { completion: '<think>\n-------------\nHm.</think>\n<answer>A</answer>', rewards: { accuracy: 0 } },
      { completion: '', rewards: { accuracy: 0.5 } },
    ]);
    expect(store.prompts.page().rows).toMatchObject([
      { question: '(not in the log: 12-09-30-05-000123)', answer: 'B', split: 'test', groups: 1, rollouts: 2 },
      { question: '(not in the log: 12-09-30-09-500000)', rollouts: 1 },
    ]);
  });

  it('of VLM-R1 says what was asked about which picture', async () => {
    const store = openStore();
    const { notes } = await importFiles(store, [join(fixtures, 'r1-v/vlm.txt')]);
    expect(notes).toEqual([]);
    expect(store.prompts.page().rows).toMatchObject([
      {
        question: 'Which colour\nis it?',
        answer: 'red',
        split: 'train',
        video: expect.stringContaining('1.jpg') as string,
      },
    ]);
  });

  it('is read over the borders of chunks, and an entry that is none is told of by its line', async () => {
    const entry = readFileSync(join(fixtures, 'r1-v/debug_log.txt'), 'utf8');
    const folder = folderOf({
      'log.txt': [`${entry.repeat(400)}------------- 1 Accuracy reward: 0.0 -------------`, 'cut off', ''],
    });
    const store = openStore();
    const { rollouts, rejected } = await importFiles(store, [join(folder, 'log.txt')]);
    expect(rollouts).toBe(1200);
    expect(rejected).toEqual([
      { file: join(folder, 'log.txt'), line: 5601, reason: 'an entry without its content or its solution' },
    ]);
  });
});

describe('token ids alone', () => {
  const ids = join(fixtures, 'ids');

  it('are read of open-instruct by the tokenizer above them', async () => {
    const store = openStore();
    const { rejected, notes } = await importFiles(store, [join(ids, 'open-instruct')]);
    expect(rejected).toEqual([]);
    expect(notes).toMatchObject([{ text: expect.stringContaining('completions that called tools') as string }]);
    expect(store.prompts.page().rows).toMatchObject([
      { question: 'Which colour sounds?', answer: 'B', dataset: 'colours', groups: 1, rollouts: 2 },
      { question: 'How many tones?', answer: '2', groups: 1, rollouts: 2 },
    ]);
    const [first, second, tools, cut] = everything(store);
    expect(first).toMatchObject({
      ...{ policy: 'av-1', policyVersion: 5, completion: '<think>Look 🎬</think>B', reward: 1, advantage: 1 },
      ...{ finish: 'stop', system: 'Think first.', tokens: { tokenizer: 'ids' } },
    });
    expect(first.tokens!.logProbs).toHaveLength(first.tokens!.ids.length);
    expect(first.tokens!.offsets).toHaveLength(first.tokens!.ids.length);
    expect(second).toMatchObject({ completion: 'A', reward: 0, groupId: first.groupId });
    expect(tools).toMatchObject({ completion: '2', tokens: null });
    expect(cut).toMatchObject({ completion: '<think>On and on', finish: 'length' });
  });

  it('are read of prime-rl, with the advantage that all tokens share', async () => {
    const store = openStore();
    const { rejected, notes } = await importFiles(store, [join(ids, 'prime-rl')]);
    expect(rejected).toEqual([]);
    expect(notes.map(({ text }) => text)).toEqual([
      'of completions of several turns the text alone is kept, without their tokens’ curves',
      'advantages that differ from token to token are no rollout’s: where its tokens are known, they are a curve of these',
    ]);
    expect(everything(store)).toMatchObject([
      { policy: 'prime-rl', policyVersion: 3, completion: '<think>Look 🎬</think>B', reward: null, advantage: 0.5 },
      { completion: 'A', advantage: -0.5 },
      { completion: 'Red?\nNo.', advantage: null, tokens: null },
    ]);
    expect(everything(store)[1].tokens).toEqual({
      ...{ ids: Int32Array.of(35, 2), logProbs: Float32Array.of(-0.5, -0.5), tokenizer: 'ids' },
      // The last one ends the completion, and is none of its text.
      offsets: Int32Array.of(0, 1),
    });
    const [{ id }] = everything(store);
    const curves = store.curves.of(id);
    expect(Object.keys(curves)).toEqual(['entropy', 'trainer']);
    expect(curves.entropy).toEqual(new Float32Array(13).fill(0.25));
    expect(store.table.rows([store.table.number(id)!])).toMatchObject([
      { entropy: 0.25, logprob: -0.5, gap: null, mismatch: 0, ratio: 1 },
    ]);
  });

  it('without a tokenizer are told of with the cure, and read where one is given', async () => {
    const file = join(copyOf('ids/open-instruct'), 'av-1_rollouts_000000.jsonl');
    expect((await importFiles(openStore(), [file])).rejected).toMatchObject([
      {
        file,
        line: 0,
        reason: expect.stringMatching(/^it holds token ids alone.*tiny\/av-1.*--tokenizer$/u) as string,
      },
    ]);
    expect(await importFiles(openStore(), [file], { tokenizer: ids })).toMatchObject({ rollouts: 4, rejected: [] });
    expect((await importFiles(openStore(), [file], { tokenizer: fixtures })).rejected).toMatchObject([
      { reason: `there is no tokenizer.json in ${fixtures}` },
    ]);
    const metadata = join(file, '../av-1_metadata.jsonl');
    writeFileSync(metadata, JSON.stringify({ model_name: ids }));
    expect(await importFiles(openStore(), [file])).toMatchObject({ rollouts: 4 });
  });

  it('of another tokenizer are refused', async () => {
    const folder = copyOf('ids');
    const row = { step: 1, sample_idx: 0, prompt_idx: 0, prompt_tokens: [1], response_tokens: [99999] };
    writeFileSync(join(folder, 'x_rollouts_000000.jsonl'), JSON.stringify(row));
    const { rejected } = await importFiles(openStore(), [join(folder, 'x_rollouts_000000.jsonl')]);
    expect(rejected).toMatchObject([
      { line: 1, reason: 'the tokenizer in run has no token 99999: it is another policy’s' },
    ]);
  });

  it('are left to the traces of their run where these are there', async () => {
    const run = copyOf('ids/prime-rl');
    cpSync(join(fixtures, 'verifiers/prime-rl/rollouts'), join(run, 'rollouts'), { recursive: true });
    const { rollouts, rejected } = await importFiles(openStore(), [run]);
    expect(rollouts).toBe(4);
    expect(rejected).toMatchObject([{ reason: expect.stringContaining('import that folder') as string }]);
  });
});

/** The fixture in a folder of its own, called after the run. */
function copyOf(name: string): string {
  const folder = join(temporaryFolder(), 'run');
  cpSync(join(fixtures, name), folder, { recursive: true });
  return folder;
}

it.each([
  [
    'skyrl',
    [
      { name: 'colours', policyVersion: 5, done: 4 },
      { name: 'colours', policyVersion: 0, done: 2 },
    ],
  ],
  ['verifiers/outputs', [{ name: 'colours', policy: 'tiny/av-1', done: 8 }]],
  ['nemo-rl', [{ name: 'nemo-rl', policyVersion: 2, split: 'validation', done: 1 }]],
  ['trl/evaluation', [{ name: 'evaluation' }]],
  ['ms-swift/evaluation', [{ name: 'evaluation' }]],
])('what is evaluated in %s is an evaluation, and its training is none', async (name, evaluations) => {
  const store = openStore();
  await importFiles(store, [join(fixtures, name)]);
  const all = store.evaluations.all();
  expect(all.length).toBeGreaterThanOrEqual(evaluations.length);
  expect(all).toEqual(expect.arrayContaining(evaluations.map((one) => expect.objectContaining(one) as unknown)));
  const trained = everything(store).filter(({ evaluationId }) => !evaluationId);
  expect(trained.length > 0).toBe(!['skyrl', 'verifiers/outputs'].includes(name));
});

it.each([
  ['skyrl', 'av'],
  ['roll', 'math_rule'],
])('what %s calls the kind of a prompt is its category', async (name, category) => {
  const store = openStore();
  await importFiles(store, [join(fixtures, name)]);
  const prompts = store.prompts.page().rows.map(({ id }) => store.prompts.get(id)?.category);
  expect(new Set(prompts)).toEqual(new Set([category]));
});

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
      'advantages that differ from token to token are no rollout’s: where its tokens are known, they are a curve of these',
    ]);
    // The weights are of all tokens of the message, the first of which the template wrote.
    expect(store.curves.of(everything(store)[1].id)).toEqual({
      entropy: Float32Array.of(0.3, 0.2, 0.1),
      trainer: Float32Array.of(-0.13, -0.26, -0.51),
      credit: Float32Array.of(0.5 * 1, 0.5 * 1.3, 0.5 * 0.7),
    });
    expect(store.curves.of(everything(store)[3].id)).toEqual({});
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

  it.each([
    ['train', 'train'],
    ['eval', 'validation'],
  ])('traces by themselves, of %s, are read as in their episodes', async (kind, split) => {
    const all = join(fixtures, 'verifiers/prime-rl/rollouts/step_4/train/all/traces.jsonl');
    const traces = readFileSync(all, 'utf8')
      .trim()
      .split('\n')
      .map((line) => ({
        ...(JSON.parse(line) as { traces: object[] }).traces[0],
        ...{ kind, env_name: 'colours', group_id: 'g-1', policy_version: 3, eval_step: null },
      }));
    const store = openStore();
    const { rejected } = await importFiles(store, [folderOf({ 'run/rollouts/step_4/train_rollouts.jsonl': traces })]);
    expect(rejected).toEqual([]);
    expect(store.prompts.page().rows).toMatchObject([{ split, sourceId: 'colours/0', answer: 'B', groups: 1 }]);
    expect(everything(store)).toMatchObject(
      ['B', 'A', 'C'].map((answer) => ({ completion: `<answer>${answer}</answer>`, policyVersion: 3 })),
    );
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
