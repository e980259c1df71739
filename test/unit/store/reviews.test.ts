import { describe, expect, it } from 'vitest';
import { makeGroup, makePrompt, openStore } from './fixture.ts';

const completion = 'Plan first. Then look. So it is B.';

function labelled() {
  const store = openStore();
  const prompt = makePrompt();
  const [rollout] = makeGroup(prompt, [1], { completion });
  store.addRollouts([prompt], [rollout]);
  store.labels.set({ rolloutId: rollout.id, annotator: 'ann', boundaries: [11, 22] });
  return { store, rolloutId: rollout.id };
}

describe('reviews of a label', () => {
  it('are each reviewer’s last word, and say when the label is another one since', () => {
    const { store, rolloutId } = labelled();
    store.reviews.add(rolloutId, 'ann', 'bo', 'rejected');
    store.reviews.add(rolloutId, 'ann', 'bo', 'accepted');
    store.reviews.add(rolloutId, 'ann', 'cy', 'rejected');
    const words = () =>
      store.reviews
        .of(rolloutId)
        .map(({ annotator, reviewer, verdict, stale }) => [annotator, reviewer, verdict, stale]);
    expect(words()).toEqual([
      ['ann', 'bo', 'accepted', false],
      ['ann', 'cy', 'rejected', false],
    ]);
    store.labels.set({ rolloutId, annotator: 'ann', boundaries: [12, 22] });
    expect(words().map(([, , , stale]) => stale)).toEqual([true, true]);
    store.labels.undo(rolloutId, 'ann');
    expect(words().map(([, , , stale]) => stale)).toEqual([false, false]);
  });

  it('are of a label that is there, by somebody else', () => {
    const { store, rolloutId } = labelled();
    expect(() => store.reviews.add(rolloutId, 'bo', 'ann', 'accepted')).toThrow(
      `rollout ${rolloutId} has no label of bo`,
    );
    expect(() => store.reviews.add(rolloutId, 'ann', 'ann', 'accepted')).toThrow('cannot review a label of their own');
    expect(() => store.reviews.add(rolloutId, 'ann', ' ', 'accepted')).toThrow('a reviewer needs a name');
    expect(store.reviews.of(rolloutId)).toEqual([]);
  });
});
