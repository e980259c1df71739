import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { CorrectionExport } from '../../../src/formats/correction-write.ts';
import { exportCorrections, exportRollouts } from '../../../src/formats/export.ts';
import { importFiles } from '../../../src/formats/import.ts';
import type { Store } from '../../../src/store/store.ts';
import { makeGroup, makePrompt, openStore, temporaryFolder } from '../store/fixture.ts';

const prompt = makePrompt({ question: 'Which?', options: ['A red', 'B blue'], sourceId: 'q1', video: null });

function filled(): { store: Store; ids: string[] } {
  const store = openStore();
  const rollouts = makeGroup(prompt, [1, 0], { rewards: {}, system: 'Think.' });
  store.addRollouts([prompt], rollouts);
  return { store, ids: rollouts.map(({ id }) => id) };
}

async function written(store: Store, format: CorrectionExport, annotators: string[] = []) {
  const out = join(temporaryFolder(), 'corrections.jsonl');
  const count = await exportCorrections(store, out, format, annotators);
  const lines = readFileSync(out, 'utf8').split('\n').slice(0, -1);
  return { out, count, rows: lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

it('corrections are rows for SFT: a prompt and what it should have been answered with, as messages or texts', async () => {
  const { store, ids } = filled();
  store.corrections.set(ids[0], 'ana', 'Blue.\n');
  store.corrections.set(ids[0], 'ben', 'It is blue.');
  const { rows, count } = await written(store, 'trl');
  expect(count).toBe(2);
  const common = { problem_id: 'q1', rollout: ids[0], annotator: 'ana' };
  expect(rows[0]).toEqual({
    prompt: [
      { role: 'system', content: 'Think.' },
      { role: 'user', content: 'Which?\nA red\nB blue' },
    ],
    completion: [{ role: 'assistant', content: 'Blue.\n' }],
    ...common,
  });
  expect((await written(store, 'trl-text', ['ana'])).rows).toEqual([
    { prompt: 'Think.\nWhich?\nA red\nB blue\n', completion: 'Blue.\n', ...common },
  ]);
});

it('corrections come onto the same rollouts of another store, from their own file and with rollouts, once', async () => {
  const { store, ids } = filled();
  store.corrections.set(ids[0], 'ana', 'Blue.');
  store.corrections.set(ids[1], 'ben', 'It is blue.');
  const said = (one: Store): unknown => ids.map((id) => one.corrections.of(id));

  const { out } = await written(store, 'rollout-lab');
  const { store: other } = filled();
  expect(await importFiles(other, [out])).toMatchObject({ edits: 2, rejected: [] });
  expect(said(other)).toEqual(said(store));
  expect(await importFiles(other, [out])).toMatchObject({ edits: 0 });

  const dump = join(temporaryFolder(), 'all.rollouts.jsonl');
  await exportRollouts(store, dump, 'rollout-lab');
  const third = openStore();
  expect(await importFiles(third, [dump])).toMatchObject({ rollouts: 2, corrections: 2, rejected: [] });
  expect(said(third)).toEqual(said(store));
  expect((await importFiles(third, [dump])).corrections).toBeUndefined();
});
