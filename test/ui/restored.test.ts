import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { makeReviewProject } from './review-project.ts';
import { Workbench } from './workbench.ts';

/** Each panel's tab, the command that shows it, and what stands in it. */
const panels = [
  ['Review', 'Next Unlabelled', 'reasoning-text .completion'],
  ['Agreement', 'Show Agreement', 'agreement-app'],
  ['Runs', 'Open Runs', 'runs-app'],
] as const;

describe('tabs that a reload of the window brings back', () => {
  let project: string;
  let workbench: Workbench;

  beforeAll(async () => {
    project = makeReviewProject();
    workbench = await Workbench.open({ extensions: inject('extensions'), from: project });
    for (const [, command, content] of panels) {
      await workbench.run(`Rollout Lab: ${command}`);
      await workbench.webview(content);
    }
  }, 300_000);

  afterAll(async () => {
    await workbench?.[Symbol.asyncDispose]();
    rmSync(project, { recursive: true, force: true });
  });

  const tabs = (title: string) => workbench.page.locator('.tabs-container .tab', { hasText: title });

  it('have no panels while another editor is looked at', async () => {
    await workbench.run('File: New Untitled Text File');
    await workbench.page.locator('.tab', { hasText: 'Untitled-1' }).waitFor();
    await workbench.reload('rolloutLab.runs', 'Untitled-1');
    for (const [title] of panels) await expect.poll(() => tabs(title).count()).toBe(1);
  });

  it.each(panels)('are shown by their commands, not doubled: %s', async (title, command, content) => {
    await expect.poll(() => tabs(title).count()).toBe(1);
    await workbench.run(`Rollout Lab: ${command}`);
    await workbench.webview(content);
    await expect.poll(() => tabs(title).count()).toBe(1);
    await expect.poll(() => tabs(title).getAttribute('aria-selected')).toBe('true');
  });

  it('are all there afterwards, and stay when they are clicked', async () => {
    for (const [title, , content] of panels) {
      await tabs(title).click();
      await workbench.webview(content);
    }
    await expect.poll(() => workbench.page.locator('.tabs-container .tab').count()).toBe(panels.length + 1);
    expect(workbench.errors).toEqual([]);
  });
});
