/** Runs of the command line whose reasoning an endpoint judges. */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, it, vi } from 'vitest';
import type { RunRow } from '../../../src/store/store.ts';
import { temporaryFolder } from '../store/fixture.ts';
import { timeless, tinyPolicy, trainingStore } from '../training/fixture.ts';
import { completion, picturesOf, serveJudge, textOf, verdict, type Question } from '../training/judge-server.ts';

vi.setConfig({ testTimeout: 300_000 });

it('a judge that fails stops the run; resumed, it is asked nothing twice and comes to what an uninterrupted run does', async () => {
  const dist = inject('dist');
  const folder = temporaryFolder();
  await tinyPolicy(join(folder, 'tiny'));
  const { store, file } = trainingStore(folder);

  // Each answer scores differently, so that only remembered verdicts come back the same. Mended, it never fails again.
  let mended = false;
  let late = 0;
  const answered: string[] = [];
  const { endpoint, asked } = await serveJudge((question: Question) => {
    if (!mended && store.runs.all()[0].iteration >= 2) late += 1;
    if (!mended && late > 1) return { status: 400, body: '{"error":{"message":"no such model"}}' };
    answered.push(JSON.stringify(question.messages));
    return verdict(question, (step) => ((answered.length * 31 + step) % 97) / 97);
  });
  const key = 'sk-of-the-judge';
  const printed: string[] = [];
  const rolloutLab = (...words: string[]): Promise<{ code: number; run: RunRow }> =>
    new Promise((done) => {
      const options = { cwd: folder, env: { ...process.env, ROLLOUT_LAB_JUDGE_KEY: key } };
      const all = [join(dist, 'cli.cjs'), ...words, '--db', file, '--json'];
      execFile(process.execPath, all, options, (error, stdout, stderr) => {
        printed.push(stdout, stderr);
        done({ code: error ? Number(error.code) : 0, run: JSON.parse(stdout) as RunRow });
      });
    });
  const settings = [
    ...[
      'promptsPerStep=2',
      'maxNewTokens=24',
      'evalEvery=0',
      'threads=1',
      'checkpointEvery=2',
      'stage=localisation',
      'temperature=2',
    ],
    ...[`judge.endpoint=${endpoint}`, 'judge.model=small', 'judge.concurrency=2'],
  ];
  const train = (): Promise<{ code: number; run: RunRow }> =>
    rolloutLab(
      ...[
        'train',
        '--preset',
        'grpo',
        '--policy',
        'tiny',
        '--seed',
        '3',
        '--backend',
        'onnxruntime',
        '--iterations',
        '4',
      ],
      ...settings.flatMap((setting) => ['--set', setting]),
    );

  const { code, run } = await train();
  expect(code).toBe(1);
  expect(run).toMatchObject({ status: 'failed', iteration: 2 });
  expect(run.error).toContain(`the judge small at ${endpoint} answered 400 Bad Request: {"error"`);
  expect(run.error).toContain('The last good checkpoint is iteration 2');

  mended = true;
  const before = asked.length;
  for (const named of [[], ['--judge', 'https://judge.example/v1']]) {
    const refused = await rolloutLab('runs', 'resume', run.id, ...named);
    expect(refused.code).toBe(2);
    expect(refused.run.error).toContain(`the run’s judge is at ${endpoint}, which`);
  }
  expect([store.runs.get(run.id)!.status, asked.length]).toEqual(['failed', before]);
  expect((await rolloutLab('runs', 'resume', run.id, '--judge', endpoint)).code).toBe(0);
  await vi.waitFor(() => expect(store.runs.get(run.id)!.status).toBe('finished'), { timeout: 60_000 });
  expect(new Set(answered).size).toBe(answered.length);
  expect(asked.every(({ headers }) => headers.authorization === `Bearer ${key}`)).toBe(true);
  const judged = store.runs.metrics(run.id, 0).map(({ values }) => values['reward/judge']);
  expect(judged.every((score) => score > 0 && score < 1)).toBe(true);

  const after = asked.length;
  const whole = await train();
  expect(whole.run.status).toBe('finished');
  expect(asked.length).toBe(after);
  expect(timeless(store.runs.metrics(whole.run.id, 0))).toEqual(timeless(store.runs.metrics(run.id, 0)));
  expect(store.runs.log(run.id, 0).map(({ message }) => message)).toContain(
    `Reasoning is judged by small at ${endpoint}: it is sent there with its question and the correct answer.`,
  );

  store.close();
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const written = files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1'));
  expect([...written, ...printed].filter((text) => text.includes(key))).toEqual([]);
});

