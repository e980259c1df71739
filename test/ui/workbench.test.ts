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

  it('says nothing on the console', () => {
    expect(workbench.errors).toEqual([]);
  });
});
