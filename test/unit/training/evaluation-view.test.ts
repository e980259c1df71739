import { join } from 'node:path';
import * as v from 'valibot';
import { expect, inject, it } from 'vitest';
import { importedEvaluationId } from '../../../src/domain/identity.ts';
import { evaluationProtocol } from '../../../src/protocol/evaluation.ts';
import type { NewEvaluation, Store } from '../../../src/store/store.ts';
import { viewInWorker } from '../../../src/training/evaluation/client.ts';
import { viewOf, type Scoring, type View, type Wanted } from '../../../src/training/evaluation/view.ts';
import { makeGroup, makePrompt, openStore, temporaryFolder } from '../store/fixture.ts';

/** Adds what a policy replied to prompts 0, 1, …, of which B is right. Returns the evaluation's id. */
function evaluate(
  store: Store,
  policy: string,
  replies: readonly string[],
  change: Partial<NewEvaluation> = {},
): string {
  const policyVersion = change.policyVersion ?? 0;
  const id = importedEvaluationId('clips', policy, policyVersion);
  const prompts = replies.map((_, i) => makePrompt({ question: `${i} of many: ${'?'.repeat(300)}`, split: 'test' }));
  const rollouts = replies.flatMap((completion, i) =>
    makeGroup(prompts[i], [Number(completion.includes('B'))], {
      ...{ completion, policy, policyVersion, name: id, evaluationId: id },
    }),
  );
  store.addRollouts(
    prompts,
    rollouts,
    [],
    [
      {
        ...{ id, name: 'clips', policy, policyVersion, adapter: null, dataset: 'clips', split: 'test', settings: null },
        ...{ source: 'import:a.json', status: 'finished', total: null, createdAt: '2026-01-01T00:00:00.000Z' },
        ...change,
      },
    ],
  );
  return id;
}

const tag = (letter: string): string => `<answer>${letter}</answer>`;
const view = (store: Store, ids: string[], reader: Wanted['reader'] = null): View =>
  viewOf(store, { ids, reader, all: true }, () => undefined);

/** As it is shown: the page refuses what is not so. */
function shown(one: View): View {
  v.parse(evaluationProtocol.events.view, one.kind === 'one' ? { ...one, paper: null } : one);
  return one;
}

it('one evaluation has its report, those of its dataset beside it by one reader, and what all of them fail', () => {
  const store = openStore();
  const later = evaluate(store, 'tiny', [tag('B'), tag('A'), 'The answer is B.'], { policyVersion: 10 });
  const first = evaluate(store, 'tiny', [tag('A'), tag('A'), tag('B')], { policyVersion: 2 });
  const other = evaluate(store, 'big', [tag('B'), tag('A'), tag('B')]);
  evaluate(store, 'elsewhere', [tag('B')], { dataset: 'others' });
  const one = shown(view(store, [later]));
  if (one.kind !== 'one') throw new Error('one evaluation was asked for');
  expect(one.reader).toBe('ours');
  expect(one.beside.map(({ id, accuracy }) => [id, accuracy.value])).toEqual([
    [other, 2 / 3],
    [first, 1 / 3],
    [later, 1 / 3],
  ]);
  expect(one.failed.count).toBe(1);
  expect(one.failed.rows[0].question).toMatch(/^1 of many: \?+…$/u);
  expect(one.failed.rows[0].question).toHaveLength(200);
  expect(store.rollouts.get(one.failed.rows[0].rolloutId)?.evaluationId).toBe(later);
  const row = one.report.disagreements.rows.find(({ question }) => question.startsWith('2'))!;
  expect([row.reads.ours, row.reads['avatar-mmvu']?.score]).toEqual([{ score: 0, extracted: null }, 1]);
  // By what was recorded, the third reply is right.
  const recorded = view(store, [later], 'recorded') as Extract<View, { kind: 'one' }>;
  expect(recorded.reader).toBe('recorded');
  expect(recorded.beside.at(-1)!.accuracy.value).toBeCloseTo(2 / 3);
});

it('an evaluation that is alone has none beside it', () => {
  const store = openStore();
  const id = evaluate(store, 'tiny', [tag('A')]);
  expect(shown(view(store, [id]))).toMatchObject({ beside: [], failed: { count: 1 } });
});

it('two evaluations are compared by a reader that both have, and each flip names both replies', () => {
  const store = openStore();
  const before = evaluate(store, 'tiny', [tag('A'), tag('B'), tag('B')]);
  const after = evaluate(store, 'tiny', [tag('B'), tag('A'), tag('B')], { policyVersion: 1 });
  const two = shown(view(store, [before, after]));
  if (two.kind !== 'two') throw new Error('two evaluations were asked for');
  expect(two.readers.slice(0, 2)).toEqual(['recorded', 'ours']);
  expect(two.comparison).toMatchObject({ overall: { prompts: 3, fixed: 1, broken: 1, bothRight: 1 } });
  expect(two.flips.rows.map(({ kind }) => kind)).toEqual(['fixed', 'broken']);
  const [{ first, second }] = two.flips.rows;
  expect([first, second].map((id) => store.rollouts.get(id)?.evaluationId)).toEqual([before, after]);
});

it('two of different prompts have nothing to compare, and one that is gone is told of', () => {
  const store = openStore();
  const some = evaluate(store, 'tiny', [tag('A')]);
  const prompt = makePrompt({ question: 'Another?' });
  store.addRollouts(
    [prompt],
    makeGroup(prompt, [1], { evaluationId: 'e-0', name: 'e-0' }),
    [],
    [
      {
        ...{
          id: 'e-0',
          name: 'other',
          policy: 'tiny',
          policyVersion: 0,
          adapter: null,
          dataset: 'clips',
          split: 'test',
        },
        ...{ settings: null, source: 'import:b.json', status: 'finished', total: null, createdAt: '2026-01-01' },
      },
    ],
  );
  expect(shown(view(store, [some, 'e-0']))).toMatchObject({ comparison: null, flips: { count: 0 } });
  expect(() => view(store, ['e-none'])).toThrow('no longer in the store');
});

it('replies are scored in a thread, which tells how far it is and ends at once when it is told to', async () => {
  const file = join(temporaryFolder(), 'rollouts.db');
  const store = openStore(file);
  const id = evaluate(
    store,
    'tiny',
    Array.from({ length: 1200 }, (_, i) => tag(i % 3 === 0 ? 'A' : 'B')),
  );
  const job = { store: file, ids: [id], reader: null, all: true };
  const worker = join(inject('dist'), 'score-worker.cjs');
  const told: Scoring[] = [];
  const one = await viewInWorker(job, { onProgress: (progress) => told.push(progress) }, worker);
  expect(one).toEqual(view(store, [id]));
  expect(told).toEqual([
    { done: 1000, total: 1200 },
    { done: 1200, total: 1200 },
  ]);
  const stop = new AbortController();
  const onProgress = (): void => stop.abort(new Error('enough'));
  await expect(viewInWorker(job, { signal: stop.signal, onProgress }, worker)).rejects.toThrow('enough');
});
