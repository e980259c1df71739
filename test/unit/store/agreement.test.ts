import { describe, expect, it } from 'vitest';
import { makeGroup, makePrompt, openStore } from './fixture.ts';

const completion = 'Plan 🎬 first. Then look. So it is B.';

describe('agreement of a store', () => {
  it('is of the rollouts that several have labelled, and of nothing else', () => {
    const store = openStore();
    const prompt = makePrompt();
    const offsets = Int32Array.of(0, 5, 15, 26);
    const tokens = { ids: Int32Array.of(1, 2, 3, 4), offsets, logProbs: null, tokenizer: null };
    const rollouts = makeGroup(prompt, [1, 0, 0], { completion, tokens });
    store.addRollouts([prompt], rollouts);
    expect(store.agreement.get()).toMatchObject({ annotators: [], pairs: [], people: { rollouts: 0 } });
    expect(store.labels.latestRevision()).toBe(0);

    const label = (rollout: number, annotator: string, boundaries: number[]): void => {
      store.labels.set({ rolloutId: rollouts[rollout].id, annotator, boundaries });
    };
    label(0, 'ann', [15, 26]);
    label(0, 'bo', [5, 26]);
    label(1, 'ann', [15, 26]);
    label(1, 'bo', [15, 26]);
    label(2, 'ann', [15, 26]);
    const revision = store.labels.latestRevision();
    expect(revision).toBeGreaterThan(0);

    const { annotators, pairs } = store.agreement.get();
    expect(annotators).toEqual(['ann', 'bo']);
    expect(pairs).toMatchObject([{ a: 'ann', b: 'bo', rollouts: 2 }]);
    // Tokens, not words: evidence starts one unit apart in the first rollout.
    expect(pairs[0].figures.boundarySimilarity.value).toBe((0.75 + 1) / 2);

    const scope = { a: 'bo', b: 'ann' };
    expect(store.agreement.disagreements({ scope, metric: 'kappa', limit: 1 })).toEqual([
      {
        rolloutId: rollouts[0].id,
        question: prompt.question,
        length: completion.length,
        labels: [
          { annotator: 'ann', boundaries: [15, 26] },
          { annotator: 'bo', boundaries: [5, 26] },
        ],
        values: expect.objectContaining({ boundarySimilarity: 0.75 }) as unknown,
      },
    ]);

    store.labels.undo(rollouts[0].id, 'bo');
    expect(store.labels.latestRevision()).toBeGreaterThan(revision);
    expect(store.agreement.get().people.rollouts).toBe(1);
  });

  it('reads page after page', () => {
    const store = openStore();
    const prompt = makePrompt();
    const rollouts = makeGroup(
      prompt,
      Array.from({ length: 450 }, () => 1),
      { completion },
    );
    const labels = rollouts.flatMap(({ id }) =>
      ['ann', 'bo'].map((annotator) => ({ rolloutId: id, annotator, boundaries: [15, 26] })),
    );
    store.addRollouts([prompt], rollouts, labels);
    expect(store.agreement.measured().map(({ rolloutId }) => rolloutId)).toEqual(rollouts.map(({ id }) => id));
    expect(store.agreement.disagreements({ scope: null, metric: 'pk', limit: 20 })).toHaveLength(20);
  });
});
