import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { editLine, textHash, type Edit } from '../../../src/domain/edit.ts';
import { importFiles } from '../../../src/formats/import.ts';
import { Journal, journalOf, readJournal } from '../../../src/store/journal.ts';
import type { Store } from '../../../src/store/store.ts';
import { makeGroup, makePrompt, openStore, peopleTables, raw, temporaryFolder } from './fixture.ts';

const prompt = makePrompt();
const rollouts = makeGroup(prompt, [1, 0, 1]);
const [first, second, third] = rollouts.map(({ id }) => id);

/** A store of the rollouts, as importing their dump makes it. */
function filled(file = join(temporaryFolder(), 'rollouts.db')): Store {
  const store = openStore(file);
  store.addRollouts([prompt], rollouts);
  return store;
}

/** All that people said, without the numbers of rows. */
function said(store: Store): unknown {
  return rollouts.map(({ id }) => ({
    labels: store.labels.of(id),
    history: store.labels.history(id).map((revision) => ({ ...revision, seq: 0 })),
    states: ['ann', 'ben'].map((annotator) => store.labels.get(id, annotator)),
    reviews: store.reviews.of(id),
    marks: store.statuses.of(id),
    statuses: store.statuses.history(id),
    tags: store.tags.history(id),
    comments: store.comments.history(id),
    judgements: ['ann', 'ben'].map((annotator) => store.judgements.get(id, annotator)),
    preferences: ['ann', 'ben'].map((annotator) => store.preferences.get(id, annotator)),
    corrections: ['ann', 'ben'].map((annotator) => store.corrections.get(id, annotator)),
    errorTypes: store.errorTypes.get(),
  }));
}

/** Something of each kind. */
function work(store: Store): void {
  store.labels.set({
    rolloutId: first,
    annotator: 'ann',
    boundaries: [5, 10],
    grounding: [null, { start: 0, end: 2.5 }, null],
  });
  store.labels.set({ rolloutId: first, annotator: 'ann', boundaries: [6, 10] });
  store.labels.undo(first, 'ann');
  store.labels.set({
    ...{ rolloutId: second, annotator: 'ben', boundaries: [1, 2] },
    origin: { source: 'rules', scores: [0.5, null] },
  });
  store.labels.undo(second, 'ben');
  store.labels.redo(second, 'ben');
  store.reviews.add(first, 'ann', 'ben', 'rejected');
  store.reviews.add(first, 'ann', 'ben', 'accepted');
  store.statuses.set(first, 'ann', 'submitted');
  store.statuses.flag(first, 'ann', true);
  store.statuses.flag(first, 'ben', true);
  store.statuses.flag(first, 'ben', false);
  store.statuses.set(third, 'ben', 'skipped', 'too dark');
  store.tags.set([first, third], 'ann', 'hack', true);
  store.tags.set([first], 'ben', 'hack', true);
  store.tags.set([first], 'ben', 'hack', false);
  store.tags.set([first], 'ben', 'lucky guess', true);
  const id = store.comments.add(first, 'ben', {
    body: 'Look.',
    text: { start: 0, end: 5 },
    video: { start: 1, end: 1 },
  });
  store.comments.edit(id, 'ben', { body: 'Look again.', text: null, video: null });
  store.comments.resolve(id, 'ann', true);
  store.comments.delete(store.comments.add(second, 'ann', { body: 'Oh.', text: null, video: null }), 'ann');
  store.errorTypes.set([{ name: 'colour', about: 'It names the wrong colour.' }]);
  store.judgements.set(first, 'ann', { start: 0, end: 5, verdict: 'wrong', error: 'colour' });
  store.judgements.set(first, 'ann', { start: 5, end: 9, verdict: 'correct', error: null });
  store.judgements.undo(first, 'ann');
  store.judgements.set(second, 'ben', { start: 0, end: 5, verdict: 'unsupported', error: null });
  store.preferences.set(first, 'ann', { other: second, verdict: 'better' });
  store.preferences.set(third, 'ann', { other: second, verdict: 'tie' });
  store.preferences.undo(second, 'ann');
  store.preferences.set(third, 'ben', { other: first, verdict: 'worse' });
  store.corrections.set(first, 'ann', 'I look. So it is B.');
  store.corrections.set(first, 'ann', 'I look twice. So it is B.');
  store.corrections.undo(first, 'ann');
  store.corrections.set(second, 'ben', 'So it is C.', [2, 5]);
  store.corrections.draft(third, 'ann', 'I lo');
  store.corrections.draft(third, 'ann', 'I look.');
  store.corrections.draft(third, 'ben', 'So');
  store.corrections.discard(third, 'ben');
}

