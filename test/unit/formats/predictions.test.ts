/** What evaluations leave: replies with what their tool says of them, on the prompts of the benchmark's own dataset. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { detectFormat } from '../../../src/formats/detect.ts';
import { importFiles } from '../../../src/formats/import.ts';
import { inspect } from '../../../src/formats/inspect.ts';
import { openStore, temporaryFolder } from '../store/fixture.ts';
import { everything, fixtures, folderOf } from './fixture.ts';

const lmms = 'lmms-eval/org__tiny-av/20261129_120000_samples';

it.each([
  [`${lmms}_mmvu_val.jsonl`, 'lmms-eval'],
  [`${lmms}_omni_bench.jsonl`, 'lmms-eval'],
  [`${lmms}_video_holmes.jsonl`, 'lmms-eval'],
  ['evaluations/mmvu/outputs/validation_cot/tiny-av_8frame.json', 'mmvu-outputs'],
  ['evaluations/mmvu/processed_outputs/validation_cot/tiny-av_8frame.json', 'mmvu-outputs'],
  ['evaluations/omnibench/results/tiny-av/batch-5_1142_20240817.json', 'omnibench-outputs'],
  ['evaluations/video-holmes/Results-tiny-av.json', 'video-holmes-results'],
  ['evaluations/avatar/mmvu_7b_rl.jsonl', 'avatar-eval'],
  ['evaluations/avatar/video_holmes_avatar.jsonl', 'avatar-eval'],
  ['evaluations/avatar/inference_output_omnibench.json', 'avatar-eval'],
  ['vlmevalkit/tiny-av/T20261129-120000/tiny-av_Video_Holmes_32frame.xlsx', 'vlmevalkit'],
  ['vlmevalkit/tiny-av/T20261129-120000/tiny-av_Video_Holmes_32frame_score.csv', 'vlmevalkit'],
  ['vlmevalkit/others/tiny-av_Video_Holmes.tsv', 'vlmevalkit'],
  ['vlmevalkit/others/tiny-av_Video_Holmes.json', 'vlmevalkit'],
  ['evaluations/humanomni/ib_humanomniv2.json', 'humanomni-eval'],
  ['evaluations/echoink/valid_7b.jsonl', 'echoink-eval'],
  ['inspect/colours.eval', 'inspect'],
  ['inspect/colours-deflated.eval', 'inspect'],
  ['inspect/colours.json', 'inspect-json'],
  ['ms-swift/infer/infer_result/20261129-120000.jsonl', 'swift-infer'],
])('%s is known as %s, and adds nothing the second time', async (name, format) => {
  const file = join(fixtures, name);
  expect((await detectFormat(file))?.name).toBe(format);
  const store = openStore();
  const first = await importFiles(store, [file]);
  expect(first.rollouts).toBeGreaterThan(0);
  expect(await importFiles(store, [file])).toMatchObject({ rollouts: 0, prompts: 0, duplicates: first.rollouts });
  for (const { split } of store.prompts.page().rows) expect(split).toBe('test');
  const evaluations = store.evaluations.all();
  expect(evaluations.reduce((sum, { done }) => sum + done, 0)).toBe(first.rollouts);
});

it('of every kind are of the prompts that the three benchmarks have', async () => {
  for (const order of [0, 1]) {
    const store = openStore();
    const predictions = [
      ...['mmvu', 'omnibench', 'video-holmes', 'avatar'].map((name) => join(fixtures, 'evaluations', name)),
      join(fixtures, 'lmms-eval'),
    ];
    await importFiles(store, order === 0 ? [...benchmarks, ...predictions] : [...predictions, ...benchmarks]);
    const known = store.prompts.page().rows.filter(({ sourceId }) => !/_2$|\/[23]$/u.test(sourceId ?? ''));
    expect(known.map(({ question, video, rollouts }) => [question, video, rollouts]).sort()).toEqual([
      ['How are they related?', 'videos/RSm-jqs.mp4', 3],
      ['How many grams?', 'videos/Chemistry/0.mp4', 6],
      ['What are they doing?', 'mm_data/image/2_009.png', 3],
      ['Which technique is shown?', 'videos/Art/0.mp4', 2],
    ]);
  }
});

const benchmarks = ['mmvu.json', 'omnibench.jsonl', 'video-holmes.json'].map((name) =>
  join(fixtures, 'datasets', name),
);

describe('lmms-eval samples', () => {
  it('find the prompts of the three benchmarks, before their datasets or behind them', async () => {
    for (const paths of [
      [...benchmarks, join(fixtures, 'lmms-eval')],
      [join(fixtures, 'lmms-eval'), ...benchmarks],
    ]) {
      const store = openStore();
      const { rejected } = await importFiles(store, paths);
      expect(rejected).toEqual([]);
      const prompts = store.prompts.page().rows;
      expect(
        prompts.map(({ question, options, answer, video, rollouts }) => [
          question,
          options.length,
          answer,
          video,
          rollouts,
        ]),
      ).toEqual(
        expect.arrayContaining([
          ['How many grams?', 5, 'A', 'videos/Chemistry/0.mp4', 3],
          ['Which technique is shown?', 0, 'Dolly zoom', 'videos/Art/0.mp4', 1],
          ['What are they doing?', 4, 'B', 'mm_data/image/2_009.png', 1],
          ['How are they related?', 2, 'A', 'videos/RSm-jqs.mp4', 1],
        ]),
      );
      expect(prompts).toHaveLength(4);
    }
  });

  it('keep the reply with its reasoning, and what the task counts as right; of several replies none is known', async () => {
    const store = openStore();
    const { notes } = await importFiles(store, [join(fixtures, 'lmms-eval')]);
    expect(everything(store)).toMatchObject([
      { policy: 'org/tiny-av', completion: '<think>Twice five. 🎬</think>A', rewards: { accuracy: 1 }, reward: 1 },
      { completion: 'E', rewards: {}, reward: null },
      { completion: 'A', rewards: {}, reward: null },
      { completion: 'A dolly zoom', rewards: { accuracy: 1 } },
      { completion: '(B) A crossword puzzle.', rewards: { accuracy: 1 } },
      { completion: 'B', rewards: { accuracy: 0 }, reward: 0 },
    ]);
    expect(notes).toMatchObject([{ text: expect.stringContaining('logs one score') as string }]);
  });

  it('of other tasks have plain metrics by name, and no reply where options were weighed', async () => {
    const row = {
      doc_id: 4,
      target: '3',
      filtered_resps: 'Three.',
      doc_hash: 'x',
      input: 'How many?',
      gpt_eval_score: 3.5,
      exact_match: 1,
    };
    const folder = folderOf({
      'm/20261129_120000_samples_clips.jsonl': [
        row,
        {
          ...row,
          doc_id: 5,
          filtered_resps: [
            ['-1.5', 'False'],
            ['-0.5', 'True'],
          ],
        },
        { ...row, doc_id: 6, filtered_resps: '' },
        { ...row, doc_id: 7, exact_match: { pred_answer: 'A', answer: 'B' } },
      ],
    });
    const store = openStore();
    const { rejected } = await importFiles(store, [folder]);
    expect(rejected).toMatchObject([
      { line: 2, reason: expect.stringContaining('weighed options') as string },
      { line: 3, reason: expect.stringContaining('no reply') as string },
    ]);
    expect(everything(store)).toMatchObject([
      { policy: 'm', rewards: { accuracy: 1, gpt_eval_score: 3.5 }, reward: 1 },
      { rewards: { accuracy: 0 } },
    ]);
    expect(store.prompts.page().rows).toMatchObject([{ dataset: 'clips', sourceId: 'clips/4', answer: '3' }, {}]);
  });
});

const evaluations = join(fixtures, 'evaluations');

describe('MMVU outputs', () => {
  it.each([
    [['outputs', 'processed_outputs']],
    [['processed_outputs', 'outputs']],
    [['outputs']],
    [['processed_outputs']],
  ])('are one with the file that was judged: %j', async (folders) => {
    const store = openStore();
    const { rejected, notes } = await importFiles(
      store,
      folders.map((folder) => join(evaluations, 'mmvu', folder)),
    );
    expect(rejected).toEqual([]);
    expect(everything(store)).toMatchObject([
      { policy: 'tiny-av', completion: expect.stringContaining('🎬') as string, rewards: { accuracy: 1 }, reward: 1 },
      { completion: 'Twice five is ten. Therefore, the final answer is: A', rewards: { accuracy: 1 } },
      // Its judge failed.
      { completion: 'Therefore, the final answer is: C', rewards: {}, reward: null },
    ]);
    expect(new Set(notes.map(({ text }) => text))).toEqual(
      new Set([
        expect.stringContaining('the judge is taken for gpt-4o') as string,
        expect.stringContaining('took no answer') as string,
      ]),
    );
    const [{ id }] = store.evaluations.all();
    expect(store.evaluations.rollouts(id).rows.map(({ verdict }) => verdict)).toEqual([
      { extracted: 'dolly zoom', correct: true, judge: expect.objectContaining({ model: 'gpt-4o' }) as object },
      { extracted: 'A', correct: true, judge: expect.objectContaining({ model: 'gpt-4o' }) as object },
      null,
    ]);
    expect(store.prompts.page().rows).toMatchObject([
      {
        question: 'Which technique is shown?',
        problemType: 'free-form',
        video: 'videos/Art/0.mp4',
        answer: 'Dolly zoom',
      },
      { sourceId: 'validation_1', problemType: 'multiple-choice', answer: 'A' },
      { sourceId: 'validation_2' },
    ]);
    expect(store.evaluations.all()).toMatchObject([{ name: 'mmvu validation_cot 8frame', done: 3 }]);
  });

  it('alone tell no verdict, judged alone name no video; what was not generated is no reply', async () => {
    const row = {
      id: 'validation_7',
      question: 'What?',
      question_type: 'open-ended',
      choices: {},
      answer: 'x',
      video: 'u/videos/Art/7.mp4',
    };
    const judged = {
      id: 'validation_7',
      question: 'What?',
      choices: {},
      response: 'That.',
      ground_truth_answer: 'x',
      extracted_answer: 'That',
      correct: false,
    };
    const folder = folderOf({
      'a.json': [
        JSON.stringify([
          { ...row, response: 'That.' },
          { ...row, response: null },
          { ...row, response: ['One.', 'Two.'] },
        ]),
      ],
      'b.json': [JSON.stringify([judged])],
    });
    const store = openStore();
    const { rejected } = await importFiles(store, [folder]);
    expect(rejected).toMatchObject([{ line: 1, reason: 'response: no text: nothing was generated' }]);
    expect(everything(store)).toMatchObject([
      { policy: 'a', completion: 'That.', rewards: {}, reward: null },
      { completion: 'One.' },
      { completion: 'Two.' },
      { policy: 'b', rewards: { accuracy: 0 }, reward: 0 },
    ]);
    // Joined to the prompt with the video.
    expect(store.prompts.page().rows).toMatchObject([{ rollouts: 4 }]);
  });
});

describe('OmniBench outputs', () => {
  it('have their options in one text', async () => {
    const store = openStore();
    await importFiles(store, [join(evaluations, 'omnibench')]);
    expect(store.prompts.page().rows).toMatchObject([
      {
        sourceId: 'omnibench/0',
        options: ['A. Notes.', 'B. A crossword puzzle.', 'C. Sleeping.', 'D. Cooking.'],
        answer: 'B',
      },
    ]);
    expect(everything(store)).toMatchObject([
      { policy: 'tiny-av', completion: 'They hold pencils, so (B).', rewards: { accuracy: 1 } },
    ]);
  });
});

describe('Video-Holmes results', () => {
  it('are put together from what was read, which is said; where nothing was, there is no reply', async () => {
    const store = openStore();
    const { rejected, notes } = await importFiles(store, [join(evaluations, 'video-holmes')]);
    expect(rejected).toMatchObject([{ line: 19, reason: expect.stringMatching(/^Predicr Answer: WRONG/u) as string }]);
    expect(everything(store)).toMatchObject([
      {
        policy: 'tiny-av',
        completion: '<think>Both hold mops at 0:03. 🎬</think>\n<answer>A</answer>',
        rewards: { accuracy: 1 },
      },
      { completion: '<answer>B</answer>', rewards: { accuracy: 0 }, reward: 0 },
    ]);
    expect(notes.map(({ text }) => text)).toEqual([
      expect.stringContaining('not the reply'),
      expect.stringContaining('Answer Type'),
    ]);
  });
});

describe('AVATAR evaluations', () => {
  it('have the reply behind the prompt that was decoded with it, and the variant in the name of the policy', async () => {
    const store = openStore();
    const { rejected } = await importFiles(store, [join(evaluations, 'avatar')]);
    expect(rejected.map(({ line, reason }) => [line, reason])).toEqual([
      [1, 'error: the evaluation failed on this question: CUDA out of memory'],
      [1, 'error: the evaluation failed on this question: CUDA out of memory'],
      [2, 'error: the evaluation failed on this question: CUDA out of memory'],
    ]);
    const system = 'You are a helpful assistant that answers multiple-choice questions.';
    expect(
      everything(store).map(({ policy, completion, rewards, system }) => ({ policy, completion, rewards, system })),
    ).toMatchObject([
      { policy: 'inference_output', completion: expect.stringContaining('🎬') as string, rewards: { accuracy: 1 } },
      { policy: '7b_base', completion: 'E', rewards: { accuracy: 0 }, system },
      { policy: '7b_rl', completion: '<think>Twice five.</think>\n<answer>A</answer>', rewards: { accuracy: 1 } },
      { policy: 'avatar-rl', completion: '<think>Mops.</think><answer>A. Cleaners</answer>', rewards: { accuracy: 0 } },
    ]);
    expect(store.evaluations.all().map(({ name }) => name)).toEqual(['video-holmes', 'mmvu', 'mmvu', 'omnibench']);
  });
});

describe('swift infer results', () => {
  it('are replies to the rows of their dataset, of the checkpoint around them', async () => {
    const store = openStore();
    const infer = join(fixtures, 'ms-swift/infer');
    const { rejected } = await importFiles(store, [join(infer, 'infer_result')]);
    expect(rejected).toEqual([]);
    expect(store.prompts.page().rows).toMatchObject([
      {
        question: 'Which colour sounds?',
        options: ['A. red', 'B. green'],
        video: 'clips/1.mp4',
        audio: 'clips/1.wav',
        dataset: 'dataset',
        answer: 'B',
      },
      { question: 'How many tones?', answer: null, rollouts: 1 },
    ]);
    expect(everything(store)).toMatchObject([
      {
        policy: 'infer',
        policyVersion: 0,
        completion: '<think>Green. 🎬</think>\n<answer>B</answer>',
        rewards: {},
        reward: null,
        system: 'Answer with <answer>.',
      },
      { completion: '<answer>2</answer>' },
    ]);
    expect(store.evaluations.all()).toMatchObject([{ name: 'dataset 20261129-120000', done: 2 }]);
  });

  it('of a checkpoint have its step for a version; an embedding is no reply', async () => {
    const row = {
      response: 'Three.',
      messages: [
        { role: 'user', content: 'How many?' },
        { role: 'assistant', content: 'Three.' },
      ],
      solution: '3',
      problem_type: 'numerical',
    };
    const folder = folderOf({ 'v0-av/checkpoint-40/infer_result/x.jsonl': [row, { ...row, response: 5 }] });
    const store = openStore();
    const { rejected } = await importFiles(store, [folder]);
    expect(rejected).toMatchObject([{ line: 2, reason: 'response: no text' }]);
    expect(everything(store)).toMatchObject([{ policy: 'v0-av', policyVersion: 40 }]);
    expect(store.prompts.page().rows).toMatchObject([{ answer: '3', problemType: 'numerical' }]);
  });
});

describe('VLMEvalKit predictions', () => {
  const folder = join(fixtures, 'vlmevalkit/tiny-av/T20261129-120000');
  const failed = 'prediction: Failed to obtain answer via API.';

  it('in a workbook have their scores in the file beside it, and are the same when that is read', async () => {
    const store = openStore();
    const { rejected, rollouts, duplicates } = await importFiles(store, [benchmarks[2], folder]);
    expect({ rollouts, duplicates }).toEqual({ rollouts: 2, duplicates: 2 });
    expect(rejected.map(({ line, reason }) => [line, reason])).toEqual([
      [3, failed],
      [4, failed],
    ]);
    expect(everything(store)).toMatchObject([
      {
        policy: 'tiny-av',
        completion: '<think>Mops, "both". 🎬\b</think>\n<answer>A</answer>',
        rewards: { accuracy: 1 },
        reward: 1,
      },
      { completion: '=B', rewards: { accuracy: 0 }, reward: 0 },
    ]);
    expect(store.prompts.page().rows).toMatchObject([
      { sourceId: 'RSm-jqs/1', dataset: 'video-holmes', video: 'videos/RSm-jqs.mp4', rollouts: 1 },
      { sourceId: 'RSm-jqs/3', options: ['A. Cleaners', 'B. Siblings'], category: 'SR' },
    ]);
    expect(store.evaluations.all()).toMatchObject([{ name: 'Video_Holmes_32frame', policy: 'tiny-av', done: 2 }]);
  });

  it.each(['tsv', 'json'])('in %s are the same replies, whose verdict is not known', async (ending) => {
    const store = openStore();
    await importFiles(store, [join(fixtures, `vlmevalkit/others/tiny-av_Video_Holmes.${ending}`)]);
    expect(everything(store)).toMatchObject([
      {
        policy: 'tiny-av',
        completion: '<think>Mops, "both". 🎬\b</think>\n<answer>A</answer>',
        rewards: {},
        reward: null,
      },
      { completion: '=B' },
    ]);
  });

  it('of other datasets have options in columns, media by their paths, and what was thought before the reply', async () => {
    const row = {
      index: 7,
      question: 'Which?',
      A: 'red',
      B: 'green',
      C: '',
      answer: 'B',
      image_path: 'x.png',
      prediction: 'B',
      thinking: 'Green.',
      score: -1,
    };
    const long = {
      ...row,
      index: 8,
      prediction: 'x'.repeat(32_767),
      thinking: '',
      candidates: ['red', "it's"],
      score: 1,
    };
    const store = openStore();
    const { notes } = await importFiles(store, [folderOf({ 'm/m_Clips.json': [JSON.stringify([row, long])] })]);
    expect(notes).toMatchObject([{ text: expect.stringContaining('32767 characters are cut off') as string }]);
    expect(everything(store)).toMatchObject([
      { policy: 'm', completion: '<think>Green.</think>\nB', rewards: {} },
      { rewards: { accuracy: 1 } },
    ]);
    expect(store.prompts.page().rows).toMatchObject([
      { dataset: 'Clips', sourceId: 'Clips/7', options: ['A. red', 'B. green'], video: 'x.png' },
      { options: ['A. red', "B. it's"] },
    ]);
  });
});

it('HumanOmniV2’s are of the row within; a reply whose answer it took from another one is not judged', async () => {
  const store = openStore();
  const { rejected, notes } = await importFiles(store, [join(evaluations, 'humanomni')]);
  expect(rejected).toEqual([]);
  expect(notes).toMatchObject([{ text: expect.stringContaining('as if they were another reply') as string }]);
  expect(store.prompts.page().rows).toMatchObject([
    {
      question: 'Why does she laugh?',
      options: ['A. A joke.', 'B. A fall.'],
      answer: 'B',
      dataset: 'IntentBench',
      video: 'videos/4.mp4',
      rollouts: 2,
    },
  ]);
  expect(everything(store)).toMatchObject([
    {
      policy: 'humanomniv2',
      completion: expect.stringContaining('🎬') as string,
      rewards: { accuracy: 1 },
      reward: 1,
      system: expect.stringContaining('helpful') as string,
    },
    { completion: 'She laughs at the fall.', rewards: {}, reward: null },
  ]);
});

it('EchoInk’s have the question in the chat, and are right where the prediction is the answer', async () => {
  const store = openStore();
  const bare = { id: 13, gt: 'A', pred: '?', task_type: '', audio_type: '', reply: 'Hm.', variant: 'base' };
  await importFiles(store, [join(evaluations, 'echoink'), folderOf({ 'x.jsonl': [bare] })]);
  expect(store.prompts.page().rows).toMatchObject([
    {
      question: 'Which object sounds?',
      options: ['A. The bell.', 'B. The drum.'],
      answer: 'B',
      sourceId: 'echoink/12',
      category: 'sound',
    },
    { question: 'EchoInk 13', sourceId: '13' },
  ]);
  expect(everything(store)).toMatchObject([
    {
      policy: 'valid_7b-rl',
      completion: '<think>Boom. 🎬</think>\n<answer>B</answer>',
      rewards: { accuracy: 1 },
      system: 'You are a helpful assistant.',
    },
    { completion: 'A bell.', rewards: { accuracy: 0 } },
    { policy: 'x-base', completion: 'Hm.', rewards: { accuracy: 0 } },
  ]);
});

describe('Inspect logs', () => {
  it.each(['colours.eval', 'colours-deflated.eval'])(
    '%s has a sample a member, packed with zstd or deflated',
    async (name) => {
      const store = openStore();
      const { rejected, notes } = await importFiles(store, [join(fixtures, 'inspect', name)]);
      expect(rejected).toEqual([]);
      expect(notes).toMatchObject([{ text: expect.stringContaining('media within messages') as string }]);
      expect(store.prompts.page().rows).toMatchObject([
        {
          question: 'Which colour sounds?',
          options: ['A. red', 'B. green'],
          answer: 'B',
          sourceId: 'colours/clip-1',
          groups: 1,
          rollouts: 2,
          video: null,
        },
        {
          question: 'How many tones?',
          options: ['A. one', 'B. two'],
          answer: 'A',
          sourceId: 'colours/2',
          rollouts: 2,
          video: null,
        },
      ]);
      expect(everything(store)).toMatchObject([
        {
          policy: 'mockllm/tiny',
          completion: '<think>Green sounds. 🎬</think>\nANSWER: B',
          rewards: { accuracy: 1 },
          reward: 1,
          finish: 'stop',
          system: 'Think first.',
        },
        { completion: 'ANSWER: A', rewards: { accuracy: 0 } },
        { completion: 'ANSWER: A', rewards: { accuracy: 1 } },
        { completion: 'On and on', rewards: { accuracy: 0 }, finish: 'length' },
      ]);
      expect(store.evaluations.all()).toMatchObject([
        { name: expect.stringMatching(/^colours \d{4}-/u) as string, done: 4 },
      ]);
    },
  );

  it('are the same as JSON, but for one that has the header alone', async () => {
    const store = openStore();
    await importFiles(store, [join(fixtures, 'inspect/colours.eval')]);
    const file = join(fixtures, 'inspect/colours.json');
    expect(await importFiles(store, [file])).toMatchObject({ rollouts: 0, duplicates: 4, rejected: [] });
    expect(store.evaluations.all()).toMatchObject([{ done: 4 }]);
    const bare = join(temporaryFolder(), 'bare.json');
    const log = JSON.parse(readFileSync(file, 'utf8')) as object;
    writeFileSync(bare, JSON.stringify({ ...log, samples: null }));
    const { rejected } = await importFiles(openStore(), [bare]);
    expect(rejected).toMatchObject([{ reason: expect.stringContaining('this log has the header alone') as string }]);
  });

  it('have texts put apart, calls and scores of many kinds; a sample that failed is told of', () => {
    const log = { eval: { task: 't', model: 'm' } };
    const message = {
      role: 'assistant',
      content: 'attachment://a',
      tool_calls: [{ id: '1', function: 'seek', arguments: { s: 3 }, type: 'function' }],
    };
    const given = {
      ...{ id: 1, input: 'attachment://q', target: ['x', 'y'], messages: [], attachments: { a: 'So x.', q: 'What?' } },
      output: { choices: [{ message, stop_reason: 'tool_calls' }, { message }] },
      scores: {
        graded: { value: 0.25 },
        kinds: { value: { right: 'C', form: 'P', none: null } },
        unscored: { value: null },
      },
    };
    const notes: string[] = [];
    const parse = (sample: object) =>
      inspect.parse(
        { log, sample },
        {
          file: '/x.eval',
          modifiedAt: '',
          dataset: 'x',
          companion: null,
          survey: undefined,
          phases: [],
          note: (text) => notes.push(text),
        },
      );
    expect(parse(given)).toMatchObject({
      evaluation: 't',
      prompt: { question: 'What?', answer: 'x, y', problemType: 'free-form' },
      rollout: {
        completion: 'So x.\n<tool_call>\n{"name": "seek", "arguments": {"s":3}}\n</tool_call>',
        rewards: { accuracy: 1, graded: 0.25, 'kinds/form': 0.5 },
      },
    });
    expect(notes).toEqual([expect.stringContaining('the others are left out')]);
    expect(() => parse({ ...given, error: { message: 'rate limit' } })).toThrow('error: the sample failed: rate limit');
    expect(() => parse({ ...given, output: {} })).toThrow('the model gave no reply');
  });
});
