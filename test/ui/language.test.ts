/** The editor in another language: in one that is made up, whose texts are the English ones with accents, between brackets. */
import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { makeReviewProject } from './review-project.ts';
import { Workbench } from './workbench.ts';

/** VS Code's name for a language that is made up. */
const language = 'qps-ploc';
const accents = new Map([...'aeiouncsyAEIOUNCSY'].map((letter, i) => [letter, [...'áéíóúñçšýÁÉÍÓÚÑÇŠÝ'][i]]));

/** "[Révíéw]": what is between braces, and where a link leads, stays. */
const pseudo = (text: string): string =>
  `[${text.replace(/(\{[^}]*\}|\]\([^)]*\)|%\S+)|[a-z]/gi, (one, kept?: string) => kept ?? accents.get(one) ?? one)}]`;

const translated = (file: string): string => {
  const texts = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string | { message: string }>;
  const one = (text: string | { message: string }) =>
    typeof text === 'string' ? pseudo(text) : { ...text, message: pseudo(text.message) };
  return JSON.stringify(Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, one(text)])));
};

describe('the editor in another language', () => {
  let workbench: Workbench;
  let project: string;
  const added: string[] = [];
  beforeAll(async () => {
    const [installed] = globSync('rollout-lab.rollout-lab-*', { cwd: inject('extensions') });
    for (const name of ['package.nls', 'l10n/bundle.l10n']) {
      const file = join(inject('extensions'), installed, name);
      writeFileSync(`${file}.${language}.json`, translated(`${file}.json`));
      added.push(`${file}.${language}.json`);
    }
    project = makeReviewProject();
    workbench = await Workbench.open({ extensions: inject('extensions'), from: project, language, alone: true });
  }, 300_000);
  afterAll(async () => {
    await workbench?.[Symbol.asyncDispose]();
    for (const file of [...added, project]) rmSync(file, { recursive: true, force: true });
  });

  it('has its views and commands in that language', async () => {
    await workbench.showContainer();
    const { page } = workbench;
    for (const view of ['Rollouts', 'Runs']) await page.locator('.pane-header', { hasText: pseudo(view) }).waitFor();
    await page.getByText('[Ñó rúñ ýét.').waitFor();
    await workbench.screenshot('language-tree');
  });

  it('tells what was done in that language', async () => {
    await workbench.run(`Rollout Lab: ${pseudo('Suggest Phases')}`);
    await workbench.told(/\[Šúggéštéd phášéš fór \[\d+ róllóútš\]/u);
    await workbench.screenshot('language-notification');
  });

  it('has Review in that language', async () => {
    await workbench.run(`Rollout Lab: ${pseudo('Next Unlabelled')}`);
    const review = await workbench.webview('reasoning-text .completion');
    for (const name of ['submit', 'skip', 'flag', 'comments', 'history', 'undo'])
      await review.locator('status-line', { hasText: pseudo(name) }).waitFor();
    await review.getByRole('slider', { name: pseudo('{0} starts').replace('{0}', 'evidence') }).waitFor();
    await expect.poll(() => review.locator('html').getAttribute('lang')).toBe(language);
    await workbench.screenshot('language-review');
  });

  it('has the Rollouts table in that language', async () => {
    await workbench.run(`Rollout Lab: ${pseudo('Open Rollouts Table')}`);
    const table = await workbench.webview('rollout-grid .row');
    await table.getByRole('button', { name: pseudo('shortest wrong') }).waitFor();
    await table.getByRole('columnheader', { name: pseudo('question') }).waitFor();
    await workbench.screenshot('language-table');
  });

  it('says nothing on the console', () => expect(workbench.errors).toEqual([]));
});
