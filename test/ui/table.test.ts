import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Locator } from 'playwright-core';
import { expect, it } from 'vitest';
import { Store, type RunRow } from '../../src/store/store.ts';
import { faultsOf } from './axe.ts';
import { describePanel, type Panel } from './fixture.ts';
import { rolloutLab, rolloutsOf, storeOf } from './review-project.ts';

/** Prompts, and completions of each. */
const [prompts, completions] = [150, 8];
const count = prompts * completions;

/** A rollout as a line of a dump. */
function lineOf(i: number): string {
  const [asked, place] = [Math.floor(i / completions), i % completions];
  const accuracy = place < asked % 9 ? 1 : 0;
  const format = i % 5 === 0 ? 0 : 1;
  const words = Array.from({ length: 20 + ((i * 37) % 400) }, (_, word) => `w${(word * 7 + i) % 90}`);
  const completion = `<think>${words.join(' ')}. So it is number ${i}.</think><answer>${accuracy ? 'B' : 'A'}</answer>`;
  const offsets = [...completion.matchAll(/\s*\S+/gu)].map(({ index }) => index);
  return `${JSON.stringify({
    format: 'rollout-lab/1',
    prompt: {
      ...{ dataset: asked % 3 === 0 ? 'tones' : 'colours', question: `What happens in clip ${asked}?` },
      ...{ options: ['A red', 'B green'], answer: 'B', problemType: 'multiple-choice', stage: 'visual' },
    },
    rollout: {
      ...{ policy: 'cold-start', policyVersion: 0, completion, rewards: { accuracy, format } },
      ...{ reward: accuracy + format / 2, finish: i % 7 === 0 ? 'length' : 'stop' },
      tokens: { ids: offsets.map((_, id) => id), offsets, logProbs: null },
    },
  })}\n`;
}

/** What labels a rollout in a terminal. */
const label = ['--annotator', 'me', '--boundaries', '8,10'];

/** 1200 rollouts: of prompt i, i mod 9 are right; the longer the later. */
function makeTable(): string {
  const folder = mkdtempSync(join(tmpdir(), 'lab-table-'));
  const dump = join(folder, 'table.rollouts.jsonl');
  writeFileSync(dump, Array.from({ length: count }, (_, i) => lineOf(i)).join(''));
  rolloutLab('import', dump, '--db', storeOf(folder));
  return folder;
}

async function openTable(panel: Panel): Promise<void> {
  await panel.workbench.run('Rollout Lab: Open Rollouts Table');
  await panel.find('rollout-grid [role="row"]', 60_000);
}

