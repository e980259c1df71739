/** Datasets with the columns that AVATAR's trainer and rewards read, and Video-R1's, from their files through a training and out again. */
import { execFile } from 'node:child_process';
import { cpSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, inject, it, vi } from 'vitest';
import { Store, type RunRow } from '../../../src/store/store.ts';
import { fixtures } from '../formats/fixture.ts';
import { temporaryFolder } from '../store/fixture.ts';
import { sample } from '../training/fixture.ts';

vi.setConfig({ testTimeout: 300_000 });

const linesOf = (file: string): unknown[] =>
  readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);

it('are imported with types, options, stages and hints, trained on, and exported as they were', async () => {
  const dist = inject('dist');
  const folder = temporaryFolder();
  const [db, out] = ['rollouts.db', 'prompts-out.jsonl'].map((name) => join(folder, name));
  const data = ['avatar', 'video-r1'].map((name) => join(folder, `${name}.jsonl`));
  for (const file of data) cpSync(join(fixtures, 'datasets', basename(file)), file);
  for (const clip of ['001', '002', '003'])
    cpSync(join(sample, `clips/${clip}.mp4`), join(folder, `clips/${clip}.mp4`));
  const rolloutLab = <Result>(...words: string[]): Promise<Result> =>
    new Promise((done, fail) => {
      const all = [join(dist, 'cli.cjs'), ...words, '--db', db, '--json'];
      execFile(process.execPath, all, { cwd: folder }, (error, stdout, stderr) => {
        if (error) fail(new Error(`${stdout}\n${stderr}`, { cause: error }));
        else done(JSON.parse(stdout) as Result);
      });
    });

  const report = await rolloutLab<{ notes: { text: string }[] }>('import', ...data);
  expect(report).toMatchObject({ prompts: 12, rejected: [] });
  expect(report.notes.map(({ text }) => text)).toEqual([
    'problem_type “localization” is none that is known here: its rows are scored by exact match',
    expect.stringContaining('rows without problem_type are scored by exact match'),
  ]);
  const store = Store.open(db);
  const stored = store.prompts.page({ limit: 100 }).rows;
  expect(stored).toMatchObject([
    {
      ...{ sourceId: 'stage1-0001', problemType: 'multiple-choice', stage: 'visual', answer: 'A' },
      question: 'Which colour is on screen first?',
      options: ['A. red', 'B. green', 'C. blue', 'D. yellow'],
    },
    { problemType: 'numerical', hint: 'Count each start once,\nnot each second.', options: [], stage: 'visual' },
    { problemType: 'regression', stage: 'visual' },
    { problemType: 'ocr', stage: null },
    { problemType: 'text-recognition' },
    { problemType: 'free-form', stage: 'audio-visual', hint: null },
    { problemType: 'descriptive', stage: 'audio-visual' },
    { problemType: 'code', stage: 'audio-visual' },
    { problemType: 'exact', stage: 'localisation', sourceRow: { audio_cues: 'A low tone, then silence.' } },
    { problemType: 'exact', stage: 'localisation', answer: 'low' },
    { problemType: 'numerical', sourceId: '17' },
    { problemType: 'multiple-choice', sourceId: '18', options: ['A. red', 'B. green', 'C. blue'] },
  ]);

  const settings = ['promptsPerStep=12', 'onPolicy=2', 'replayMin=1', 'maxNewTokens=8', 'evalEvery=0', 'threads=1'];
  const run = await rolloutLab<RunRow>(
    ...['train', '--preset', 'avatar', '--policy', join(sample, 'policy'), '--seed', '3', '--iterations', '1'],
    ...['--backend', 'onnxruntime', ...settings.flatMap((setting) => ['--set', setting])],
  );
  expect(run).toMatchObject({ status: 'finished', iteration: 1, summary: { completions: 24 } });
  const trainedOn = new Set(store.rollouts.page({ runId: run.id, limit: 100 }).rows.map(({ promptId }) => promptId));
  expect(trainedOn).toEqual(new Set(stored.map(({ id }) => id)));
  store.close();

  expect(await rolloutLab('export', 'prompts', '--out', out)).toEqual({ format: 'dataset', out, prompts: 12 });
  expect(linesOf(out)).toEqual(data.flatMap(linesOf));
  expect(await rolloutLab('export', 'prompts', '--out', out, '--dataset', 'video-r1')).toEqual({
    format: 'dataset',
    out,
    prompts: 2,
  });
  expect(linesOf(out)).toEqual(linesOf(data[1]));
});
