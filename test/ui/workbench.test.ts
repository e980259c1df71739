import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { faultsOf } from './axe.ts';
import { came, Workbench } from './workbench.ts';

/** The TensorFlow that `npm test` has downloaded: with this path, the machine's Python has it. */
const tensorflow = resolve(import.meta.dirname, '../../.cache/data/rollout-lab/tensorflow-library');

const python = mkdtempSync(join(tmpdir(), 'rollout-lab-python-'));

describe('the packaged extension in a real workbench', () => {
  let workbench: Workbench;
  beforeAll(async () => {
    // A python3 without PyTorch, whatever the machine's has.
    execFileSync('python3', ['-m', 'venv', '--without-pip', python]);
    const environment = { PYTHONPATH: tensorflow, PATH: [join(python, 'bin'), process.env.PATH].join(delimiter) };
    workbench = await Workbench.open({ extensions: inject('extensions'), environment });
  });
  afterAll(async () => {
    await workbench[Symbol.asyncDispose]();
    rmSync(python, { recursive: true });
  });

  it('has its place in the activity bar, and its trees in it', async () => {
    await workbench.showContainer();
    for (const title of ['Rollouts', 'Runs']) {
      await workbench.page.locator('.pane-header', { hasText: title }).first().waitFor();
    }
  });

  it('says what a command lacks, and its log says more', async () => {
    const told = workbench.page.locator('.notification-list-item', { hasText: 'There is nothing to export yet' });
    const line = workbench.page.locator('.part.panel .view-line', { hasText: 'rolloutLab.export' }).first();
    // A log that is asked for in the editor's first seconds may not open.
    const logged = async (): Promise<boolean> => {
      await workbench.run('Rollout Lab: Export…');
      await told.getByRole('button', { name: 'Show Log' }).click();
      return came(line.waitFor({ timeout: 3000 }));
    };
    await expect.poll(logged, { timeout: 60_000 }).toBe(true);
    await workbench.screenshot('log');
  });

  it('opens a copy of the sample project with its rollouts in the tree', async () => {
    const folder = `${workbench.folder}-sample`;
    await workbench.run('Rollout Lab: Open Sample Project');
    await workbench.answer(folder);
    await workbench.page.waitForURL((url) => url.searchParams.get('folder') === folder);
    await workbench.ready();
    await workbench.showContainer();
    await workbench
      .rows('Rollouts')
      .filter({ hasText: /sample.*399 prompts/ })
      .waitFor();
  });

  it('has the row of the rollout in Review selected in the tree, also beyond “Load more…”, without the focus', async () => {
    const selected = workbench.rows('Rollouts').and(workbench.page.locator('.selected'));
    await workbench.run('Rollout Lab: Open Review');
    await workbench.webview('reasoning-text .completion');
    await expect.poll(() => selected.count()).toBe(1);
    const first = await selected.innerText();
    await workbench.run('Rollout Lab: Search Rollouts…');
    await workbench.input.fill('How many times does the low tone start?');
    await workbench.page.locator('.quick-input-list .monaco-list-row', { hasText: '«' }).first().waitFor();
    await workbench.input.press('Enter');
    const page = await workbench.webview('prompt-header');
    await page.locator('prompt-header').getByText('prompt 385 of 399').waitFor();
    await expect.poll(() => workbench.rows('Rollouts').filter({ hasText: 'Load more…' }).count()).toBe(1);
    await expect.poll(() => selected.innerText()).not.toBe(first);
    await expect.poll(() => workbench.page.locator('.pane-body .monaco-list:focus').count()).toBe(0);
    await workbench.screenshot('followed-review');
  });

  it('previews a dump from the explorer’s menu, and opens it', async () => {
    const { page } = workbench;
    const dump = join(`${workbench.folder}-sample`, 'dump.jsonl');
    const row = {
      input: 'Which colour sounds?',
      output: 'It is red.',
      gts: 'red',
      score: 1,
      step: 7,
      aside: 'Not read.',
    };
    writeFileSync(dump, `${JSON.stringify(row)}\n{"input": \n`);
    await page.keyboard.press('Control+Shift+E');
    const file = page.locator('.explorer-folders-view .monaco-list-row', { hasText: 'dump.jsonl' });
    await file.click({ button: 'right' });
    const item = page.locator('.monaco-menu .action-label', { hasText: 'Preview Dump' });
    await item.waitFor();
    await workbench.clickUntil(item, async () => (await item.count()) === 0);
    const preview = await workbench.webview('preview-app h1');
    for (const words of ['Read as verl generations', 'Line 2: not JSON', 'version of the policy', 'It is red.'])
      await preview.getByText(words).first().waitFor();
    const aside = preview.locator('.columns tr', { hasText: 'aside' });
    await expect.poll(() => aside.innerText()).toMatch(/not imported/u);
    await expect.poll(() => faultsOf(preview)).toEqual([]);
    await workbench.screenshot('preview');
    // What was mended is read when that is asked for.
    writeFileSync(dump, `${JSON.stringify(row)}\n`);
    await preview.getByText('Read Again').click();
    await preview.getByText('Rows: 1. Imported from them: 1 rollout.').waitFor();
    await preview.getByText('Open in Rollout Lab').click();
    await workbench.told('Imported 1 rollout');
  });

  it.skipIf(!existsSync(tensorflow))('sets the TensorFlow backend up', { timeout: 300_000 }, async () => {
    await workbench.run('Rollout Lab: Set Up TensorFlow Backend');
    await workbench.told('compiling the addon');
    await workbench.told('The tensorflow backend is set up', 240_000);
    expect(existsSync(resolve(workbench.folder, '../.local/share/rollout-lab/tensorflow/addon.json'))).toBe(true);
  });

  it('asks before PyTorch is downloaded, and leaves nothing when it is not', { timeout: 120_000 }, async () => {
    await workbench.run('Rollout Lab: Set Up PyTorch Engine');
    const dialog = workbench.page.locator('.monaco-dialog-box');
    await dialog.getByText(/python3 \(Python 3\.\d+\) has no .*torch/).waitFor({ timeout: 90_000 });
    await dialog.getByText(/pip can download PyTorch.*: about [\d.]+ GB, and \d+ GB on the disk, in /).waitFor();
    await workbench.screenshot('set-up-torch');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    const data = resolve(workbench.folder, '../.local/share/rollout-lab');
    await expect.poll(() => readdirSync(data).filter((name) => /^(?:setup|torch)/u.test(name))).toEqual([]);
  });

  it('says nothing on the console', () => {
    expect(workbench.errors).toEqual([]);
  });
});
