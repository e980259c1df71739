import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { textHash } from '../../../src/domain/edit.ts';
import type { Rollout } from '../../../src/domain/rollout.ts';
import { importFiles } from '../../../src/formats/import.ts';
import { journalOf } from '../../../src/store/journal.ts';
import type { Store } from '../../../src/store/store.ts';
import { openStore, peopleTables, raw, temporaryFolder } from '../store/fixture.ts';
import { everything, fixtures, folderOf } from './fixture.ts';

const weights = join(fixtures, 'trl/weights/completions');

/** All that people and programs made of rollouts, as another program reads it. */
const work = (file: string): unknown =>
  raw(file, (database) =>
    ['labels', ...peopleTables, 'suggestions'].map((table) => database.prepare(`SELECT * FROM ${table}`).all()),
  );

/** One label, review, comment, status, flag, tag, judgement, correction and suggestion on a rollout, and what is said of it against the one before. */
function workOn(store: Store, { id, completion, promptId }: Rollout): void {
  const boundaries = [1, completion.length];
  store.labels.set({ rolloutId: id, annotator: 'ana', boundaries: [0, 1] });
  store.labels.set({ rolloutId: id, annotator: 'ana', boundaries });
  store.reviews.add(id, 'ana', 'ben', 'accepted');
  store.statuses.set(id, 'ana', 'submitted');
  store.statuses.flag(id, 'ben', true);
  store.tags.set([id], 'ben', 'hack', true);
  store.comments.add(id, 'ben', { body: 'Why?', text: { start: 0, end: 1 }, video: null });
  store.judgements.set(id, 'ana', { start: 0, end: 1, verdict: 'correct', error: null });
  store.corrections.set(id, 'ana', 'Better.');
  const other = everything(store).find((one) => one.promptId === promptId && one.id !== id);
  if (other) store.preferences.set(id, 'ana', { other: other.id, verdict: 'better' });
  store.suggestions.add([
    { rolloutId: id, source: 'rules', boundaries, scores: [0.5, 0.5], entropy: 0.1, model: 'rules 1' },
  ]);
}

/** What a rollout says, apart from its ids and those of what it is of. */
const told = (rollout: Rollout): unknown => ({ ...rollout, id: '', promptId: '', groupId: '', createdAt: '' });

/** As an older version left them: other ids, sums for rewards, no advantages, and one prompt for all. */
const older = `UPDATE rollouts SET id = 'old-' || n, reward = 54.9, rewards = '{"length":54.9}', advantage = NULL;
  UPDATE groups SET id = 'old-' || n;
  UPDATE prompts SET id = 'old-' || n, question = '<|start|>user: ' || question || '<|end|>';
  INSERT INTO prompt_text (prompt_text) VALUES ('rebuild')`;

it('brings what an older version made of a dump up to date, and keeps all that people made of it', async () => {
  const [fresh, store] = [openStore(), openStore()];
  const { rollouts, prompts } = await importFiles(fresh, [weights]);
  await importFiles(store, [weights]);
  raw(store.file, (database) => database.exec(older));
  for (const rollout of everything(store)) workOn(store, rollout);
  const [before, ids] = [work(store.file), everything(store).map(({ id }) => id)];
  expect(everything(store).map(told)).not.toEqual(everything(fresh).map(told));

  const report = await importFiles(store, [weights], { update: true });
  expect(report).toMatchObject({ rollouts: 0, prompts: 0, duplicates: 0, rejected: [] });
  expect(report.updated).toMatchObject({ rollouts, unmatched: 0, left: [] });
  expect(work(store.file)).toEqual(before);
  expect(everything(store).map(({ id }) => id)).toEqual(ids);
  expect(everything(store).map(told)).toEqual(everything(fresh).map(told));
  expect(store.prompts.page().rows.map(({ question, groups, rollouts }) => [question, groups, rollouts])).toEqual(
    fresh.prompts.page().rows.map(({ question, groups, rollouts }) => [question, groups, rollouts]),
  );
  expect(store.prompts.page().rows).toHaveLength(prompts);

  // It has its new ids as second names: nothing comes twice, whichever way it is imported.
  for (const update of [false, true])
    expect(await importFiles(store, [weights], { update })).toMatchObject({ rollouts: 0, duplicates: rollouts });
  expect(work(store.file)).toEqual(before);
});

