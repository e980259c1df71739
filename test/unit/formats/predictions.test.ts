/** What evaluations leave: replies with what their tool says of them, on the prompts of the benchmark's own dataset. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { detectFormat } from '../../../src/formats/detect.ts';
import { importFiles } from '../../../src/formats/import.ts';
import { openStore } from '../store/fixture.ts';
import { everything, fixtures, folderOf } from './fixture.ts';

const lmms = 'lmms-eval/org__tiny-av/20261129_120000_samples';

it.each([
  [`${lmms}_mmvu_val.jsonl`, 'lmms-eval'],
  [`${lmms}_omni_bench.jsonl`, 'lmms-eval'],
  [`${lmms}_video_holmes.jsonl`, 'lmms-eval'],
])('%s is known as %s, and adds nothing the second time', async (name, format) => {
  const file = join(fixtures, name);
  expect((await detectFormat(file))?.name).toBe(format);
  const store = openStore();
  const first = await importFiles(store, [file]);
  expect(first.rollouts).toBeGreaterThan(0);
  expect(await importFiles(store, [file])).toMatchObject({ rollouts: 0, prompts: 0, duplicates: first.rollouts });
  for (const { split } of store.prompts.page().rows) expect(split).toBe('test');
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
