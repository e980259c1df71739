import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { detectFormat } from '../../../src/formats/detect.ts';
import { importFiles } from '../../../src/formats/import.ts';
import { openStore, temporaryFolder } from '../store/fixture.ts';
import { everything, fixtures, folderOf } from './fixture.ts';

const evaluation = 'verifiers/outputs/evals/colours--tiny--av-1/0badcafe';
const traces = 'verifiers/traces/colours--tiny--av-1';

it.each([
  ['ms-swift/hf/completions.jsonl', 'ms-swift'],
  ['ms-swift/megatron/completions.jsonl', 'ms-swift'],
  ['ms-swift/ray/completions.jsonl', 'ms-swift'],
  ['nemo-rl/train_data_step3.jsonl', 'nemo-rl'],
  ['nemo-rl/val_data_step2.jsonl', 'nemo-rl'],
  [`${evaluation}/results.jsonl`, 'verifiers'],
  [`${traces}/traces.jsonl`, 'verifiers-traces'],
  ['skyrl/dumped_evals/eval_only/colours.jsonl', 'skyrl'],
  ['skyrl/dumped_evals/global_step_5_evals/colours.jsonl', 'skyrl'],
  ['video-r1/eval_mmvu_AVATAR-7B_greedy_output.json', 'video-r1-eval'],
  ['datasets/ms-swift.jsonl', 'ms-swift-dataset'],
  ['datasets/mmvu.json', 'mmvu'],
  ['datasets/omnibench.jsonl', 'omnibench'],
  ['datasets/video-holmes.json', 'video-holmes'],
  ['datasets/mmvu.parquet', 'mmvu'],
  ['datasets/omnibench.parquet', 'omnibench'],
  ['datasets/video-holmes.parquet', 'video-holmes'],
  ['trl/text/completions/completions_00025.parquet', 'trl'],
  ['trl/lz4/completions/completions_00007.parquet', 'trl'],
])('%s is known as %s, and adds nothing the second time', async (name, format) => {
  const file = join(fixtures, name);
  expect((await detectFormat(file))?.name).toBe(format);
  const store = openStore();
  const first = await importFiles(store, [file]);
  expect(first.rollouts + first.prompts).toBeGreaterThan(0);
  expect(await importFiles(store, [file])).toMatchObject({ rollouts: 0, prompts: 0, duplicates: first.rollouts });
});

describe('ms-swift completions', () => {
  it('of the HF trainer are a row of columns a step, NaN for a reward that is not given', async () => {
    const store = openStore();
    const report = await importFiles(store, [join(fixtures, 'ms-swift/hf')]);
    expect(report).toEqual({
      files: 1,
      rows: 8,
      rollouts: 8,
      prompts: 2,
      labels: 0,
      comments: 0,
      duplicates: 0,
      rejected: [],
      notes: [
        {
          file: join(fixtures, 'ms-swift/hf/completions.jsonl'),
          text: 'of training the dump holds steps 5, 10: between two log lines ms-swift keeps the last batch only',
        },
        {
          file: join(fixtures, 'ms-swift/hf/completions.jsonl'),
          text: 'logged beside the rewards, and not taken in: num_turns, entropy',
        },
      ],
    });
    expect(store.prompts.page().rows).toMatchObject([
      { question: 'Which colour sounds?\nA red\nB green', answer: 'B', hint: 'Listen first.', groups: 2, rollouts: 4 },
      { question: 'How many tones?', answer: '2', groups: 2, dataset: 'hf' },
    ]);
    expect(everything(store).slice(0, 4)).toMatchObject([
      {
        policy: 'hf',
        policyVersion: 5,
        completion: '<think>Plan. Look. So B.</think>\n<answer>B</answer> (5)',
        rewards: { ExternalAccuracy: 1, Format: 1 },
        reward: 2,
        advantage: expect.closeTo(0.707, 3) as number,
        hinted: true,
        tokens: null,
      },
      { completion: expect.stringContaining('🎬') as string, rewards: { ExternalAccuracy: 0, Format: 1 }, reward: 1 },
      { rewards: { Format: 0.5 }, reward: 0.5, advantage: expect.closeTo(0.7069, 4) as number },
      { rewards: { Format: Math.fround(0.1) } },
    ]);
    expect(everything(store)[4].policyVersion).toBe(10);
  });

  it('of the Megatron and Ray trainers say the generation they are of', async () => {
    const megatron = openStore();
    await importFiles(megatron, [join(fixtures, 'ms-swift/megatron')]);
    expect(everything(megatron)).toMatchObject(
      [2, 1, 0.5, Math.fround(0.1)].map((reward) => ({ policyVersion: 6, reward })),
    );
    const ray = openStore();
    await importFiles(ray, [join(fixtures, 'ms-swift/ray')]);
    expect(everything(ray)).toMatchObject(
      [2, 1, 0.5, Math.fround(0.1)].map((reward) => ({ policyVersion: 8, reward, rewards: {}, advantage: null })),
    );
    expect(ray.prompts.page().rows.map(({ rollouts }) => rollouts)).toEqual([2, 2]);
  });

  it('whose columns differ in length are refused whole, a bad value of one by its row', async () => {
    const good = { step: ['1', '1'], prompt: ['a', 'a'], completion: ['x', 'y'], Acc: [1, 0], advantages: [1, -1] };
    const folder = folderOf({
      'completions.jsonl': [
        good,
        { ...good, Acc: [1] },
        { ...good, completion: ['x', 5] },
        { ...good, step: '1' },
        { ...good, step: ['2', '2'] },
      ],
    });
    const store = openStore();
    const { rollouts, rejected } = await importFiles(store, [folder]);
    expect(rollouts).toBe(5);
    expect(rejected).toMatchObject([
      { line: 2, reason: 'Acc: 1 values for 2 completions' },
      { line: 3, reason: expect.stringMatching(/^row 2 of 2: completion: /u) as string },
      { line: 4, reason: 'step: not a list, where completion is one' },
    ]);
  });
});

