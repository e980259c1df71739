/** What the command line takes of a Ray cluster; test/unit/cluster has runs on one. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { expect, inject, it, vi } from 'vitest';
import { overridden, presetConfig } from '../../../src/domain/preset.ts';
import { openStore, temporaryFolder } from '../store/fixture.ts';

vi.setConfig({ testTimeout: 120_000 });

function rolloutLab(cwd: string, ...words: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((done) => {
    execFile(process.execPath, [join(inject('dist'), 'cli.cjs'), ...words], { cwd }, (error, stdout, stderr) => {
      done({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

it('names the cluster, and what of it the run takes', async () => {
  const train = (...words: string[]) =>
    rolloutLab(temporaryFolder(), 'train', '--dry-run', '--preset', 'avatar', '--engine', 'ray', ...words);
  const address = ['--address', 'https://ray.example:8265'];
  const { code, stdout } = await train(
    ...[...address, '--workers', '2', '--gpus-per-worker', '0.5', '--resources', '{"CPU":2}', '--storage', '/all'],
    ...['--media-uri', 's3://lab/a v/'],
  );
  expect(code).toBe(0);
  expect(stdout).toMatch(/^engine +"ray" +set$/mu);
  expect(stdout).toMatch(/^ray\.address +"https:\/\/ray\.example:8265" +set$/mu);
  expect(stdout).toMatch(/^ray\.workers +2 +set$/mu);
  expect(stdout).toMatch(/^ray\.gpusPerWorker +0\.5 +set$/mu);
  expect(stdout).toMatch(/^ray\.resources +\{"CPU":2\} +set$/mu);
  expect(stdout).toMatch(/^ray\.storage +"\/all" +set$/mu);
  expect(stdout).toMatch(/^ray\.mediaUri +"s3:\/\/lab\/a v" +set$/mu);
  const refused = await Promise.all([
    train(),
    train('--address', 'ray.example'),
    train(...address, '--resources', 'CPU'),
    train(...address, '--resources', '{"CPU":-1}'),
    train(...address, '--workers', '0'),
    train(...address, '--storage', 'all'),
    train(...address, '--media-uri', 's3://key:secret@lab/av'),
  ]);
  expect(refused.map((one) => [one.code, one.stderr.split('\n')[0]])).toEqual([
    [2, expect.stringContaining('--address is missing')],
    [2, expect.stringContaining('ray.address: must be an http or https address')],
    [2, expect.stringContaining('--resources CPU is no JSON: write {"NAME": AMOUNT}')],
    [2, expect.stringContaining('ray.resources.CPU: must be at least 0')],
    [2, expect.stringContaining('ray.workers: must be at least 1')],
    [2, expect.stringContaining('--storage all is no absolute path')],
    [2, expect.stringContaining('ray.mediaUri: must be s3://BUCKET/PREFIX or gs://BUCKET/PREFIX, without user')],
  ]);
});

it('sends a stored run to no cluster that is not named with it', async () => {
  const home = temporaryFolder();
  const store = openStore(join(home, 'rollouts.db'));
  const config = overridden(presetConfig('avatar', 'policy', 1), ['engine=ray', 'ray.address=https://ray.example']);
  const { id } = store.runs.create('avatar-1', config);
  store.runs.update(id, { status: 'stopped' });
  for (const named of [[], ['--address', 'https://other.example']]) {
    const { code, stderr } = await rolloutLab(home, 'runs', 'resume', '--db', 'rollouts.db', id, ...named);
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining('the run’s Ray cluster is at https://ray.example, which'),
    ]);
  }
  expect(store.runs.get(id)).toMatchObject({ status: 'stopped', remote: null });
});

it('asks for a cluster’s address where it is to read a policy, and takes none for another engine', async () => {
  const home = temporaryFolder();
  openStore(join(home, 'rollouts.db')).close();
  const reading = [
    ['evaluate', '--db', 'rollouts.db', '--policy', 'tiny', '--benchmark', 'sample'],
    ['generate', '--policy', 'tiny', '--prompt', 'Hello'],
    ['logprobs', '--policy', 'tiny', '--text', 'Hello'],
  ];
  for (const words of reading) {
    const refused = await Promise.all([
      rolloutLab(home, ...words, '--engine', 'ray'),
      rolloutLab(home, ...words, '--engine', 'ray', '--address', 'http://me:secret@ray.example'),
      rolloutLab(home, ...words, '--address', 'http://ray.example'),
      rolloutLab(home, ...words, '--engine', 'torch', '--files', 'shared'),
    ]);
    expect(refused.map((one) => [one.code, one.stderr.split('\n')[0]])).toEqual([
      [2, expect.stringContaining('--address is missing')],
      [2, expect.stringContaining('ray.address: must be an http or https address without user')],
      [2, expect.stringContaining('--address is of the engine ray alone')],
      [2, expect.stringContaining('--files is of the engine ray alone')],
    ]);
  }
});
