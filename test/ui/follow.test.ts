import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import { Store } from '../../src/store/store.ts';
import { came, Workbench } from './workbench.ts';

describe('a folder that a trainer writes into', () => {
  const from = mkdtempSync(join(tmpdir(), 'lab-follow-'));
  let workbench: Workbench;

  const line = (text: string): string =>
    `${JSON.stringify({ input_prompt: 'Which colour sounds?', output_response: text, score: 1, env_class: 'av' })}\n`;
  const dump = (): string => join(workbench.folder, 'training/1.jsonl');
  const status = (text: RegExp) => workbench.page.locator('.statusbar-item', { hasText: text });

  beforeAll(async () => {
    mkdirSync(join(from, 'training'));
    writeFileSync(join(from, 'training/1.jsonl'), line('Red.'));
    workbench = await Workbench.open({ extensions: inject('extensions'), from });
  });

  afterAll(async () => {
    await workbench[Symbol.asyncDispose]();
    rmSync(from, { recursive: true, force: true });
  });

  function texts(folder = workbench.folder): string[] {
    const store = Store.open(join(folder, '.rollout-lab/rollouts.db'));
    try {
      return store.rollouts.page().rows.map(({ id }) => store.rollouts.get(id)!.completion);
    } finally {
      store.close();
    }
  }

  it('is followed from the explorer, and what comes is imported', async () => {
    // Its container is there when its menus are.
    await workbench.showContainer();
    await workbench.page.keyboard.press('Control+Shift+E');
    const folder = workbench.page.locator('.explorer-folders-view .monaco-list-row', { hasText: 'training' });
    await folder.click({ button: 'right' });
    const item = workbench.page.locator('.monaco-menu .action-label', { hasText: 'Follow Folder…' });
    await item.waitFor();
    await workbench.clickUntil(item, async () => (await item.count()) === 0);
    await status(/training: 1 new/u).waitFor();
    appendFileSync(dump(), `${line('Blue.')}${line('Green.').slice(0, 12)}`);
    await status(/training: 2 new/u).waitFor();
    await expect.poll(() => texts()).toEqual(['Red.', 'Blue.']);
    await workbench.showContainer();
    await expect.poll(() => workbench.rows('Rollouts').first().innerText()).toMatch(/1 prompt/u);
  });

  it('goes on after a reload of the window, and tells of what is broken', async () => {
    await workbench.reload();
    await status(/training: /u).waitFor();
    appendFileSync(dump(), `${line('Green.').slice(12)}{"broken"\n`);
    await status(/training: 1 new/u).waitFor();
    await expect.poll(() => texts()).toEqual(['Red.', 'Blue.', 'Green.']);
    await workbench.run('Problems: Focus on Problems View');
    await workbench.page.locator('.markers-panel').getByText('not JSON').waitFor();
    await workbench.screenshot('followed');
  });

  it('is followed until that is stopped in the status bar', async () => {
    await status(/training: 1 new/u).click();
    await workbench.pick('Stop following which folder?', 'training');
    await expect.poll(() => status(/training: /u).count()).toBe(0);
    appendFileSync(dump(), line('Never.'));
    // Time for three looks.
    await workbench.page.waitForTimeout(6_000);
    await expect.poll(() => texts()).toEqual(['Red.', 'Blue.', 'Green.']);
  });

  it('stays stopped after a reload of the window', async () => {
    await workbench.reload(/"rolloutLab\.followed [^"]+":\[\]/u);
    await workbench.showContainer();
    await workbench.rows('Rollouts').first().waitFor();
    // Time for three looks.
    await workbench.page.waitForTimeout(6_000);
    await expect.poll(() => status(/training: /u).count()).toBe(0);
    await expect.poll(() => texts()).toEqual(['Red.', 'Blue.', 'Green.']);
  });

  it('that is gone is followed no more, and Follow Again follows none a second time', async () => {
    const { folder } = workbench;
    const late = join(folder, 'late');
    const follow = async (): Promise<void> => {
      mkdirSync(late);
      await workbench.run('Rollout Lab: Follow Folder…');
      await expect.poll(() => workbench.input.inputValue()).toContain(folder);
      await workbench.answerPath(late);
      await status(/late: 0 new/u).waitFor();
    };
    await follow();
    rmSync(late, { recursive: true });
    await workbench.told('late is followed no more');
    await expect.poll(() => status(/late: /u).count()).toBe(0);
    await follow();
    await workbench.press('late is followed no more', 'Follow Again');
    await workbench.told('late is followed already.');
    await status(/late: 0 new/u).click();
    await workbench.pick('Stop following which folder?', 'late');
    await expect.poll(() => status(/late: /u).count()).toBe(0);
    writeFileSync(join(late, '1.jsonl'), line('Never.'));
    // Time for three looks.
    await workbench.page.waitForTimeout(6_000);
    await expect.poll(() => texts()).toEqual(['Red.', 'Blue.', 'Green.']);
  });

  it('goes into the store of its own folder, of several that are open', async () => {
    const other = join(workbench.folder, '../other');
    mkdirSync(join(other, 'dumps'), { recursive: true });
    writeFileSync(join(other, 'dumps/1.jsonl'), line('Yellow.').replace('colour', 'other colour'));
    const file = join(workbench.folder, '../both.code-workspace');
    writeFileSync(file, JSON.stringify({ folders: [{ path: workbench.folder }, { path: other }] }));
    const url = new URL(workbench.page.url());
    url.search = `?workspace=${encodeURIComponent(file)}`;
    // A window that is new may go back to the explorer.
    const shown = async (): Promise<number> => {
      await workbench.showContainer();
      return workbench.rows('Rollouts').count();
    };
    // On a busy machine the editor may tell extensions that a workspace file which is new to it has no folders.
    const opened = async (): Promise<boolean> => {
      await workbench.page.goto(url.href, { timeout: 120_000 });
      await workbench.ready();
      return came(expect.poll(shown, { interval: 1000, timeout: 20_000 }).toBeGreaterThan(0));
    };
    await expect.poll(opened, { timeout: 100_000 }).toBe(true);
    const title = workbench.page.locator('.pane-header', { hasText: 'Rollouts' }).first();
    await expect.poll(() => title.innerText()).toMatch(/workspace/u);

    const choose = async (folder: string): Promise<void> => {
      await workbench.run('Rollout Lab: Choose Folder…');
      await workbench.pick('Which folder’s rollouts', folder);
      await expect.poll(() => title.innerText()).toMatch(new RegExp(folder, 'u'));
    };
    const row = (folder: RegExp) => workbench.page.getByRole('treeitem', { name: folder });
    await choose('other');
    await row(/^folder other, no store yet, worked on/u).waitFor();
    await workbench.run('Rollout Lab: Follow Folder…');
    await expect.poll(() => workbench.input.inputValue()).toContain(other);
    await workbench.answerPath(join(other, 'dumps'));
    await status(/dumps: 1 new/u).waitFor();
    await expect.poll(() => texts(other)).toEqual(['Yellow.']);
    await row(/^folder other, 1 prompt/u).waitFor();
    await workbench.screenshot('folder-chosen');

    // It goes on while another folder is worked on.
    await choose('workspace');
    appendFileSync(join(other, 'dumps/1.jsonl'), line('Violet.').replace('colour', 'other colour'));
    await status(/dumps: 2 new/u).waitFor();
    await expect.poll(() => texts()).toEqual(['Red.', 'Blue.', 'Green.']);
    await expect.poll(() => texts(other)).toEqual(['Yellow.', 'Violet.']);
    await choose('other');
    await workbench.reload(/"rolloutLab\.folder":"[^"]*\/other"/u);
    await status(/dumps: /u).waitFor();
    await expect.poll(() => title.innerText()).toMatch(/other/u);
  }, 240_000);

  it('says nothing on the console', () => {
    expect(workbench.errors).toEqual([]);
  });
});

