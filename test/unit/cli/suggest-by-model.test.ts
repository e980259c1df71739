/** The command line has a language model suggest phases, and measures it on the sample's gold labels. */
import { execFile, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { expect, inject, it, vi } from 'vitest';
import type { ModelReport } from '../../../src/training/suggestions/by-model.ts';
import type { SuggestionEvaluation } from '../../../src/training/suggestions/evaluate.ts';
import { openStore, temporaryFolder } from '../store/fixture.ts';
import { completion, phasesAnswer, segmentsOf, serveJudge, type Question } from '../training/judge-server.ts';

vi.setConfig({ testTimeout: 300_000 });

const sample = resolve(import.meta.dirname, '../../../media/sample');
const key = 'sk-of-the-model';
const labels = 60;

/** The command line with the key in its environment, on a store of its own. */
function project() {
  const db = join(temporaryFolder(), 'rollouts.db');
  const cli = join(inject('dist'), 'cli.cjs');
  const options = { env: { ...process.env, ROLLOUT_LAB_JUDGE_KEY: key } };
  const rolloutLab = (...words: string[]): Promise<{ code: number; stdout: string; stderr: string }> =>
    new Promise((done) => {
      execFile(process.execPath, [cli, ...words, '--db', db], options, (error, stdout, stderr) =>
        done({ code: error ? Number(error.code) : 0, stdout, stderr }),
      );
    });
  const document = async <Document>(...words: string[]): Promise<Document> => {
    const { code, stdout, stderr } = await rolloutLab(...words, '--json');
    expect(code, stdout + stderr).toBe(0);
    return JSON.parse(stdout) as Document;
  };
  /** Interrupts it, as Ctrl+C does, once `reached`. */
  const interrupted = async (reached: () => boolean, ...words: string[]): Promise<number | null> => {
    const child = spawn(process.execPath, [cli, ...words, '--db', db], options);
    const code = new Promise<number | null>((done) => child.on('exit', done));
    await vi.waitFor(() => expect(reached()).toBe(true), { timeout: 120_000 });
    child.kill('SIGINT');
    return code;
  };
  return { db, rolloutLab, document, interrupted };
}

/** So many of the sample's gold labels, as a file. */
function goldLabels(folder: string, count: number): string {
  const file = join(folder, 'gold.labels.jsonl');
  const lines = readFileSync(join(sample, 'gold.labels.jsonl'), 'utf8').split('\n');
  writeFileSync(file, lines.slice(0, count).join('\n'));
  return file;
}

/** A small reader of the sample's grammar: evidence begins with the first time, synthesis with the first “So” behind it. */
function read(question: Question) {
  const segments = segmentsOf(question);
  const number = (at: number): number | null => (at < 0 ? null : at + 1);
  const evidence = segments.findIndex((segment) => segment.startsWith('At 0:'));
  const synthesis = segments.findIndex((segment, i) => i > evidence && segment.startsWith('So '));
  return completion(phasesAnswer({ planning: 1, evidence: number(evidence), synthesis: number(synthesis) }, 0.97), {
    ...{ prompt_tokens: 400, completion_tokens: 40 },
  });
}

it('says what would be sent, sends it once told so, goes on where it was interrupted, and is measured on gold labels', async () => {
  const { db, rolloutLab, document, interrupted } = project();
  const rollouts = join(sample, 'rollouts/sample.rollouts.jsonl');
  await document('import', rollouts, goldLabels(dirname(db), labels));
  // It answers twenty, and then no more until the first command is interrupted.
  let holds = true;
  const { endpoint, asked } = await serveJudge((question, i) => ({
    ...read(question),
    delay: holds && i >= 20 ? 60_000 : 0,
  }));
  const ask = ['suggest', '--model', 'small', '--judge', endpoint, '--where', 'labelled:yes'];

  const planned = await rolloutLab(...ask);
  expect(planned.stdout).toMatch(
    /^Sent to small at http:\S+: the whole completions of 60 rollouts, each with .*: roughly [\d,]+ tokens\..*\nNothing was sent: --send sends it\.\n$/u,
  );
  expect(await document(...ask)).toMatchObject({ rollouts: labels, suggested: 0 });
  expect(asked).toEqual([]);

  expect(await interrupted(() => asked.length === 24, ...ask, '--send')).toBe(1);
  holds = false;
  const store = openStore(db);
  const [{ rollouts: before }] = store.suggestions.sources();
  expect(before).toBeGreaterThanOrEqual(20);
  expect(before).toBeLessThan(labels);
  const report = await document<ModelReport>(...ask, '--send', '--concurrency', '8');
  expect(report).toMatchObject({ source: 'model:small', rollouts: labels - before, failed: [], isEstimated: false });
  expect(asked[0].headers.authorization).toBe(`Bearer ${key}`);
  expect(await rolloutLab(...ask, '--send')).toMatchObject({
    stdout: `Suggested phases for 0 rollouts by small at ${endpoint} (model:small), with 0 tokens.\n`,
  });
  expect(store.labels.texts().every(({ annotator, takenFrom }) => annotator === 'gold' && takenFrom === null)).toBe(
    true,
  );

  const { models, agents } = await document<SuggestionEvaluation>('suggest', '--evaluate');
  expect(agents).toEqual([]);
  const [measured] = models;
  expect(measured).toMatchObject({ source: 'model:small', labels });
  expect(measured.exact.value).toBeGreaterThan(0.9);
  expect(measured.exact.value).toBeLessThan(1);
  expect(measured.boundarySimilarity.value).toBeGreaterThan(measured.exact.value);
  expect(measured.calibrationError.value).toBeLessThan(0.1);
  expect((await rolloutLab('suggest', '--forget', 'model:small')).stdout).toBe(
    `Removed ${labels} suggestions by model:small.\n`,
  );
});

it('takes no half of what it needs, and nothing beside it', async () => {
  const { rolloutLab } = project();
  const fails = async (...words: string[]): Promise<string> => {
    const { code, stderr } = await rolloutLab('suggest', ...words);
    expect(code).toBe(2);
    return stderr;
  };
  expect(await fails('--model', 'small')).toContain('--judge is missing');
  expect(await fails('--judge', 'http://127.0.0.1:9/v1')).toContain('--judge needs a language model: --model NAME');
  expect(await fails('--send')).toContain('--send needs a language model');
  expect(await fails('--model', 'small', '--evaluate')).toContain('--model and --evaluate are two things to do');
  expect(await fails('--model', 'small', '--judge', 'host')).toContain('must be an http or https address');
  const query = ['--model', 'small', '--judge', 'http://127.0.0.1:9/v1', '--where', 'reward:x'];
  expect(await fails(...query)).toContain('--where: ');
});
