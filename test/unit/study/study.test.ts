/** A miniature study by the real command line: tuned, interrupted, gone on with, reported. */
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, inject, it, vi } from 'vitest';
import type { Findings } from '../../../src/study/findings.ts';
import type { StudyRun } from '../../../src/study/measured.ts';
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

/** Runs the command in a process of its own, two iterations and two seeds a run; “interruptAt” in its progress is answered by Ctrl+C. */
const studyBy = (dist: string, project: string, out: string) => async (words: string[], interruptAt?: string) => {
  const small = ['--iterations', '2', '--seeds', '2', '--jobs', '2'];
  const child = spawn(process.execPath, [join(dist, 'study.cjs'), 'study', project, '--out', out, ...small, ...words]);
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

it('tunes, judges and reports, goes on where Ctrl+C left it, and trains nothing twice', async () => {
  const dist = inject('dist');
  const folder = temporaryFolder();
  const project = await smallProject(join(folder, 'project'));
  const out = join(folder, 'study');
  const study = studyBy(dist, project, out);
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
  const [teacher, offline] = (JSON.parse(taught.stdout) as { findings: Findings }).findings.arms;
  expect(teacher).toMatchObject({ setting: 'main', arm: 'avatar', runs: 1 });
  expect(offline).toMatchObject({ setting: 'teacher', arm: 'offline', runs: 2, zeroFresh: null });
  expect(offline.completions.value).toBe(0);
  // Of all stores only the teacher's stays, beside those that runs begin with; of checkpoints none.
  expect(readdirSync(join(out, 'work')).filter((name) => /^[0-9a-f]{20}\.db$/u.test(name)).length).toBe(1);
  expect(readdirSync(join(out, 'work/runs'))).toEqual([]);
  expect(statSync(join(out, 'study.json')).size).toBeLessThan(100_000);

  // A teacher whose result is known is trained again only for who needs its rollouts.
  rmSync(join(out, 'work'), { recursive: true });
  const known = await study(['--settings', 'main', '--arms', 'avatar', '--rate', '0.002', '--seeds', '1', '--json']);
  expect([known.code, known.trained], known.stderr).toEqual([0, 0]);
  const own = await study(['--settings', 'own', '--arms', 'offline', '--rate', '0.002', '--seeds', '1', '--json']);
  expect([own.code, own.trained], own.stderr).toEqual([0, 1]);
  expect((JSON.parse(own.stdout) as { findings: Findings }).findings.arms.at(-1)).toMatchObject({
    setting: 'own',
    runs: 1,
  });
  expect(readdirSync(join(out, 'work')).filter((name) => /^[0-9a-f]{20}\.db$/u.test(name)).length).toBe(1);

  expect((await study(['--arms', 'grpo'])).code).toBe(2);
  expect((await study(['--seeds', '0'])).code).toBe(2);
});

it('reports what is there of every setting, as long as it is of the same policy, and drops nothing silently', async () => {
  const dist = inject('dist');
  const folder = temporaryFolder();
  const project = await smallProject(join(folder, 'project'));
  const out = join(folder, 'study');
  const study = studyBy(dist, project, out);
  const of = (settings: string, arms: string, ...more: string[]): string[] => [
    ...['--settings', settings, '--arms', arms, '--rate', '0.002', '--json'],
    ...more,
  ];
  const armsIn = (stdout: string): string[] =>
    (JSON.parse(stdout) as { findings: Findings }).findings.arms.map(
      ({ setting, arm, runs }) => `${setting}/${arm} ${runs}`,
    );

  const steps = await study(of('main,steps', 'grpo-8x4-n,grpo-8x4-quarters'));
  expect(steps.code, steps.stderr + steps.stdout).toBe(0);
  const both = ['main/grpo-8x4-n 2', 'steps/grpo-8x4-quarters 2'];
  expect([steps.trained, armsIn(steps.stdout)]).toEqual([4, both]);
  const report = (): string => readFileSync(join(out, 'report.md'), 'utf8');
  expect(report()).toContain('| `steps` |');
  expect(report()).toContain('Quarters in place of passes (`steps/grpo-8x4-quarters` against `grpo-8x4-n`, 2 seeds)');
  expect(readFileSync(join(out, 'steps.svg'), 'utf8')).toContain('grpo-8x4-quarters');
  const { runs } = JSON.parse(readFileSync(join(out, 'study.json'), 'utf8')) as { runs: StudyRun[] };
  const quarters = runs.filter(({ arm }) => arm === 'grpo-8x4-quarters').map(({ config }) => config);
  for (const config of quarters) expect(config).toMatchObject({ gradientSteps: 1, minibatches: 4 });

  // Without the results beside it, study.json is still what has been measured: another part joins it, and it is trained no more.
  rmSync(join(out, 'results'), { recursive: true });
  const more = await study(of('few', 'grpo-8x4-n'));
  expect([more.trained, armsIn(more.stdout)]).toEqual([2, [...both, 'few/grpo-8x4-n 2']]);
  expect(more.stderr).not.toContain('left out');
  const again = await study(of('main,steps,few', 'grpo-8x4-n,grpo-8x4-quarters'));
  expect([again.code, again.trained, again.stdout]).toEqual([0, 0, more.stdout]);

  const policyNow = (): string => /Every run began with the policy `([0-9a-f]+)`/u.exec(report())![1];
  const former = policyNow();
  cpSync(join(sample, 'clips/005.mp4'), join(project, 'clips/004.mp4'));
  const others = await study(of('few', 'grpo-8x4-n', '--report'));
  expect(armsIn(others.stdout)).toEqual([]);
  expect(others.stderr).toContain('6 runs of the study.json that was there are of another policy');
  cpSync(join(sample, 'clips/004.mp4'), join(project, 'clips/004.mp4'));
  expect(armsIn((await study(of('few', 'grpo-8x4-n', '--report'))).stdout)).toEqual(['few/grpo-8x4-n 2']);
  const weights = readFileSync(join(project, 'policy/model.safetensors'));
  // The last bit of the last weight's fraction.
  weights[weights.length - 4] ^= 1;
  writeFileSync(join(project, 'policy/model.safetensors'), weights);
  expect(armsIn((await study(of('few', 'grpo-8x4-n', '--report'))).stdout)).toEqual([]);
  expect(policyNow()).not.toBe(former);

  for (const words of ['contexts=1', 'context=', 'context=0', 'context=x', 'accuracy=45']) {
    expect((await study(['--assume', words])).code, words).toBe(2);
  }
  for (const content of ['{}', 'null', '{"runs":[null]}', '{']) {
    writeFileSync(join(out, 'study.json'), content);
    const broken = await study(of('few', 'grpo-8x4-n', '--report'));
    expect([broken.code, broken.stderr + broken.stdout]).toEqual([
      1,
      expect.stringContaining('does not hold a study’s runs'),
    ]);
  }
});
