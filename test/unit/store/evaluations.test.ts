import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { EvaluatedRollout } from '../../../src/domain/evaluation.ts';
import { importedEvaluationId } from '../../../src/domain/identity.ts';
import type { Rollout } from '../../../src/domain/rollout.ts';
import { migrate } from '../../../src/store/migrate.ts';
import { migrations } from '../../../src/store/schema.ts';
import type { NewEvaluation, Store } from '../../../src/store/store.ts';
import { storedRollouts } from '../../../src/training/avatar/stored.ts';
import { makeGroup, makePrompt, openStore, raw, temporaryFolder } from './fixture.ts';

const evaluation = (change: Partial<NewEvaluation> = {}): NewEvaluation => ({
  id: importedEvaluationId('mmvu', 'tiny', 0),
  name: 'mmvu',
  policy: 'tiny',
  policyVersion: 0,
  adapter: null,
  dataset: 'clips',
  split: 'test',
  settings: null,
  source: 'import:/data/mmvu.json',
  status: 'finished',
  total: null,
  createdAt: '2026-01-01T00:00:00.000Z',
  ...change,
});

/** An evaluation of two prompts, two completions each, beside a group that a trainer logged of the first. */
function filled(): { store: Store; logged: Rollout[]; evaluated: Rollout[] } {
  const store = openStore();
  const prompts = ['What?', 'Where?'].map((question) => makePrompt({ question, split: 'test', category: 'Art' }));
  const { id: evaluationId } = evaluation();
  const evaluated = prompts.flatMap((prompt) => makeGroup(prompt, [1, 1], { name: 'mmvu', evaluationId }));
  const logged = makeGroup(prompts[0], [1, 1]);
  store.addRollouts(prompts, [...logged, ...evaluated], [], [evaluation()]);
  return { store, logged, evaluated };
}

