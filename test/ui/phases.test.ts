import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { clickBefore } from './caret.ts';
import { describePanel, openReview } from './fixture.ts';
import { allLabelsOf, placesOf, rolloutLab, storeOf } from './review-project.ts';

describePanel('a project’s own phases', {}, (panel) => {
  /** Every label in the store. */
  const labels = (): unknown[] => allLabelsOf(panel.workbench.folder);
  const setKeys = (keys: Record<string, string>): void => {
    mkdirSync(join(panel.workbench.folder, '.vscode'), { recursive: true });
    writeFileSync(join(panel.workbench.folder, '.vscode/settings.json'), JSON.stringify({ 'rolloutLab.keys': keys }));
  };
  const file = (): string => join(panel.workbench.folder, '.rollout-lab/phases.json');

  it('begin with the file that a command makes', async () => {
    await panel.workbench.run('Rollout Lab: Edit Phases');
    // An editor that another one overtakes while it opens is an error of the workbench.
    await panel.workbench.page.locator('.view-line', { hasText: 'synthesis' }).waitFor();
    await expect
      .poll(() => readFileSync(file(), 'utf8'))
      .toContain('{ "name": "synthesis", "key": "3", "colour": "green", "weight": 1 }');
  });

  it('come into the open panel when the file is saved, and are labelled by their keys', async () => {
    const four = readFileSync(file(), 'utf8').replace(
      '    { "name": "synthesis", "key": "3"',
      '    { "name": "doubt", "key": "4", "colour": "red", "weight": 0.5 },\n    { "name": "synthesis", "key": "3"',
    );
    setKeys({ flag: '4' });
    writeFileSync(file(), four);
    await openReview(panel);
    await panel.handle('doubt').waitFor();
    const clash = 'the phase doubt and “flag” both have the key 4: give the phase another in phases.json';
    await panel.workbench.told(clash);
    setKeys({});
    await panel.page.getByRole('button', { name: 'flag F' }).waitFor();
    await panel.workbench.run('Notifications: Clear All Notifications');
    await clickBefore(panel.text, 'At 0:01');
    await panel.press('2');
    await clickBefore(panel.text, 'At 0:03');
    await panel.press('4');
    await clickBefore(panel.text, 'So the');
    await panel.press('3');
    await panel.status('saved');
    const boundaries = placesOf('At 0:01', ' At 0:03', 'So the');
    await expect.poll(labels).toMatchObject([{ annotator: 'me', boundaries }]);
    await panel.workbench.screenshot('phases');
  });

  it('stay when a label would lose one, and the file says why', async () => {
    writeFileSync(file(), readFileSync(file(), 'utf8').replace(/ {4}\{ "name": "doubt".*\n/u, ''));
    await panel.workbench.told('1 label has something in doubt');
    expect(rolloutLab('phases', 'show', '--db', storeOf(panel.workbench.folder))).toMatchObject({
      phases: { length: 4 },
    });
  });

  it('with a fault are marked where it is', async () => {
    writeFileSync(file(), readFileSync(file(), 'utf8').replace('"yellow"', '"pink"'));
    await panel.workbench.run('Problems: Focus on Problems View');
    await panel.workbench.page.locator('.markers-panel').getByText('phases.1.colour').waitFor();
    await panel.workbench.screenshot('phases-fault');
  });
});
