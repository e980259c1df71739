import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { CorrectionExport } from '../../../src/formats/correction-write.ts';
import { exportCorrections, exportRollouts } from '../../../src/formats/export.ts';
import { importFiles } from '../../../src/formats/import.ts';
import type { Store } from '../../../src/store/store.ts';
import { makeGroup, makePrompt, openStore, temporaryFolder } from '../store/fixture.ts';

const prompt = makePrompt({ question: 'Which?', options: ['A red', 'B blue'], sourceId: 'q1' });

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
  const common = {
    media: [{ kind: 'video', path: 'clips/1.mp4' }],
    problem_id: 'q1',
    rollout: ids[0],
    annotator: 'ana',
  };
  expect(rows[0]).toEqual({
    prompt: [
      { role: 'system', content: 'Think.' },
      { role: 'user', content: 'Which?\nA red\nB blue' },
    ],
    completion: [{ role: 'assistant', content: 'Blue.\n' }],
    ...common,
    ...{ phases: null, phases_of: null },
  });
  expect((await written(store, 'trl-text', ['ana'])).rows).toEqual([
    { prompt: 'Think.\nWhich?\nA red\nB blue\n', completion: 'Blue.\n', ...common, phases: null, phases_of: null },
  ]);
});

it('rows for SFT have the phases of the corrected text: its own, else those of the label, carried over', async () => {
  const { store, ids } = filled();
  const { completion } = store.rollouts.get(ids[0])!;
  const text = completion.replace(/^\S+/u, 'Plainly,');
  const cut = text.lastIndexOf(' ');
  store.corrections.set(ids[0], 'ana', text);
  const label = { rolloutId: ids[0], annotator: 'ana' };
  store.labels.set({ ...label, boundaries: [completion.lastIndexOf(' '), completion.length] });
  const phases = (...texts: string[]) =>
    ['planning', 'evidence', 'synthesis'].map((name, index) => ({ name, text: texts[index] }));
  const { rows } = await written(store, 'trl');
  expect(rows[0]).toMatchObject({ phases: phases(text.slice(0, cut), text.slice(cut), ''), phases_of: 'label' });
  store.corrections.set(ids[0], 'ana', text, [8, 8]);
  expect((await written(store, 'trl-text')).rows[0]).toMatchObject({
    ...{ phases: phases(text.slice(0, 8), '', text.slice(8)), phases_of: 'correction' },
  });
});

it('corrections come onto the same rollouts of another store, from their own file and with rollouts, once', async () => {
  const { store, ids } = filled();
  store.corrections.set(ids[0], 'ana', 'Blue.');
  store.corrections.set(ids[1], 'ben', 'It is blue.', [2, 5]);
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
