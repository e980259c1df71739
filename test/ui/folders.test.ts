import { cpSync, mkdirSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { presetConfig } from '../../src/domain/preset.ts';
import { Store } from '../../src/store/store.ts';
import { faultsOf } from './axe.ts';
import { Panel } from './fixture.ts';
import { makeReviewProject, storeOf, twoGroups } from './review-project.ts';
import { Workbench } from './workbench.ts';

const question = 'Which shape is behind the door?';

/** How many handles processes of this machine have on a file. */
function handlesOn(file: string): number {
  const target = (link: string): string | null => {
    try {
      return readlinkSync(link);
    } catch {
      return null;
    }
  };
  const handles = (pid: string): string[] => {
    try {
      return readdirSync(`/proc/${pid}/fd`).map((fd) => `/proc/${pid}/fd/${fd}`);
    } catch {
      return [];
    }
  };
  const pids = readdirSync('/proc').filter((name) => /^\d+$/u.test(name));
  return pids.flatMap(handles).filter((link) => target(link) === file).length;
}

describe('a workspace of several folders', () => {
  const projects = [makeReviewProject(), makeReviewProject([{ ...twoGroups[0], question, rewards: [1, 0] }])];
  const panel = new Panel();
  let workbench: Workbench;
  /** A folder of the workspace, on disk. */
  const at = (name: string): string => resolve(workbench.folder, '..', name);
  const workspace = (...names: string[]): void =>
    writeFileSync(at('all.code-workspace'), JSON.stringify({ folders: names.map((path) => ({ path })) }));
  const rows = (): Locator => workbench.rows('Rollouts');
  const row = (label: string | RegExp): Locator => rows().and(workbench.page.getByRole('treeitem', { name: label }));
  const labels = (): Promise<string[]> =>
    rows().evaluateAll((all) => all.map((one) => one.getAttribute('aria-label') ?? ''));
  /** Opens a row by its twistie, or closes it. */
  const expand = async (target: Locator, isOpen = true): Promise<void> => {
    const done = async (): Promise<boolean> => (await target.getAttribute('aria-expanded')) === String(isOpen);
    await workbench.toggleUntil(target.locator('.monaco-tl-twistie'), done);
  };
  const title = (view: string): Locator => workbench.page.locator('.pane-header', { hasText: view }).first();
  const chooseInMenu = async (target: Locator, item: string): Promise<void> => {
    await target.click({ button: 'right' });
    const action = workbench.page.locator('.monaco-menu .action-label', { hasText: item });
    await action.waitFor();
    await workbench.clickUntil(action, async () => (await action.count()) === 0);
  };

  /** The rollouts of a folder that have labels, and all there are. */
  const stored = (name: string): [labelled: number, rollouts: number] => {
    const store = Store.open(storeOf(at(name)));
    try {
      const { rows } = store.rollouts.page();
      return [rows.filter(({ labelledBy }) => labelledBy.length > 0).length, rows.length];
    } finally {
      store.close();
    }
  };

  beforeAll(async () => {
    panel.workbench = workbench = await Workbench.open({ extensions: inject('extensions'), from: projects[0] });
    cpSync(projects[1], at('second'), { recursive: true });
    for (const name of ['empty', 'broken']) mkdirSync(at(name));
    writeFileSync(storeOf(at('broken')), 'This was a store once.'.repeat(1000));
    workspace('workspace', 'second', 'empty', 'broken');
    const url = new URL(workbench.page.url());
    url.search = `?workspace=${encodeURIComponent(at('all.code-workspace'))}`;
    await workbench.page.goto(url.href, { timeout: 120_000 });
    await workbench.ready();
  }, 300_000);

  afterAll(async () => {
    await workbench?.[Symbol.asyncDispose]();
    for (const folder of projects) rmSync(folder, { recursive: true });
  });

  it('has a row for each folder, and opens none but the store that is worked on', async () => {
    // A window that is new may go back to the explorer.
    const shown = async (): Promise<number> => {
      await workbench.showContainer();
      return rows().count();
    };
    await expect.poll(shown, { interval: 1000, timeout: 60_000 }).toBeGreaterThan(0);
    await expect
      .poll(labels)
      .toEqual([
        expect.stringMatching(/^folder workspace, 2 prompts · 5 rollouts, worked on/u),
        expect.stringMatching(/^trial/u),
        expect.stringMatching(/^folder second(?!, \d)/u),
        expect.stringMatching(/^folder empty, no store yet/u),
        expect.stringMatching(/^folder broken/u),
      ]);
    await expect.poll(() => title('Rollouts').innerText()).toMatch(/workspace/u);
    expect(handlesOn(storeOf(at('workspace')))).toBeGreaterThan(0);
    expect([handlesOn(storeOf(at('second'))), handlesOn(storeOf(at('broken')))]).toEqual([0, 0]);
    await workbench.screenshot('folders');
  });

  it('opens the store of a folder that is opened, and closes it some time after', async () => {
    await expand(row(/^folder second/u));
    await row(/^folder second, 1 prompt · 2 rollouts/u).waitFor();
    await expect.poll(() => handlesOn(storeOf(at('second')))).toBeGreaterThan(0);
    await expect.poll(async () => (await labels()).filter((label) => label.startsWith('trial'))).toHaveLength(2);
    await expand(row(/^folder second/u), false);
    await expect.poll(() => handlesOn(storeOf(at('second'))), { timeout: 30_000 }).toBe(0);
    await row(/^folder second, 1 prompt · 2 rollouts/u).waitFor();
  });

  it('says of a store that cannot be opened why, and what can be done, in its own row', async () => {
    await expand(row(/^folder broken/u));
    await row(/^folder broken, cannot be opened/u).waitFor();
    await row('Try Again').waitFor();
    await row(/^folder workspace, 2 prompts · 5 rollouts/u).waitFor();
    await workbench.screenshot('folders-broken');
    await expand(row(/^folder broken/u), false);
  });

  it('goes over to the folder of the rollout that is clicked, and labels it there', async () => {
    await workbench.run('Rollout Lab: Next Unlabelled');
    await panel.find();
    await panel.page.getByText(twoGroups[0].question).first().waitFor();
    await expand(row(/^folder second/u));
    const below = async (): Promise<number> =>
      (await labels()).findIndex((label) => label.startsWith('folder second')) + 1;
    // Its rows come after it was opened.
    await expect.poll(async () => (await labels())[await below()]).toMatch(/^trial/u);
    const dataset = rows().nth(await below());
    await expand(dataset);
    await expand(row(question));
    // Review has revealed those of the first folder.
    const groups = rows().filter({ hasText: 'cold-start v0' });
    await expect.poll(() => groups.count()).toBe(2);
    await expand(groups.last());
    const seconds = row(/completion 2, /u);
    await expect.poll(() => seconds.count()).toBe(2);
    await seconds.last().click();
    await panel.page.getByText(question).first().waitFor();
    await row(/^folder second, .*worked on/u).waitFor();
    await expect.poll(() => title('Rollouts').innerText()).toMatch(/second/u);
    await expect.poll(() => title('Runs').innerText()).toMatch(/second/u);
    // Its player is given the second folder's video.
    await panel.page.locator('video').waitFor();
    expect(await faultsOf(panel.page)).toEqual([]);
    await panel.pressUntil('2', () => panel.status(/saved \d\d:\d\d:\d\d · me/u));
    await expect.poll(() => stored('second')).toEqual([1, 2]);
    expect(stored('workspace')).toEqual([0, 5]);
    await expect.poll(() => panel.page.getByRole('button', { name: 'back' }).isDisabled()).toBe(true);
    await workbench.screenshot('folders-review');
  });

  it('shows the row of what Review shows next, in its folder', async () => {
    await panel.press('n');
    const selected = (): Promise<string[]> =>
      workbench.page
        .locator('.pane', { has: title('Rollouts') })
        .locator('.monaco-list-row.selected')
        .evaluateAll((all) => all.map((one) => one.getAttribute('aria-label') ?? ''));
    await expect.poll(selected).toEqual([expect.stringMatching(/^completion 1, /u)]);
  });

  it('opens the table of a folder from its row, and goes over to that', async () => {
    await chooseInMenu(row(/^folder workspace/u), 'Open Rollouts Table');
    const table = await workbench.webview('rollout-grid [role="row"]');
    await table
      .getByText(/5 rollouts|5 of 5/u)
      .first()
      .waitFor();
    await row(/^folder workspace, .*worked on/u).waitFor();
    await workbench.screenshot('folders-table');
  });

  it('has the runs of each folder below its row, and acts on a run in its own store', async () => {
    const runRow = (label: RegExp): Locator =>
      workbench.rows('Runs').and(workbench.page.getByRole('treeitem', { name: label }));
    await runRow(/^folder workspace, no run yet, worked on/u).waitFor();
    const store = Store.open(storeOf(at('second')));
    try {
      const { id } = store.runs.create('theirs', presetConfig('grpo', '/policy', 1));
      store.runs.claim(id);
      await expand(runRow(/^folder second/u));
      await runRow(/^folder second, 1 run/u).waitFor();
      await chooseInMenu(runRow(/^theirs, running/u), 'Stop');
      await expect.poll(() => store.runs.get(id)!.request).toBe('stop');
      await row(/^folder workspace, .*worked on/u).waitFor();
      await workbench.screenshot('folders-runs');
      await runRow(/^theirs/u).click();
      const page = await workbench.webview('run-list');
      await page.getByRole('heading', { name: 'theirs' }).waitFor();
      await row(/^folder second, .*worked on/u).waitFor();
      store.runs.update(id, { status: 'stopped', endedAt: '2026-01-01T00:00:00.000Z' });
      await runRow(/^theirs, stopped/u).waitFor();
    } finally {
      store.close();
    }
  });

  it('imports into a folder that has no store yet', async () => {
    writeFileSync(
      at('dump.jsonl'),
      `${JSON.stringify({ input_prompt: 'Which colour sounds?', output_response: 'Red.', score: 1, env_class: 'av' })}\n`,
    );
    await expand(row(/^folder empty/u));
    await row('Import Rollouts…').click();
    await expect.poll(() => workbench.input.inputValue()).toContain(at('empty'));
    await workbench.answerPath(at('dump.jsonl'));
    await row(/^folder empty, 1 prompt · 1 rollout/u).waitFor();
    expect([stored('empty'), stored('workspace')]).toEqual([
      [0, 1],
      [0, 5],
    ]);
    await workbench.press('Imported 1 rollout', 'Review');
    await row(/^folder empty, .*worked on/u).waitFor();
    await panel.find('prompt-header');
    await panel.page.getByText('Which colour sounds?').first().waitFor();
  });

  it('imports what is dropped on the row of a folder into its store', async () => {
    writeFileSync(
      at('more.jsonl'),
      `${JSON.stringify({ input_prompt: 'Which colour blinks?', output_response: 'Blue.', score: 1, env_class: 'av' })}\n`,
    );
    // The explorer and the view are never seen at once: a drag cannot be drawn.
    await row(/^folder second/u).evaluate(
      (target, uri) => {
        const dataTransfer = new DataTransfer();
        dataTransfer.setData('text/uri-list', uri);
        for (const type of ['dragenter', 'dragover', 'drop'])
          target.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer }));
      },
      `file://${at('more.jsonl')}`,
    );
    await row(/^folder second, 2 prompts · 3 rollouts/u).waitFor();
    expect(stored('empty')).toEqual([0, 1]);
  });

  it('offers to save what a removed store held when its folder leaves the workspace, too', async () => {
    // Opened, as it rests some time after.
    await expand(row(/^folder second/u), false);
    await expand(row(/^folder second/u));
    await expect.poll(() => handlesOn(storeOf(at('second')))).toBeGreaterThan(0);
    for (const end of ['', '-wal', '-shm']) rmSync(`${storeOf(at('second'))}${end}`, { force: true });
    await row(/^folder second, cannot be opened/u).waitFor();
    workspace('workspace', 'empty');
    await workbench.press('The folder second left the workspace', 'Save to a New Store…');
    await workbench.told('The store is saved to');
    expect(stored('second')).toEqual([1, 3]);
    workspace('workspace', 'second', 'empty');
    await row(/^folder second/u).waitFor();
  });

  it('follows folders that go and come', async () => {
    workspace('workspace', 'second');
    await expect.poll(async () => (await labels()).filter((label) => label.startsWith('folder')).length).toBe(2);
    // What was worked on is gone.
    await row(/^folder workspace, .*worked on/u).waitFor();
    workspace('workspace', 'second', 'empty');
    await row(/^folder empty, .*worked on/u).waitFor();
  });

  it('goes on where it was after a reload of the window', async () => {
    await workbench.reload('rolloutLab.folder');
    await workbench.showContainer();
    await row(/^folder empty, .*worked on/u).waitFor({ timeout: 60_000 });
  });

  it('has no such rows for one folder alone', async () => {
    workspace('workspace');
    await expect.poll(async () => (await labels())[0]).toMatch(/^trial/u);
  });

  it('says nothing on the console', () => {
    expect(workbench.errors).toEqual([]);
  });
});
