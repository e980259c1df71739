/** The command line has the replies of an imported evaluation judged. */
import { execFile, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, it, vi } from 'vitest';
import type { Comparison } from '../../../src/evaluation/compare.ts';
import type { Report } from '../../../src/evaluation/report.ts';
import type { EvaluationRow } from '../../../src/store/store.ts';
import type { Judged } from '../../../src/training/evaluation/judge.ts';
import { temporaryFolder } from '../store/fixture.ts';
import { completion, serveJudge, textOf, type Question } from '../training/judge-server.ts';

vi.setConfig({ testTimeout: 300_000 });

const key = 'sk-of-the-judge';

/** A folder with SkyRL's dump of an evaluation of MMVU by each of two policies: open questions, each answered as `replies` say. */
function project(replies: readonly string[]) {
  const folder = temporaryFolder();
  for (const [place, policy] of ['before', 'after'].entries()) {
    const dump = join(folder, policy, 'dumped_evals', 'eval_only');
    mkdirSync(dump, { recursive: true });
    const lines = replies.map((reply, i) =>
      JSON.stringify({
        input_prompt: `Which technique is shown in clip ${i}?`,
        output_response: place === 0 ? reply : `It is technique ${i}.`,
        score: 0,
        stop_reason: 'stop',
        env_class: 'mmvu',
        env_extras: { reward_spec: { ground_truth: `technique ${i}` } },
        data_source: 'mmvu',
      }),
    );
    writeFileSync(join(dump, 'mmvu.jsonl'), lines.map((line) => `${line}\n`).join(''));
  }
  const cli = join(inject('dist'), 'cli.cjs');
  const options = { cwd: folder, env: { ...process.env, ROLLOUT_LAB_JUDGE_KEY: key } };
  const printed: string[] = [];
  const rolloutLab = (...words: string[]): Promise<{ code: number; stdout: string; stderr: string }> =>
    new Promise((done) => {
      execFile(process.execPath, [cli, ...words], options, (error, stdout, stderr) => {
        printed.push(stdout, stderr);
        done({ code: error ? Number(error.code) : 0, stdout, stderr });
      });
    });
  const document = async <Document>(...words: string[]): Promise<Document> => {
    const { code, stdout, stderr } = await rolloutLab(...words, '--json');
    expect(code, stdout + stderr).toBe(0);
    return JSON.parse(stdout) as Document;
  };
  /** Starts it and interrupts it, as Ctrl+C does, once `reached`. */
  const interrupted = async (
    reached: () => boolean,
    ...words: string[]
  ): Promise<{ code: number | null; stderr: string }> => {
    const child = spawn(process.execPath, [cli, ...words], options);
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const code = new Promise<number | null>((done) => child.on('exit', done));
    await vi.waitFor(() => expect(reached()).toBe(true), { timeout: 60_000 });
    child.kill('SIGINT');
    return { code: await code, stderr };
  };
  return { folder, printed, rolloutLab, document, interrupted };
}

const replyOf = (question: Question): string => textOf(question).split('Reply:\n')[1];

