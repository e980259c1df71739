import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { CorrectionDrafts } from '../../../src/editor/correction-drafts.ts';
import type { WrittenDraft } from '../../../src/protocol/review.ts';

const draft = (text: string, rolloutId = 'r'): WrittenDraft => ({ store: 'a.db', annotator: 'me', rolloutId, text });

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: 10_000 }));
afterEach(() => void vi.useRealTimers());

/** A store that takes what it is given, until it is told to fail. */
function drafts() {
  const written: string[] = [];
  const store = { fails: false };
  const one = new CorrectionDrafts(async ({ text }) => {
    if (store.fails) throw new Error('the disk is full');
    written.push(text);
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
