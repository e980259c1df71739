import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Rollout } from '../../../src/domain/rollout.ts';
import { exportPreferences, exportRollouts } from '../../../src/formats/export.ts';
import { importFiles } from '../../../src/formats/import.ts';
import type { PreferenceExport } from '../../../src/formats/preference-write.ts';
import type { Store } from '../../../src/store/store.ts';
import { makeGroup, makePrompt, openStore, temporaryFolder } from '../store/fixture.ts';

const prompt = makePrompt({
  ...{ question: 'Which?', options: ['A red', 'B blue'], answer: 'B' },
  ...{ sourceId: 'q1', hint: 'Look left.' },
});

/** A store of one prompt with a group of completions. */
function filled(change: Partial<Rollout>[] = []): { store: Store; ids: string[] } {
  const store = openStore();
  const rollouts = makeGroup(prompt, [1, 0, 0], { rewards: {} }).map((rollout, i) => ({ ...rollout, ...change[i] }));
  store.addRollouts([prompt], rollouts);
  return { store, ids: rollouts.map(({ id }) => id) };
}

async function written(store: Store, format: PreferenceExport, annotators: string[] = []) {
  const out = join(temporaryFolder(), 'preferences.jsonl');
  const count = await exportPreferences(store, out, format, annotators);
  const lines = readFileSync(out, 'utf8').split('\n').slice(0, -1);
  return { out, count, rows: lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

const clip = [{ kind: 'video', path: 'clips/1.mp4' }];

describe('preferences as pairs for DPO', () => {
  it('are messages or texts, a row for each annotator, without ties', async () => {
    const { store, ids } = filled([{ completion: 'Red.' }, { completion: 'Blue.' }]);
    store.preferences.set(ids[0], 'ana', { other: ids[1], verdict: 'worse' });
    store.preferences.set(ids[0], 'ben', { other: ids[1], verdict: 'better' });
    store.preferences.set(ids[2], 'ben', { other: ids[0], verdict: 'tie' });
    const { rows, count } = await written(store, 'trl');
    expect(count).toEqual({ preferences: 2, left: [{ count: 1, reason: 'neither of two that tie is chosen' }] });
    expect(rows).toEqual([
      {
        prompt: [{ role: 'user', content: 'Which?\nA red\nB blue' }],
        chosen: [{ role: 'assistant', content: 'Blue.' }],
        rejected: [{ role: 'assistant', content: 'Red.' }],
        ...{ media: clip, problem_id: 'q1', chosen_rollout: ids[1], rejected_rollout: ids[0], annotator: 'ana' },
      },
      expect.objectContaining({ chosen_rollout: ids[0], rejected_rollout: ids[1], annotator: 'ben' }),
    ]);
    expect((await written(store, 'trl-text', ['ana'])).rows).toEqual([
      {
        ...{ prompt: 'Which?\nA red\nB blue\n', chosen: 'Blue.', rejected: 'Red.' },
        ...{ media: clip, problem_id: 'q1', chosen_rollout: ids[1], rejected_rollout: ids[0], annotator: 'ana' },
      },
    ]);
  });

  it('ask what both were asked, and are left out, and that is told, where that differs', async () => {
    const { store, ids } = filled([{ system: 'Think.' }, { system: 'Think.' }, { system: 'Think.', hinted: true }]);
    store.preferences.set(ids[0], 'ana', { other: ids[1], verdict: 'better' });
    store.preferences.set(ids[0], 'ana', { other: ids[2], verdict: 'better' });
    const { rows, count } = await written(store, 'trl');
    const reason = 'its two completions were asked for with another instruction or hint';
    expect(count).toEqual({ preferences: 1, left: [{ count: 1, reason }] });
    expect(rows[0].prompt).toEqual([
      { role: 'system', content: 'Think.' },
      { role: 'user', content: 'Which?\nA red\nB blue' },
    ]);
  });
});

it('preferences come onto the same rollouts of another store, from their own file and with rollouts, once', async () => {
  const { store, ids } = filled();
  store.preferences.set(ids[2], 'ana', { other: ids[0], verdict: 'better' });
  store.preferences.set(ids[1], 'ana', { other: ids[2], verdict: 'tie' });
  store.preferences.set(ids[0], 'ben', { other: ids[1], verdict: 'worse' });
  const said = (one: Store): unknown => ids.map((id) => one.preferences.of(id));

  const { out, count } = await written(store, 'rollout-lab');
  expect(count).toEqual({ preferences: 3, left: [] });
  const { store: other } = filled();
  expect(await importFiles(other, [out])).toMatchObject({ edits: 3, rejected: [] });
  expect(said(other)).toEqual(said(store));
  expect(await importFiles(other, [out])).toMatchObject({ edits: 0 });

  const dump = join(temporaryFolder(), 'all.rollouts.jsonl');
  await exportRollouts(store, dump, 'rollout-lab');
  const third = openStore();
  expect(await importFiles(third, [dump])).toMatchObject({ rollouts: 3, preferences: 3, rejected: [] });
  expect(said(third)).toEqual(said(store));
  expect((await importFiles(third, [dump])).preferences).toBeUndefined();
});
