/** A miniature study by the real command line: tuned, interrupted, gone on with, reported. */
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it, vi } from 'vitest';
import type { Findings } from '../../../src/cli/study/findings.ts';
import { bundles } from '../bundle.ts';
import { temporaryFolder } from '../store/fixture.ts';
import { tinyPolicy } from '../training/fixture.ts';

vi.setConfig({ testTimeout: 300_000 });

const sample = resolve(import.meta.dirname, '../../../media/sample');

/** Four clips of the sample project, two of them for training, with a tiny policy. */
async function smallProject(folder: string): Promise<string> {
  const clips = ['001', '002', '003', '004'].map((name) => `clips/${name}.mp4`);
  const lines = (file: string): string[] => readFileSync(join(sample, file), 'utf8').trim().split('\n');
  const rows = lines('dataset.jsonl').map((line) => JSON.parse(line) as { video: string });
  const splits = ['train', 'train', 'validation', 'test'];
  const chosen = clips.flatMap((clip, i) =>
    rows.filter(({ video }) => video === clip).map((row) => ({ ...row, split: splits[i] })),
  );
  const rollouts = lines('rollouts/sample.rollouts.jsonl').filter((line) => {
    const { prompt } = JSON.parse(line) as { prompt: { video: string } };
    return clips.slice(0, 2).some((clip) => prompt.video.endsWith(clip));
  });
  for (const part of ['clips', 'rollouts']) mkdirSync(join(folder, part), { recursive: true });
  for (const clip of clips) cpSync(join(sample, clip), join(folder, clip));
  writeFileSync(join(folder, 'dataset.jsonl'), chosen.map((row) => `${JSON.stringify(row)}\n`).join(''));
  writeFileSync(join(folder, 'rollouts/sample.rollouts.jsonl'), rollouts.map((line) => `${line}\n`).join(''));
  await tinyPolicy(join(folder, 'policy'), 256);
  return folder;
}

it('tunes, judges and reports, goes on where Ctrl+C left it, and trains nothing twice', async () => {
  const dist = await bundles({ cli: 'src/cli/main.ts', training: 'src/training/main.ts' });
  const folder = temporaryFolder();
  const project = await smallProject(join(folder, 'project'));
  const out = join(folder, 'study');
  const small = ['--iterations', '2', '--seeds', '2', '--jobs', '2'];
  const study = async (words: string[], interruptAt?: string) => {
    const child = spawn(process.execPath, [join(dist, 'cli.cjs'), 'study', project, '--out', out, ...small, ...words]);
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk) => (stdout += String(chunk)));
    child.stderr.on('data', (chunk) => {
      stderr += String(chunk);
      if (interruptAt === undefined || !stderr.includes(interruptAt)) return;
      child.kill('SIGINT');
      interruptAt = undefined;
    });
    const code = await new Promise<number | null>((done) => child.on('close', done));
    return { code, stdout, stderr, trained: stderr.match(/^\d+\/\d+ .*/gmu)?.length ?? 0 };
  };
  const main = ['--settings', 'main', '--arms', 'grpo-8x4-n', '--json'];

  const cut = await study(main, '1/');
  expect(cut.code, cut.stderr).toBe(0);
  expect(cut.stderr).toContain('Interrupted');
  expect((JSON.parse(cut.stdout) as { findings: Findings }).findings.missing.length).toBeGreaterThan(0);

  const whole = await study(main);
  expect(whole.code, whole.stderr + whole.stdout).toBe(0);
  const { findings } = JSON.parse(whole.stdout) as { findings: Findings };
  expect(findings.missing).toEqual([]);
  const [{ chosen, tried }] = findings.rates;
  expect(tried.map(({ learningRate }) => learningRate)).toContain(chosen);
  expect(tried.length).toBeGreaterThanOrEqual(3);
  expect(findings.arms).toMatchObject([{ setting: 'main', arm: 'grpo-8x4-n', runs: 2, learningRate: chosen }]);
  expect(cut.trained + whole.trained).toBe(2 * tried.length + 2);
  const report = readFileSync(join(out, 'report.md'), 'utf8');
  expect(report).toContain('`grpo-8x4-n` 0.0 %, 0 of 2');
  for (const figure of ['curves.svg', 'target.svg', 'advantages.svg']) {
    expect(report).toContain(`](${figure})`);
    expect(readFileSync(join(out, figure), 'utf8')).toMatch(/^<svg .*<\/svg>$/su);
  }
  const data = readFileSync(join(out, 'study.json'), 'utf8');
  expect(data + report).not.toContain(folder);
  expect((JSON.parse(data) as { runs: unknown[] }).runs.length).toBe(2 * tried.length + 2);

  const again = await study([...main, '--report']);
  expect([again.trained, again.stdout]).toEqual([0, whole.stdout]);

  const taught = await study(['--settings', 'teacher', '--arms', 'offline', '--rate', '0.002', '--json']);
  expect(taught.code, taught.stderr + taught.stdout).toBe(0);
  const [offline] = (JSON.parse(taught.stdout) as { findings: Findings }).findings.arms;
  expect(offline).toMatchObject({ setting: 'teacher', arm: 'offline', runs: 2, zeroFresh: null });
  expect(offline.completions.value).toBe(0);
  // Of all stores only the teacher's stays, beside those that runs begin with; of checkpoints none.
  expect(readdirSync(join(out, 'work')).filter((name) => /^[0-9a-f]{20}\.db$/u.test(name)).length).toBe(1);
  expect(readdirSync(join(out, 'work/runs'))).toEqual([]);
  expect(statSync(join(out, 'study.json')).size).toBeLessThan(100_000);

  expect((await study(['--arms', 'grpo'])).code).toBe(2);
  expect((await study(['--seeds', '0'])).code).toBe(2);
});
