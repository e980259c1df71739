import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { importFiles } from '../../../src/formats/import.ts';
import { openStore, temporaryFolder } from '../store/fixture.ts';
import { everything, fixtures } from './fixture.ts';

/** The dump of a run of four steps that was evaluated at steps 2 and 4, in a folder named `run`; what its log says only where asked for. */
function dump({ log = true, change = (text: string) => text } = {}): string {
  const folder = join(temporaryFolder(), 'run');
  cpSync(join(fixtures, 'ms-swift/evaluation'), folder, {
    recursive: true,
    filter: (file) => log || !file.endsWith('logging.jsonl'),
  });
  const file = join(folder, 'completions.jsonl');
  writeFileSync(file, change(readFileSync(file, 'utf8')));
  return folder;
}

it.each([
  ['the run’s log says', { log: true }],
  ['they come after training’s line of a step, and ask nothing that it does', { log: false }],
])('lines of evaluations are told apart, as %s', async (by, options) => {
  const store = openStore();
  const { rollouts, notes, rejected } = await importFiles(store, [dump(options)]);
  expect(rejected).toEqual([]);
  expect(store.prompts.page().rows.map(({ question, split, rollouts }) => [question, split, rollouts])).toEqual([
    ['Q1?', 'train', 2],
    ['Again?', 'train', 8],
    ['Q2?', 'train', 2],
    ['Held out?', 'validation', 4],
    ['Q3?', 'train', 2],
    ['Q4?', 'train', 2],
  ]);
  // What was left of training’s batch in an evaluation’s line, and the line that training ends with, add nothing.
  expect(rollouts).toBe(20);
  const texts = everything(store).map(({ completion }) => completion);
  expect(texts.filter((text) => text.includes('eval'))).toHaveLength(4);
  expect(notes.map(({ text }) => text)).toContain(`evaluations stand beside training, at steps 2, 4, as ${by}`);
});

it.each([true, false])('a file that was appended to itself counts once (with a log: %s)', async (log) => {
  const [once, twice] = [openStore(), openStore()];
  const { rollouts } = await importFiles(once, [dump({ log })]);
  expect(await importFiles(twice, [dump({ log, change: (text) => text + text })])).toMatchObject({
    rollouts,
    duplicates: 0,
  });
  const prompts = ({ prompts }: typeof once) =>
    prompts.page().rows.map(({ question, split, rollouts }) => [question, split, rollouts]);
  expect(prompts(twice)).toEqual(prompts(once));
});

it('an evaluation of what is trained on has groups of its own, where the log tells, and is reported where nothing does', async () => {
  const change = (text: string): string => text.replaceAll('Held out?', 'Q2?');
  const told = openStore();
  await importFiles(told, [dump({ change })]);
  const [, , asked] = told.prompts.page().rows;
  expect([asked.question, asked.split, asked.rollouts]).toEqual(['Q2?', 'train', 6]);
  const groups = told.rollouts.groups(asked.id).map(({ policyVersion, rollouts }) => [policyVersion, rollouts]);
  expect(groups).toEqual([
    [2, 2],
    [2, 2],
    [4, 2],
  ]);

  const untold = openStore();
  const { notes } = await importFiles(untold, [dump({ log: false, change })]);
  expect(untold.prompts.page().rows.every(({ split }) => split === 'train')).toBe(true);
  expect(notes.map(({ text }) => text)).toContain(
    'two batches stand at steps 2, 4: whether one is an evaluation is not told, so they count as training; logging.jsonl beside the file would tell',
  );
});
