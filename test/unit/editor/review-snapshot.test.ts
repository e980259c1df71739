import { describe, expect, it } from 'vitest';
import type { ProblemType, Rollout } from '../../../src/domain/rollout.ts';
import { presetConfig } from '../../../src/domain/preset.ts';
import { readReview } from '../../../src/editor/review-snapshot.ts';
import type { NewEvaluation, Store } from '../../../src/store/store.ts';
import { clientOf, makeGroup, makePrompt, openStore } from '../store/fixture.ts';

const viewer = { annotator: 'me', blindFirstPass: true };

function storeWith(changes: Partial<Rollout>[]): { store: Store; ids: string[] } {
  const store = openStore();
  const prompt = makePrompt();
  const rollouts = makeGroup(prompt, [1, 0]).map((rollout, i) => ({ ...rollout, ...changes[i] }));
  store.addRollouts([prompt], rollouts);
  return { store, ids: rollouts.map(({ id }) => id) };
}

const read = async (store: Store, id: string) => (await readReview(clientOf(store), id, viewer, 'token'))!.review;

describe('the completions of a group in Review', () => {
  it('have their trainer’s advantages, and are marked where their rewards give another', async () => {
    const { store, ids } = storeWith([{ advantage: 0.5 }, { advantage: -0.707 }]);
    const [first, second] = (await read(store, ids[0])).group.members;
    expect(first).toMatchObject({ advantage: 0.5, advantageByRewards: expect.closeTo(0.707, 3) as number });
    expect(second).toMatchObject({ advantage: -0.707, advantageByRewards: null });
  });

  it('have advantages by their rewards where no trainer told any, and none where a reward is missing, too', async () => {
    const whole = storeWith([{ advantage: null }, { advantage: null }]);
    const [member] = (await read(whole.store, whole.ids[0])).group.members;
    expect(member).toMatchObject({ advantage: expect.closeTo(0.707, 3) as number, advantageByRewards: null });
    const partly = storeWith([{ advantage: 0.25 }, { advantage: null, reward: null }]);
    const members = (await read(partly.store, partly.ids[0])).group.members;
    expect(members.map(({ advantage }) => advantage)).toEqual([0.25, null]);
  });

  it('are shown with the instruction that they were sampled under, where one is known', async () => {
    const { store, ids } = storeWith([{ system: 'Be brief.' }]);
    const shown = await Promise.all(ids.map((id) => read(store, id)));
    expect(shown.map(({ rollout }) => rollout.system)).toEqual(['Be brief.', null]);
  });

  it('are right or wrong by their trainer’s own name of accuracy, which is told', async () => {
    const { store, ids } = storeWith([{ rewards: { accuracy_reward: 1 } }, { rewards: { format: 1 } }]);
    const { members } = (await read(store, ids[0])).group;
    expect(members.map(({ correct }) => correct)).toEqual([{ right: true, by: 'accuracy_reward' }, null]);
  });

  it('tell how many tokens they have, where that is recorded', async () => {
    const tokens = { ids: Int32Array.of(5, 6, 7), offsets: null, logProbs: null, tokenizer: null };
    const { store, ids } = storeWith([{ tokens }, { tokens: null }]);
    expect((await read(store, ids[0])).group.members.map((member) => member.tokens)).toEqual([3, null]);
  });
});

describe('why a completion has its accuracy', () => {
  const completion = '<think>No.</think><answer>C</answer> or <answer>Low</answer>';

  it('is told by what our rule compares, where an import has scored it', async () => {
    const { store, ids } = storeWith([{ completion, rewards: { accuracy: 0 } }, { rewards: { format: 1 } }]);
    const readings = await Promise.all(ids.map(async (id) => (await read(store, id)).rollout.reading));
    expect(readings).toEqual(['rule ours reads “low” for the answer', null]);
  });

  it('is told where the rule can read nothing, and never tells the true answer', async () => {
    for (const [problemType, answer, reading] of [
      ['numerical', '17', 'rule ours reads nothing for the answer'],
      ['numerical', 'seventeen', 'rule ours reads nothing for the answer, and nothing in the true one'],
      ['of tomorrow' as ProblemType, '17', null],
    ] as const) {
      const store = openStore();
      const prompt = makePrompt({ problemType, options: [], answer });
      const [made] = makeGroup(prompt, [0], { completion: 'no tag', rewards: { accuracy: 0 } });
      store.addRollouts([prompt], [made]);
      expect((await read(store, made.id)).rollout.reading).toBe(reading);
    }
  });

  it('is told by the rule of the run that made it', async () => {
    const store = openStore();
    const run = store.runs.create('r', { ...presetConfig('avatar', 'p', 1), rewardRule: 'authors' });
    const prompt = makePrompt();
    const [made] = makeGroup(prompt, [0], { runId: run.id, completion, rewards: { accuracy: 0 } });
    store.addRollouts([prompt], [made]);
    expect((await read(store, made.id)).rollout.reading).toBe('rule authors reads “C” for the answer');
  });
});