describe('an evaluation', () => {
  it('has its rollouts with their prompts, by pages, and counts them', () => {
    const { store, evaluated } = filled();
    const id = evaluated[0].evaluationId!;
    expect(store.evaluations.all()).toEqual([
      {
        ...evaluation(),
        total: 4,
        done: 4,
        request: 'run',
        claims: 0,
        startedAt: null,
        endedAt: null,
        error: null,
        judge: null,
        remote: null,
        said: null,
        changes: 0,
      },
    ]);
    const found: EvaluatedRollout[] = [];
    for (let after: string | null | undefined; after !== null;) {
      const page = store.evaluations.rollouts(id, { limit: 3, after });
      found.push(...page.rows);
      after = page.next;
    }
    expect(found.map((one) => one.id)).toEqual(evaluated.map((one) => one.id));
    expect(found[3]).toMatchObject({
      rewards: { accuracy: 1 },
      tokenCount: null,
      prompt: { id: evaluated[3].promptId, question: 'Where?', category: 'Art' },
    });
    expect(store.evaluations.answered(id).map(({ rollouts }) => rollouts)).toEqual([2, 2]);
    expect(store.rollouts.page({ evaluationId: id }).rows).toHaveLength(4);
    expect(() => store.evaluations.rollouts('e-none')).toThrow('there is no evaluation e-none in this store');
  });

  it('tells that replies that were there were changed or judged, and of no others', () => {
    const { store, evaluated, logged } = filled();
    const id = evaluated[0].evaluationId!;
    const changes = (): number => store.evaluations.get(id)!.changes;
    const update = (rollout: Rollout) => store.updateRollouts([], [{ id: rollout.id, rollout }]);
    update({ ...logged[0], completion: 'Another text.' });
    update(evaluated[0]);
    expect(changes()).toBe(0);
    update({ ...evaluated[0], completion: 'Another text.' });
    expect(changes()).toBe(1);
    const [reply] = store.evaluations.rollouts(id).rows;
    const judge = { endpoint: 'https://host/v1', model: 'small' };
    store.evaluations.addVerdict(id, judge, reply, { extracted: 'B', correct: true });
    expect(changes()).toBe(2);
  });

  it('has the verdicts of its judge, by what was judged: equal replies share one, and a changed one has none', () => {
    const { store, evaluated } = filled();
    const id = evaluated[0].evaluationId!;
    const [small, large] = ['small', 'large'].map((model) => ({ endpoint: 'https://host/v1', model }));
    const [first] = store.evaluations.rollouts(id).rows;
    expect(first.verdict).toBeNull();
    store.evaluations.addVerdict(id, small, first, { extracted: null, correct: false });
    store.evaluations.addVerdict(id, small, first, { extracted: 'B', correct: true });
    store.evaluations.addVerdict(id, small, first, { extracted: 'C', correct: false });
    const extracted = (judge?: typeof small) =>
      store.evaluations.rollouts(id, { judge }).rows.map(({ verdict }) => verdict?.extracted ?? null);
    expect(store.evaluations.get(id)!.judge).toEqual(small);
    expect(extracted()).toEqual(['B', 'B', null, null]);
    expect(extracted(large)).toEqual([null, null, null, null]);

    store.evaluations.addVerdict(id, large, first, { extracted: '', correct: false });
    expect(store.evaluations.rollouts(id).rows[0].verdict).toEqual({ judge: large, extracted: '', correct: false });
    const given = { evaluationId: id, judge: small, reply: first, verdict: { extracted: 'D', correct: false } };
    store.evaluations.adoptVerdicts([given]);
    expect(store.evaluations.get(id)!.judge).toEqual(large);
    store.evaluations.setJudge(id, small);
    expect(extracted()).toEqual(['B', 'B', null, null]);

    const changed = { ...evaluated[0], completion: `${evaluated[0].completion} No.` };
    store.updateRollouts([], [{ id: changed.id, rollout: changed }]);
    expect(extracted()).toEqual([null, 'B', null, null]);
    store.updateRollouts([], [{ id: changed.id, rollout: evaluated[0] }]);
    expect(extracted()).toEqual(['B', 'B', null, null]);
    expect(() => store.evaluations.setJudge('e-none', small)).toThrow('there is no evaluation e-none in this store');
  });

  it('of another dataset’s prompts too is of none alone', () => {
    const store = openStore();
    expect(['clips', 'clips', 'films'].map((dataset) => store.evaluations.add(evaluation({ dataset })))).toEqual([
      ...[true, false, false],
    ]);
    expect(store.evaluations.all()).toMatchObject([{ dataset: null, split: 'test' }]);
    expect(store.evaluations.add(evaluation())).toBe(false);
    expect(store.evaluations.all()).toMatchObject([{ dataset: null, split: 'test' }]);
  });

  it('has no vanishing groups, for they are not to teach', () => {
    const { store, logged, evaluated } = filled();
    expect(store.prompts.get(logged[0].promptId)).toMatchObject({ groups: 2, vanishingGroups: 1 });
    expect(store.prompts.get(evaluated[3].promptId)).toMatchObject({ groups: 1, vanishingGroups: 0 });
    expect(store.rollouts.page({ filter: 'vanishing' }).rows.map(({ id }) => id)).toEqual(logged.map(({ id }) => id));
  });

  it('lends a run no rollouts but where its settings say so', () => {
    const { store, logged, evaluated } = filled();
    const prompts = store.prompts.page().rows;
    const drawn = (storedEvaluations: boolean): string[] =>
      storedRollouts(store, prompts, { storedRollouts: 'all', storedEvaluations }, 'run', null).map(({ id }) => id);
    expect(drawn(false)).toEqual(logged.map(({ id }) => id));
    expect(drawn(true).toSorted()).toEqual([...logged, ...evaluated].map(({ id }) => id).toSorted());
  });

  it('takes in rollouts that came in before evaluations were kept', () => {
    const file = join(temporaryFolder(), 'old.db');
    raw(file, (database) => {
      migrate(database, migrations.slice(0, 16));
      database.exec(`
        INSERT INTO prompts (n, id, dataset, question, options, problem_type, split)
          VALUES (1, 'p-1', 'clips', 'What?', '[]', 'free-form', 'test');
        INSERT INTO groups (n, id, prompt_n, policy, policy_version) VALUES (1, 'g-1', 1, 'tiny', 0);
        INSERT INTO rollouts (id, prompt_n, group_n, policy, policy_version, completion, rewards, hinted, source, created_at)
          VALUES ('r-1', 1, 1, 'tiny', 0, 'So.', '{}', 0, 'import:x', '');`);
    });
    const store = openStore(file);
    expect(existsSync(`${file}.v16.bak`)).toBe(true);
    expect(store.evaluations.all()).toEqual([]);
    const rollout = store.rollouts.get('r-1')!;
    expect(rollout).not.toHaveProperty('evaluationId');
    const { id } = evaluation();
    expect(store.evaluations.takes('r-1', id)).toBe(true);
    const counts = store.addRollouts([], [{ ...rollout, evaluationId: id }], [], [evaluation()]);
    expect(counts).toMatchObject({ rollouts: 0, duplicates: 1 });
    expect(store.rollouts.get('r-1')).toMatchObject({ evaluationId: id });
    expect(store.rollouts.groups('p-1')).toMatchObject([{ evaluationId: id }]);
    expect(store.evaluations.takes('r-1', 'e-other')).toBe(false);
  });
});