describe('NeMo-RL batches', () => {
  it('keep the ids and log-probs of what was generated, without padding, prompt and environment', async () => {
    const store = openStore();
    const report = await importFiles(store, [join(fixtures, 'nemo-rl/train_data_step3.jsonl')]);
    expect(report).toEqual({
      files: 1,
      rows: 4,
      rollouts: 4,
      prompts: 1,
      labels: 0,
      comments: 0,
      duplicates: 0,
      rejected: [],
      notes: [],
    });
    expect(store.prompts.page().rows).toMatchObject([{ question: 'Which colour sounds?', groups: 1, rollouts: 4 }]);
    const [first, second, turns, cut] = everything(store);
    expect(first).toMatchObject({
      policy: 'nemo-rl',
      policyVersion: 3,
      completion: '<answer>B</answer>',
      reward: 1,
      advantage: 0.75,
      tokens: {
        ids: new Int32Array([1006, 1007, 1008]),
        logProbs: new Float32Array([-0.1, -0.2, -0.3]),
        offsets: null,
        tokenizer: null,
      },
    });
    expect([...second.tokens!.logProbs!]).toEqual([-1.1, -Infinity, -1.3, -1.4].map(Math.fround));
    const { trainer } = store.curves.of(first.id);
    expect(trainer).toEqual(Float32Array.of(-0.101, -0.202, -0.303));
    // A log-prob that is infinite is not counted in means.
    expect(store.table.rows([2])[0]!.logprob).toBeCloseTo((-1.1 - 1.3 - 1.4) / 3, 6);
    // Two turns are one text; their ids alone would leave out what came between.
    expect(turns).toMatchObject({ completion: 'Look again?\n<answer>A</answer>', tokens: null, advantage: -0.25 });
    expect(cut).toMatchObject({ completion: '<think>On and on', tokens: { ids: { length: 8 } } });
  });

  it('of a validation carry messages and rewards', async () => {
    const store = openStore();
    await importFiles(store, [join(fixtures, 'nemo-rl/val_data_step2.jsonl')]);
    expect(store.prompts.page().rows).toMatchObject([{ question: 'Which colour sounds?', split: 'validation' }]);
    expect(everything(store)).toMatchObject([{ completion: '<answer>B</answer>', reward: 1, policyVersion: 2 }]);
  });

  it.each([['NaN'], ['null']])(
    'whose generator gave %s for a token have no log-probs, and keep the ids',
    async (missing) => {
      const row = readFileSync(join(fixtures, 'nemo-rl/train_data_step3.jsonl'), 'utf8').split('\n')[0];
      const store = openStore();
      const { rejected, notes } = await importFiles(store, [
        folderOf({ 'train_data_step3.jsonl': [row.replace('-0.20000000298023224', missing)] }),
      ]);
      expect(rejected).toEqual([]);
      expect(everything(store)).toMatchObject([{ tokens: { ids: Int32Array.of(1006, 1007, 1008), logProbs: null } }]);
      expect(notes).toMatchObject([{ text: expect.stringContaining('count as not recorded') as string }]);
    },
  );

  it('whose columns do not fit the tokens are refused, as are those that were filtered out', async () => {
    const good = {
      content: [['What?', 'That.']],
      rewards: [1],
      input_lengths: [3],
      token_ids: [[1, 2, 3, 0]],
      token_loss_mask: [[0, 1, 1, 0]],
      advantages: [[0.5, 0.25, 0.5, 0]],
      generation_logprobs: [[0, -1, -2, 0]],
      idx: 0,
    };
    const folder = folderOf({
      'train_data_step1.jsonl': [
        good,
        { ...good, generation_logprobs: [[0, -1]] },
        { ...good, token_loss_mask: [[0, 0, 0, 0]] },
        { ...good, token_ids: [[1, 2, 2 ** 40, 0]] },
        { ...good, token_ids: [] },
        { rewards: [0], content: [], token_ids: [], filtered_rewards: [], idx: 5 },
      ],
    });
    const store = openStore();
    const { rollouts, rejected } = await importFiles(store, [folder]);
    expect(rollouts).toBe(1);
    expect(everything(store)).toMatchObject([{ advantage: null, tokens: { ids: new Int32Array([2, 3]) } }]);
    expect(rejected.map(({ line, reason }) => [line, reason.split(':')[0]])).toEqual([
      [2, 'generation_logprobs.0'],
      [3, 'token_loss_mask'],
      [4, 'token_ids.0.2'],
      [5, 'token_ids.0'],
      [6, 'content.0'],
    ]);
  });
});

