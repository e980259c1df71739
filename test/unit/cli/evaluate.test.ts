import { execFile, spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, it, vi } from 'vitest';
import type { Comparison } from '../../../src/evaluation/compare.ts';
import type { Report } from '../../../src/evaluation/report.ts';
import { Store, type EvaluationRow } from '../../../src/store/store.ts';
import { makePrompt, temporaryFolder } from '../store/fixture.ts';
import { createRun, ended, startTraining, tinyPolicy, trainingStore } from '../training/fixture.ts';

vi.setConfig({ testTimeout: 300_000 });

interface Evaluated {
  evaluation: EvaluationRow;
  report: Report;
  failed: { reader: string; among: number; prompts: { promptId: string; question: string }[] };
}

/** A project with a tiny policy, and the command line in it. */
async function project() {
  const folder = temporaryFolder();
  await tinyPolicy(join(folder, 'tiny'));
  const { store, file } = trainingStore(folder);
  const cli = join(inject('dist'), 'cli.cjs');
  const rolloutLab = <Document>(...words: string[]): Promise<{ code: number; document: Document; stderr: string }> =>
    new Promise((done) => {
      execFile(process.execPath, [cli, ...words, '--db', file, '--json'], { cwd: folder }, (error, stdout, stderr) => {
        done({ code: error ? Number(error.code) : 0, document: JSON.parse(stdout) as Document, stderr });
      });
    });
  return { folder, store, file, cli, rolloutLab };
}

const held = ['--dataset', 'sample', '--split', 'validation', '--max-new-tokens', '24'];