it('a folder is followed no longer than it is trusted, and goes on as soon as it is trusted again', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lab-trust-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const line = (text: string): string =>
    `${JSON.stringify({ input_prompt: 'Which colour sounds?', output_response: text, score: 1, env_class: 'av' })}\n`;
  mkdirSync(join(folder, 'training'));
  writeFileSync(join(folder, 'training/1.jsonl'), line('Red.'));
  await using workbench = await Workbench.open({ extensions: inject('extensions'), folder, restricted: true });
  const status = (text: RegExp) => workbench.page.locator('.statusbar-item', { hasText: text });
  const trust = async (isTrusted: boolean): Promise<void> => {
    await workbench.run('Workspaces: Manage Workspace Trust');
    const page = workbench.page.locator('.workspace-trust-editor');
    const entry = page.locator('.monaco-list-row', { hasText: folder });
    if (!isTrusted) await entry.hover();
    await (isTrusted ? page : entry)
      .getByRole('button', { name: isTrusted ? /^Trust$/u : /Delete/u })
      .first()
      .click();
    // The window is loaded anew where trust is withdrawn.
    await status(/Restricted Mode/u).waitFor({ state: isTrusted ? 'hidden' : 'visible', timeout: 120_000 });
  };
  await trust(true);
  await workbench.run('Rollout Lab: Follow Folder…');
  await expect.poll(() => workbench.input.inputValue()).toContain(folder);
  await workbench.answerPath(join(folder, 'training'));
  await status(/training: 1 new/u).waitFor();
  await trust(false);
  await expect.poll(() => status(/training: /u).count(), { timeout: 60_000 }).toBe(0);
  appendFileSync(join(folder, 'training/1.jsonl'), line('Blue.'));
  await trust(true);
  await status(/training: 1 new/u).waitFor({ timeout: 60_000 });
  expect(workbench.errors).toEqual([]);
}, 300_000);
