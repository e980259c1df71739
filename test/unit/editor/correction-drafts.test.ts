import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { CorrectionState } from '../../../src/domain/correction.ts';
import { CorrectionDrafts } from '../../../src/editor/correction-drafts.ts';
import type { WrittenDraft } from '../../../src/protocol/review.ts';

const draft = (text: string, rolloutId = 'r', store = 'a.db'): WrittenDraft => ({
  ...{ store, annotator: 'me', rolloutId, text },
});
const stands = (text: string, store = 'a.db'): CorrectionState => ({
  ...{ text: `saved in ${store}`, boundaries: null, draft: text, discarded: null },
  ...{ canUndo: false, canRedo: false, savedAt: null },
});

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date', 'performance'], now: 10_000 }));
afterEach(() => void vi.useRealTimers());

/** A store that takes what it is given, until it is told to fail. */
function drafts() {
  const written: string[] = [];
  const store = { fails: false };
  const one = new CorrectionDrafts(async ({ text, store: name }) => {
    if (store.fails) throw new Error('the disk is full');
    written.push(text);
    return stands(text, name);
  });
  return { one, written, store };
}

it('writes the first draft at once, and of what is typed meanwhile the newest alone', async () => {
  const { one, written } = drafts();
  await one.keep(draft('a'));
  expect(written).toEqual(['a']);
  const kept = [one.keep(draft('ab')), one.keep(draft('abc'))];
  await Promise.resolve();
  expect(written).toEqual(['a']);
  await one.flush();
  await Promise.all(kept);
  expect(written).toEqual(['a', 'abc']);
});

it('answers how the correction stands in the store of each draft', async () => {
  const { one } = drafts();
  const kept = [one.keep(draft('a')), one.keep(draft('ab')), one.keep(draft('b', 'r', 'b.db'))];
  await one.flush();
  // What was written after it is in the store then.
  await expect(Promise.all(kept)).resolves.toEqual([stands('ab'), stands('ab'), stands('b', 'b.db')]);
});

it('flushes every rollout’s without a pause, and pauses again afterwards', async () => {
  const { one, written } = drafts();
  await one.keep(draft('a'));
  const waiting = [one.keep(draft('ab')), one.keep(draft('x', 's'))];
  await one.flush();
  await Promise.all(waiting);
  expect(written.sort()).toEqual(['a', 'ab', 'x']);
  const late = one.keep(draft('abc'));
  await Promise.resolve();
  expect(written).toHaveLength(3);
  await one.flush();
  await late;
});

it('waits no longer where the clock is set back meanwhile', async () => {
  const { one, written } = drafts();
  await one.keep(draft('a'));
  vi.advanceTimersByTime(1000);
  vi.setSystemTime(0);
  await one.keep(draft('ab'));
  expect(written).toEqual(['a', 'ab']);
});

it('says why a draft is not kept, and goes on with the next', async () => {
  const { one, written, store } = drafts();
  store.fails = true;
  await expect(one.keep(draft('a'))).rejects.toThrow('the disk is full');
  store.fails = false;
  const kept = one.keep(draft('ab'));
  await one.flush();
  await kept;
  expect(written).toEqual(['ab']);
});