it('judges an imported evaluation: said first, cancelled and gone on with, shown beside the rules, and lost by no export', async () => {
  const replies = Array.from({ length: 10 }, (_, i) => (i % 2 === 0 ? `This must be technique ${i}.` : 'No idea.'));
  const { folder, printed, rolloutLab, document, interrupted } = project(replies);
  const db = ['--db', 'rollouts.db'];
  expect((await rolloutLab('import', 'before', 'after', ...db)).code).toBe(0);
  const all = await document<{ evaluations: EvaluationRow[] }>('evaluations', ...db);
  const [before, after] = ['before', 'after'].map((policy) => all.evaluations.find((one) => one.policy === policy)!.id);

  let isSlow = true;
  const { endpoint, asked } = await serveJudge((question) => {
    const truth = /Correct answer:\n(.*)/u.exec(textOf(question))![1];
    const correct = replyOf(question).includes(`${truth}.`);
    const said = completion(JSON.stringify({ extracted_answer: correct ? truth : '', correct }));
    return isSlow && asked.length > 4 ? { ...said, delay: 60_000 } : said;
  });
  const judge = [...db, '--judge', endpoint, '--model', 'small'];

  const stopped = await interrupted(() => asked.length === 6, 'judge', before, ...judge, '--concurrency', '2');
  expect(stopped.code).toBe(1);
  expect(stopped.stderr.indexOf(`Sent to small at ${endpoint}: 10 of 10 replies, each whole, with its question`)).toBe(
    0,
  );
  expect(stopped.stderr).toMatch(/4\/10 · .* left/u);
  isSlow = false;

  const judged = await document<Judged & { report: Report }>('judge', before, ...judge);
  expect(judged).toMatchObject({ asked: 6, unread: 0, evaluation: { judge: { endpoint, model: 'small' } } });
  const reader = judged.report.readers.find((one) => one.reader === 'mmvu-judge')!;
  expect(reader).toMatchObject({ judges: ['small'], replies: 10, unread: 5, accuracy: { value: 0.5, n: 10 } });
  // The two that were under way when it was interrupted had no answer.
  const twice = asked.map(({ question }) => textOf(question));
  expect(twice.length - new Set(twice).size).toBe(2);
  expect(asked.every(({ headers }) => headers.authorization === `Bearer ${key}`)).toBe(true);

  const again = await rolloutLab('judge', before, ...judge);
  expect(again.stderr).toContain(`Sent to small at ${endpoint}: nothing. Not sent: 10 that it has judged already.`);
  expect(again.stdout).toMatch(/\| MMVU’s judge \(small\) +\| 10 +\| 50\.0 \[/u);
  await document('judge', after, ...judge);
  const compared = await document<Comparison>('compare', before, after, '--rule', 'mmvu-judge', ...db);
  expect(compared).toMatchObject({ judges: ['small'], overall: { fixed: 5, broken: 0, bothRight: 5 } });
  const count = asked.length;

  // In another store as in this one, and after the same files once more.
  await document('import', 'before', ...db);
  await document('export', 'rollouts', '--out', 'all.rollouts.jsonl', ...db);
  await document('import', 'all.rollouts.jsonl', '--db', 'other.db');
  for (const file of ['rollouts.db', 'other.db']) {
    const { evaluations } = await document<{ evaluations: (EvaluationRow & { report: Report })[] }>(
      ...['evaluations', '--db', file],
    );
    const found = evaluations.find(({ policy }) => policy === 'before')!;
    expect(found.report.readers.find((one) => one.reader === 'mmvu-judge')).toEqual(reader);
    const repeated = await document<Judged>('judge', found.id, ...judge.slice(2), '--db', file);
    expect(repeated.asked).toBe(0);
  }
  expect(asked).toHaveLength(count);

  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const written = files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1'));
  expect([...written, ...printed].filter((text) => text.includes(key))).toEqual([]);
});

it('says what is wrong with the judge or the evaluation that is named', async () => {
  const { rolloutLab } = project(['B']);
  const db = ['--db', 'rollouts.db'];
  await rolloutLab('import', 'before', ...db);
  const refused = async (...words: string[]) => {
    const { code, stderr } = await rolloutLab('judge', ...words, ...db);
    return `${code}: ${stderr}`;
  };
  const judge = ['--judge', 'http://127.0.0.1:9/v1', '--model', 'small'];
  expect(await refused('mmvu', ...judge.slice(0, 2))).toContain('2: rollout-lab: --model is missing');
  expect(await refused(...judge)).toContain('2: rollout-lab: name one evaluation');
  expect(await refused('mmvu', '--judge', 'http://me:word@host/v1', '--model', 'small')).toMatch(
    /^2: .*endpoint: must be an http or https address without user, password/u,
  );
  expect(await refused('mmvu', ...judge, '--concurrency', '0')).toMatch(/^2: .*concurrency/u);
  expect(await refused('none', ...judge)).toContain('1: rollout-lab: there is no evaluation none in this store');
  expect(await refused('mmvu', ...judge)).toMatch(/1 of 1 replies, each whole[^]*small at .* cannot be reached/u);
});