const none = { id: 0, text: 0, part: 0, place: 0 };

const row = (output: string, more: object = {}) => ({ input: 'Which?', output, score: 1, step: 3, ...more });

it('carries labels over to a text that lost its end mark or got its reasoning back, and names those that do not fit', async () => {
  const old = ['Plan. B<|im_end|>', 'So C', 'Hm. D<|im_end|>', 'E. See.'];
  const folder = folderOf({ '3.jsonl': old.map((text) => row(text)) });
  const store = openStore();
  await importFiles(store, [folder]);
  const [marked, bare, stuck, touched] = everything(store);
  const label = (rollout: Rollout, boundaries: number[]): void =>
    void store.labels.set({ rolloutId: rollout.id, annotator: 'ana', boundaries });
  label(marked, [5, 5]);
  label(marked, [5, marked.completion.length]);
  label(bare, [2, 4]);
  label(stuck, [3, 9]);
  store.comments.add(touched.id, 'ben', { body: 'Here.', text: { start: 3, end: 7 }, video: null });

  const now = ['Plan. B', '<think>I look.</think>\nSo C', 'Hm. D', '<think>Oh.</think>\nE. See.', 'New.'];
  writeFileSync(join(folder, '3.jsonl'), now.map((text) => JSON.stringify(row(text, { score: 0.5 }))).join('\n'));
  const { updated, ...report } = await importFiles(store, [folder], { update: true });
  expect(report).toMatchObject({ rollouts: 1, prompts: 0, rejected: [] });
  const file = join(folder, '3.jsonl');
  expect(updated).toEqual({
    rollouts: 4,
    found: { id: 0, text: 0, part: 4, place: 0 },
    unmatched: 0,
    left: [
      { file, rollout: stuck.id, reason: 'a boundary of ana’s label has no place in the text as it is read now' },
      { file, rollout: touched.id, reason: 'a comment of ben is on text that is not where it was' },
    ],
  });
  expect(everything(store).map(({ completion, reward }) => [completion, reward])).toEqual([
    [now[0], 0.5],
    [now[1], 0.5],
    [old[2], 0.5],
    [old[3], 0.5],
    [now[4], 0.5],
  ]);
  const boundaries = ({ id }: Rollout): unknown => store.labels.of(id)[0]?.boundaries;
  expect([marked, bare, stuck].map(boundaries)).toEqual([
    [5, 7],
    [25, 27],
    [3, 9],
  ]);
  expect(store.labels.history(marked.id).at(-1)).toMatchObject({ action: 'carry', before: { boundaries: [5, 17] } });
  expect(store.labels.undo(marked.id, 'ana')).toMatchObject({ boundaries: [5, 7], canUndo: false });
  expect(store.search('look').map(({ rolloutId }) => rolloutId)).toEqual([bare.id]);
  expect(store.search('end').map(({ rolloutId }) => rolloutId)).toEqual([stuck.id]);
});

it('tells equal completions of different steps apart, and deletes nothing that the file holds no more', async () => {
  const rows = [1, 2].flatMap((step) => ['A', 'A', 'B'].map((text, i) => row(text, { step, score: i })));
  const folder = folderOf({ 'all.jsonl': rows });
  const store = openStore();
  await importFiles(store, [folder]);
  raw(store.file, (database) => database.exec(`UPDATE rollouts SET id = 'old-' || n, reward = NULL, advantage = 7`));
  const all = everything(store);
  workOn(store, all[5]);
  writeFileSync(
    join(folder, 'all.jsonl'),
    rows
      .slice(0, 5)
      .map((one) => JSON.stringify(one))
      .join('\n'),
  );
  const { updated } = await importFiles(store, [folder], { update: true });
  const reason = 'the file has nothing that is this rollout: it stays as it was';
  expect(updated).toEqual({
    rollouts: 5,
    found: { id: 0, text: 5, part: 0, place: 0 },
    unmatched: 1,
    left: [{ file: join(folder, 'all.jsonl'), rollout: all[5].id, reason }],
  });
  expect(everything(store).map(({ id, policyVersion, reward }) => [id, policyVersion, reward])).toEqual([
    ...all.slice(0, 5).map(({ id }, i) => [id, i < 3 ? 1 : 2, i % 3]),
    [all[5].id, 2, null],
  ]);
  expect(store.labels.of(all[5].id)).toHaveLength(1);
});

