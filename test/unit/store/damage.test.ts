/** The journal of people's edits, damaged: what is whole in it comes back, the rest is told of by line, and it is written on. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { byteDamage, valueDamage } from '../damage.ts';
import fc, { times } from '../fc.ts';
import { importFiles } from '../../../src/formats/import.ts';
import { checkStore } from '../../../src/store/check.ts';
import { Journal, journalOf, lastEdit, readJournal } from '../../../src/store/journal.ts';
import { makeGroup, makePrompt, openStore, temporaryFolder } from './fixture.ts';

const prompt = makePrompt();
const rollouts = makeGroup(prompt, [1, 0, 1]);

it('a damaged journal gives what is whole in it, and is written on', async () => {
  const store = openStore();
  store.addRollouts([prompt], rollouts);
  for (const [i, { id }] of rollouts.entries()) {
    store.labels.set({ rolloutId: id, annotator: 'ann', boundaries: [i, 10] });
    store.labels.set({ rolloutId: id, annotator: 'ben', boundaries: [i + 1, 10] });
    store.labels.undo(id, 'ben');
    store.comments.add(id, 'ann', { body: `“${i}” ü`, text: { start: 0, end: 5 }, video: null });
    store.statuses.set(id, 'ben', 'skipped', 'too dark');
    store.reviews.add(id, 'ann', 'ben', 'accepted');
  }
  const whole = readFileSync(journalOf(store.file));
  const edits = new Map<string, unknown>();
  for (const one of readJournal(journalOf(store.file))) {
    if ('edit' in one) edits.set(whole.toString().split('\n')[one.line - 1], one.edit);
  }
  const last = [...edits.values()].at(-1) as Parameters<Journal['add']>[0][number];
  const file = join(temporaryFolder(), 'damaged.db');
  const again = openStore();
  again.addRollouts([prompt], rollouts);
  await fc.assert(
    fc.asyncProperty(fc.oneof(byteDamage, valueDamage), async (damage) => {
      const damaged = damage(whole);
      writeFileSync(journalOf(file), damaged);
      const lines = damaged.toString().split('\n');
      const read = [...readJournal(journalOf(file))];
      expect(read.map(({ line }) => line)).toEqual(lines.flatMap((text, i) => (text === '' ? [] : [i + 1])));
      for (const one of read) {
        const text = lines[one.line - 1];
        if (edits.has(text)) expect(one).toEqual({ line: one.line, edit: edits.get(text) });
        else if ('reason' in one)
          expect(one).toEqual({ line: one.line, text, reason: expect.stringMatching(/\w/u) as string });
      }
      expect(() => lastEdit(journalOf(file))).not.toThrow();
      new Journal(file, 1024).add([last], false);
      expect(lastEdit(journalOf(file))).toEqual(last);
      const { rejected } = await importFiles(again, [journalOf(file)]);
      for (const { reason } of rejected) expect(reason).toMatch(/\w/u);
    }),
    { numRuns: times(100) },
  );
  expect(checkStore(again.file).faults).toEqual([]);
});