describe('the journal', () => {
  it('brings back all that people did, when the store is lost and its dump is imported anew', async () => {
    const store = filled();
    work(store);
    const journal = journalOf(store.file);
    const again = filled();
    const report = await importFiles(again, [journal]);
    expect(report.rejected).toEqual([]);
    expect(report.edits).toBe([...readJournal(journal)].length);
    expect(said(again)).toEqual(said(store));
    // And what the new store's own journal has is the same once more, and brings nothing twice.
    const twice = filled();
    await importFiles(twice, [journalOf(again.file)]);
    expect(said(twice)).toEqual(said(store));
    expect((await importFiles(twice, [journalOf(again.file), journal])).edits).toBe(0);
    twice.labels.undo(second, 'ben');
    expect(twice.labels.get(second, 'ben')).toMatchObject({ boundaries: null, canRedo: true });
  });

  it('brings labels back through a change of the phases', async () => {
    const store = filled();
    store.labels.set({ rolloutId: first, annotator: 'ann', boundaries: [5, 10] });
    const phases = [...store.phases.get(), { name: 'check', key: '4', colour: 'red' as const, weight: 0 }];
    store.setPhases(phases);
    store.labels.set({ rolloutId: second, annotator: 'ann', boundaries: [5, 10, 12] });
    const again = filled();
    expect((await importFiles(again, [journalOf(store.file)])).rejected).toEqual([]);
    expect(again.phases.get()).toEqual(phases);
    for (const id of [first, second])
      expect(again.labels.get(id, 'ann').boundaries).toEqual(store.labels.get(id, 'ann').boundaries);
  });

  it('takes no edit to a rollout that has another completion by now, and says so; it has what is said of the new one', async () => {
    const store = filled();
    work(store);
    const before = readFileSync(journalOf(store.file), 'utf8');
    const longer = rollouts.map((rollout) => ({ ...rollout, completion: `${rollout.completion} Yes.` }));
    const other = openStore();
    other.addRollouts([prompt], longer);
    const old = join(temporaryFolder(), 'old.edits.jsonl');
    writeFileSync(old, before);
    const { rejected } = await importFiles(other, [old]);
    expect(rejected[0].reason).toBe(`rollout ${first} has another completion than when ann said this of it`);
    expect(rejected).toHaveLength(34);
    store.updateRollouts(
      [prompt],
      longer.map((rollout) => ({ id: rollout.id, rollout })),
    );
    await importFiles(other, [journalOf(store.file)]);
    for (const { id } of rollouts) {
      expect(other.labels.of(id)).toEqual(store.labels.of(id));
      expect(other.comments.history(id)).toEqual(store.comments.history(id));
      expect(other.reviews.of(id)).toEqual(store.reviews.of(id));
      expect(other.judgements.of(id)).toEqual(store.judgements.of(id));
      expect(other.preferences.of(id)).toEqual(store.preferences.of(id));
      expect(other.corrections.of(id)).toEqual(store.corrections.of(id));
    }
  });

  it('begins with what people did before there was one', async () => {
    const store = filled();
    const plain = filled();
    work(store);
    raw(plain.file, (database) => {
      database.exec(`ATTACH '${store.file}' AS other; INSERT INTO labels (rollout_n, annotator, value, saved_at)
        SELECT rollout_n, annotator, value, saved_at FROM other.labels`);
      for (const table of [...peopleTables, 'error_types'])
        database.exec(`INSERT INTO ${table} SELECT * FROM other.${table}`);
    });
    plain.statuses.flag(third, 'ann', true);
    const again = filled();
    expect((await importFiles(again, [journalOf(plain.file)])).rejected).toEqual([]);
    expect(again.errorTypes.get()).toEqual(store.errorTypes.get());
    expect(again.judgements.of(first)).toHaveLength(1);
    for (const { id } of rollouts) {
      expect(again.labels.of(id)).toEqual(plain.labels.of(id));
      expect(again.reviews.of(id)).toEqual(plain.reviews.of(id));
      expect(again.statuses.of(id)).toEqual(plain.statuses.of(id));
      expect(again.comments.of(id)).toEqual(plain.comments.of(id));
      expect(again.judgements.of(id)).toEqual(plain.judgements.of(id));
      expect(again.preferences.of(id)).toEqual(plain.preferences.of(id));
      expect(again.corrections.of(id)).toEqual(plain.corrections.of(id));
      expect(again.corrections.get(id, 'ben')).toMatchObject({ discarded: plain.corrections.get(id, 'ben').discarded });
    }
  });

  it('leaves the last line out that a power cut tore, says so, and is written on after it', async () => {
    const store = filled();
    store.labels.set({ rolloutId: first, annotator: 'ann', boundaries: [5, 10] });
    appendFileSync(journalOf(store.file), '{"format":"rollout-lab/1","edit":{"kind":"la');
    expect([...readJournal(journalOf(store.file))].at(-1)).toMatchObject({
      line: 2,
      reason: expect.stringContaining('not whole') as string,
    });
    store.labels.set({ rolloutId: second, annotator: 'ann', boundaries: [5, 10] });
    const again = filled();
    const { rejected, edits } = await importFiles(again, [journalOf(store.file)]);
    expect([edits, rejected.map(({ line }) => line)]).toEqual([2, [2]]);
    expect(again.labels.get(second, 'ann').boundaries).toEqual([5, 10]);
  });

  it('is written anew once it has doubled, to the last word on everything', () => {
    const folder = temporaryFolder();
    const journal = new Journal(join(folder, 'rollouts.db'), 4096);
    const edit = (change: Partial<Edit>): Edit =>
      ({
        ...{ kind: 'label', rollout: first, text: textHash(''), annotator: 'ann', at: new Date(0).toISOString() },
        ...{ action: 'set', label: { boundaries: [1, 2] } },
        ...change,
      }) as Edit;
    appendFileSync(journal.file, 'torn');
    const sizes: number[] = [];
    for (let i = 0; i < 2000; i += 1) {
      journal.add(
        [edit({ at: new Date(i).toISOString(), action: i % 2 ? 'undo' : 'set', rollout: `r-${i % 40}` } as never)],
        false,
      );
      sizes.push(statSync(journal.file).size);
    }
    const kept = [...readJournal(journal.file)].flatMap((line) => ('edit' in line ? [line.edit] : []));
    const newest = new Map(kept.map((one) => [(one as { rollout: string }).rollout, one.at]));
    expect(newest.size).toBe(40);
    for (const [rollout, at] of newest) expect(at).toBe(new Date(1960 + Number(rollout.slice(2))).toISOString());
    expect(Math.max(...sizes)).toBeLessThan(2 * 40 * editLine(edit({ rollout: 'r-39' })).length + 1000);
    // It is not written anew at every edit, and what cannot be read stays.
    expect(sizes.filter((size, i) => size < sizes[i - 1]).length).toBeLessThan(60);
    expect(readFileSync(journal.file, 'utf8')).toContain('\ntorn\n');
  });

  it('keeps an edit out of the store that it cannot take, and says so', () => {
    const store = filled();
    store.statuses.flag(first, 'ann', true);
    const journal = journalOf(store.file);
    const write = vi.spyOn(Journal.prototype, 'add').mockImplementationOnce(() => {
      throw new Error('not saved');
    });
    expect(() => store.statuses.flag(second, 'ann', true)).toThrow('not saved');
    write.mockRestore();
    expect(store.statuses.of(second).flaggedBy).toEqual([]);
    expect([...readJournal(journal)]).toHaveLength(1);
  });

  it('turns no order round when the clock is set back', () => {
    const store = filled();
    vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000 });
    store.labels.set({ rolloutId: first, annotator: 'ann', boundaries: [5, 10] });
    vi.setSystemTime(1000);
    store.labels.set({ rolloutId: first, annotator: 'ann', boundaries: [6, 10] });
    vi.useRealTimers();
    expect(store.labels.history(first).map(({ at }) => Date.parse(at))).toEqual([1_000_000, 1_000_001]);
  });
});

