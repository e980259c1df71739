import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Store, type NewEvaluation, type RunRow } from '../../src/store/store.ts';
import { importedEvaluationId } from '../../src/domain/identity.ts';
import { makeGroup, makePrompt } from '../unit/store/rows.ts';
import { trainingStore } from '../unit/training/fixture.ts';
import {
  completion,
  picturesOf,
  serveJudge,
  textOf,
  type Asked,
  type Question,
} from '../unit/training/judge-server.ts';
import { storeOf } from './review-project.ts';
import { Workbench } from './workbench.ts';

/** Two replies to a question of a benchmark, which somebody imported. */
function addEvaluation(store: Store): void {
  const id = importedEvaluationId('mmvu', 'tiny', 0);
  const prompt = makePrompt({ dataset: 'mmvu', split: 'test', answer: 'B' });
  const texts = ['It is B.', 'It is A.'];
  const rollouts = makeGroup(prompt, [0, 0], { name: 'mmvu', evaluationId: id });
  const evaluation: NewEvaluation = {
    ...{ id, name: 'mmvu', policy: 'tiny', policyVersion: 0, adapter: null, dataset: 'mmvu', split: 'test' },
    ...{ settings: null, source: 'import:/data/mmvu.json', status: 'finished', total: null },
    createdAt: '2026-01-01T00:00:00.000Z',
  };
  const replies = rollouts.map((rollout, i) => ({ ...rollout, completion: texts[i] }));
  store.addRollouts([prompt], replies, [], [evaluation]);
}

const isOfReply = (question: Question): boolean => textOf(question).includes('\nReply:\n');

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
    const { store } = trainingStore(join(from, '.rollout-lab'));
    addEvaluation(store);
    store.close();
    const server = await serveJudge((question) =>
      completion(
        isOfReply(question)
          ? `{"extracted_answer":"B","correct":${textOf(question).endsWith('It is B.')}}`
          : `{"hearing":1,"seeing":1,"place":${Math.random()},"description":0}`,
      ),
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

  it('is asked for, and goes with each reply of an evaluation, once what is sent where is confirmed', async () => {
    await workbench.showContainer();
    await workbench.run('Rollout Lab: Set Judge Key…');
    await workbench.page.locator('.quick-input-widget input[type="password"]').waitFor();
    await workbench.answer(key);
    await workbench.told('is kept');
    const judged = (): Asked[] => asked.filter(({ question }) => isOfReply(question));
    await workbench.run('Rollout Lab: Judge Evaluation…');
    await workbench.pick('Which evaluation', 'mmvu');
    const dialog = workbench.page.locator('.monaco-dialog-box');
    await dialog
      .filter({ hasText: 'Have small judge “mmvu”?' })
      .filter({ hasText: '2 of 2 replies, each whole' })
      .waitFor();
    await dialog.locator('.monaco-button', { hasText: 'Cancel' }).click();
    await dialog.waitFor({ state: 'hidden' });
    await expect.poll(() => judged()).toEqual([]);

    await workbench.run('Rollout Lab: Judge Evaluation…');
    await workbench.pick('Which evaluation', 'mmvu');
    await dialog.locator('.monaco-button', { hasText: 'Send' }).click();
    await workbench.told(/“mmvu”: 50\.0 %.*by small/u);
    await expect
      .poll(() => judged().map(({ headers }) => headers.authorization))
      .toEqual([`Bearer ${key}`, `Bearer ${key}`]);
    expect(reading((store) => store.evaluations.all()[0].judge)).toMatchObject({ model: 'small' });
  }, 240_000);

  it('goes with each question of a run to the endpoint, and into no file', async () => {
    await workbench.run('Rollout Lab: Start Off-Policy Run…');
    await workbench.pick('How should the policy learn', 'On-policy GRPO');
    const form = workbench.page.locator('.quick-input-widget input[placeholder*="Start, or choose a setting"]');
    await form.fill('Judge');
    await workbench.page
      .locator('.quick-input-list .monaco-list-row', { hasText: 'reasoning is sent there with its question' })
      .filter({ hasText: 'the final answer, the caption of its sound, and 2 frames of its video' })
      .waitFor();
    await workbench.pick('Start, or choose a setting', 'Prompts');
    await workbench.pick('Which prompts', 'sample');
    await workbench.pick('Stage', 'localisation');
    await workbench.acceptFirst('Start, or choose a setting');
    await expect.poll(() => asked.length, patience).toBeGreaterThan(2);
    expect(asked[2].headers.authorization).toBe(`Bearer ${key}`);
    await expect
      .poll(() => run()!.config.judge)
      .toMatchObject({ model: 'small', style: 'criteria', frames: 2, unreadable: 'retry' });
    expect(picturesOf(asked[2].question)).toHaveLength(2);
    const files = readdirSync(workbench.folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
    const holding = files.filter(({ parentPath, name }) => readFileSync(join(parentPath, name)).includes(key));
    expect(holding).toEqual([]);
  }, 240_000);

  it('is forgotten on request: the run, resumed, asks without it', async () => {
    await workbench.run('Rollout Lab: Forget Judge Key');
    await workbench.told('is forgotten');
    kill();
    await workbench.told('is gone');
    // What was on its way when it was killed has arrived.
    const before = asked.length;
    await workbench.press('is gone', 'Resume');
    await expect.poll(() => asked.length, patience).toBeGreaterThan(before);
    expect(asked.at(-1)!.headers).not.toHaveProperty('authorization');
  }, 240_000);

  it('says nothing on the console', () => {
    expect(workbench.errors).toEqual([]);
  });
});