describe('verifiers traces', () => {
  it('have weighed rewards, and ids and log-probs where the model spoke once', async () => {
    const store = openStore();
    const { rejected, ...report } = await importFiles(store, [join(fixtures, 'verifiers/traces')]);
    expect(report).toEqual({
      files: 1,
      rows: 4,
      rollouts: 4,
      prompts: 2,
      labels: 0,
      comments: 0,
      duplicates: 0,
      notes: [],
    });
    expect(rejected).toMatchObject([
      { line: 5, reason: expect.stringContaining('the model did not answer') as string },
    ]);
    expect(store.prompts.page().rows).toMatchObject([
      {
        question: 'Which colour sounds?\nA red\nB green',
        ...{ answer: 'B', sourceId: 'colours/0', dataset: 'colours', split: 'train', groups: 1, rollouts: 2 },
      },
      { answer: 'A', sourceId: 'colours/clip-2', split: 'test', rollouts: 2 },
    ]);
    const [, second, turns, unscored] = everything(store);
    expect(second).toMatchObject({
      policy: 'tiny/av-1',
      policyVersion: 3,
      completion: '<think>Look at 0:03. So B.</think>\n<answer>B</answer>',
      rewards: { correct_answer: 1, mentions_time: 1, words: 7 },
      reward: 1.5,
      tokens: { ids: Int32Array.of(11, 12, 14), offsets: null, logProbs: Float32Array.of(-0.125, -0.25, -0.375) },
    });
    expect(turns).toMatchObject({
      completion: expect.stringMatching(/B<\/answer>\n\n?<answer>A/u) as string,
      tokens: null,
    });
    expect(unscored).toMatchObject({ reward: null, tokens: null });
  });

  it('of verifiers 0.4 have null for NaN: no value of that reward, and log-probs that are not recorded', async () => {
    const said = {
      message: { role: 'assistant', content: 'Blue' },
      sampled: true,
      token_ids: [3, 4],
      mask: [true, true],
    };
    const episode = (rewards: object, logprobs: (number | null)[]) => ({
      env: { id: 'e' },
      task: { data: { idx: 0 } },
      traces: [
        {
          agent: { config: {} },
          nodes: [{ message: { role: 'user', content: 'What?' } }, { parent: 0, ...said, logprobs }],
          rewards,
          metrics: { m: null },
        },
      ],
    });
    const c = { score: 1, weight: 0.5 };
    const file = folderOf({
      'run/traces.jsonl': [
        episode({ a: { score: null, weight: 1 }, b: null, c }, [-0.5, null]),
        episode({ a: { score: null, weight: 0 }, c }, [-0.5, -2]),
      ],
    });
    const store = openStore();
    const { rejected, notes } = await importFiles(store, [file]);
    expect(rejected).toEqual([]);
    expect(everything(store)).toMatchObject([
      { reward: null, rewards: { c: 1 }, tokens: { ids: Int32Array.of(3, 4), logProbs: null } },
      { reward: 0.5, rewards: { c: 1 }, tokens: { logProbs: Float32Array.of(-0.5, -2) } },
    ]);
    expect(notes.map(({ text }) => text)).toEqual([
      expect.stringContaining('the whole reward is not known where a reward has no value'),
      expect.stringContaining('count as not recorded'),
    ]);
  });

  it('with branches are read to their last leaf, and refused where a parent is not before its child', async () => {
    const says = (parent: number | null, role: string, content: string) => ({
      ...{ parent, message: { role, content }, sampled: role === 'assistant' },
    });
    const nodes = [
      says(null, 'user', 'Q?'),
      says(0, 'assistant', 'first'),
      says(0, 'user', 'Go on.'),
      says(2, 'assistant', 'last'),
    ];
    const episode = (changed: object) => ({
      env: { id: 'e' },
      task: { data: { idx: 1 } },
      traces: [{ agent: { config: {} }, nodes, ...changed }],
    });
    const folder = folderOf({
      'run/traces.jsonl': [
        episode({}),
        episode({ nodes: nodes.with(1, says(3, 'assistant', 'first')) }),
        { ...episode({}), traces: [] },
      ],
    });
    const store = openStore();
    const { rejected } = await importFiles(store, [folder]);
    expect(everything(store)).toMatchObject([
      { completion: expect.stringContaining('last') as string, policy: 'agent' },
    ]);
    expect(store.prompts.page().rows).toMatchObject([{ question: 'Go on.', dataset: 'e' }]);
    expect(rejected.map(({ line, reason }) => [line, reason])).toEqual([
      [2, 'nodes.1.parent: 3 does not stand before it'],
      [3, 'traces: there are none'],
    ]);
  });
});

