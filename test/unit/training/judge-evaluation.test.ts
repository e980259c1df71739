/** An evaluation whose replies a language model judges. */
import { renameSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { parseJudge } from '../../../src/domain/preset.ts';
import { importedEvaluationId } from '../../../src/domain/identity.ts';
import { StoreReplaced } from '../../../src/store/store.ts';
import { judgeReplies, planJudging, planText, type Judged } from '../../../src/training/evaluation/judge.ts';
import { makeGroup, makePrompt, openStore } from '../store/fixture.ts';
import { completion, serveJudge, textOf, type Answer, type Question } from './judge-server.ts';

vi.setConfig({ testTimeout: 60_000 });

/** A store with an evaluation: of each prompt these replies. The last of its prompts has no answer. */
function evaluated(replies: readonly (readonly string[])[]) {
  const store = openStore();
  const id = importedEvaluationId('mmvu', 'tiny', 0);
  const prompts = replies.map((_, i) => makePrompt({ question: `What is ${i}?`, answer: 'B', split: 'test' }));
  prompts.push(makePrompt({ question: 'Who knows?', answer: null, split: 'test' }));
  const rollouts = [...replies, ['B']].flatMap((texts, i) =>
    makeGroup(prompts[i], texts.map(Number), { name: 'mmvu', evaluationId: id }).map((rollout, j) => ({
      ...rollout,
      completion: texts[j],
    })),
  );
  store.addRollouts(
    prompts,
    rollouts,
    [],
    [
      {
        ...{ id, name: 'mmvu', policy: 'tiny', policyVersion: 0, adapter: null, dataset: 'clips', split: 'test' },
        ...{ settings: null, source: 'import:/data/mmvu.json', status: 'finished', total: null },
        createdAt: '2026-01-01T00:00:00.000Z',
      },
    ],
  );
  const verdicts = () => store.evaluations.rollouts(id).rows.map(({ verdict }) => verdict && verdict.extracted);
  return { store, id, verdicts };
}

const replyOf = (question: Question): string => textOf(question).split('Reply:\n')[1];
/** Says that the reply answers what it is, and that this is right where it is B. */
const verdictOn = (question: Question): Answer =>
  completion(JSON.stringify({ extracted_answer: replyOf(question), correct: replyOf(question) === 'B' }));

/** Judges what is missing. */
async function judged(
  { store, id }: ReturnType<typeof evaluated>,
  endpoint: string,
  { signal = new AbortController().signal, concurrency = 2, key = null as string | null, model = 'small' } = {},
): Promise<Judged & { told: number[]; text: string }> {
  const judging = { evaluations: store.evaluations, id, judge: parseJudge({ endpoint, model, concurrency }) };
  const plan = await planJudging(judging);
  const told: number[] = [];
  const found = await judgeReplies(judging, plan, { key, signal, progress: (done) => told.push(done) });
  return { ...found, told, text: planText(plan, judging.judge) };
}

describe('judging an evaluation', () => {
  it('asks about each different reply to a prompt once, with the key, and keeps what is said; no address is another by a slash', async () => {
    const { endpoint, asked } = await serveJudge(verdictOn);
    const project = evaluated([['B', 'A', 'B'], ['B']]);
    const first = await judged(project, endpoint, { key: 'sk-secret' });
    expect(first).toMatchObject({ asked: 3, unread: 0, fault: null, told: [1, 2, 3] });
    expect(first.text).toBe(
      `Sent to small at ${endpoint}: 3 of 5 replies, each whole, with its question, its options and the correct answer; no video and no sound. ` +
        'Not sent: 1 with the same words as one that is; 1 without a correct answer to judge by: import the dataset file that holds it.',
    );
    expect(project.verdicts()).toEqual(['B', 'A', 'B', 'B', null]);
    expect(project.store.evaluations.get(project.id)!.judge).toEqual({ endpoint, model: 'small' });
    expect(asked.map(({ question }) => replyOf(question)).sort()).toEqual(['A', 'B', 'B']);
    for (const { headers, question } of asked) {
      expect(headers.authorization).toBe('Bearer sk-secret');
      expect(question).toMatchObject({ model: 'small', temperature: 0, response_format: { type: 'json_schema' } });
    }

    const again = await judged(project, `${endpoint}/`);
    expect(again.asked).toBe(0);
    expect(again.text).toContain('/: nothing. Not sent: 4 that it has judged already; 1 without');
    expect(asked).toHaveLength(3);
  });

  it('asks nothing for a store that can keep nothing', async () => {
    const { endpoint, asked } = await serveJudge(verdictOn);
    const project = evaluated([['B', 'A']]);
    const { file } = project.store;
    renameSync(file, `${file}.moved`);
    await expect(judged(project, endpoint)).rejects.toThrow(StoreReplaced);
    expect(asked).toEqual([]);
  });

  it('keeps each judge’s verdicts: the last that judged counts, and the first is asked nothing when it counts again', async () => {
    const { endpoint, asked } = await serveJudge((question) =>
      question.model === 'small' ? verdictOn(question) : completion('{"extracted_answer": "C", "correct": false}'),
    );
    const project = evaluated([['B']]);
    for (const model of ['small', 'large']) await judged(project, endpoint, { model });
    expect(project.verdicts()).toEqual(['C', null]);
    await judged(project, endpoint);
    expect(project.verdicts()).toEqual(['B', null]);
    expect(asked).toHaveLength(2);
  });

  it('goes on where it was cancelled, and asks nothing twice', async () => {
    const cancelled = new AbortController();
    const replies = Array.from({ length: 20 }, (_, i) => [String(i)]);
    let answers = 0;
    const { endpoint, asked } = await serveJudge((question) => {
      answers += 1;
      return answers > 6 && !cancelled.signal.aborted ? { ...verdictOn(question), delay: 60_000 } : verdictOn(question);
    });
    const project = evaluated(replies);
    const judging = judged(project, endpoint, { signal: cancelled.signal, concurrency: 3 });
    await vi.waitFor(() => expect(asked.length).toBe(9), { timeout: 30_000 });
    await vi.waitFor(() => expect(project.verdicts().filter((one) => one !== null)).toHaveLength(6), {
      timeout: 30_000,
    });
    cancelled.abort(new Error('interrupted'));
    await expect(judging).rejects.toThrow('interrupted');
    const known = project.verdicts().flatMap((one) => one ?? []);

    expect(await judged(project, endpoint)).toMatchObject({ asked: 14, unread: 0 });
    expect(project.verdicts()).toEqual([...replies.flat(), null]);
    const later = asked.slice(9).map(({ question }) => replyOf(question));
    expect(later.filter((one) => known.includes(one))).toEqual([]);
  });

  it('counts as wrong what it cannot read or the endpoint does not take, says why, and asks about that again', async () => {
    let mended = false;
    const { endpoint, asked } = await serveJudge((question) => {
      if (mended || replyOf(question) === 'B') return verdictOn(question);
      if (replyOf(question) === 'long') return { status: 400, body: '{"error":"too long for sk-secret"}' };
      return completion('It is fine.');
    });
    const project = evaluated([['long'], ['odd'], ['B'], ['strange']]);
    const first = await judged(project, endpoint, { concurrency: 1, key: 'sk-secret' });
    expect(first).toMatchObject({ asked: 4, unread: 3 });
    expect(first.fault).toContain('answered 400 Bad Request: {"error":"too long for …');
    const read = () =>
      project.store.evaluations.rollouts(project.id).rows.flatMap(({ verdict }) => (verdict ? verdict.correct : []));
    expect(read()).toEqual([false, false, true, false]);
    expect(project.verdicts()).toEqual([null, null, 'B', null, null]);
    // What is unreadable is asked for three times in all; a refusal is a refusal.
    expect(asked).toHaveLength(1 + 3 + 1 + 3);

    mended = true;
    expect(await judged(project, endpoint)).toMatchObject({ asked: 3, unread: 0 });
    expect(project.verdicts()).toEqual(['long', 'odd', 'B', 'strange', null]);
  });

  it('gives up on a judge that gives no verdict at all, and keeps nothing of it', async () => {
    const { endpoint, asked } = await serveJudge(() => ({ status: 400, body: '{"error":"no such model"}' }));
    const project = evaluated(Array.from({ length: 9 }, (_, i) => [String(i)]));
    await expect(judged(project, endpoint, { concurrency: 1 })).rejects.toThrow('no such model');
    expect(asked).toHaveLength(3);
    expect(project.verdicts()).toEqual(project.verdicts().map(() => null));
    expect(project.store.evaluations.get(project.id)!.judge).toBeNull();
    await expect(judged(evaluated([['B']]), endpoint)).rejects.toThrow('no such model');
  });

  it('waits where a 429 asks it to, tries again after a 500, and stops at once where it is refused', async () => {
    const faults: Answer[] = [
      { status: 429, headers: { 'retry-after': '1' }, body: '{}' },
      { status: 500, body: '{}' },
    ];
    const { endpoint, asked } = await serveJudge((question) => faults.shift() ?? verdictOn(question));
    const project = evaluated([['B'], ['A']]);
    expect(await judged(project, endpoint, { concurrency: 1 })).toMatchObject({ asked: 2, unread: 0 });
    expect(asked).toHaveLength(4);
    expect(asked[1].at - asked[0].at).toBeGreaterThanOrEqual(990);

    const other = await serveJudge((question, i) => (i === 0 ? verdictOn(question) : { status: 401, body: 'no' }));
    const refused = evaluated(Array.from({ length: 9 }, (_, i) => [String(i)]));
    await expect(judged(refused, other.endpoint, { concurrency: 1 })).rejects.toThrow('Set Judge Key');
    expect(other.asked).toHaveLength(2);
    expect(refused.verdicts().filter((one) => one !== null)).toEqual(['0']);
  });
});