it('finds the rollouts of a folder that was moved, and takes none of another run’s for them', async () => {
  const names = ['a/run/1.jsonl', 'b/other/1.jsonl'];
  const folder = folderOf(Object.fromEntries(names.map((name) => [name, [row('A'), row('B')]])));
  const store = openStore();
  await importFiles(
    store,
    names.map((name) => join(folder, name)),
  );
  raw(store.file, (database) => database.exec(`UPDATE rollouts SET id = 'old-' || n, reward = NULL`));
  const moved = join(temporaryFolder(), 'run');
  cpSync(join(folder, 'a/run'), moved, { recursive: true });
  const { rollouts, updated } = await importFiles(store, [moved], { update: true });
  expect([rollouts, updated]).toEqual([0, { rollouts: 2, found: { ...none, text: 2 }, unmatched: 0, left: [] }]);
  expect(everything(store).map(({ id, reward, source }) => [id, reward, source])).toEqual([
    ['old-1', 1, `import:${join(moved, '1.jsonl')}`],
    ['old-2', 1, `import:${join(moved, '1.jsonl')}`],
    ['old-3', null, `import:${join(folder, names[1])}`],
    ['old-4', null, `import:${join(folder, names[1])}`],
  ]);
  const strange = await importFiles(store, [join(folder, 'a/run')], { update: true });
  expect(strange).toMatchObject({ rollouts: 0, duplicates: 0, updated: { rollouts: 2 } });
});

it('takes no file of the same name that lies beside for the one that is read', async () => {
  const folder = folderOf({ 'step_1/traces.jsonl': [row('A'), row('B')] });
  const store = openStore();
  await importFiles(store, [folder]);
  mkdirSync(join(folder, 'step_2'));
  writeFileSync(
    join(folder, 'step_2/traces.jsonl'),
    [row('A', { step: 4 }), row('C', { step: 4 })].map((one) => JSON.stringify(one)).join('\n'),
  );
  const { rollouts, updated } = await importFiles(store, [folder], { update: true });
  expect([rollouts, updated]).toEqual([2, { rollouts: 0, found: { ...none, id: 2 }, unmatched: 0, left: [] }]);
});

it('leaves prompts joined to their dataset’s, and takes labels by the new ids', async () => {
  const dataset = { problem_id: 1, problem: 'Which?', data_type: 'video', problem_type: 'numerical', options: [] };
  const folder = folderOf({
    'dataset.jsonl': [{ ...dataset, solution: '<answer>2</answer>', path: 'clips/1.mp4' }],
    'run/3.jsonl': [row('A'), row('B')],
  });
  const store = openStore();
  await importFiles(store, [folder]);
  const [prompt] = store.prompts.page().rows;
  raw(store.file, (database) => database.exec(`UPDATE rollouts SET id = 'old-' || n; DELETE FROM prompt_aliases`));
  const { updated } = await importFiles(store, [join(folder, 'run')], { update: true });
  expect(updated).toMatchObject({ unmatched: 0, left: [] });
  expect(store.prompts.page().rows).toEqual([prompt]);

  // A label by the new id, as another store exports it.
  const other = openStore();
  await importFiles(other, [folder]);
  const [fresh, rollout] = [everything(other)[0], everything(store)[0]];
  expect(fresh.id).not.toBe(rollout.id);
  const line = { format: 'rollout-lab/1', label: { rollout: fresh.id, annotator: 'cyd', boundaries: [0, 1] } };
  const labels = folderOf({ 'x.labels.jsonl': [line] });
  expect(await importFiles(store, [labels])).toMatchObject({ labels: 1, rejected: [] });
  expect(store.labels.of(rollout.id)).toMatchObject([{ annotator: 'cyd', boundaries: [0, 1] }]);
});

/** What the stored rollouts of a file say, in the order in which they came in, with the boundaries of ana's labels. */
const labelled = (store: Store): unknown =>
  store.rollouts
    .imported('3.jsonl')
    .rows.map(({ id, completion }) => [completion, store.labels.of(id)[0]?.boundaries ?? null]);
