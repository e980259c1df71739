import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { expect, it } from 'vitest';
import { faultsOf } from './axe.ts';
import { describePanel, type Panel } from './fixture.ts';
import { rolloutLab, storeOf } from './review-project.ts';

const thought =
  '<think>First find when the low tone sounds.\nAt 0:01 the square is red. At 0:03 it is green.\nSo it is green.</think>';
const tag = (letter: string): string => `${thought}<answer>${letter}</answer>`;
/** Some rules take the A of its beginning, others the B of its end. */
const untagged = 'A man enters at 0:03. The answer is B.';

/** Each prompt's question and what the two checkpoints reply; B is right, of the last 2.5. */
const asked: [question: string, before: string, after: string][] = [
  ['Which colour sounds first?', tag('B'), tag('B')],
  ['Which colour sounds last?', tag('A'), tag('B')],
  ['Which colour moves?', tag('B'), tag('A')],
  ['Which colour stays?', tag('A'), tag('A')],
  ['Which colour comes after the man?', untagged, tag('B')],
  ['How long is the tone?', `${thought}<answer>2.5</answer>`, `${thought}<answer>2.5</answer>`],
];

/** Predictions as Video-R1's evaluation leaves them (test/fixtures/video-r1/make.py), of two checkpoints. */
function makePredictions(): string {
  const folder = mkdtempSync(join(tmpdir(), 'lab-evaluation-'));
  for (const [place, model] of ['tiny-base', 'tiny-rl'].entries()) {
    const results = asked.map(([problem, ...outputs], id) => {
      const isNumber = id === asked.length - 1;
      const output = outputs[place];
      const correct = output !== untagged && output.includes(isNumber ? '2.5' : '>B<');
      return {
        ...{ problem_id: id, problem, data_type: 'video', data_source: 'MMVU' },
        ...{
          problem_type: isNumber ? 'regression' : 'multiple choice',
          options: isNumber ? [] : ['A. red', 'B. green'],
        },
        ...{
          solution: `<answer>${isNumber ? '2.5' : 'B'}</answer>`,
          output,
          prediction: '',
          reward: Number(correct),
          correct,
        },
      };
    });
    writeFileSync(
      join(folder, `eval_mmvu_${model}_greedy_output.json`),
      JSON.stringify({ results, final_acc: [{ mean_acc: 0.5, mean_mra: 0 }] }),
    );
  }
  return folder;
}

async function openEvaluations(panel: Panel): Promise<void> {
  await panel.workbench.run('Rollout Lab: Open Evaluations');
  await panel.find('evaluation-app h1');
}

