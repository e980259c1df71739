import Database from 'better-sqlite3';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeAll, expect, inject, it, onTestFinished } from 'vitest';
import { clickBefore } from './caret.ts';
import { describePanel, type Panel } from './fixture.ts';
import { migrate } from '../../src/store/migrate.ts';
import { migrations } from '../../src/store/schema.ts';
import { Store } from '../../src/store/store.ts';
import { placesOf, rolloutLab, rolloutsOf, setLabel, storeOf, type ShownLabels } from './review-project.ts';
import { Workbench } from './workbench.ts';

/** Where the evidence can start: the places to which boundaries snap. */
const [first, second, third] = ['At 0:01', ' At 0:03', ' the square is green'];

/** The label of the first rollout, edited in the panel and read by the command line. */
class Label {
  readonly #panel: Panel;
  #rolloutId = '';

  constructor(panel: Panel) {
    this.#panel = panel;
    beforeAll(() => {
      this.#rolloutId = rolloutsOf(panel.workbench.folder)[0].id;
    });
  }

  /** Starts the evidence before these words. */
  async edit(words: string): Promise<void> {
    await clickBefore(this.#panel.text, words.trim());
    await this.#panel.press('2');
  }

  /** Waits until the store has it so. */
  async isSaved(words: string, store = storeOf(this.#panel.workbench.folder)): Promise<void> {
    const start = (): number | undefined => {
      const shown = rolloutLab('labels', 'show', '--db', store, '--rollout', this.#rolloutId) as ShownLabels;
      return shown.labels.find(({ annotator }) => annotator === 'me')?.boundaries[0];
    };
    await expect.poll(start).toBe(placesOf(words)[0]);
    await this.#panel.status(/saved \d\d:\d\d:\d\d · me/);
  }
}

// Before a backup the store is looked through, and what a test damages would be told at some time or other.
const withoutBackups = { settings: { 'rolloutLab.backups': 0 } };

describePanel('Review, whose store is opened anew,', withoutBackups, (panel) => {
  const label = new Label(panel);
  const held = 'Another program is writing to the store and has not let go of it.';
  /** Holds the store as a program does that writes to it, until it lets go. */
  const hold = (): (() => void) => {
    const other = new Database(storeOf(panel.workbench.folder));
    other.exec('BEGIN IMMEDIATE');
    const release = (): void => void other.close();
    onTestFinished(release);
    return release;
  };
  const choose = (store: string | null): void => {
    const folder = join(panel.workbench.folder, '.vscode');
    mkdirSync(folder, { recursive: true });
    const settings = store === null ? {} : { 'rolloutLab.store': store };
    writeFileSync(join(folder, 'settings.json'), JSON.stringify(settings));
  };
  const saveLine = () => panel.page.locator('status-line').getByRole('alert');

  it('goes on saving after Refresh', async () => {
    await label.edit(first);
    await label.isSaved(first);
    await panel.workbench.run('Rollout Lab: Refresh');
    await label.edit(second);
    await label.isSaved(second);
  });

  it('goes on saving after a retry in another panel', async () => {
    const { folder, page } = panel.workbench;
    // Agreement cannot be measured: one label of another completion is not as it should be.
    for (const name of ['ann', 'ben']) setLabel(folder, 4, name, [7, 20]);
    const store = new Database(storeOf(folder));
    store.prepare("UPDATE labels SET value = json_object('boundaries', 'none') WHERE annotator = 'ann'").run();
    store.close();
    await panel.workbench.run('Rollout Lab: Show Agreement');
    const agreement = await panel.workbench.webview('agreement-app [role="alert"]');
    await agreement.getByRole('button', { name: 'Try Again' }).click();
    await page.getByRole('tab', { name: /Review/ }).click();
    await panel.find();
    await label.edit(third);
    await label.isSaved(third);
  });

  it('says which store is read when another is chosen, and saves what waits once its own is back', async () => {
    const other = join(panel.workbench.folder, 'other.db');
    Store.open(other).close();
    const release = hold();
    await label.edit(first);
    choose('other.db');
    await panel.page.getByText('This rollout is not in the store.').waitFor({ timeout: 60_000 });
    await panel.page.getByText('The store is other.db.').waitFor();
    const waiting = panel.page.locator('trouble-bar').getByRole('alert');
    await waiting.getByText(`1 edit of another label is not saved: store ${storeOf(panel.workbench.folder)}`).waitFor();
    await panel.workbench.screenshot('store-other');
    release();
    await waiting.getByRole('button', { name: 'Retry' }).click();
    await waiting.getByText('Another store is open now.').waitFor();
    expect(rolloutLab('list', 'rollouts', '--db', other)).toMatchObject({ rows: [] });
    choose(null);
    await panel.find();
    await label.isSaved(first);
    await waiting.waitFor({ state: 'detached' });
  }, 180_000);

  it('offers an edit that could not be saved until it is, the panel closed meanwhile', async () => {
    const release = hold();
    await label.edit(second);
    await saveLine().getByText(`not saved: ${held}`).waitFor({ timeout: 60_000 });
    await panel.workbench.screenshot('store-held');
    await panel.workbench.run('View: Close Editor');
    await panel.workbench.press('Review was closed with 1 edit not saved.', 'Open Review');
    await panel.find();
    await saveLine().getByText(`not saved: ${held}`).waitFor({ timeout: 60_000 });
    release();
    await saveLine().getByRole('button', { name: 'Retry' }).click();
    await label.isSaved(second);
  }, 180_000);
});

describePanel('Review, whose store is removed or replaced while it is open,', {}, (panel) => {
  const label = new Label(panel);
  const words = 'was removed or replaced by another program while it was open; nothing more is saved to it.';
  const told = () => panel.page.locator('trouble-bar').getByRole('alert').filter({ hasText: words });
  const remove = (): void => {
    for (const end of ['', '-wal', '-shm']) rmSync(`${storeOf(panel.workbench.folder)}${end}`, { force: true });
  };
  const saveElsewhere = () => told().getByRole('button', { name: 'Save to a New Store…' }).click();

  it('says so, and saves all that it held and what waits to where it was', async () => {
    const { folder, page } = panel.workbench;
    await label.edit(first);
    await label.isSaved(first);
    await panel.workbench.showContainer();
    remove();
    await told().waitFor();
    await label.edit(second);
    await panel.page.locator('status-line').getByRole('alert').filter({ hasText: words }).waitFor();
    await page.locator('.pane').getByText(words).first().waitFor();
    // Refresh must not close what alone holds the labels. The workbench logs what it shows of that.
    await panel.workbench.run('Rollout Lab: Refresh');
    await panel.workbench.told(words);
    expect(panel.workbench.errors.splice(0)).toEqual([expect.stringContaining(words)]);
    await panel.workbench.screenshot('store-removed');
    await saveElsewhere();
    await told().waitFor({ state: 'detached' });
    await label.isSaved(second);
    await expect.poll(() => rolloutsOf(folder)).toHaveLength(5);
    await label.edit(third);
    await label.isSaved(third);
  });

  it('saves it beside another file that took its place, and goes on with that', async () => {
    const { folder, page } = panel.workbench;
    remove();
    Store.open(storeOf(folder)).close();
    await told().waitFor();
    await label.edit(first);
    await saveElsewhere();
    const dialog = page.getByRole('dialog').filter({ hasText: 'Another file is where the store was.' });
    await dialog.waitFor();
    await panel.workbench.screenshot('store-replaced');
    await dialog.getByRole('button', { name: 'Save to a New Store' }).click();
    await told().waitFor({ state: 'detached' });
    const settings = readFileSync(join(folder, '.vscode/settings.json'), 'utf8');
    const { 'rolloutLab.store': chosen } = JSON.parse(settings) as Record<string, string>;
    expect(chosen).toMatch(/^\.rollout-lab\/rollouts-rescued-/);
    await label.isSaved(first, join(folder, chosen));
    await expect.poll(() => rolloutsOf(folder)).toEqual([]);
  });
});

describePanel('Review, whose store another program damaged,', {}, (panel) => {
  const label = new Label(panel);

  it('says what is damaged, and goes on with a backup and all later edits once a person chose it', async () => {
    const { folder, page } = panel.workbench;
    const file = storeOf(folder);
    await label.edit(first);
    await label.isSaved(first);
    rolloutLab('backup', '--db', file);
    await label.edit(second);
    await label.isSaved(second);
    const other = new Database(file);
    other.exec("UPDATE labels SET saved_at = '2020-01-01T00:00:00.000Z'");
    other.close();
    await panel.workbench.run('Rollout Lab: Check Store');
    const words = 'the label of me on rollout';
    await panel.workbench.told(words);
    // The workbench logs what it shows of that.
    expect(panel.workbench.errors.splice(0)).toEqual([expect.stringContaining(words)]);
    await page.getByRole('button', { name: 'Restore Store…' }).click();
    await panel.workbench.pick('is not as it was saved', 'Backup of');
    const dialog = page.getByRole('dialog').filter({ hasText: 'Put this backup in the place of the store?' });
    await dialog.waitFor();
    await panel.workbench.screenshot('store-restore');
    await dialog.getByRole('button', { name: 'Restore', exact: true }).click();
    await panel.workbench.told('The store is restored, with 1 edit from its journal.');
    await label.isSaved(second);
    expect(rolloutLab('check', '--db', file)).toMatchObject({ faults: [], lost: 0 });
    await label.edit(third);
    await label.isSaved(third);
    await expect.poll(() => readdirSync(dirname(file))).toContainEqual(expect.stringMatching(/^rollouts-damaged-/u));
  }, 180_000);
});

it('a window whose store is of an older version says what is done to it meanwhile, and goes on', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lab-old-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const old = new Database(storeOf(folder));
  onTestFinished(() => void old.close());
  migrate(old, migrations.slice(0, -2));
  old.exec(
    `INSERT INTO prompts (id, dataset, question, options, problem_type, split)
     VALUES ('p-1', 'of last year', 'What?', '[]', 'free-form', 'train')`,
  );
  // However long it takes: another program has the store first.
  old.exec('BEGIN IMMEDIATE');
  await using workbench = await Workbench.open({ extensions: inject('extensions'), folder });
  await workbench.showContainer();
  const told = workbench.notifications.filter({ hasText: 'Bringing the store up to date' });
  await told.filter({ hasText: 'waiting until nobody else writes to it' }).waitFor();
  await workbench.screenshot('store-update');
  await workbench.run('Rollout Lab: Show Agreement');
  await workbench.webview('agreement-app');
  old.exec('ROLLBACK');
  await workbench.rows('Rollouts').filter({ hasText: 'of last year' }).waitFor();
  await told.waitFor({ state: 'detached' });
  await expect.poll(() => readdirSync(dirname(storeOf(folder)))).toContain(`rollouts.db.v${migrations.length - 2}.bak`);
});
