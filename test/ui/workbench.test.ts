import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
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

  it.skipIf(!existsSync(tensorflow))('sets the TensorFlow backend up', { timeout: 300_000 }, async () => {
    await workbench.run('Rollout Lab: Set Up TensorFlow Backend');
    await workbench.notifications.filter({ hasText: 'compiling the addon' }).waitFor();
    await workbench.notifications.filter({ hasText: 'The tensorflow backend is set up' }).waitFor({ timeout: 240_000 });
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
