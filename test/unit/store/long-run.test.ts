/** What the store keeps of a long run. */
import { statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Rollout } from '../../../src/domain/rollout.ts';
import type { RunConfig } from '../../../src/domain/run.ts';
import { makeGroup, makePrompt, openStore, raw } from './fixture.ts';

const config = { preset: 'avatar', seed: 1, steps: 4 } as unknown as RunConfig;
const prompt = makePrompt();

function longRun() {
  const store = openStore();
  store.addRollouts([prompt], []);
  const { id } = store.runs.create('long', config);
  const iterate = (iteration: number, count = 2): Rollout[] => {
    const rewards = Array.from({ length: count }, (_, i) => i % 2);
    const rollouts = makeGroup(prompt, rewards, {
      ...{ runId: id, name: `${id} ${iteration}`, policyVersion: iteration },
      completion: `First I plan. Then I look. So it is B. ${`word${iteration} `.repeat(200)}`,
    });
    store.runs.addIteration(id, { iteration, at: iteration, values: { reward: 1 }, advantages: [1, -1] }, rollouts);
    store.runs.addSnapshot(
      id,
      rollouts.map((one) => ({ rolloutId: one.id, boundaries: null, source: 'parabolic' })),
    );
    return rollouts;
  };
  const kept = (): string[] => store.rollouts.page({ runId: id, limit: 1000 }).rows.map((row) => row.id);
  return { store, id, iterate, kept };
}

const idsOf = (rollouts: readonly Rollout[]): string[] => rollouts.map(({ id }) => id);

describe('of a run', () => {
  it('the first iteration, every hundredth after it and the newest stay, with metrics of all', () => {
    const { store, id, iterate, kept } = longRun();
    const made = Array.from({ length: 210 }, (_, i) => iterate(i + 1));
    expect(store.runs.thin(id, 205, [])).toBe(2 * 202);
    const stay = idsOf([1, 101, 201, 206, 207, 208, 209, 210].flatMap((iteration) => made[iteration - 1]));
    expect(kept()).toEqual(stay);
    expect(store.runs.snapshot(id).map(({ rolloutId }) => rolloutId)).toEqual(stay.toSorted());
    expect(store.rollouts.groups(prompt.id)).toHaveLength(8);
    expect(store.search('word150')).toEqual([]);
    expect(store.search('word101')).toHaveLength(2);
    expect(store.runs.curves(id).iterations).toHaveLength(210);
    // What is looked at of an iteration whose rollouts are gone is the last before it that has some.
    for (const [asked, shown] of [
      [150, 101],
      [205, 201],
      [206, 206],
      [null, 210],
    ] as const)
      expect(store.runs.advantages(id, asked)).toEqual({ iteration: shown, values: [1, -1] });
    expect(store.runs.thin(id, 205, [])).toBe(0);
  });

  it('what somebody did something with stays, what is replayed, and what another run began with', () => {
    const { store, id, iterate, kept } = longRun();
    iterate(1);
    const [
      labelled,
      skipped,
      flagged,
      commented,
      refused,
      suggested,
      replayed,
      begunWith,
      undone,
      tagged,
      judged,
      preferred,
      against,
      corrected,
      drafted,
      plain,
    ] = iterate(2, 16);
    store.labels.set({ rolloutId: labelled.id, annotator: 'ann', boundaries: [3, 9] });
    store.labels.set({ rolloutId: undone.id, annotator: 'ann', boundaries: [3, 9] });
    store.labels.undo(undone.id, 'ann');
    store.statuses.set(skipped.id, 'ann', 'skipped', 'too dark');
    store.statuses.flag(flagged.id, 'ann', true);
    store.statuses.flag(flagged.id, 'ann', false);
    store.tags.set([tagged.id], 'ann', 'hack', true);
    store.tags.set([tagged.id], 'ann', 'hack', false);
    store.comments.add(commented.id, 'ann', { body: 'Look.', text: null, video: null });
    store.judgements.set(judged.id, 'ann', { start: 0, end: 3, verdict: 'correct', error: null });
    store.corrections.set(corrected.id, 'ann', 'Better.');
    store.corrections.draft(drafted.id, 'ann', 'Bett');
    store.preferences.set(preferred.id, 'ann', { other: against.id, verdict: 'better' });
    for (const { id: rolloutId } of [refused, suggested])
      store.suggestions.add([
        { rolloutId, source: 'rules', boundaries: [3, 9], scores: [1, 1], entropy: 0, model: 'rules 1' },
      ]);
    store.suggestions.refuse(refused.id, 'rules', [0]);
    const other = store.runs.create('other', config);
    store.runs.addSnapshot(other.id, [{ rolloutId: begunWith.id, boundaries: null, source: 'parabolic' }]);
    expect(store.runs.thin(id, 2, [replayed.id])).toBe(2);
    const stay = idsOf([
      labelled,
      skipped,
      flagged,
      commented,
      refused,
      replayed,
      begunWith,
      undone,
      tagged,
      judged,
      preferred,
      against,
      corrected,
      drafted,
    ]);
    expect(kept().slice(2)).toEqual(stay);
    expect(store.rollouts.groups(prompt.id).map(({ rollouts }) => rollouts)).toEqual([2, 14]);
    // Nor does a resume take these back, which has nothing to say of what it replayed.
    store.runs.truncate(id, 1);
    expect(kept().slice(2)).toEqual(stay.filter((one) => one !== replayed.id));
    expect([plain, suggested].map((one) => store.rollouts.get(one.id))).toEqual([null, null]);
  });

  it('labels stay in a store that has them without their revisions, as on a cluster', () => {
    const { store, id, iterate, kept } = longRun();
    iterate(1);
    const [labelled] = iterate(2);
    store.labels.set({ rolloutId: labelled.id, annotator: 'ann', boundaries: [3, 9] });
    raw(store.file, (database) => database.exec('DELETE FROM revisions'));
    expect(store.runs.thin(id, 2, [])).toBe(1);
    expect(kept()).toHaveLength(3);
  });

  it('the file grows by its metrics alone once it has as many iterations as it keeps', () => {
    const { store, id, iterate } = longRun();
    const size = (): number => statSync(store.file).size + statSync(`${store.file}-wal`).size;
    const keep = 40;
    const sizes: number[] = [];
    for (let iteration = 1; iteration <= 600; iteration += 1) {
      iterate(iteration, 8);
      if (iteration % 8 === 0) store.runs.thin(id, iteration - keep, []);
      if (iteration % 200 === 0) sizes.push(size());
    }
    console.log(`${sizes.map((one) => `${Math.round(one / 1e3)} kB`).join(', ')} after 200, 400 and 600 iterations`);
    // Of 3.2 MB that the rollouts of 200 iterations take here, those of two stay.
    expect(sizes[2] - sizes[1]).toBeLessThan(600_000);
  });
});
