import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Store, type RunRow } from '../../src/store/store.ts';
import { trainingStore } from '../unit/training/fixture.ts';
import { completion, picturesOf, serveJudge, type Asked } from '../unit/training/judge-server.ts';
import { storeOf } from './review-project.ts';
import { Workbench } from './workbench.ts';

/** A step of a person or a process takes this long at most on a busy machine. */
const patience = { timeout: 120_000, interval: 250 };

describe('the key of a judge', () => {
  const key = 'sk-from-the-editor';
  const from = mkdtempSync(join(tmpdir(), 'lab-judge-'));
  let workbench: Workbench;
  let asked: Asked[];

  beforeAll(async () => {
    cpSync(resolve(import.meta.dirname, '../../media/sample/policy'), join(from, 'policy'), { recursive: true });
    mkdirSync(join(from, '.rollout-lab'));
    trainingStore(join(from, '.rollout-lab')).store.close();
    const server = await serveJudge(() =>
      completion(`{"hearing":1,"seeing":1,"place":${Math.random()},"description":0}`),
    );
    asked = server.asked;
    const settings = {
      'rolloutLab.judge.endpoint': server.endpoint,
      'rolloutLab.judge.model': 'small',
      'rolloutLab.judge.style': 'criteria',
      'rolloutLab.judge.frames': 2,
    };
    workbench = await Workbench.open({ extensions: inject('extensions'), from, settings });
  });

  afterAll(async () => {
    if (run()?.status === 'running') kill();
    await workbench[Symbol.asyncDispose]();
    rmSync(from, { recursive: true, force: true });
  });

  function reading<Result>(read: (store: Store) => Result): Result {
    const store = Store.open(storeOf(workbench.folder));
    try {
      return read(store);
    } finally {
      store.close();
    }
  }

  const run = (): RunRow | undefined => reading((store) => store.runs.all().at(0));

  const kill = (): void =>
    void process.kill(
      reading((store) => store.runs.holder(run()!.id)!),
      'SIGKILL',
    );

  it('is asked for, and goes with each question of a run to the endpoint, and into no file', async () => {
    await workbench.showContainer();
    await workbench.run('Rollout Lab: Set Judge Key…');
    await workbench.page.locator('.quick-input-widget input[type="password"]').waitFor();
    await workbench.answer(key);
    await workbench.notifications.filter({ hasText: 'is kept' }).waitFor();
    await workbench.run('Rollout Lab: Start Off-Policy Run…');
    await workbench.pick('How should the policy learn', 'On-policy GRPO');
    const form = workbench.page.locator('.quick-input-widget input[placeholder*="Start, or choose a setting"]');
    await form.fill('Judge');
    await workbench.page
      .locator('.quick-input-list .monaco-list-row', { hasText: 'reasoning is sent there with its question' })
      .filter({ hasText: 'the final answer, the caption of its sound, and 2 frames of its video' })
      .waitFor();
    await workbench.pick('Start, or choose a setting', 'Prompts');
    await workbench.pick('Stage', 'localisation');
    await workbench.acceptFirst('Start, or choose a setting');
    await expect.poll(() => asked.length, patience).toBeGreaterThan(0);
    expect(asked[0].headers.authorization).toBe(`Bearer ${key}`);
    expect(run()!.config.judge).toMatchObject({ model: 'small', style: 'criteria', frames: 2, unreadable: 'retry' });
    expect(picturesOf(asked[0].question)).toHaveLength(2);
    const files = readdirSync(workbench.folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
    const holding = files.filter(({ parentPath, name }) => readFileSync(join(parentPath, name)).includes(key));
    expect(holding).toEqual([]);
  }, 240_000);

  it('is forgotten on request: the run, resumed, asks without it', async () => {
    await workbench.run('Rollout Lab: Forget Judge Key');
    await workbench.notifications.filter({ hasText: 'is forgotten' }).waitFor();
    kill();
    await workbench.notifications.filter({ hasText: 'is gone' }).waitFor();
    // What was on its way when it was killed has arrived.
    const before = asked.length;
    await workbench.page.locator('.notification-list-item .monaco-button', { hasText: 'Resume' }).click();
    await expect.poll(() => asked.length, patience).toBeGreaterThan(before);
    expect(asked.at(-1)!.headers).not.toHaveProperty('authorization');
  }, 240_000);

  it('says nothing on the console', () => {
    expect(workbench.errors).toEqual([]);
  });
});