describe('verifiers results', () => {
  it('are grouped by example, with metrics as rewards, environment and model by metadata.json', async () => {
    const store = openStore();
    const report = await importFiles(store, [join(fixtures, 'verifiers/outputs')]);
    expect(report).toEqual({
      files: 1,
      rows: 8,
      rollouts: 8,
      prompts: 2,
      labels: 0,
      comments: 0,
      duplicates: 0,
      rejected: [],
      notes: [],
    });
    expect(store.prompts.page().rows).toMatchObject([
      {
        question: 'Which colour sounds?\nA red\nB green',
        answer: 'B',
        dataset: 'colours',
        split: 'test',
        groups: 1,
        rollouts: 4,
      },
      { question: 'Which colour comes first?\nA red\nB green', answer: 'A', sourceId: 'colours/1', rollouts: 4 },
    ]);
    const rollouts = everything(store);
    expect(rollouts[1]).toMatchObject({
      policy: 'tiny/av-1',
      completion: '<think>Plan. Look at 0:03. So B.</think>\n<answer>B</answer>',
      rewards: { correct_answer: 1, mentions_time: 1, num_turns: 1 },
      reward: 1.5,
    });
    // A server that parts reasoning from the answer.
    expect(rollouts[7].completion).toMatch(/^<think>Apart\.<\/think>\n/u);
  });

  it('are read without metadata.json by their folders’ names, and not with a broken one', async () => {
    const row = { example_id: 3, prompt: 'What?', completion: 'That.', reward: 1, metrics: {} };
    const failed = { ...row, completion: null, error: { error: 'ModelError' } };
    const folder = folderOf({
      'a--org--model/1/results.jsonl': [row, failed],
      'b--model/1/results.jsonl': [row],
      'b--model/1/metadata.json': ['{"env_id":'],
    });
    const store = openStore();
    const { rollouts, rejected } = await importFiles(store, [folder]);
    expect(rollouts).toBe(1);
    expect(everything(store)).toMatchObject([{ policy: 'org/model' }]);
    expect(store.prompts.page().rows).toMatchObject([{ sourceId: 'a/3', dataset: 'a' }]);
    expect(rejected).toMatchObject([
      { line: 2, reason: expect.stringContaining('ModelError') as string },
      { line: 0, reason: expect.stringContaining('metadata.json') as string },
    ]);
  });
});