const idsIn = (store: Store): string[] => store.rollouts.imported('3.jsonl').rows.map(({ id }) => id);

it('finds by its place a rollout whose question was mended, or that changed in the midst of its text', async () => {
  const texts = ['Plan. I see red twice. So two.', 'Plan. Nothing sounds. So none.', 'Plan. Blue is first. So blue.'];
  const ask = (questions: readonly string[], outputs: readonly string[]): object[] =>
    outputs.map((output, i) => row(output, { input: questions[i] }));
  const questions = ['How many times is it rde?', 'How often does it sound?', 'Which colour is first?'];
  const folder = folderOf({ '3.jsonl': ask(questions, texts) });
  const store = openStore();
  await importFiles(store, [folder]);
  const ids = idsIn(store);
  const answers = texts.map((text) => text.indexOf('So '));
  for (const [i, id] of ids.entries())
    store.labels.set({ rolloutId: id, annotator: 'ana', boundaries: [5, answers[i]] });

  const mended = ['How many times is it red?', ...questions.slice(1)];
  const changed = [texts[0], texts[1].replace('Nothing', 'No tone'), texts[2].replace('Blue is', 'A blue one is')];
  const write = (rows: readonly object[]): void =>
    writeFileSync(join(folder, '3.jsonl'), rows.map((one) => JSON.stringify(one)).join('\n'));
  write(ask(mended, changed));
  const report = await importFiles(store, [folder], { update: true });
  expect(report).toMatchObject({ rollouts: 0, rejected: [] });
  expect(report.updated).toEqual({ rollouts: 3, found: { ...none, place: 3 }, unmatched: 0, left: [] });
  expect(idsIn(store)).toEqual(ids);
  expect(labelled(store)).toEqual(changed.map((text) => [text, [5, text.indexOf('So ')]]));
  expect(
    store.prompts
      .page()
      .rows.map(({ question }) => question)
      .sort(),
  ).toEqual(mended.toSorted());

  // Once more by what they are now; and another completion in the place of one is another rollout.
  const other = 'Tones come at once; the answer would be many of them.';
  write(ask(mended, [changed[0], other, changed[2]]));
  const again = await importFiles(store, [folder], { update: true });
  expect(again).toMatchObject({ rollouts: 1, updated: { found: { ...none, id: 2 }, unmatched: 1 } });
  expect(labelled(store)).toEqual([...changed.map((text) => [text, [5, text.indexOf('So ')]]), [other, null]]);
});

it('keeps the text of a rollout that changed where somebody set a boundary, and says so', async () => {
  const folder = folderOf({ '3.jsonl': [row('Plan. I see red twice. So two.')] });
  const store = openStore();
  await importFiles(store, [folder]);
  const [{ id, completion }] = everything(store);
  store.labels.set({ rolloutId: id, annotator: 'ana', boundaries: [14, 23] });
  const changed = completion.replace('see red', 'hear it');
  writeFileSync(join(folder, '3.jsonl'), JSON.stringify(row(changed)));
  const { updated } = await importFiles(store, [folder], { update: true });
  const reason = 'a boundary of ana’s label has no place in the text as it is read now';
  expect(updated!.left).toEqual([{ file: join(folder, '3.jsonl'), rollout: id, reason }]);
  expect(labelled(store)).toEqual([[completion, [14, 23]]]);
});

it('takes a text that comes to another answer for another completion, however much both have in common', async () => {
  const folder = folderOf({ '3.jsonl': [row('The answer is A.'), row('I see it. <answer>C</answer>')] });
  const store = openStore();
  await importFiles(store, [folder]);
  const changed = [row('The answer is B.'), row('I see it. <answer>D</answer>')];
  writeFileSync(join(folder, '3.jsonl'), changed.map((one) => JSON.stringify(one)).join('\n'));
  const { rollouts, updated } = await importFiles(store, [folder], { update: true });
  expect([rollouts, updated]).toEqual([2, { rollouts: 0, found: none, unmatched: 2, left: [] }]);
});