describe('what shapes the weights of a rollout that one has not labelled', () => {
  const suggestion = { source: 'rules' as const, boundaries: [1, 2], scores: [1, 1], entropy: 0, model: 'rules' };

  it('is a suggestion that nobody refused', async () => {
    const { store, ids } = storeWith([]);
    expect((await read(store, ids[0])).shaping).toBeNull();
    store.suggestions.add([{ ...suggestion, rolloutId: ids[0] }]);
    expect((await read(store, ids[0])).shaping).toEqual({ boundaries: [1, 2], source: 'suggestion of rules' });
    store.suggestions.refuse(ids[0], 'rules', [1]);
    expect((await read(store, ids[0])).shaping).toBeNull();
  });

  it('is another’s label once it may be seen', async () => {
    const { store, ids } = storeWith([]);
    store.labels.set({ rolloutId: ids[0], annotator: 'ana', boundaries: [3, 4] });
    expect((await read(store, ids[0])).shaping).toBeNull();
    const { review } = (await readReview(clientOf(store), ids[0], { ...viewer, blindFirstPass: false }, 'token'))!;
    expect(review.shaping).toEqual({ boundaries: [3, 4], source: 'label of ana' });
  });
});

describe('a reply of an evaluation in Review', () => {
  const evaluation = (id: string, policyVersion: number): NewEvaluation => ({
    ...{ id, name: 'clips', policy: 'tiny', policyVersion, adapter: null, dataset: 'clips', split: 'test' },
    ...{ settings: null, source: 'import:a.json', status: 'finished', total: null, createdAt: '2026-01-01' },
  });

  /** One prompt, answered in two evaluations, and by a trainer's group. */
  function evaluated(): { store: Store; before: string; after: string; logged: string } {
    const store = openStore();
    const prompt = makePrompt({ options: ['A. red', 'B. green'] });
    const of = (id: string, policyVersion: number, completion: string) =>
      makeGroup(prompt, [1], { policyVersion, completion, name: id, groupId: `g-${id}`, evaluationId: id });
    const [before] = of('e-1', 0, 'A man enters. The answer is B.');
    const [after] = of('e-2', 8, '<answer>B</answer>');
    const [logged] = makeGroup(prompt, [1]);
    store.addRollouts([prompt], [before, after, logged], [], [evaluation('e-1', 0), evaluation('e-2', 8)]);
    return { store, before: before.id, after: after.id, logged: logged.id };
  }

  it('has what each rule takes from it, and from where; a trainer’s rollout has not', async () => {
    const { store, before, logged } = evaluated();
    const { completion, reads } = (await read(store, before)).rollout;
    const of = (title: string) => reads.find((one) => one.title === title)!;
    expect(of('Rollout Lab')).toEqual({
      ...{ title: 'Rollout Lab', extracted: null, correct: false, how: 'no <answer>', at: null },
    });
    expect(of('Video-Holmes')).toMatchObject({ extracted: 'A', correct: false, at: { start: 0 } });
    const { at, correct } = of('AVATAR, of MMVU');
    expect([completion.slice(at!.start, at!.end), correct]).toEqual(['B', true]);
    expect((await read(store, logged)).rollout.reads).toEqual([]);
  });

  it('stands with that of another evaluation as a group, each under its policy’s name and without an advantage', async () => {
    const { store, before, after } = evaluated();
    const client = clientOf(store);
    const { group, groups } = (await readReview(client, after, viewer, 'token', [before, after]))!.review;
    expect(group).toMatchObject({ name: 'tiny v0 and tiny v8', vanishing: false, std: null });
    expect(group.members.map(({ rolloutId, name, advantage }) => [rolloutId, name, advantage])).toEqual([
      [before, 'tiny v0', null],
      [after, 'tiny v8', null],
    ]);
    expect(groups[0]).toEqual({ id: group.id, name: group.name, rolloutId: after });
    expect(groups.map(({ name }) => name)).toContain('tiny v8');
    // Of one that is not among them, or is gone, its own group is shown.
    for (const compared of [[before, 'r-none'], [before]])
      expect((await readReview(client, after, viewer, 'token', compared))!.review.group.members).toHaveLength(1);
    expect((await readReview(client, after, viewer, 'token', ['r-none', after]))!.review.group.name).toBe('tiny v8');
  });
});
