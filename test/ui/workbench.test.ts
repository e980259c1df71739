import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Workbench } from './workbench.ts';

describe('the packaged extension in a real workbench', () => {
  let workbench: Workbench;
  beforeAll(async () => {
    workbench = await Workbench.open({ extensions: inject('extensions') });
  });
  afterAll(() => workbench[Symbol.asyncDispose]());

  it('has its place in the activity bar, and its trees in it', async () => {
    await workbench.showContainer();
    for (const title of ['Rollouts', 'Runs']) {
      await workbench.page.locator('.pane-header', { hasText: title }).first().waitFor();
    }
  });

  it('opens a copy of the sample project with its rollouts in the tree', async () => {
    const folder = `${workbench.folder}-sample`;
    await workbench.run('Rollout Lab: Open Sample Project');
    await workbench.answer(folder);
    await workbench.page.waitForURL((url) => url.searchParams.get('folder') === folder);
    await workbench.showContainer();
    await workbench
      .rows('Rollouts')
      .filter({ hasText: /sample.*399 prompts/ })
      .waitFor();
  });

  it('says nothing on the console', () => {
    expect(workbench.errors).toEqual([]);
  });
});
