import { describe, expect, it } from 'vitest';
import { makeGroup, makePrompt, openStore } from './fixture.ts';

describe('rollouts', () => {
  it('come back as they went in, bit for bit', () => {
    const store = openStore();
    const prompt = makePrompt({ hint: 'Listen first.', sourceId: '17' });
    const [rollout] = makeGroup(prompt, [0.25], {
      tokens: {
        ids: new Int32Array([1, -1, 2 ** 31 - 1]),
        offsets: new Int32Array([0, 5, 9]),
        logProbs: new Float32Array([-0.1, -Infinity, Math.fround(1e-42)]),
        tokenizer: 'tiny',
      },
      advantage: -1.5,
      finish: 'length',
      hinted: true,
    });
    store.addRollouts([prompt], [rollout]);
    expect(store.rollouts.get(rollout.id)).toEqual(rollout);
    expect(store.prompts.get(prompt.id)).toEqual({
      ...prompt,
      rollouts: 1,
      groups: 1,
      labelled: 0,
      vanishingGroups: 0,
      passRate: 0,
      bestReward: 0.25,
      meanReward: 0.25,
    });
  });

  it('are counted as duplicates the second time, while eight equal completions of a group stay eight', () => {
    const store = openStore();
    const prompt = makePrompt();
    const group = makeGroup(prompt, Array<number>(8).fill(1));
    expect(store.addRollouts([prompt], group)).toEqual({ prompts: 1, rollouts: 8, labels: 0, duplicates: 0 });
    expect(store.addRollouts([prompt], group)).toEqual({ prompts: 0, rollouts: 0, labels: 0, duplicates: 8 });
  });

  it('of an unknown prompt are refused, and nothing of their batch stays', () => {
    const store = openStore();
    const prompt = makePrompt();
    const stray = makeGroup(makePrompt({ question: 'Never stored?' }), [1]);
    expect(() => store.addRollouts([prompt], [...makeGroup(prompt, [1]), ...stray])).toThrow('not stored');
    expect(store.rollouts.page().rows).toEqual([]);
    expect(store.prompts.get(prompt.id)).toBeNull();
  });
});

describe('groups', () => {
  it('tell their sample standard deviation, and which of them vanish', () => {
    const store = openStore();
    const prompt = makePrompt();
    store.addRollouts([prompt], makeGroup(prompt, [1, 0, 1, 1]));
    store.addRollouts([prompt], makeGroup(prompt, [0.5, 0.5, 0.5], { name: 'flat' }));
    store.addRollouts([prompt], makeGroup(prompt, [1, null], { name: 'short' }));
    expect(store.rollouts.groups(prompt.id)).toMatchObject([
      { rollouts: 4, meanReward: 0.75, rewardStd: 0.5 },
      { rollouts: 3, meanReward: 0.5, rewardStd: 0 },
      { rollouts: 2, meanReward: 1, rewardStd: null },
    ]);
    expect(store.prompts.get(prompt.id)).toMatchObject({ groups: 3, rollouts: 9, vanishingGroups: 1, bestReward: 1 });
  });
});

describe('media', () => {
  it('are lacked by prompts that name none', () => {
    const store = openStore();
    store.addRollouts([makePrompt({ question: '1?', video: 'a/1.mp4' })], []);
    expect(store.prompts.lackMedia()).toBe(false);
    store.addRollouts([makePrompt({ question: '2?', video: null })], []);
    expect(store.prompts.lackMedia()).toBe(true);
  });
});

describe('filters', () => {
  it('keep the prompts and the rollouts they name', () => {
    const store = openStore();
    const [flat, mixed, hinted] = ['flat', 'mixed', 'hinted'].map((question) => makePrompt({ question }));
    const flatGroup = makeGroup(flat, [1, 1]);
    const mixedGroup = makeGroup(mixed, [1, 0]);
    const hintedGroup = makeGroup(hinted, [1, 0.9], { hinted: true });
    store.addRollouts([flat, mixed, hinted], [...flatGroup, ...mixedGroup, ...hintedGroup]);
    for (const { id } of [...mixedGroup, ...hintedGroup]) {
      store.labels.set({ rolloutId: id, annotator: 'ann', boundaries: [13, 26] });
    }
    const kept = (filter: 'unlabelled' | 'vanishing' | 'wrong' | 'hinted') => [
      store.prompts.page({ filter }).rows.map((row) => row.question),
      store.rollouts.page({ filter }).rows.map((row) => row.id),
    ];
    expect(kept('unlabelled')).toEqual([['flat'], flatGroup.map(({ id }) => id)]);
    expect(kept('vanishing')).toEqual([['flat'], flatGroup.map(({ id }) => id)]);
    expect(kept('wrong')).toEqual([['mixed'], [mixedGroup[1].id]]);
    expect(kept('hinted')).toEqual([['hinted'], hintedGroup.map(({ id }) => id)]);
  });
});