describePanel('the Rollouts table', { project: makeTable, open: openTable }, (panel) => {
  const button = (name: string | RegExp): Locator => panel.page.getByRole('button', { name, exact: true });
  const grid = (): Locator => panel.page.getByRole('grid', { name: 'Rollouts' });
  const counted = (words: string): Promise<void> => panel.page.getByRole('status').getByText(words).waitFor();
  /** What the cells of a column say, from the top. */
  const column = async (title: string, rows = 5): Promise<string[]> => {
    const heads = await panel.page.getByRole('columnheader').allInnerTexts();
    const at = heads.findIndex((head) => head.trim().replace(/ [↑↓]$/u, '') === title);
    const seen = panel.page.locator('rollout-grid .row');
    return Promise.all(
      Array.from({ length: rows }, (_, row) => seen.nth(row).getByRole('gridcell').nth(at).innerText()),
    );
  };

  it('shows all rollouts, with how their numbers spread, in every theme', async () => {
    await counted('1,200 of 1,200 rollouts');
    await expect.poll(() => column('reward', 2)).toEqual(['0.00', '0.50']);
    await expect
      .poll(() => panel.page.locator('spread-chart h2').allInnerTexts())
      .toEqual(['reward', 'length in tokens', 'pass rate of prompts']);
    for (const theme of ['light', 'high contrast', 'dark'] as const) {
      await panel.workbench.theme(theme);
      await panel.find('rollout-grid .row [role="gridcell"] + [role="gridcell"]');
      await panel.workbench.screenshot(`table-${theme}`);
      expect.soft(await faultsOf(panel.page), theme).toEqual([]);
    }
  });

  it('narrows by a line, tells what is wrong with one, and takes a chip out', async () => {
    const field = panel.page.getByRole('textbox', { name: 'Query' });
    await field.fill('correct:no rewrd:>1');
    await panel.page.getByText('rewrd:>1 names no field: did you mean reward?').waitFor();
    await panel.workbench.screenshot('table-fault');
    expect(await faultsOf(panel.page)).toEqual([]);
    await field.fill('correct:no dataset:tones');
    await counted('of 1,200 rollouts');
    const listed = rolloutsOf(panel.workbench.folder).length;
    expect(listed).toBe(100);
    const terms = panel.page.getByRole('list', { name: 'Terms of the query' }).getByRole('listitem');
    await expect.poll(() => terms.count()).toBe(2);
    await expect.poll(() => column('correct', 3)).toEqual(['✗', '✗', '✗']);
    await button('Take dataset:tones out').click();
    await expect.poll(() => field.inputValue()).toBe('correct:no');
    await expect.poll(() => terms.count()).toBe(1);
  });

  it('has ready-made filters, and sorts by a column by mouse and by key', async () => {
    await button('shortest wrong').click();
    await expect.poll(() => panel.page.locator('[aria-sort="ascending"]').innerText()).toMatch(/tokens/u);
    await expect
      .poll(async () => {
        const lengths = (await column('tokens')).map(Number);
        return lengths[0] === Math.min(...lengths) && lengths[0] < 40;
      })
      .toBe(true);
    await panel.page.getByRole('columnheader', { name: 'tokens' }).getByRole('button').focus();
    await panel.press('Enter');
    await expect.poll(async () => Number((await column('tokens', 1))[0])).toBeGreaterThan(400);
  });

  it('narrows by brushing a histogram, and by the ends that are typed', async () => {
    await button('all').click();
    await counted('1,200 of 1,200 rollouts');
    const chart = panel.page.locator('spread-chart', { hasText: 'pass rate' }).locator('svg');
    const box = (await chart.boundingBox())!;
    const at = (share: number): [number, number] => [box.x + share * box.width, box.y + box.height / 2];
    const { mouse } = panel.workbench.page;
    await mouse.move(...at(0.25));
    await mouse.down();
    await mouse.move(...at(0.6), { steps: 4 });
    await panel.workbench.screenshot('table-brush');
    await mouse.up();
    const field = panel.page.getByRole('textbox', { name: 'Query' });
    await expect.poll(() => field.inputValue()).toMatch(/^pass:0\.[23]\d?\.\.<0\.[56]\d?$/u);
    await expect.poll(() => panel.page.getByRole('status').first().innerText()).toMatch(/^[3-8]\d\d of 1,200/u);
    const from = panel.page.getByRole('spinbutton', { name: 'reward from' });
    await from.fill('1.5');
    await from.press('Enter');
    await expect.poll(() => field.inputValue()).toMatch(/reward:>=1\.5$/u);
    await expect.poll(() => column('reward', 3)).toEqual(['1.50', '1.50', '1.50']);
    await panel.workbench.screenshot('table-narrowed');
    expect(await faultsOf(panel.page)).toEqual([]);
  });

  it('goes through rows by keys, to the very last', async () => {
    await button('all').click();
    await counted('1,200 of 1,200 rollouts');
    await grid().focus();
    await panel.press('End');
    const active = (): Promise<string | null> => grid().getAttribute('aria-activedescendant');
    await expect.poll(active).toBe(`row-${count - 1}`);
    await panel.page
      .locator(`#row-${count - 1}`)
      .getByText('What happens in clip 149?')
      .waitFor();
    await panel.press('ArrowUp');
    await panel.press('PageUp');
    await panel.press('Home');
    await expect.poll(active).toBe('row-0');
  });

  it('selects rows, flags them, and narrows by the flag', async () => {
    await grid().focus();
    const top = async (): Promise<number> => (await panel.page.locator('#row-0').boundingBox())!.y;
    const before = await top();
    await panel.press('Space');
    for (let i = 0; i < 3; i += 1) await panel.press('Shift+ArrowDown');
    await panel.page.getByText('4 selected').waitFor();
    // Nothing moves under the pointer.
    await expect.poll(top).toBe(before);
    await panel.workbench.screenshot('table-selected');
    expect(await faultsOf(panel.page)).toEqual([]);
    await button('Flag').click();
    await panel.workbench.told('Flagged 4 rollouts.');
    await expect.poll(() => column('flagged by', 5)).toEqual(['me', 'me', 'me', 'me', '']);
    await button('flagged').click();
    await counted('4 of 1,200 rollouts');
    await expect
      .poll(() => rolloutsOf(panel.workbench.folder).filter(({ flaggedBy }) => flaggedBy.includes('me')).length)
      .toBe(4);
    await panel.workbench.run('Notifications: Clear All Notifications');
  });

  it('tags the rows that are selected, with a new tag and one that is in use, and takes it off', async () => {
    const { workbench } = panel;
    const tagged = (): number =>
      rolloutsOf(workbench.folder).filter(({ tags }) => tags.some(({ tag }) => tag === 'hack')).length;
    await grid().focus();
    await panel.press('Control+a');
    await panel.page.getByText('4 selected').waitFor();
    await button('Tag…').click();
    await workbench.answer('Hack');
    await workbench.told('Put the tag hack on 4 rollouts.');
    await expect.poll(tagged).toBe(4);
    await workbench.run('Notifications: Clear All Notifications');
    await button('Take Tag Off…').click();
    await workbench.pick('Which of your tags', 'hack');
    await workbench.told('Took your tag hack off 4 rollouts.');
    await expect.poll(tagged).toBe(0);
    await workbench.run('Notifications: Clear All Notifications');
    await button('Tag…').click();
    await workbench.answer('lucky guess');
    await workbench.told('Put the tag lucky guess on 4 rollouts.');
    const field = panel.page.getByRole('textbox', { name: 'Query' });
    await field.fill('tag:lucky*');
    // The page moves when the chip comes.
    await button('Take tag:lucky* out').waitFor();
    await counted('4 of 1,200 rollouts');
    const tags = panel.page.getByRole('checkbox', { name: 'tags' });
    await workbench.toggleUntil(panel.page.getByText('Columns…'), () => tags.isVisible());
    await tags.check();
    await panel.press('Escape');
    await expect.poll(() => column('tags', 1)).toEqual(['lucky guess']);
    await workbench.screenshot('table-tags');
    expect(await faultsOf(panel.page)).toEqual([]);
    await workbench.toggleUntil(panel.page.getByText('Columns…'), () => tags.isVisible());
    await tags.uncheck();
    await panel.press('Escape');
    await workbench.run('Notifications: Clear All Notifications');
    await button('flagged').click();
    await counted('4 of 1,200 rollouts');
  });

  it('takes another column in, and keeps what was chosen over a reload', async () => {
    await panel.page.getByText('Columns…').click();
    await panel.page.getByRole('checkbox', { name: 'finish' }).check();
    const move = panel.page.getByRole('button', { name: 'Move finish left' });
    await move.click();
    await expect.poll(() => move.evaluate((one) => (one.getRootNode() as ShadowRoot).activeElement === one)).toBe(true);
    await panel.workbench.screenshot('table-columns');
    expect(await faultsOf(panel.page)).toEqual([]);
    const heads = (): Promise<string> => panel.page.locator('rollout-grid .head').innerText();
    await expect.poll(heads).toMatch(/finish\s+flagged by/u);
    await panel.press('Escape');
    await expect.poll(() => panel.page.getByRole('checkbox', { name: 'finish' }).isVisible()).toBe(false);
    await panel.workbench.reload(/flagged:yes.*finish/u);
    await openTable(panel);
    await counted('4 of 1,200 rollouts');
    await panel.page.getByRole('columnheader', { name: 'finish' }).waitFor();
  });

  it('keeps a view under a name', async () => {
    await button('Save View…').click();
    await panel.workbench.answer('Look again');
    const saved = button('Look again');
    await expect.poll(() => saved.getAttribute('aria-pressed')).toBe('true');
    await button('all').click();
    await counted('1,200 of 1,200 rollouts');
    await panel.workbench.screenshot('table-saved');
    expect(await faultsOf(panel.page)).toEqual([]);
    await saved.click();
    await counted('4 of 1,200 rollouts');
    await button('Forget the view Look again').click();
    await expect.poll(() => saved.count()).toBe(0);
  });

  it('opens a row in Review, which goes on in the table’s order and says how far it is', async () => {
    await grid().focus();
    await panel.press('ArrowDown');
    await panel.press('Enter');
    await panel.find('prompt-header');
    await panel.page.getByText('2 of 4 in the table').waitFor();
    await panel.workbench.screenshot('table-review');
    await panel.press('n');
    await panel.page.getByText('3 of 4 in the table').waitFor();
    await panel.press('n');
    await panel.page.getByText('4 of 4 in the table').waitFor();
    await panel.press('n');
    await panel.status('This was the last rollout in the table’s order');
    await openTable(panel);
    await expect.poll(() => grid().getAttribute('aria-activedescendant')).toBe('row-1');
    await panel.press('Space');
  });

  it('shows the rollouts of a dataset from its row in the tree', async () => {
    await panel.workbench.showContainer();
    const row = panel.workbench.rows('Rollouts').filter({ hasText: 'tones' });
    await row.hover();
    await row.getByRole('button', { name: 'Open Rollouts Table' }).click();
    const field = panel.page.getByRole('textbox', { name: 'Query' });
    await expect.poll(() => field.inputValue()).toBe('dataset:tones');
    await counted('400 of 1,200 rollouts');
  });

  it('moves nothing while rollouts are added, and says that there are more', async () => {
    const [first] = rolloutsOf(panel.workbench.folder);
    const more = join(panel.workbench.folder, 'more.rollouts.jsonl');
    writeFileSync(more, lineOf(count + 2));
    rolloutLab('import', more, '--db', storeOf(panel.workbench.folder));
    await button('1 more by now: show').click();
    await counted('401 of 1,201 rollouts');
    rolloutLab('labels', 'set', ...['--db', storeOf(panel.workbench.folder), '--rollout', first.id], ...label);
    await expect.poll(() => column('labelled by', 1)).toEqual(['me']);
  });

  it('shows prompts in place of rollouts, sorted and filtered alike, opens one in Review and exports those selected', async () => {
    const { workbench } = panel;
    await button('all').click();
    await button('prompts').click();
    await counted('151 of 151 prompts');
    const prompts = panel.page.getByRole('grid', { name: 'Prompts' });
    await expect.poll(() => column('pass rate', 2)).toEqual(['0.00', '0.13']);
    await expect.poll(() => column('pass: cold-start v0', 2)).toEqual(['0.00', '0.13']);
    await panel.page.getByRole('columnheader', { name: 'spread' }).getByRole('button').click();
    await expect.poll(async () => Number((await column('spread', 1))[0])).toBeGreaterThan(0.5);
    await button('pass rate 20 to 80 %').click();
    await expect.poll(() => column('vanishing', 3)).toEqual(['', '', '']);
    await expect.poll(() => panel.page.getByRole('status').first().innerText()).toMatch(/^8\d of 151 prompts/u);
    for (const theme of ['light', 'dark'] as const) {
      await workbench.theme(theme);
      await panel.find('rollout-grid .row [role="gridcell"] + [role="gridcell"]');
      await workbench.screenshot(`table-prompts-${theme}`);
      expect.soft(await faultsOf(panel.page), theme).toEqual([]);
    }
    await prompts.focus();
    await panel.press('Home');
    await panel.press('Space');
    await panel.press('Shift+ArrowDown');
    await panel.page.getByText('2 selected').waitFor();
    await expect.poll(() => button('Flag').count()).toBe(0);
    const question = (await column('question', 1))[0];
    await button('Export…').click();
    await workbench.pick('How do you want to export these prompts', 'Prompts for Another Store');
    const { input } = workbench;
    await expect.poll(() => input.inputValue()).toContain('prompts.rollouts.jsonl');
    const closed = async (): Promise<boolean> => {
      if (!(await input.isVisible())) return true;
      await panel.press('Enter');
      return false;
    };
    await expect.poll(closed).toBe(true);
    await workbench.told('Wrote 2 prompts to prompts.rollouts.jsonl.');
    await expect
      .poll(() => readFileSync(join(workbench.folder, 'prompts.rollouts.jsonl'), 'utf8').trim().split('\n'))
      .toHaveLength(2);
    await workbench.run('Notifications: Clear All Notifications');
    await prompts.focus();
    await panel.press('Home');
    await panel.press('Enter');
    await panel.find('prompt-header');
    await panel.page.locator('prompt-header').getByText(question).waitFor();
    await panel.page.getByText('1 of 8 in the table').waitFor();
    await openTable(panel);
    await panel.page
      .getByRole('group', { name: 'What the rows are' })
      .getByRole('button', { name: 'rollouts' })
      .click();
    await expect.poll(() => panel.page.getByRole('status').first().innerText()).toMatch(/ of 1,201 rollouts$/u);
  });

  it('holds in a small window', async () => {
    await panel.workbench.page.setViewportSize({ width: 1000, height: 700 });
    await button('all').click();
    await counted('1,201 of 1,201 rollouts');
    await panel.workbench.screenshot('table-1000x700');
    expect(await faultsOf(panel.page)).toEqual([]);
  });
});

