import { expect, it, vi } from 'vitest';
import type { History } from '../../../../src/protocol/review.ts';
import { SideBySide, type BesideSource } from '../../../../webview/review/beside/side-by-side.ts';

/** A host whose answers to `history` are given by hand. */
function make() {
  const asked: [string, number][] = [];
  const answers: PromiseWithResolvers<History>[] = [];
  const source: BesideSource = {
    completions: (ids) =>
      Promise.resolve(ids.map((rolloutId) => ({ rolloutId, text: 'B', boundaries: null, whose: null }))),
    otherLabels: () => Promise.resolve('blind'),
    history: (rolloutId, count) => {
      asked.push([rolloutId, count]);
      answers.push(Promise.withResolvers<History>());
      return answers.at(-1)!.promise;
    },
  };
  const beside = new SideBySide(source, vi.fn());
  beside.show('r-1');
  return { asked, answers, beside };
}

const history = (more: boolean): History => ({ done: [], more });

it('reads more of what was done when asked, and from the first again for another completion', async () => {
  const { asked, answers, beside } = make();
  const opening = beside.toggle('history');
  answers[0].resolve(history(true));
  await opening;
  expect(beside.history?.more).toBe(true);
  const older = beside.readOlder();
  answers[1].resolve(history(false));
  await older;
  expect(beside.history?.more).toBe(false);
  beside.show('r-2');
  expect(beside.history).toBeNull();
  void beside.refresh([]);
  expect(asked).toEqual([
    ['r-1', 100],
    ['r-1', 200],
    ['r-2', 100],
  ]);
});

it('drops an answer about what is no longer shown', async () => {
  const { answers, beside } = make();
  const opening = beside.toggle('history');
  beside.show('r-2');
  answers[0].resolve(history(false));
  await opening;
  expect(beside.history).toBeNull();
});

it('goes back to one label when it cannot be read, and says why', async () => {
  const { answers, beside } = make();
  const opening = beside.toggle('history');
  answers[0].reject(new Error('the store is closed'));
  await expect(opening).rejects.toThrow('the store is closed');
  expect(beside.what).toBeNull();
});

it('knows nothing of completions that were read before it was closed', async () => {
  const { beside } = make();
  await beside.toggle('group');
  await beside.read(['r-1']);
  expect(beside.completions.size).toBe(1);
  await beside.toggle('group');
  expect(beside.completions.size).toBe(0);
});
