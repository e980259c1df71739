import { execFile, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, it, vi } from 'vitest';
import type { RunRow } from '../../../src/store/store.ts';
import { temporaryFolder } from '../store/fixture.ts';
import { tinyPolicy, trainingStore } from '../training/fixture.ts';

vi.setConfig({ testTimeout: 300_000 });

it('trains to a summary, stops on Ctrl+C, shows, resumes and stops a run; wrong settings are usage errors', async () => {
  const dist = inject('dist');
  const cli = join(dist, 'cli.cjs');
  const folder = temporaryFolder();
  await tinyPolicy(join(folder, 'tiny'));
  const { store, file } = trainingStore(folder);
  store.close();

  const rolloutLab = (...words: string[]): Promise<{ code: number; document: RunRow; stderr: string }> =>
    new Promise((done) => {
      execFile(process.execPath, [cli, ...words, '--db', file, '--json'], { cwd: folder }, (error, stdout, stderr) => {
        done({ code: error ? Number(error.code) : 0, document: JSON.parse(stdout) as RunRow, stderr });
      });
    });
  const settings = ['promptsPerStep=2', 'maxNewTokens=24', 'replayMin=1', 'evalEvery=0', 'threads=1'];
  const sets = settings.flatMap((setting) => ['--set', setting]);
  const training = [
    'train',
    '--preset',
    'avatar',
    '--policy',
    'tiny',
    '--seed',
    '3',
    '--backend',
    'onnxruntime',
    ...sets,
  ];

  const short = await rolloutLab(...training, '--iterations', '2', '--name', 'short');
  expect(short.code, short.stderr).toBe(0);
  expect(short.document).toMatchObject({
    name: 'short',
    status: 'finished',
    iteration: 2,
    summary: { completions: 16 },
  });
  // Its policy has no chat template.
  expect(short.document.config.system).toBeNull();
  expect(short.stderr).toContain('iteration 2/2 · reward');

  writeFileSync(join(folder, 'system.txt'), 'Reason.\nThen answer.\n');
  const told = ['--system-file', join(folder, 'system.txt')];
  const staged = await rolloutLab(...training, ...told, '--stages', 'visual:1,localisation:1');
  expect(staged.document.config.system).toBe('Reason.\nThen answer.');
  expect(staged.document).toMatchObject({ status: 'finished', iteration: 2, config: { steps: 2 } });
  expect(staged.stderr).toContain('iteration 2/2 · stage localisation');
  expect((await rolloutLab(...training, '--stages', 'visual:1', '--iterations', '2')).code).toBe(2);
  expect((await rolloutLab(...training, '--stages', 'sound:1')).code).toBe(2);
  expect((await rolloutLab(...training, '--system-file', join(folder, 'not-there.txt'))).code).toBe(2);

  const selected = await rolloutLab(...training, '--iterations', '1', '--where', 'stage:visual split:train');
  expect(selected.stderr).toMatch(/^Run .* on 3 selected prompts$/mu);
  const { prompts, dataset } = selected.document.config;
  expect([selected.document.status, prompts?.length, dataset]).toEqual(['finished', 3, 'sample']);
  const shownToPeople = await new Promise<string>((done) =>
    execFile(process.execPath, [cli, 'runs', 'show', selected.document.id, '--db', file], (_, stdout) => done(stdout)),
  );
  expect(shownToPeople).toContain('\n  on 3 selected prompts\n');
  const runs = async (): Promise<number> =>
    ((await rolloutLab('list', 'runs')).document as unknown as { rows: RunRow[] }).rows.length;
  const before = await runs();
  const refused: [string[], number, string][] = [
    [['--where', 'colour:red'], 2, '--where: colour:red names no field'],
    [['--where', 'prompt:nothing'], 1, '--where prompt:nothing keeps no prompt'],
    [
      ['--where', 'split:validation'],
      1,
      'no prompts to train on: dataset sample, 3 selected prompts, split train has none',
    ],
    [['--set', `prompts=${prompts![0]},p-gone`], 1, '1 of the 2 selected prompts is not in this store: p-gone.'],
    [['--set', 'prompts=[]'], 2, 'prompts: must name a prompt'],
  ];
  for (const [words, code, reason] of refused) {
    const { stderr, ...no } = await rolloutLab(...training, ...words);
    expect([words, no.code, JSON.stringify(no.document) + stderr]).toEqual([
      words,
      code,
      expect.stringContaining(reason) as string,
    ]);
  }
  expect(await runs()).toBe(before);

  const long = spawn(process.execPath, [cli, ...training, '--iterations', '500', '--db', file, '--json'], {
    cwd: folder,
  });
  let [stdout, stderr] = ['', ''];
  long.stdout.on('data', (chunk) => (stdout += String(chunk)));
  const end = new Promise<number | null>((done) => long.on('close', done));
  await new Promise<void>((iterated) => {
    long.stderr.on('data', (chunk) => {
      stderr += String(chunk);
      if (stderr.includes('iteration 1/500')) iterated();
    });
  });
  long.kill('SIGINT');
  expect(await end).toBe(0);
  const stopped = JSON.parse(stdout) as RunRow;
  expect(stopped.status).toBe('stopped');

  const resumed = await rolloutLab('runs', 'resume', stopped.id);
  expect(resumed.document.status).toBe('running');
  const again = await rolloutLab('runs', 'stop', stopped.id);
  expect(again.document.status).toBe('stopped');
  expect(again.document.iteration).toBeGreaterThanOrEqual(stopped.iteration);
  const shown = await rolloutLab('runs', 'show', stopped.id);
  const { completions } = again.document.summary as { completions: number };
  expect(shown.document).toMatchObject({
    id: stopped.id,
    checkpoint: { iteration: again.document.iteration },
    weights: { sources: [{ source: 'parabolic', rollouts: completions + 36 }], changed: 0 },
    labels: { length: completions + 36 },
  });

  const random = [
    'train',
    '--init',
    'random',
    '--shape',
    'tiny',
    '--preset',
    'grpo',
    '--backend',
    'onnxruntime',
    ...sets,
  ];
  const measured = await rolloutLab(
    ...random,
    '--iterations',
    '1',
    '--set',
    'lora.rank=4',
    '--set',
    'aggregation=token',
  );
  expect(measured.code, measured.stderr).toBe(0);
  expect(measured.document).toMatchObject({ status: 'finished', config: { policy: 'shape:tiny' } });
  expect((await rolloutLab(...random, '--policy', 'tiny')).code).toBe(2);
  expect((await rolloutLab('train', '--preset', 'grpo', '--init', 'random')).code).toBe(2);

  expect((await rolloutLab(...training, '--set', 'stepz=3')).code).toBe(2);
  expect((await rolloutLab('train', '--policy', 'tiny')).code).toBe(2);
  expect((await rolloutLab('runs', 'stop')).code).toBe(2);
  expect((await rolloutLab('runs', 'show', 'nobody')).code).toBe(1);
  const failed = await rolloutLab(...training, '--policy', 'nowhere');
  expect(failed.code).toBe(1);
  expect(failed.document.error).toContain('is not a policy');
});