describePanel(
  'the Rollouts table of a folder without rollouts',
  {
    project: () => mkdtempSync(join(tmpdir(), 'lab-table-')),
    open: async (panel) => {
      await panel.workbench.run('Rollout Lab: Open Rollouts Table');
      await panel.find('table-app .empty', 60_000);
    },
  },
  (panel) => {
    it('says how rollouts come in, and has them once they did', async () => {
      await panel.page.getByText('Import Rollouts…').waitFor();
      await panel.workbench.screenshot('table-empty');
      expect(await faultsOf(panel.page)).toEqual([]);
      const dump = join(panel.workbench.folder, 'one.rollouts.jsonl');
      writeFileSync(dump, lineOf(7));
      rolloutLab('import', dump, '--db', storeOf(panel.workbench.folder));
      await panel.page.getByText('1 of 1 rollouts').waitFor();
    });
  },
);

/** The sample's policy, clips and prompts, without a rollout. */
function makePrompts(): string {
  const folder = mkdtempSync(join(tmpdir(), 'lab-table-'));
  for (const name of ['policy', 'clips', 'dataset.jsonl'])
    cpSync(resolve(import.meta.dirname, '../../media/sample', name), join(folder, name), { recursive: true });
  rolloutLab('import', join(folder, 'dataset.jsonl'), '--db', storeOf(folder));
  return folder;
}

