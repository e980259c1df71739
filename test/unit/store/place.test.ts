import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { defaultPhases } from '../../../src/domain/phase.ts';
import { presetConfig } from '../../../src/domain/preset.ts';
import { Store, StoreReplaced } from '../../../src/store/store.ts';
import { makeGroup, makePrompt, openStore, raw, temporaryFolder } from './fixture.ts';

/** A store that is open, in a folder of its own, with all that a write may be about. */
function openFullStore() {
  const folder = join(temporaryFolder(), '.rollout-lab');
  const file = join(folder, 'rollouts.db');
  const store = openStore(file);
  const prompt = makePrompt();
  const [{ id }, { id: other }] = makeGroup(prompt, [1, 0]);
  store.addRollouts([prompt], makeGroup(prompt, [1, 0]));
  store.labels.set({ rolloutId: id, annotator: 'ann', boundaries: [3, 9] });
  const comment = store.comments.add(id, 'ann', { body: 'Look.', text: null, video: null });
  const run = store.runs.create('run', presetConfig('avatar', 'policy', 1));
  store.runs.claim(run.id);
  return { folder, file, store, prompt, id, other, comment, run: run.id };
}

/** Does what `git clean`, a sync or a move do to an open store. */
const losses: Record<string, (file: string) => void> = {
  'was removed': (file) => rmSync(file),
  'lost its log alone': (file) => rmSync(`${file}-wal`),
  'lost what SQLite shares of the log': (file) => rmSync(`${file}-shm`),
  'was removed with its folder': (file) => rmSync(dirname(file), { recursive: true }),
  'was moved with its folder': (file) => renameSync(dirname(file), `${dirname(file)}-moved`),
  'was replaced by another store': (file) => {
    const other = join(dirname(file), 'other.db');
    Store.open(other).close();
    renameSync(other, file);
  },
};

// Windows lets nobody remove or replace what SQLite has open.
describe.skipIf(process.platform === 'win32')('a store that', () => {
  it.each(Object.entries(losses))('%s while it was open acknowledges nothing more', (_, lose) => {
    const { file, store, prompt, id, other, comment, run } = openFullStore();
    const writes: Record<string, () => unknown> = {
      label: () => store.labels.set({ rolloutId: id, annotator: 'ann', boundaries: [4, 9] }),
      undo: () => store.labels.undo(id, 'ann'),
      status: () => store.statuses.set(id, 'ann', 'submitted'),
      flag: () => store.statuses.flag(id, 'ann', true),
      review: () => store.reviews.add(id, 'ann', 'bo', 'accepted'),
      comment: () => store.comments.add(id, 'ann', { body: 'More.', text: null, video: null }),
      resolved: () => store.comments.resolve(comment, 'bo', true),
      judgement: () => store.judgements.set(id, 'ann', { start: 0, end: 4, verdict: 'correct', error: null }),
      preference: () => store.preferences.set(id, 'ann', { other, verdict: 'tie' }),
      correction: () => store.corrections.set(id, 'ann', 'Better.'),
      draft: () => store.corrections.draft(id, 'ann', 'Bett'),
      'error types': () => store.errorTypes.set([]),
      phases: () => store.setPhases(defaultPhases.map((phase) => ({ ...phase, weight: 1 }))),
      import: () => store.addRollouts([prompt], makeGroup(prompt, [0], { name: 'late' })),
      'new run': () => store.runs.create('late', presetConfig('avatar', 'policy', 1)),
      'a look of its process': () => store.runs.asked(run),
      iteration: () => store.runs.addIteration(run, { iteration: 1, at: 1, values: {}, advantages: [] }, []),
      log: () => store.runs.addLog(run, 'info', 'late'),
      checkpoint: () => store.runs.addCheckpoint(run, 1),
      verdict: () => store.verdicts.add('key', [1]),
    };
    expect(store.isInPlace()).toBe(true);
    lose(file);
    for (const [what, write] of Object.entries(writes)) expect(write, what).toThrow(StoreReplaced);
    expect(store.isInPlace()).toBe(false);
    expect(store.labels.get(id, 'ann').boundaries).toEqual([3, 9]);
  });

  it.each(Object.entries(losses))('%s can still be backed up whole', (_, lose) => {
    const { file, store, id } = openFullStore();
    lose(file);
    const copy = join(dirname(file), 'rescued.db');
    store.backup(copy);
    const rescued = openStore(copy);
    expect(rescued.labels.get(id, 'ann').boundaries).toEqual([3, 9]);
    expect(rescued.comments.of(id)).toHaveLength(1);
    rescued.statuses.set(id, 'ann', 'submitted');
  });

  it('is put back takes writes again', () => {
    const { folder, store, id } = openFullStore();
    renameSync(folder, `${folder}-moved`);
    expect(() => store.statuses.flag(id, 'ann', true)).toThrow('rollouts.db was removed or replaced');
    renameSync(`${folder}-moved`, folder);
    store.statuses.flag(id, 'ann', true);
    expect(store.statuses.of(id).flaggedBy).toEqual(['ann']);
  });

  it('is closed after it was replaced leaves the new one its log', () => {
    const { file, store } = openFullStore();
    for (const end of ['', '-wal', '-shm']) rmSync(`${file}${end}`);
    const next = openStore(file);
    const prompt = makePrompt({ question: 'New?' });
    next.addRollouts([prompt], []);
    store.close();
    next.prompts.update([{ ...prompt, hint: 'Listen.' }]);
    expect(next.isInPlace()).toBe(true);
    raw(file, (database) => {
      expect(database.prepare('SELECT question, hint FROM prompts').raw().all()).toEqual([['New?', 'Listen.']]);
      expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
    });
  });
});

describe('the folder of a store', () => {
  it('keeps itself out of Git when it is ours, unless somebody has said what of it is kept', () => {
    const folder = join(temporaryFolder(), '.rollout-lab');
    Store.open(join(folder, 'rollouts.db')).close();
    expect(readFileSync(join(folder, '.gitignore'), 'utf8')).toBe('*\n');
    writeFileSync(join(folder, '.gitignore'), '');
    Store.open(join(folder, 'rollouts.db')).close();
    expect(readFileSync(join(folder, '.gitignore'), 'utf8')).toBe('');
  });

  it('is left as it is when the store was put among other files', () => {
    const folder = join(temporaryFolder(), 'data');
    mkdirSync(folder);
    Store.open(join(folder, 'rollouts.db')).close();
    expect(readdirSync(folder)).toEqual(['rollouts.db']);
  });
});
