/** Export… and Import Rollouts… as a person uses them: quick pick, file dialog, notification, files on the disk. */
import { cpSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import type { ImportReport } from '../../src/formats/import-report.ts';
import { describePanel } from './fixture.ts';
import { labelsOf, makeReviewProject, placesOf, rolloutLab, rolloutsOf, setLabel, storeOf } from './review-project.ts';
import { came } from './workbench.ts';

const [evidence, synthesis] = placesOf('At 0:01', 'So the');
const fixtures = resolve(import.meta.dirname, '../fixtures');
/** In the project's folder: dumps, and beside them a pickle. */
const dumps = {
  'completions.jsonl': 'ms-swift/hf/completions.jsonl',
  'train_data_step3.jsonl': 'nemo-rl/train_data_step3.jsonl',
  'results.jsonl': 'verifiers/outputs/evals/colours--tiny--av-1/0badcafe/results.jsonl',
  'traces.jsonl': 'verifiers/traces/colours--tiny--av-1/traces.jsonl',
  'mmvu.json': 'datasets/mmvu.json',
  'clips.parquet': 'datasets/video-column.parquet',
};

const again = 'Rollouts of this are in the store already';

/** Three labels: two of ana's, one taken from a suggestion, and one of ben's. */
function makeProject(): string {
  const folder = makeReviewProject();
  setLabel(folder, 0, 'ben', [evidence, synthesis]);
  setLabel(folder, 1, 'ana', [evidence, synthesis + 1]);
  const origin = { source: 'rules', scores: [0.5, null] };
  const label = { rollout: rolloutsOf(folder)[0].id, annotator: 'ana', boundaries: [evidence, synthesis], origin };
  const file = join(folder, 'ana.labels.jsonl');
  writeFileSync(file, `${JSON.stringify({ format: 'rollout-lab/1', label })}\n`);
  rolloutLab('import', file, '--db', storeOf(folder));
  for (const [name, from] of Object.entries(dumps)) cpSync(join(fixtures, from), join(folder, name));
  writeFileSync(join(folder, 'rollouts.pt'), Buffer.from([0x80, 2]));
  const table = [
    'question,reply,draft,score,bonus',
    'What is it?,It is a ball.,It may be a ball.,1,2',
    'Why?,It fell down.,It may fall.,0,3',
  ];
  writeFileSync(join(folder, 'table.csv'), table.join('\n'));
  return folder;
}

const open = async (): Promise<void> => Promise.resolve();

describePanel('export and import', { project: makeProject, open }, (panel) => {
  const path = (name: string): string => join(panel.workbench.folder, name);

  /** Gives the open file dialog this path. While it looks at a folder it takes none, and puts its own in its place after that. */
  async function choose(name: string): Promise<void> {
    const { input, page } = panel.workbench;
    const asked = page.locator('.quick-input-title', { hasText: 'Columns of' });
    await expect.poll(() => input.inputValue()).toContain(panel.workbench.folder);
    const closed = async (): Promise<boolean> => {
      // What is asked next may stand in its place.
      if (!(await input.isVisible()) || (await asked.isVisible())) return true;
      if ((await input.getAttribute('placeholder')) === again) return true;
      if ((await input.inputValue()) !== path(name)) await input.fill(path(name));
      await panel.press('Enter');
      return came(input.waitFor({ state: 'hidden', timeout: 2000 }));
    };
    await expect.poll(closed).toBe(true);
  }

  /** Waits for a notification, in their list: not each is shown by itself where several come shortly after one another. */
  async function notified(words: string | RegExp): Promise<void> {
    const listed = async (): Promise<number> => {
      await panel.workbench.run('Notifications: Show Notifications');
      return panel.workbench.notifications.filter({ hasText: words }).count();
    };
    await expect.poll(listed, { interval: 500 }).toBeGreaterThan(0);
  }

  async function told(words: string | RegExp): Promise<void> {
    await notified(words);
    await panel.workbench.run('Notifications: Clear All Notifications');
  }

  async function startExport(label: string, name: string): Promise<void> {
    await panel.workbench.run('Rollout Lab: Export…');
    await panel.workbench.pick('What do you want to export?', label);
    await choose(name);
  }

  async function startImport(name: string): Promise<void> {
    await panel.workbench.run('Rollout Lab: Import Rollouts…');
    await choose(name);
  }

  /** Presses Cancel in the notification that says this. */
  async function cancel(words: RegExp): Promise<void> {
    const progress = panel.workbench.page.locator('.notification-list-item', { hasText: words });
    await progress.waitFor();
    const button = progress.getByRole('button', { name: 'Cancel' });
    await panel.workbench.clickUntil(button, async () => (await progress.count()) === 0);
  }

  it.each([
    ['Labels', 'labels.jsonl', 'Wrote 3 labels'],
    ['Labels as CSV', 'labels.csv', 'Wrote 3 labels'],
    ['Labels for ELAN', 'eaf', 'Wrote 3 labels'],
    ['Labels for Label Studio', 'labels.json', 'Wrote 3 labels'],
    ['Labels as WebVTT', 'webvtt', 'Wrote 3 labels'],
    ['Rollouts', 'export.rollouts.jsonl', 'Wrote 5 rollouts'],
    ['Rollouts for TRL', 'completions.parquet', 'Wrote 5 rollouts'],
    ['Rollouts for verl', 'rollouts.verl.jsonl', 'Wrote 5 rollouts'],
    ['Training Set', 'training.parquet', 'Wrote 5 rollouts'],
    ['Training Set as JSONL', 'training.jsonl', 'Wrote 5 rollouts'],
    ['Training Set for verl', 'verl-training', 'Wrote 5 rollouts'],
  ])('writes %s', async (label, name, words) => {
    await startExport(label, name);
    await told(`${words} to ${name}`);
  });

  it('has written what others read', async () => {
    await expect.poll(() => readFileSync(path('labels.csv'), 'utf8').split('\n')[0]).toContain('suggested_by,score');
    await expect.poll(() => readdirSync(path('eaf')).map((name) => name.slice(-4))).toEqual(['.eaf', '.eaf']);
    await expect.poll(() => readFileSync(path('labels.xml'), 'utf8')).toContain('<Labels name="phase"');
    await expect.poll(() => readFileSync(path('training.parquet')).subarray(0, 4).toString()).toBe('PAR1');
    await expect.poll(() => readdirSync(path('verl-training')).sort()).toEqual(['prompts.jsonl', 'tas_advantage.py']);
    const lines = readFileSync(path('training.jsonl'), 'utf8').trimEnd().split('\n');
    const sources = lines.map((line) => (JSON.parse(line) as { weight_source: string }).weight_source);
    expect(sources.filter((source) => source.startsWith('label:'))).toHaveLength(2);
  });

  it.each([
    ['labels.csv', 'cleo'],
    ['labels.json', 'dan'],
  ])('takes labels that came back in %s', async (name, annotator) => {
    const text = readFileSync(path(name), 'utf8').replaceAll(/(?<=,|")ana(?=,|")/gu, annotator);
    writeFileSync(path(name), text);
    await startImport(name);
    await told('2 new labels from 1 file');
    const { labels } = labelsOf(panel.workbench.folder, 0);
    const of = (one: string): object => ({
      ...labels.find((label) => label.annotator === one),
      annotator: '',
      savedAt: '',
    });
    expect(of(annotator)).toEqual(of('ana'));
    expect(of(annotator)).toMatchObject({ origin: { source: 'rules', scores: [0.5, null] } });
  });

  it.each([
    ['completions.jsonl', /^Imported [1-9]\d* rollouts/],
    ['train_data_step3.jsonl', /^Imported [1-9]\d* rollouts/],
    ['results.jsonl', /^Imported 8 rollouts, 2 new prompts/],
    ['traces.jsonl', /^Imported 4 rollouts, 2 new prompts/],
    ['mmvu.json', '2 new prompts'],
  ])('reads %s', async (name, words) => {
    await startImport(name);
    await told(words);
  });

  it('reads a table by its columns, guessed, changed by a person, and known from then on', async () => {
    await startImport('table.csv');
    const columns = 'Of no known format: import it by these columns, or choose a part to change';
    await panel.workbench.screenshot('exchange-columns');
    await panel.workbench.pick(columns, 'Completion');
    await panel.workbench.pick('Which column is this: completion?', 'reply');
    await panel.workbench.pick(columns, 'Import With These Columns');
    await told(/^Imported 2 rollouts, 2 new prompts/);
    await startImport('table.csv');
    await panel.workbench.pick(again, 'Add What Is New');
    await notified(/2 already there.* 1 file read by the columns that you chose/);
    // Rollouts that are there are brought up to date: their rewards are of other columns now.
    await panel.workbench.press('read by the columns that you chose', 'Change Columns…');
    await panel.workbench.pick(columns, 'Reward');
    const rewards = panel.workbench.page.locator('.quick-input-list .monaco-list-row', { hasText: 'bonus' });
    await panel.workbench.toggleUntil(rewards, async () => (await rewards.getAttribute('aria-checked')) === 'true');
    await panel.workbench.input.press('Enter');
    await panel.workbench.pick(columns, 'Import With These Columns');
    await told(/^Imported 0 rollouts.* Brought up to date: 2 rollouts\./);
  });

  it('takes media out of a table that holds them, for the prompts that are there', async () => {
    await startImport('clips.parquet');
    await notified('2 rows hold their media as bytes');
    const offer = panel.workbench.page.locator('.notification-list-item', { hasText: '2 rows hold their media' });
    await offer.getByRole('button', { name: 'Extract Media' }).click();
    await told('0 new prompts, 0 new labels and 2 media files');
    // Their bytes are the same.
    await expect
      .poll(() => readdirSync(path('.rollout-lab/extracted-media')))
      .toEqual([expect.stringMatching(/^[\da-f]{32}\.mp4$/u)]);
  });

  it('imports a dump again, with labels kept', async () => {
    await startImport('completions.jsonl');
    await panel.workbench.pick(again, 'Import Again and Keep Labels');
    await told(/^Imported 0 rollouts.* already there\. Brought up to date: 0 rollouts\./);
  });

  it('refuses a pickle with the way round', async () => {
    await startImport('rollouts.pt');
    await notified('Rejected: 1 line');
    const button = panel.workbench.page.getByText('Show Rejected Lines').first();
    const fault = panel.workbench.page.locator('.markers-panel').getByText('a pickle');
    await panel.workbench.clickUntil(button, async () => (await fault.count()) > 0);
    await panel.workbench.screenshot('exchange-rejected');
  });

  it(
    'stops an import that is cancelled, keeps what was read, and takes the rest the next time',
    { timeout: 300_000 },
    async () => {
      const line = (i: number): string =>
        `${JSON.stringify({ input: `Which of ${i}?`, output: `I look. It is ${i}. `.repeat(20), gts: 'A', score: 1, step: 1 })}\n`;
      writeFileSync(path('big.jsonl'), Array.from({ length: 60_000 }, (_, i) => line(i)).join(''));
      await startImport('big.jsonl');
      await cancel(/big\.jsonl \(1 of 1\): [1-9]/);
      await told('The import was cancelled: what was read before stays.');
      const rest = rolloutLab('import', path('big.jsonl'), '--db', storeOf(panel.workbench.folder)) as ImportReport;
      expect(rest.duplicates).toBeGreaterThan(0);
      expect(rest.duplicates + rest.rollouts).toBe(60_000);
      expect(rest.rollouts).toBeGreaterThan(0);
    },
  );

  it('stops an export that is cancelled, and leaves nothing behind', async () => {
    await startExport('Training Set as JSONL', 'big-training.jsonl');
    await cancel(/Exporting training Set/iu);
    await told('The export was cancelled: nothing was written.');
    await expect
      .poll(() => readdirSync(panel.workbench.folder).filter((name) => name.startsWith('big-training')))
      .toEqual([]);
  });
});