it('a judge by four criteria is shown frames; what it says unreadably counts as 0, is counted, and stops no run', async () => {
  const dist = inject('dist');
  const folder = temporaryFolder();
  await tinyPolicy(join(folder, 'tiny'));
  const { store, file } = trainingStore(folder);
  const isReadable = (question: Question): boolean => textOf(question).length % 3 > 0;
  const { endpoint, asked } = await serveJudge((question) =>
    completion(isReadable(question) ? '{"hearing":1,"seeing":0.5,"place":0,"description":0.5}' : 'It is fine.'),
  );
  const settings = [
    ...['promptsPerStep=2', 'maxNewTokens=24', 'evalEvery=0', 'threads=1', 'stage=localisation', 'temperature=2'],
    ...[`judge.endpoint=${endpoint}`, 'judge.model=seeing', 'judge.style=criteria', 'judge.frames=8'],
    'judge.unreadable=zero',
  ];
  const words = [
    ...[
      'train',
      '--preset',
      'grpo',
      '--policy',
      'tiny',
      '--seed',
      '3',
      '--backend',
      'onnxruntime',
      '--iterations',
      '2',
    ],
    ...settings.flatMap((setting) => ['--set', setting]),
  ];
  const run = await new Promise<RunRow>((done, fail) => {
    const all = [join(dist, 'cli.cjs'), ...words, '--db', file, '--json'];
    execFile(process.execPath, all, { cwd: folder }, (error, stdout, stderr) => {
      if (error) fail(new Error(`${stdout}\n${stderr}`, { cause: error }));
      else done(JSON.parse(stdout) as RunRow);
    });
  });

  expect(run.status).toBe('finished');
  const log = store.runs.log(run.id, 0);
  expect(log.map(({ message }) => message)).toContain(
    `Reasoning is judged by seeing at ${endpoint}: it is sent there with its question, the correct answer, the final answer, ` +
      'the caption of its sound, and 8 frames of its video.',
  );
  expect(log.filter(({ message }) => message.startsWith('Where a verdict cannot be read'))).toHaveLength(1);
  for (const { question } of asked) {
    const pictures = picturesOf(question);
    expect(pictures).toHaveLength(8);
    for (const picture of pictures) expect(picture.subarray(0, 2).toString('hex')).toBe('ffd8');
    expect(textOf(question)).toContain('Final answer:\n');
  }
  const made = store.rollouts.page({ runId: run.id, limit: 100 }).rows;
  const unjudged = made.filter(({ rewards }) => rewards.judge === undefined);
  expect(unjudged.length).toBeGreaterThan(0);
  expect(unjudged.length).toBeLessThan(made.length);
  for (const { rewards, reward } of unjudged)
    expect(reward).toBeCloseTo(0.2 * rewards.format + 0.4 * rewards.accuracy, 6);
  const values = store.runs.metrics(run.id, 0).map((row) => row.values);
  expect(values.reduce((sum, { unreadableVerdicts = 0 }) => sum + unreadableVerdicts, 0)).toBe(unjudged.length);
  // One that says nothing at all is not asked about.
  const judged = made.filter((one) => !unjudged.includes(one)).map(({ rewards }) => rewards.judge);
  expect(judged.filter((score) => score !== 0 && score !== 0.5)).toEqual([]);
  expect(judged).toContain(0.5);
  store.close();
});