describe('SkyRL evaluations', () => {
  it('are of the step that their folder names, with the sum of a reward a token', async () => {
    const store = openStore();
    const report = await importFiles(store, [join(fixtures, 'skyrl')]);
    expect(report).toMatchObject({ files: 2, rollouts: 6, prompts: 3, rejected: [], notes: [] });
    expect(store.prompts.page().rows).toMatchObject([
      {
        question: 'Which colour sounds?\nA red\nB green',
        ...{ answer: 'B', dataset: 'colours', split: 'validation', groups: 2, rollouts: 3 },
      },
      { question: 'How many tones?', answer: '2', split: 'validation', groups: 2, rollouts: 2 },
      { question: 'What is heard?', answer: null, split: 'validation', groups: 1, rollouts: 1 },
    ]);
    const rollouts = everything(store);
    expect(rollouts).toMatchObject([
      { policyVersion: 0, reward: 0, finish: 'stop', completion: expect.stringContaining('🎬') as string },
      { policyVersion: 0, reward: 0, finish: 'length', completion: '<think>On and on' },
      {
        policyVersion: 5,
        reward: 1.25,
        completion: '<think>Look at 0:03. So B.</think>\n<answer>B</answer><|im_end|>',
      },
      { policyVersion: 5, reward: 0.25 },
      { policyVersion: 5, reward: 1 },
      { policyVersion: 5, reward: 0.5, finish: null },
    ]);
    for (const rollout of rollouts) {
      expect(rollout).toMatchObject({ policy: 'skyrl', rewards: {}, system: 'Think first.', hinted: false });
    }
  });

  it('are refused line by line, and say so where no folder names their step', async () => {
    const good = { input_prompt: 'What?', output_response: 'That.', score: 1, stop_reason: 'abort', data_source: null };
    const folder = folderOf({
      'moved/clips.jsonl': [
        good,
        '{"input_prompt": "What?", "output_resp',
        { ...good, score: [0.5, 'x'] },
        { ...good, output_response: 5 },
        { ...good, output_response: 'This.', score: [1, null] },
        { ...good, output_response: 'Nothing.', score: [] },
        { ...good, score: [1e308, 1e308] },
        { ...good, env_extras: 'B' },
      ],
    });
    const store = openStore();
    const { rejected, notes } = await importFiles(store, [folder]);
    expect(rejected).toMatchObject([
      { line: 2 },
      { line: 3, reason: 'score: neither a number nor a list with one a token' },
      { line: 4, reason: expect.stringMatching(/^output_response: /u) as string },
      { line: 7, reason: expect.stringMatching(/^score: /u) as string },
      { line: 8, reason: expect.stringMatching(/^env_extras: /u) as string },
    ]);
    expect(everything(store)).toMatchObject([
      { policy: 'moved', policyVersion: 0, reward: 1, finish: 'abort' },
      { reward: null },
      { reward: 0 },
    ]);
    expect(store.prompts.page().rows).toMatchObject([{ dataset: 'clips', answer: null }]);
    expect(notes).toMatchObject([{ text: expect.stringContaining('the step is not known') as string }]);
  });
});

