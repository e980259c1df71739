import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Frame } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { stages } from '../../src/domain/rollout.ts';
import { Store } from '../../src/store/store.ts';
import { faultsOf } from './axe.ts';
import { clickBefore } from './caret.ts';
import { rolloutLab, storeOf } from './review-project.ts';
import { Workbench } from './workbench.ts';

const sample = resolve(import.meta.dirname, '../../media/sample');

/** The sample project with the rollouts of two prompts a stage, three labelled by ana and two suggested, and two runs on them. */
function makeProject(folder: string): void {
  rolloutLab('sample', folder);
  const dump = join(folder, 'some.rollouts.jsonl');
  writeFileSync(dump, someRollouts().join('\n').replaceAll('../clips/', 'clips/'));
  rolloutLab('import', join(folder, 'dataset.jsonl'), dump, '--db', storeOf(folder));
  const store = Store.open(storeOf(folder));
  const rollouts = store.rollouts.page({ limit: 100 }).rows;
  for (const [i, { id, completion }] of rollouts.slice(0, 5).entries()) {
    const boundaries = [completion.indexOf('At 0:00'), completion.indexOf('</think>')];
    if (i < 3) store.labels.set({ rolloutId: id, annotator: 'ana', boundaries });
    else
      store.suggestions.add([
        { rolloutId: id, source: 'rules', boundaries, scores: [1, 1], entropy: 0, model: 'rules' },
      ]);
  }
  store.close();
  const short = ['evalEvery=0', 'checkpointEvery=1', 'promptsPerStep=2', 'gradientSteps=1', 'threads=1'];
  const train = ['train', '--db', storeOf(folder), '--policy', join(folder, 'policy'), '--backend', 'onnxruntime'];
  const set = (settings: string[]): string[] => settings.flatMap((setting) => ['--set', setting]);
  const curriculum = stages.map((stage) => `${stage}:1`).join(',');
  rolloutLab(...train, '--preset', 'avatar', '--stages', curriculum, '--name', 'staged', ...set(short));
  const tooHigh = [...short, 'learningRate=1e30'];
  const failing = [...train, '--preset', 'grpo', '--iterations', '4', '--name', 'too-high', ...set(tooHigh)];
  expect(() => rolloutLab(...failing)).toThrow('the policy has diverged');
}

/** Lines of the sample's rollouts: those of the first two training prompts of each stage. */
function someRollouts(): string[] {
  const lines = readFileSync(join(sample, 'rollouts/sample.rollouts.jsonl'), 'utf8').trim().split('\n');
  const chosen = new Map(stages.map((stage) => [stage as string, new Set<string>()]));
  return lines.filter((line) => {
    const { prompt } = JSON.parse(line) as { prompt: { id: string; stage: string; split: string } };
    const ids = chosen.get(prompt.stage)!;
    if (prompt.split === 'train' && ids.size < 2) ids.add(prompt.id);
    return ids.has(prompt.id);
  });
}