describePanel('the Evaluation panel', { project: makePredictions, open: openEvaluations }, (panel) => {
  const button = (name: string | RegExp): Locator => panel.page.getByRole('button', { name });
  const list = (name: string): Locator => panel.page.getByRole('list', { name, exact: true });
  const store = (): string => storeOf(panel.workbench.folder);

  async function pictured(name: string): Promise<void> {
    for (const theme of ['light', 'high contrast', 'dark'] as const) {
      await panel.workbench.theme(theme);
      await panel.find('evaluation-app h1');
      await panel.workbench.screenshot(`${name}-${theme}`);
      expect.soft(await faultsOf(panel.page), theme).toEqual([]);
    }
  }

  it('says how an evaluation comes about while there is none', async () => {
    await panel.page.getByText('No evaluation yet.').waitFor();
    await panel.page.getByText('Import Predictions…').waitFor();
    await panel.page.getByText('Evaluate Policy…').waitFor();
    await panel.workbench.screenshot('evaluation-empty');
    expect(await faultsOf(panel.page)).toEqual([]);
  });

  it('follows the store: of predictions that are imported, accuracy by each rule', async () => {
    for (const model of ['tiny-base', 'tiny-rl']) {
      const file = join(panel.workbench.folder, `eval_mmvu_${model}_greedy_output.json`);
      expect(rolloutLab('import', file, '--db', store())).toMatchObject({ rollouts: 6, rejected: [] });
    }
    rolloutLab('suggest', '--db', store());
    await expect.poll(() => list('Evaluations').getByRole('listitem').count(), { timeout: 20_000 }).toBe(2);
    await button(/^tiny-base v0 mmvu/u).click();
    const all = panel.page.getByRole('row', { name: /^all / });
    await expect.poll(() => all.getByRole('cell').first().innerText(), { timeout: 20_000 }).toBe('6');
    // As recorded, and by our rule, which reads no answer without a tag.
    await expect.poll(async () => (await all.getByRole('cell').nth(2).innerText()).split('\n')[0]).toBe('50.0');
    await panel.page.getByRole('row', { name: /^multiple-choice / }).waitFor();
    await panel.page.getByText('AVATAR’s paper reports 60.2 for Qwen2.5-Omni and 65.6 for AVATAR on MMVU').waitFor();
    await expect.poll(() => list('Evaluations of the same dataset').getByRole('listitem').count()).toBe(2);
    await expect
      .poll(() => list('Prompts that all fail').getByRole('button').allInnerTexts())
      .toEqual([expect.stringContaining('Which colour stays?') as string]);
    const rule = button(/^lmms-eval, of MMVU$/u);
    await expect.poll(() => rule.getAttribute('title')).toMatch(/^lmms-eval 0\.7\.3, /u);
    await rule.focus();
    await panel.press('Enter');
    await panel.page.getByRole('heading', { name: 'by lmms-eval, of MMVU' }).first().waitFor();
    await pictured('evaluation-one');
    const columns = panel.page.locator('accuracy-table thead button');
    await expect.poll(() => columns.count()).toBe(4);
    await panel.page.getByLabel('all rules').check();
    await expect.poll(() => columns.count()).toBeGreaterThan(8);
    await panel.workbench.screenshot('evaluation-all-rules');
    await panel.page.getByLabel('all rules').uncheck();
    await expect.poll(() => columns.count()).toBe(4);
  });

  it('opens a reply on which rules disagree in Review, with what each took marked', async () => {
    const reply = list('Replies on which rules disagree').getByRole('button', { name: 'after the man' });
    await reply.scrollIntoViewIfNeeded();
    await panel.workbench.screenshot('evaluation-disagreements');
    await reply.focus();
    await panel.press('Enter');
    await panel.find('answer-reads button');
    await expect.poll(() => panel.highlighted('answer')).toEqual(expect.arrayContaining(['A', 'B']) as string[]);
    const holmes = button(/^wrong: A .*Video-Holmes/u).first();
    await holmes.focus();
    await expect.poll(() => panel.highlighted('answer-chosen')).toEqual([expect.stringMatching(/^A/u) as string]);
    await panel.workbench.screenshot('evaluation-marks-dark');
    expect(await faultsOf(panel.page)).toEqual([]);
    await panel.workbench.theme('light');
    await panel.find('answer-reads button');
    await panel.workbench.screenshot('evaluation-marks-light');
    expect(await faultsOf(panel.page)).toEqual([]);
    await panel.workbench.theme('dark');
  });

  it('compares two, in the order that is asked for', async () => {
    await openEvaluations(panel);
    await panel.page.getByTitle('Compare mmvu, tiny-rl v0 with another').click();
    await panel.page.getByRole('heading', { name: 'tiny-base v0 → tiny-rl v0' }).waitFor();
    await panel.page.getByLabel('by the rule').selectOption({ label: 'Rollout Lab' });
    await panel.page
      .getByText(
        /On 6 prompts that both\s+have: 50\.0 % \(.*\) →\s+66\.7 % \(.*\), a\s+difference of\s+\+16\.7 \(.*\)\s+points/u,
      )
      .waitFor();
    const row = panel.page.getByRole('row', { name: /^all / });
    expect((await row.getByRole('cell').allInnerTexts()).slice(4, 8)).toEqual(['2', '1', '2', '1']);
    await pictured('evaluation-two');
    await button('Swap').click();
    await panel.page.getByRole('heading', { name: 'tiny-rl v0 → tiny-base v0' }).waitFor();
    await button('Swap').click();
    await panel.page.getByRole('heading', { name: 'tiny-base v0 → tiny-rl v0' }).waitFor();
  });

  it('writes the tables for a paper', async () => {
    await button('Export Tables…').click();
    await panel.workbench.answer('LaTeX');
    // The dialog looks at the folder before it takes a name.
    await expect.poll(() => panel.workbench.input.inputValue()).toMatch(/comparison\.tex$/);
    await panel.press('Enter');
    const out = join(panel.workbench.folder, 'comparison.tex');
    const text = (): string => {
      try {
        return readFileSync(out, 'utf8');
      } catch {
        return '';
      }
    };
    await expect.poll(text).toMatch(/\\begin\{tabular\}[^]*\\bottomrule/u);
  });

  it('opens a prompt that changed in Review, with both replies side by side, phase beside phase', async () => {
    const flips = list('Prompts that changed').getByRole('button');
    await expect
      .poll(() => flips.allInnerTexts())
      .toEqual([
        expect.stringMatching(/fixed\s+Which colour sounds last\?/u) as string,
        expect.stringMatching(/broken\s+Which colour moves\?/u) as string,
        expect.stringMatching(/fixed\s+Which colour comes after the man\?/u) as string,
      ]);
    await flips.first().focus();
    await panel.press('Enter');
    await panel.find('group-view tbody td');
    const heads = panel.page.locator('group-view thead th');
    await expect
      .poll(() => heads.allInnerTexts())
      .toEqual([expect.stringContaining('tiny-base v0') as string, expect.stringContaining('tiny-rl v0') as string]);
    const evidence = panel.page.locator('group-view tbody tr', {
      has: panel.page.getByRole('rowheader', { name: 'evidence' }),
    });
    await expect.poll(() => evidence.locator('td').count()).toBe(2);
    await panel.workbench.screenshot('evaluation-flip');
    expect(await faultsOf(panel.page)).toEqual([]);
    await button('Open completion 2, of tiny-rl v0').click();
    await panel.page.getByText('completion 2 of 2').waitFor();
    await panel.find();
    await expect.poll(() => panel.highlighted('answer')).toContain('B');
  });

  it('comes back after a reload with what it showed', async () => {
    await openEvaluations(panel);
    await panel.page.getByRole('heading', { name: 'tiny-base v0 → tiny-rl v0' }).waitFor();
    const { evaluations } = rolloutLab('evaluations', '--db', store()) as {
      evaluations: { id: string; policy: string }[];
    };
    const [base, rl] = ['tiny-base', 'tiny-rl'].map(
      (name) => evaluations.find(({ policy }) => policy.startsWith(name))!.id,
    );
    // In this order: they were swapped, and swapped back, and the window stores its pages now and then.
    await panel.workbench.reload(new RegExp(`ids\\W{1,80}${base}\\W{1,80}${rl}.*ours`, 'u'));
    // The tab of Review may be in front of it.
    await openEvaluations(panel);
    await panel.page.getByRole('heading', { name: 'tiny-base v0 → tiny-rl v0' }).waitFor();
    await expect.poll(() => panel.page.getByLabel('by the rule').inputValue()).toBe('ours');
  });

  it('scores anew what an import brings up to date, though it only changes texts', async () => {
    const file = join(panel.workbench.folder, 'eval_mmvu_tiny-rl_greedy_output.json');
    const read = JSON.parse(readFileSync(file, 'utf8')) as { results: { problem: string; output: string }[] };
    read.results.find(({ problem }) => problem === 'Which colour stays?')!.output += '\n<answer>B</answer>';
    writeFileSync(file, JSON.stringify(read));
    expect(rolloutLab('import', file, '--update', '--db', store())).toMatchObject({ rollouts: 0, rejected: [] });
    await panel.page.getByText(/50\.0 % \(.*\) →\s+83\.3 % \(/u).waitFor({ timeout: 60_000 });
  });
});
