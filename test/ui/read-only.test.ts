import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { clickBefore } from './caret.ts';
import { describePanel } from './fixture.ts';
import { rolloutLab, rolloutsOf, setLabel, makeReviewProject, storeOf } from './review-project.ts';

const why = 'its disk is mounted read-only';

/** A project whose second rollout ann has labelled. */
function labelled(): string {
  const folder = makeReviewProject();
  setLabel(folder, 1, 'ann', [7, 20]);
  return folder;
}

// Tests may run as root, whom modes of files and folders do not bind; a mount binds everybody.
describe.skipIf(spawnSync('unshare', ['-rm', 'true']).status !== 0)(
  'a folder on a disk that is mounted read-only',
  () => {
    describePanel('in the workbench', { readOnly: true, project: labelled }, (panel) => {
      const content = (): Record<string, string> => {
        const folder = dirname(storeOf(panel.workbench.folder));
        return Object.fromEntries(
          readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'base64')]),
        );
      };
      let before: Record<string, string>;
      beforeAll(() => {
        before = content();
      });

      it('is listed, says that it is read-only, and Review shows text, video and labels', async () => {
        await panel.firstCompletion();
        await panel.workbench.page.getByText(`The store is read-only: ${why}.`).first().waitFor();
        await panel.page.locator('video').waitFor();
        await expect
          .poll(() => panel.page.locator('video').evaluate((video: HTMLVideoElement) => video.readyState))
          .toBe(4);
        await panel.workbench.run('Rollout Lab: Open Rollouts Table');
        const table = await panel.workbench.webview('rollout-grid [role="row"]');
        await table.getByRole('status').getByText('5 of 5 rollouts').waitFor();
        await panel.workbench.screenshot('read-only-table');
        await panel.workbench.run('View: Close Editor');
        await panel.find();
      });

      it('takes no label: says why and what to do, goes on showing it, and leaves the store as it is', async () => {
        await clickBefore(panel.text, 'At 0:01');
        await panel.press('2');
        const saveLine = panel.page.locator('status-line').getByRole('alert');
        await saveLine.getByText(`is read-only (${why}). Back Up Store`).waitFor();
        await panel.handle('Evidence').waitFor();
        await panel.workbench.screenshot('read-only-label');
        await saveLine.getByRole('button', { name: 'Retry' }).click();
        await saveLine.getByText(`is read-only (${why}). Back Up Store`).waitFor();
        expect(content()).toEqual(before);
        await expect.poll(() => rolloutsOf(panel.workbench.folder)).toHaveLength(5);
      });

      it('lets no command write, and says why', async () => {
        await panel.workbench.run('Rollout Lab: Suggest Phases');
        const refused = panel.workbench.notifications.filter({ hasText: `is read-only (${why})` });
        await refused.waitFor();
        // The workbench logs what it shows of that.
        expect(panel.workbench.errors.splice(0)).toEqual([expect.stringContaining(why)]);
        await panel.workbench.screenshot('read-only-command');
        expect(content()).toEqual(before);
        expect(rolloutLab('check', '--db', storeOf(panel.workbench.folder))).toMatchObject({ faults: [], lost: 0 });
      });
    });
  },
);