describe('what a run leaves, in the Runs panel', () => {
  let project: string;
  let workbench: Workbench;

  beforeAll(async () => {
    project = join(mkdtempSync(join(tmpdir(), 'lab-record-')), 'project');
    makeProject(project);
    workbench = await Workbench.open({ extensions: inject('extensions'), from: project });
    await workbench.run('Rollout Lab: Open Runs');
  }, 300_000);

  afterAll(async () => {
    await workbench?.[Symbol.asyncDispose]();
    rmSync(project, { recursive: true, force: true });
  });

  const page = (): Promise<Frame> => workbench.webview('runs-app');

  it('is, of one whose policy diverged, why, on what, and a way on', async () => {
    const problem = (await page()).locator('.problem');
    await problem.getByText('gradient step 1 of iteration 2 gave a loss of NaN').waitFor();
    await workbench.screenshot('run-diverged');
    await problem.getByRole('button', { name: 'Show Batch' }).click();
    await workbench.page.locator('.tab', { hasText: 'diverged-2.json' }).waitFor();
    await workbench.page.locator('.view-line', { hasText: '"gradNorm": "NaN"' }).waitFor();

    await (await page()).getByText('New Run from Its Policy…').click();
    const rate = workbench.page.locator('.quick-input-list .monaco-list-row', { hasText: 'Learning rate' });
    await expect.poll(() => rate.innerText()).toContain('1e+29');
    const weights = workbench.page.locator('.quick-input-list .monaco-list-row', { hasText: 'Token weights' });
    await expect.poll(() => weights.innerText()).toContain('uniform');
    // Its policy has no chat template.
    const instruction = workbench.page.locator('.quick-input-list .monaco-list-row', { hasText: 'Instruction' });
    await expect.poll(() => instruction.innerText()).toContain('none');
    await instruction.click();
    const told = workbench.page.locator('.quick-input-widget input[placeholder*="What is the policy told"]');
    await told.waitFor();
    // A step of the form stays when the panel takes the focus.
    await problem.getByRole('button', { name: 'Show Batch' }).focus();
    await expect.poll(() => told.evaluate((input) => input === document.activeElement)).toBe(false);
    await workbench.pick('What is the policy told', 'Text…');
    await workbench.answer('Be brief.');
    await expect.poll(() => instruction.innerText()).toContain('Be brief.');
    await instruction.click();
    await workbench.pick('What is the policy told', 'Ours');
    await expect.poll(() => instruction.innerText()).toContain('ours');
    await workbench.screenshot('run-form-instruction');
    await workbench.input.press('Escape');
  });

  it('is where its token weights come from, and where its stages began', async () => {
    const runs = await page();
    await runs.getByTitle('Show staged', { exact: true }).click();
    const sources = runs.getByRole('list', { name: 'Sources of token weights' }).getByRole('button');
    await expect.poll(() => sources.allInnerTexts()).toHaveLength(3);
    const texts = (await sources.allInnerTexts()).map((text) => text.replaceAll(/\s+/g, ' ').trim());
    expect(texts[0]).toMatch(/^parabolic \d+ rollouts$/);
    expect(texts.slice(1)).toEqual(['label of ana 3 rollouts', 'suggestion of rules 2 rollouts']);
    await expect.poll(() => runs.locator('weight-table').getByRole('status').count()).toBe(0);
    await expect
      .poll(() => runs.locator('run-chart [role="img"]').first().getAttribute('aria-label'))
      .toContain('stage visual from 0, stage audio-visual from 1, stage localisation from 2');
    await runs.getByText('New Run from Iteration 3…').click();
    const weights = workbench.page.locator('.quick-input-list .monaco-list-row', { hasText: 'Token weights' });
    await expect.poll(() => weights.innerText()).toContain('3 labels, 2 suggestions, the rest parabolic');
    await workbench.screenshot('run-form-weights');
    await weights.click();
    const choice = workbench.page.locator('.quick-input-list .monaco-list-row', { hasText: 'Suggestions alone' });
    await expect.poll(() => choice.innerText()).toContain('2 suggestions, the rest parabolic');
    await choice.click();
    await expect.poll(() => weights.innerText()).toContain('2 suggestions, the rest parabolic');
    await workbench.input.press('Escape');
    await workbench.screenshot('run-stages');
    expect(await faultsOf(runs)).toEqual([]);
    await workbench.theme('high contrast');
    await workbench.screenshot('run-stages-contrast');
    expect(await faultsOf(runs)).toEqual([]);
    await workbench.theme('dark');
  });

  it('leads to the rollouts of a source, and says that a label changed since does not change the run', async () => {
    await (await page()).getByRole('button', { name: 'label of ana' }).click();
    await workbench.acceptFirst('staged: weights by label of ana, 3 rollouts');
    const review = await workbench.webview('reasoning-text .completion');
    for (const words of ['At 0:00', 'So ']) {
      await clickBefore(review.locator('reasoning-text .completion'), words);
      await workbench.page.keyboard.press('Enter');
    }
    await review.locator('status-line').getByText('· me').waitFor();

    await workbench.run('Rollout Lab: Open Runs');
    const runs = await page();
    const changed = runs.locator('weight-table').getByRole('status');
    await changed.waitFor();
    await expect
      .poll(() => changed.innerText())
      .toBe('The phases of 1 rollout changed since this run started; the run keeps those it began with.');
    const source = await runs.getByRole('button', { name: 'label of ana' }).innerText();
    expect(source.replaceAll(/\s+/g, ' ')).toContain('label of ana 3 rollouts');
    await changed.scrollIntoViewIfNeeded();
    await workbench.screenshot('run-weights');
  });

  it('says nothing on the console', () => {
    expect(workbench.errors).toEqual([]);
  });
});
