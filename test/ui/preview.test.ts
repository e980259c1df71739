import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Frame } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { faultsOf } from './axe.ts';
import { Workbench } from './workbench.ts';

describe('the preview of a dump that a trainer writes', () => {
  const from = mkdtempSync(join(tmpdir(), 'lab-preview-'));
  let workbench: Workbench;
  let page: Frame;

  /** A row with so many columns that the page is longer than the window. */
  const row = (output: string): string => {
    const asides = Array.from({ length: 40 }, (_, i) => [`aside_${i}`, i]);
    const read = { input: 'Which colour sounds?', output, gts: 'red', score: 1, step: 7 };
    return `${JSON.stringify({ ...read, ...Object.fromEntries(asides) })}\n`;
  };
  const dump = (): string => join(workbench.folder, 'step-7 [a].jsonl');
  const rows = (count: number) => page.getByText(`Rows: ${count}. Imported from them`).waitFor();
  const status = () => page.locator('preview-app [role="status"]').innerText();
  const moment = /\d{1,2} \w{3,4} \d{4}, \d\d:\d\d/u;

  beforeAll(async () => {
    writeFileSync(join(from, 'step-7 [a].jsonl'), row('Red.'));
    workbench = await Workbench.open({ extensions: inject('extensions'), from });
  });

  afterAll(async () => {
    await workbench[Symbol.asyncDispose]();
    rmSync(from, { recursive: true, force: true });
  });

  it('is opened from the palette', async () => {
    await workbench.run('Rollout Lab: Preview Dump');
    await expect.poll(() => workbench.input.inputValue()).toContain(workbench.folder);
    await workbench.answerPath(dump());
    page = await workbench.webview('preview-app h1');
    await rows(1);
    await expect.poll(status).toBe('');
  });

  it('renews itself with what is added, where the person is in it', async () => {
    const region = page.getByRole('region', { name: 'First rows' });
    await region.focus();
    const app = page.locator('preview-app');
    await app.evaluate((element) => (element.scrollTop = 300));
    // The line that says when it changed comes above it.
    const place = () => region.evaluate((element) => Math.round(element.getBoundingClientRect().top));
    const before = await place();
    await region.evaluate((element) => (element.scrollLeft = 200));
    appendFileSync(dump(), row('Blue.'));
    await rows(2);
    await expect.poll(status).toMatch(new RegExp(`^Changed at ${moment.source}\\.$`, 'u'));
    await expect.poll(place).toBe(before);
    await expect.poll(() => region.evaluate((element) => element.scrollLeft)).toBe(200);
    await expect.poll(() => region.evaluate((element) => element.matches(':focus'))).toBe(true);
    await app.evaluate((element) => (element.scrollTop = 0));
    await workbench.screenshot('preview-changed');
  });

  it('renews itself when the file is replaced', async () => {
    const whole = join(workbench.folder, 'whole.tmp');
    writeFileSync(whole, ['Green.', 'Blue.', 'Red.'].map(row).join(''));
    renameSync(whole, dump());
    await rows(3);
    await page.getByText('Green.').first().waitFor();
  });

  it('says that the file is deleted, keeps what it was, and goes on with the next of its name', async () => {
    rmSync(dump());
    await expect
      .poll(status)
      .toMatch(new RegExp(`^Deleted at ${moment.source}\\. What was read of it before stays here`, 'u'));
    await rows(3);
    await expect.poll(() => page.getByText('Open in Rollout Lab').count()).toBe(0);
    await expect.poll(() => faultsOf(page)).toEqual([]);
    await workbench.screenshot('preview-deleted');
    writeFileSync(dump(), row('Violet.'));
    await rows(1);
    await expect.poll(status).toMatch(/^Changed at /u);
    await page.getByText('Open in Rollout Lab').waitFor();
  });

  it('shows what came while another editor hid it', async () => {
    await workbench.run('File: New Untitled Text File');
    await expect.poll(() => page.isDetached()).toBe(true);
    appendFileSync(dump(), row('Black.'));
    // Time for two looks.
    await workbench.page.waitForTimeout(4_500);
    await workbench.run('View: Open Previous Editor in Group');
    page = await workbench.webview('preview-app h1');
    await rows(2);
  });

  it('says nothing on the console', () => expect(workbench.errors).toEqual([]));
});