it('notes a label that was carried over with the text in which it counts', async () => {
  const folder = folderOf({ '3.jsonl': [row('Plan. I see red twice. So two.')] });
  const [store, old] = [openStore(), openStore()];
  await importFiles(store, [folder]);
  await importFiles(old, [folder]);
  const [{ id, completion }] = everything(store);
  const label = { rolloutId: id, annotator: 'ana', boundaries: [14, 23] };
  const step = { start: 14, end: 23, verdict: 'wrong', error: null } as const;
  for (const one of [store, old]) {
    one.labels.set(label);
    one.judgements.set(id, 'ana', step);
  }
  const before = work(old.file);
  writeFileSync(join(folder, '3.jsonl'), JSON.stringify(row(completion.replace('Plan.', 'My plan.'))));
  await importFiles(store, [folder], { update: true });
  expect(store.labels.of(id)).toMatchObject([{ boundaries: [17, 26] }]);
  // Where the text is still the old one, as in a backup.
  const journal = join(temporaryFolder(), 'x.edits.jsonl');
  cpSync(journalOf(store.file), journal);
  await importFiles(old, [journal]);
  expect(work(old.file)).toEqual(before);
});

it('lets nobody set places in a text that an import has changed since they saw it', async () => {
  const folder = folderOf({ '3.jsonl': [row('So it is red.')] });
  const store = openStore();
  await importFiles(store, [folder]);
  const [{ id, completion }] = everything(store);
  store.labels.set({ rolloutId: id, annotator: 'ana', boundaries: [3, 6] });
  const seen = textHash(completion);
  const changed = `<think>I look.</think>\n${completion}`;
  writeFileSync(join(folder, '3.jsonl'), JSON.stringify(row(changed)));
  await importFiles(store, [folder], { update: true });
  const before = work(store.file);
  const label = { rolloutId: id, annotator: 'ana', boundaries: [3, 9] };
  const step = { start: 0, end: 3, verdict: 'wrong', error: null } as const;
  const value = { body: 'Why?', text: { start: 0, end: 3 }, video: null };
  expect(() => store.labels.set(label, seen)).toThrow(`rollout ${id}: an import changed the text meanwhile`);
  expect(() => store.judgements.set(id, 'ana', step, seen)).toThrow(
    `rollout ${id}: an import changed the text meanwhile`,
  );
  expect(() => store.comments.add(id, 'ana', value, seen)).toThrow('an import changed the text meanwhile');
  expect(work(store.file)).toEqual(before);
  store.comments.add(id, 'ana', { ...value, text: null }, seen);
  store.judgements.set(id, 'ana', step, textHash(changed));
  store.labels.set(label, textHash(changed));
  expect(store.labels.of(id)).toMatchObject([{ boundaries: [3, 9] }]);
});

it('finds a prompt whose question was written anew by what its dataset calls it', async () => {
  const ask = (input: string): object[] => ['Red.', 'Blue.'].map((text) => row(text, { input, problem_id: 'clip-7' }));
  const folder = folderOf({ '3.jsonl': ask('Colour?') });
  const store = openStore();
  await importFiles(store, [folder]);
  const before = everything(store);
  workOn(store, before[0]);
  writeFileSync(
    join(folder, '3.jsonl'),
    ask('Which of the two colours is seen last in the clip?')
      .map((one) => JSON.stringify(one))
      .join('\n'),
  );
  const { updated, rollouts } = await importFiles(store, [folder], { update: true });
  expect([rollouts, updated]).toEqual([0, { rollouts: 2, found: { ...none, text: 2 }, unmatched: 0, left: [] }]);
  expect(everything(store).map(({ id }) => id)).toEqual(before.map(({ id }) => id));
  expect(store.prompts.page().rows).toMatchObject([{ question: expect.stringContaining('seen last') as string }]);
});

it('takes what a trainer writes into a followed file anew for what it is: another text', async () => {
  const folder = folderOf({ '3.jsonl': [row('Plan. I see red twice. So two.')] });
  const store = openStore();
  await importFiles(store, [folder]);
  const file = join(folder, '3.jsonl');
  writeFileSync(file, `${JSON.stringify(row('Plan. I see red thrice. So two.'))}\n`);
  const report = await importFiles(store, [folder], { update: true, growing: new Map([[file, true]]) });
  expect(report).toMatchObject({ rollouts: 1, updated: { found: none, unmatched: 1 } });
});
