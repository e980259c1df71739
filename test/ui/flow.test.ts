import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { expect, it } from 'vitest';
import { faultsOf } from './axe.ts';
import { describePanel } from './fixture.ts';
import { rolloutLab, rolloutsOf, setLabel, storeOf, type ListedRollout } from './review-project.ts';

describePanel('the way through the rollouts', {}, (panel) => {
  const place = (words: string): Promise<void> => panel.page.locator('prompt-header').getByText(words).waitFor();
  /** The rollouts as the command line lists them. */
  const stored = (): ListedRollout[] => rolloutsOf(panel.workbench.folder);

  it('says where one is, and that nothing can be submitted yet', async () => {
    await place('prompt 1 of 2 › completion 1 of 3');
    await expect.poll(() => panel.page.getByRole('button', { name: 'back' }).isDisabled()).toBe(true);
    const refused = panel.page.locator('status-line').getByText('nothing to submit: set a label, or skip this rollout');
    await panel.pressUntil('Control+Enter', () => refused.waitFor({ timeout: 5000 }));
  });

  it('submits and goes on by one key', async () => {
    await panel.press('2');
    await panel.press('Control+Enter');
    await place('completion 2 of 3');
    await expect.poll(() => stored()[0].statuses).toMatchObject([{ annotator: 'me', status: 'submitted' }]);
  });

  it('skips with a reason, which is offered the next time; Escape leaves', async () => {
    const dialog = panel.page.getByRole('dialog', { name: 'Skip' });
    await panel.text.focus();
    await panel.press('s');
    await dialog.waitFor();
    await panel.press('Escape');
    await expect.poll(() => dialog.isVisible()).toBe(false);
    await panel.press('s');
    await panel.workbench.page.keyboard.type('no sound, f');
    await panel.press('Enter');
    await place('completion 3 of 3');
    await expect
      .poll(() => stored()[1])
      .toMatchObject({ statuses: [{ status: 'skipped', reason: 'no sound, f' }], flaggedBy: [] });
    await panel.press('s');
    await dialog.getByRole('button', { name: 'no sound, f' }).waitFor();
    await panel.workbench.screenshot('flow-skip-dark');
    await panel.press('Tab');
    await panel.press('Enter');
    await panel.find('text="no sound"');
    await place('prompt 2 of 2 › completion 1 of 2');
    await expect.poll(() => stored()[2].statuses).toMatchObject([{ status: 'skipped', reason: 'no sound, f' }]);
  });

  it('takes the question why with it when another rollout is opened behind it', async () => {
    const dialog = panel.page.getByRole('dialog', { name: 'Skip' });
    await panel.text.focus();
    await panel.press('s');
    await panel.workbench.page.keyboard.type('of another');
    await panel.workbench.run('Rollout Lab: Next Unlabelled');
    await place('prompt 2 of 2 › completion 2 of 2');
    await expect.poll(() => dialog.isVisible()).toBe(false);
    await panel.text.focus();
    await panel.press('b');
    await place('prompt 2 of 2 › completion 1 of 2');
  });

  it('goes back to what was shown, where it can be opened again', async () => {
    await panel.text.focus();
    await panel.press('b');
    await place('prompt 1 of 2 › completion 3 of 3');
    await panel.status('skipped: no sound, f');
    await panel.page.getByRole('button', { name: 'reopen' }).click();
    await panel.page.getByRole('button', { name: 'skip' }).waitFor();
    await expect.poll(() => stored()[2].statuses).toEqual([]);
  });

  it('flags for everyone to see', async () => {
    const [, , { id }] = stored();
    const target = ['--db', storeOf(panel.workbench.folder), '--rollout', id];
    rolloutLab('labels', 'mark', ...target, '--annotator', 'ana', '--as', 'flagged');
    await panel.status('flagged by 1 other');
    const dialog = panel.page.getByRole('dialog', { name: 'Flag' });
    await panel.text.focus();
    await panel.press('f');
    await dialog.waitFor();
    await panel.workbench.screenshot('flow-flag-dark');
    await panel.workbench.page.keyboard.type('wrong key');
    await panel.press('Enter');
    await panel.page.locator('button[aria-pressed="true"]', { hasText: 'flagged' }).waitFor();
    await expect.poll(() => stored()[2].flaggedBy).toEqual(['ana', 'me']);
    const said = rolloutLab('labels', 'history', ...target) as {
      statuses: { change: string; reason: string | null }[];
    };
    expect(said.statuses.slice(-2)).toMatchObject([
      { change: 'flagged', reason: null },
      { change: 'flagged', reason: 'wrong key' },
    ]);
    await panel.workbench.screenshot('flow-dark');
    await panel.workbench.theme('light');
    await panel.workbench.screenshot('flow-light');
    await panel.workbench.theme('dark');
    await panel.find();
    await panel.text.focus();
    await panel.press('f');
    await panel.page
      .getByRole('button', { name: 'flag', exact: false })
      .and(panel.page.locator('[aria-pressed="false"]'))
      .waitFor();
    await expect.poll(() => stored()[2].flaggedBy).toEqual(['ana']);
  });

  it('puts tags on by a key, completing those in use, and takes one’s own off', async () => {
    const [, first, { id }] = stored();
    const tag = (rollout: string, name: string): unknown =>
      rolloutLab(
        ...['labels', 'tag', '--db', storeOf(panel.workbench.folder)],
        ...['--rollout', rollout, '--annotator', 'ana', '--tag', name],
      );
    tag(first.id, 'lucky guess');
    tag(id, 'theirs');
    const tags = panel.page.getByRole('list', { name: 'Tags' }).getByRole('listitem');
    await panel.text.focus();
    await panel.press('#');
    const field = panel.page.getByRole('combobox', { name: 'Tag' });
    await expect
      .poll(() => field.evaluate((one) => (one.getRootNode() as ShadowRoot).activeElement === one))
      .toBe(true);
    await expect
      .poll(() =>
        panel.page.locator('datalist option').evaluateAll((all) => all.map((one) => (one as HTMLOptionElement).value)),
      )
      .toEqual(['lucky guess', 'theirs']);
    await panel.workbench.page.keyboard.type('Reward hack');
    await panel.press('Enter');
    // A blind first pass: another's tag is not told.
    await expect.poll(() => tags.allInnerTexts()).toEqual([expect.stringContaining('reward hack')]);
    await panel.workbench.screenshot('flow-tags');
    expect(await faultsOf(panel.page)).toEqual([]);
    await expect
      .poll(() => stored()[2].tags)
      .toEqual([
        { annotator: 'me', tag: 'reward hack' },
        { annotator: 'ana', tag: 'theirs' },
      ]);
    await panel.press('Escape');
    await expect.poll(() => field.count()).toBe(0);
    await panel.page.getByRole('button', { name: 'Take your tag reward hack off' }).click();
    await expect.poll(() => tags.count()).toBe(0);
    await expect.poll(() => stored()[2].tags).toEqual([{ annotator: 'ana', tag: 'theirs' }]);
  });

  it('shows status and flag in the tree', async () => {
    await panel.firstCompletion();
    const row = (label: string): Locator =>
      panel.workbench
        .rows('Rollouts')
        .and(panel.workbench.page.locator(`[aria-label*="${label}"]`))
        .first();
    const said = (label: string): Promise<string | null> => row(label).getAttribute('aria-label');
    await expect.poll(() => said('completion 1')).toContain('labelled, submitted by me');
    await expect.poll(() => said('completion 2')).toContain('skipped by me: no sound, f');
    await expect.poll(() => said('completion 3')).toContain('flagged by 1 other');
    await panel.workbench.screenshot('flow-tree-dark');
  });

  it('goes through disagreements, the worst first, when told to; the editor’s command too', async () => {
    const { folder } = panel.workbench;
    setLabel(folder, 3, 'ana', [7, 80]);
    setLabel(folder, 3, 'ben', [7, 150]);
    setLabel(folder, 2, 'ana', [7, 80]);
    setLabel(folder, 2, 'ben', [100, 150]);
    await panel.find();
    await panel.page.getByRole('button', { name: 'completion 1, ' }).click();
    await place('completion 1 of 3');
    await panel.page.getByLabel('Queue: what comes next').selectOption('disagreeing');
    await panel.page.locator('prompt-header').getByRole('button', { name: 'next' }).click();
    await place('prompt 1 of 2 › completion 3 of 3');
    await panel.workbench.run('Rollout Lab: Next Unlabelled');
    await panel.find('text="no sound"');
    await place('prompt 2 of 2 › completion 1 of 2');
    await panel.text.focus();
    await panel.press('n');
    await panel.status('There is no other rollout on which annotators disagree');
  });

  it('takes its keys from the setting, shows them, and refuses a clash', async () => {
    const set = (keys: Record<string, string>): void => {
      const folder = join(panel.workbench.folder, '.vscode');
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'settings.json'), JSON.stringify({ 'rolloutLab.keys': keys }));
    };
    set({ flag: 'p', keys: 'F1 F2' });
    const refused = panel.workbench.notifications.getByText('“F1” of “keys” is not a key that can be used');
    await refused.waitFor();
    set({ flag: 'p', keys: 'F2' });
    await panel.page.getByRole('button', { name: 'flag P' }).waitFor();
    await panel.text.focus();
    await panel.press('p');
    await panel.page.getByRole('dialog', { name: 'Flag' }).waitFor();
    await panel.press('Enter');
    await panel.page.getByRole('button', { name: 'flagged P' }).waitFor();
    set({ flag: 'p', keys: 'F2', play: 'n' });
    await panel.workbench.told(
      '“next” and “play” both have the key N: give one of them another. The keys stay as they were.',
    );
    await panel.text.focus();
    await panel.press('p');
    await panel.page.getByRole('button', { name: 'flag P' }).waitFor();
    await panel.press('F2');
    const list = panel.page.getByRole('dialog', { name: 'Keys' });
    await list.getByRole('row', { name: 'P flag for everyone to see, or take the flag down' }).waitFor();
    await panel.workbench.screenshot('flow-keys-dark');
    await panel.press('Escape');
  });
});