// A limit on the size of files stands for a full disk: of the journal, which is near it, or of SQLite's log, which gets there first.
it.skipIf(process.platform === 'win32').each([
  ['the journal', 1_000_000, 'the journal of edits'],
  ['the log', 0, 'disk'],
])(
  'loses nothing that was acknowledged when the disk is full for %s',
  async (_, before, told) => {
    const { file } = filled();
    if (before > 0) writeFileSync(journalOf(file), `${'x'.repeat(before)}\n`);
    const script = join(import.meta.dirname, 'processes/edit-forever.ts');
    const command = 'ulimit -f 1960; exec "$0" "$@"';
    const editor = spawn('sh', ['-c', command, process.execPath, script, file, first, 'ann']);
    const text = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const)
      editor[name].setEncoding('utf8').on('data', (chunk: string) => (text[name] += chunk));
    await once(editor, 'close');
    expect(text.stderr).toContain(told);
    const acknowledged = text.stdout.trim().split('\n');
    expect(acknowledged.length).toBeGreaterThan(1);
    const lines = [...readJournal(journalOf(file))];
    expect(lines.filter((line) => 'reason' in line)).toHaveLength(before > 0 ? 1 : 0);
    const store = openStore(file);
    const done = store.labels.history(first).length + store.comments.history(first).length;
    const all = done + store.statuses.history(first).length;
    const inJournal = lines.filter((line) => 'edit' in line).length;
    expect(all).toBeGreaterThanOrEqual(acknowledged.length);
    expect(inJournal).toBeGreaterThanOrEqual(all);
    expect(inJournal - acknowledged.length).toBeLessThanOrEqual(1);
  },
  60_000,
);