describe('a Video-R1 evaluation', () => {
  it('is one object, streamed, with its dataset’s rows and what was generated', async () => {
    const store = openStore();
    const { rollouts, rejected } = await importFiles(store, [join(fixtures, 'video-r1')]);
    expect(rollouts).toBe(2);
    expect(rejected).toMatchObject([{ line: 36, reason: expect.stringContaining('nothing was generated') as string }]);
    expect(store.prompts.page().rows).toMatchObject([
      {
        sourceId: '0',
        dataset: 'mmvu',
        options: ['A. red', 'B. green'],
        answer: 'B',
        video: './MMVU/0.mp4',
        split: 'test',
      },
      { problemType: 'regression', answer: '2.5' },
    ]);
    expect(everything(store)).toMatchObject([
      { policy: 'AVATAR-7B', reward: 1, rewards: { accuracy: 1 }, completion: expect.stringContaining('🎬') as string },
      { reward: Math.fround(0.6), rewards: { accuracy: 0 } },
    ]);
    const [{ id, ...evaluation }] = store.evaluations.all();
    expect(evaluation).toMatchObject({ name: 'mmvu', policy: 'AVATAR-7B', split: 'test', status: 'finished', done: 2 });
    expect(everything(store).map(({ evaluationId }) => evaluationId)).toEqual([id, id]);
    await importFiles(store, [join(fixtures, 'video-r1')]);
    expect(store.evaluations.all()).toEqual([{ id, ...evaluation }]);
  });

  it('is its own evaluation though another has the same completions', async () => {
    const [file] = ['eval_mmvu_AVATAR-7B_greedy_output.json'];
    const store = openStore();
    const folder = temporaryFolder();
    cpSync(join(fixtures, 'video-r1', file), join(folder, 'eval_mmvu-again_AVATAR-7B_greedy_output.json'));
    await importFiles(store, [join(fixtures, 'video-r1', file), folder]);
    expect(store.evaluations.all().map(({ name, done }) => [name, done])).toEqual([
      ['mmvu-again', 2],
      ['mmvu', 2],
    ]);
    expect(await importFiles(store, [folder])).toMatchObject({ rollouts: 0, duplicates: 2 });
  });
});

describe('datasets', () => {
  it('of ms-swift give their media, hint and solution to its dumps', async () => {
    const folder = temporaryFolder();
    for (const name of ['clips/1.mp4', 'clips/1.wav']) {
      cpSync(join(folderOf({ x: [] }), 'x'), join(folder, name));
    }
    cpSync(join(fixtures, 'datasets/ms-swift.jsonl'), join(folder, 'dataset.jsonl'));
    const store = openStore();
    const { rejected } = await importFiles(store, [join(fixtures, 'ms-swift/megatron')], {
      dataset: join(folder, 'dataset.jsonl'),
    });
    expect(rejected).toMatchObject([{ line: 3, reason: expect.stringContaining('videos') as string }]);
    const rows = store.prompts.page().rows.filter(({ question }) => question.startsWith('Which colour sounds?'));
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({
      answer: 'B',
      hint: 'Listen first.',
      video: join(folder, 'clips/1.mp4'),
      audio: join(folder, 'clips/1.wav'),
      rollouts: 2,
    });
  });

  it.each(['mmvu.json', 'omnibench.jsonl', 'video-holmes.json'])('in %s are the same in parquet', async (name) => {
    const store = openStore();
    const { prompts } = await importFiles(store, [join(fixtures, 'datasets', name)]);
    const before = store.prompts.page().rows;
    const parquet = join(fixtures, 'datasets', name.replace(/\.jsonl?$/u, '.parquet'));
    expect(await importFiles(store, [parquet])).toMatchObject({ files: 1, prompts: 0, rejected: [] });
    expect(store.prompts.page().rows).toEqual(before);
    expect(before).toHaveLength(prompts);
  });

  it('of the benchmarks are prompts of the test split', async () => {
    const store = openStore();
    const { rejected, prompts } = await importFiles(
      store,
      ['mmvu.json', 'omnibench.jsonl', 'video-holmes.json'].map((name) => join(fixtures, 'datasets', name)),
    );
    expect(rejected).toEqual([]);
    expect(prompts).toBe(4);
    expect(store.prompts.page().rows).toMatchObject([
      {
        ...{ dataset: 'mmvu', options: [], answer: 'Dolly zoom', problemType: 'free-form', video: 'videos/Art/0.mp4' },
        category: 'Art',
      },
      { options: ['A. 10.0', 'B. 5.0', 'C. 12.0', 'D. 15.0', 'E. 20.0'], answer: 'A', problemType: 'multiple-choice' },
      {
        dataset: 'omnibench',
        answer: 'B',
        options: expect.arrayContaining(['B. A crossword puzzle.']) as string[],
        video: 'mm_data/image/2_009.png',
        audio: 'mm_data/audio/2_009.mp3',
        category: 'speech',
      },
      { dataset: 'video-holmes', sourceId: 'RSm-jqs/1', video: 'videos/RSm-jqs.mp4', split: 'test', category: 'SR' },
    ]);
  });
});

it('every fixture has the script that makes it', () => {
  for (const name of readdirSync(fixtures).filter((name) => name !== 'trl')) {
    expect(readdirSync(join(fixtures, name))).toContain('make.py');
  }
});
