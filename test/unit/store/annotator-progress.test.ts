import { afterEach, expect, it, vi } from 'vitest';
import type { Store } from '../../../src/store/store.ts';
import { makeGroup, makePrompt, openStore } from './fixture.ts';

afterEach(() => vi.useRealTimers());

/** Three rollouts of each of two datasets. */
function storeWithDatasets(): { store: Store; clips: string[]; films: string[] } {
  const store = openStore();
  const prompts = [makePrompt(), makePrompt({ dataset: 'films', question: 'What is heard?' })];
  const groups = prompts.map((prompt) => makeGroup(prompt, [1, 1, 1]));
  store.addRollouts(prompts, groups.flat());
  const [clips, films] = groups.map((group) => group.map(({ id }) => id));
  return { store, clips, films };
}

it('counts what each annotator did, by dataset, and nothing of programs', () => {
  const { store, clips, films } = storeWithDatasets();
  expect(store.progress.get()).toEqual([]);
  const at = (seconds: number): unknown => vi.setSystemTime(Date.UTC(2026, 0, 1) + 1000 * seconds);
  const label = (rolloutId: string, annotator: string): unknown =>
    store.labels.set({ rolloutId, annotator, boundaries: [13, 26] });
  vi.useFakeTimers({ toFake: ['Date'] });
  for (const [rollout, began, ended] of [
    [clips[0], 0, 20],
    [clips[1], 100, 140],
    [films[0], 200, 290],
  ] as const) {
    at(began);
    label(rollout, 'ana');
    at(ended);
    store.statuses.set(rollout, 'ana', 'submitted');
  }
  // Submitted again a day later: the first time is the one that was spent.
  store.statuses.set(clips[0], 'ana', 'open');
  at(90_000);
  store.statuses.set(clips[0], 'ana', 'submitted');
  label(clips[2], 'ana');
  store.statuses.set(films[1], 'ana', 'skipped', 'too dark');
  store.statuses.flag(films[1], 'ana', true);
  store.statuses.flag(clips[0], 'ben', true);
  label(clips[0], 'suggestion:rules');
  const [ana, ben] = store.progress.get();
  expect(ana).toEqual({
    annotator: 'ana',
    all: { labelled: 4, submitted: 3, skipped: 1, flagged: 1, left: 1, medianMs: 40_000 },
    datasets: [
      { dataset: 'clips', labelled: 3, submitted: 2, skipped: 0, flagged: 0, left: 0, medianMs: 30_000 },
      { dataset: 'films', labelled: 1, submitted: 1, skipped: 1, flagged: 1, left: 1, medianMs: 90_000 },
    ],
  });
  expect(ben.all).toEqual({ labelled: 0, submitted: 0, skipped: 0, flagged: 1, left: 6, medianMs: null });
  expect(store.progress.get()).toHaveLength(2);
  expect(store.labels.nextUnlabelled('ana', null)).toBe(films[2]);
});