describePanel(
  'the table of a store that has prompts alone',
  {
    project: makePrompts,
    open: async (panel) => {
      await panel.workbench.run('Rollout Lab: Open Rollouts Table');
      await panel.find('table-app .empty', 60_000);
    },
  },
  (panel) => {
    const heads = (): Promise<string> => panel.page.locator('rollout-grid .head').innerText();
    const reading = <Result>(read: (store: Store) => Result): Result => {
      const store = Store.open(storeOf(panel.workbench.folder));
      try {
        return read(store);
      } finally {
        store.close();
      }
    };
    const run = (): RunRow | undefined => reading((store) => store.runs.all()[0]);

    it('leads to them, and their columns are chosen and moved', async () => {
      await panel.workbench.screenshot('table-no-rollouts');
      await panel.page.getByText(/Show the [\d,]+ Prompts/u).click();
      await panel.page.getByRole('grid', { name: 'Prompts' }).waitFor();
      await panel.page.getByRole('textbox', { name: 'Query' }).fill('split:train stage:visual');
      await panel.page.getByRole('button', { name: 'Take stage:visual out' }).waitFor();
      const choice = panel.page.getByRole('checkbox', { name: 'prompt id' });
      await panel.workbench.toggleUntil(panel.page.getByText('Columns…'), () => choice.isVisible());
      await choice.check();
      await panel.page.getByRole('checkbox', { name: 'vanishing' }).uncheck();
      await panel.page.getByRole('button', { name: 'Move prompt id left' }).click();
      await expect.poll(heads).toMatch(/prompt id\s+split/u);
      await expect.poll(heads).not.toContain('vanishing');
      await panel.workbench.screenshot('table-prompt-columns');
      expect(await faultsOf(panel.page)).toEqual([]);
      await panel.press('Escape');
    });

    it('starts a run on those that are selected, which says so and trains on them alone', async () => {
      const { workbench } = panel;
      await panel.page.getByRole('grid', { name: 'Prompts' }).focus();
      await panel.press('Home');
      await panel.press('Space');
      await panel.press('Shift+ArrowDown');
      await panel.page.getByText('2 selected').waitFor();
      await workbench.screenshot('table-start');
      await panel.page.getByRole('button', { name: 'Start Off-Policy Run…' }).click();
      await workbench.pick('How should the policy learn', 'AVATAR');
      await workbench.page
        .locator('.quick-input-list', { hasText: '2 selected prompts, sample, all stages' })
        .waitFor();
      await workbench.screenshot('run-form-selection');
      await workbench.pick('Start, or choose a setting', 'Iterations');
      await workbench.answer('2');
      await workbench.acceptFirst('Start, or choose a setting');
      await expect.poll(() => run()?.status, { timeout: 300_000, interval: 500 }).toBe('finished');
      const page = await workbench.webview('runs-app');
      await page.getByText('sample · 2 selected prompts · all stages').waitFor();
      await page.locator('run-list').getByText('avatar · 2 selected prompts · onnxruntime').waitFor();
      await workbench.screenshot('run-selection');
      const { id, config } = run()!;
      const made = reading((store) => store.rollouts.page({ runId: id, limit: 100 }).rows);
      expect(config.prompts).toHaveLength(2);
      expect([...new Set(made.map(({ promptId }) => promptId))].sort()).toEqual(config.prompts!.toSorted());
    }, 400_000);
  },
);