describe('evaluate', () => {
  it('gives the accuracy of a run’s own evaluation, before and after it, and compares the two', async () => {
    const { store, file, folder, rolloutLab } = await project();
    const run = createRun(store, 'tiny', 'avatar', ['tas.scheme=uniform']);
    expect(await ended(startTraining(file, run))).toMatchObject({ code: 0 });
    const metrics = store.runs.metrics(run.id, -1);
    const [first, last] = [metrics.at(0)!, metrics.at(-1)!].map(({ values }) => values['accuracy/validation']);
    const checkpoint = store.runs.latestCheckpoint(run.id)!.path;
    store.close();

    const before = await rolloutLab<Evaluated>('evaluate', '--policy', 'tiny', ...held, '--name', 'before');
    expect(before.code, before.stderr).toBe(0);
    expect(before.document.evaluation).toMatchObject({
      ...{ name: 'before', policy: 'tiny', policyVersion: 0, status: 'finished', done: 3, total: 3, error: null },
      settings: { policyFolder: join(folder, 'tiny'), n: 1, temperature: 0, maxNewTokens: 24 },
    });
    const recorded = ({ report }: Evaluated) => report.readers.find(({ reader }) => reader === 'recorded')!;
    expect(first).toBeGreaterThan(0);
    expect(recorded(before.document).accuracy).toMatchObject({ value: first, n: 3 });
    expect(before.document.report.readers.find(({ reader }) => reader === 'ours')!.accuracy.value).toBe(first);
    expect(before.stderr).toContain('3/3');

    // What is left out is as the run had it.
    const after = await rolloutLab<Evaluated>('evaluate', '--policy', checkpoint, ...held.slice(0, 4));
    expect(after.document.evaluation).toMatchObject({
      ...{ name: 'avatar step-4 on sample validation', policy: 'tiny', policyVersion: 8 },
      settings: { maxNewTokens: 24 },
    });
    expect(recorded(after.document).accuracy.value).toBe(last);

    const compared = await rolloutLab<Comparison & { text: string }>('compare', 'before', after.document.evaluation.id);
    expect(compared.document).toMatchObject({ reader: 'ours', overall: { prompts: 3 }, onlyFirst: 0, onlySecond: 0 });
    expect(compared.document.overall.difference.value).toBeCloseTo(last - first);
    const bothWrong = after.document.failed.prompts.length;
    expect(after.document.failed).toMatchObject({ reader: 'ours', among: 2 });
    expect(compared.document.overall.bothWrong).toBe(bothWrong);
    const out = join(folder, 'table.tex');
    const listed = await rolloutLab<{ out: string }>(
      'evaluations',
      '--rule',
      'ours',
      '--format',
      'latex',
      '--out',
      out,
    );
    expect(listed.document.out).toBe(out);
    expect(readFileSync(out, 'utf8')).toContain('before & tiny v0 & 3 & 3 & ');
    const nothing = await rolloutLab<{ error: string }>('compare', 'before', 'nothing');
    expect(nothing).toMatchObject({
      code: 1,
      document: { error: expect.stringContaining('there is no evaluation') as string },
    });
    expect((await rolloutLab('compare', 'before')).code).toBe(2);
    expect((await rolloutLab('evaluations', '--rule', 'theirs')).code).toBe(2);
  });

  it('stops on Ctrl+C and goes on with what is missing, to the same replies', async () => {
    const { store, file, folder, cli, rolloutLab } = await project();
    store.close();
    const words = [
      'evaluate',
      '--policy',
      'tiny',
      '--dataset',
      'sample',
      '--split',
      'train',
      '--max-new-tokens',
      '100',
    ];
    // 9 prompts of 64 replies are 9 steps.
    const sampled = [...words, '--n', '64', '--temperature', '1', '--seed', '3'];
    const whole = await rolloutLab<Evaluated>(...sampled, '--name', 'whole');
    expect(whole.document.evaluation).toMatchObject({ status: 'finished', done: 576 });
    expect(whole.document.report.readers[0].passAt.map(({ k }) => k)).toEqual([1, 2, 4, 8, 16, 32, 64]);

    const child = spawn(process.execPath, [cli, ...sampled, '--name', 'cut', '--db', file, '--json'], { cwd: folder });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk) => (stdout += String(chunk)));
    const end = new Promise<number | null>((done) => child.on('close', done));
    child.stderr.on('data', (chunk) => (stderr += String(chunk)));
    const beside = Store.open(file);
    const cutShort = () => beside.evaluations.all().find(({ name }) => name === 'cut');
    await vi.waitUntil(() => (cutShort()?.done ?? 0) > 0, { timeout: 60_000, interval: 10 });
    // Held still, it is not quicker than the word that it hears.
    const holder = beside.evaluations.holder(cutShort()!.id)!;
    process.kill(holder, 'SIGSTOP');
    child.kill('SIGINT');
    await vi.waitUntil(() => stderr.includes('Stopping'), { timeout: 60_000, interval: 10 });
    process.kill(holder, 'SIGCONT');
    beside.close();
    expect(await end, stderr).toBe(0);
    const cut = (JSON.parse(stdout) as Evaluated).evaluation;
    expect(cut).toMatchObject({ name: 'cut', status: 'stopped', total: 576 });
    expect(cut.done).toBeGreaterThan(0);
    expect(cut.done).toBeLessThan(576);

    const again = await rolloutLab<Evaluated>(...sampled);
    expect(again.stderr).toContain('Going on with cut');
    expect(again.document.evaluation).toMatchObject({ id: cut.id, status: 'finished', done: 576 });
    const reopened = Store.open(file);
    const replies = (id: string) =>
      reopened.evaluations.rollouts(id, { limit: 1000 }).rows.map(({ completion, prompt }) => [prompt.id, completion]);
    expect(replies(cut.id)).toEqual(replies(whole.document.evaluation.id));
    reopened.close();
  });

  it('is missed when its process is killed, and goes on', async () => {
    const { store, file, folder, cli, rolloutLab } = await project();
    const words = [
      'evaluate',
      '--policy',
      'tiny',
      '--dataset',
      'sample',
      '--split',
      'train',
      '--max-new-tokens',
      '100',
    ];
    const sampled = [...words, '--n', '64', '--temperature', '1'];
    const child = spawn(process.execPath, [cli, ...sampled, '--db', file], { cwd: folder });
    const end = new Promise<number | null>((done) => child.on('close', done));
    await new Promise<void>((begun) => {
      child.stderr.on('data', (chunk) => {
        if (String(chunk).includes('/576')) begun();
      });
    });
    const [{ id }] = store.evaluations.all();
    process.kill(store.evaluations.holder(id)!, 'SIGKILL');
    expect(await end).toBe(1);
    expect(store.evaluations.get(id)).toMatchObject({
      status: 'lost',
      error: expect.stringContaining('killed') as string,
    });
    expect((await rolloutLab<Evaluated>(...sampled)).document.evaluation).toMatchObject({
      ...{ id, status: 'finished', done: 576, error: null },
    });
    store.close();
  });

  it('scores what can be scored, and says what is left out and what helps', async () => {
    const { store, folder, rolloutLab } = await project();
    const [prompt] = store.prompts.page({ split: 'validation' }).rows;
    rmSync(join(folder, prompt.video!));
    store.addRollouts(
      [
        makePrompt({ dataset: 'sample', split: 'validation', answer: null, question: 'Open?' }),
        makePrompt({ dataset: 'lost', split: 'test', video: 'clips/nowhere.mp4' }),
      ],
      [],
    );
    store.close();
    const some = await rolloutLab<Evaluated>('evaluate', '--policy', 'tiny', ...held);
    expect(some.code).toBe(0);
    const { error, ...row } = some.document.evaluation;
    expect(row).toMatchObject({ status: 'finished' });
    expect(error).toMatch(/^\d of 4 prompts are left out\. .*Media that is not there: \d \(clips\/.*\); import/u);
    expect(error).toContain('No answer to score by: 1 (Open?); import');
    expect(row.done).toBeGreaterThan(0);

    const none = await rolloutLab<Evaluated>('evaluate', '--policy', 'tiny', '--benchmark', 'lost');
    expect(none).toMatchObject({ code: 1, document: { evaluation: { status: 'failed', done: 0 } } });
    expect(none.document.evaluation.error).toContain('(clips/nowhere.mp4); import their dataset again');
    const unknown = await rolloutLab<{ error: string }>('evaluate', '--policy', 'tiny', '--benchmark', 'mmvu');
    expect(unknown.document.error).toContain('there is no dataset mmvu in this store; it has lost, sample');
    expect((await rolloutLab('evaluate', '--policy', 'tiny', ...held, '--n', '4')).code).toBe(2);
    expect((await rolloutLab('evaluate', '--policy', 'tiny', '--dataset', 'sample')).code).toBe(2);
    const missing = await rolloutLab<Evaluated>('evaluate', '--policy', 'nowhere', ...held);
    expect(missing.document.evaluation.error).toContain('nowhere is not a policy: it has no config.json');
  });
});
