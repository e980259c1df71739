import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { vsixPath } from '../../scripts/package.ts';
import { installExtension } from '../../scripts/vscode/server.ts';
import {
  completion,
  phasesAnswer,
  segmentsOf,
  serveJudge,
  type Answer,
  type Asked,
  type Question,
} from '../unit/training/judge-server.ts';
import { openReview, Panel } from './fixture.ts';
import { packExtension } from './pack-extension.ts';
import { labelsOf, makeReviewProject, placesOf } from './review-project.ts';
import { Workbench } from './workbench.ts';

const [evidence, synthesis] = placesOf('At 0:01', 'So the');
const title = 'Rollout Lab: Suggest Phases by Language Model…';

/** The sentence that the completions' evidence begins with, and that of their synthesis. */
const marked = (question: Question): Answer => {
  const segments = segmentsOf(question);
  const number = (words: string): number => segments.findIndex((segment) => segment.startsWith(words)) + 1;
  return completion(phasesAnswer({ planning: 1, evidence: number('At 0:01'), synthesis: number('So the') }, 0.8), {
    ...{ prompt_tokens: 190, completion_tokens: 10 },
  });
};

describe('phases by a language model', () => {
  const panel = new Panel();
  let home: string;
  let project: string;
  let asked: Asked[];
  /** What the model says now. */
  let answer: (question: Question) => Answer = marked;

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'lab-model-'));
    project = makeReviewProject();
    const extensions = join(home, 'extensions');
    for (const vsix of [vsixPath, await packExtension('model-provider', home)])
      installExtension(vsix, { home, extensions });
    const server = await serveJudge((question) => answer(question));
    asked = server.asked;
    panel.workbench = await Workbench.open({
      extensions,
      from: project,
      environment: { LAB_MODEL: server.endpoint },
      proposals: true,
      settings: {
        'chat.disableAIFeatures': false,
        'rolloutLab.judge.endpoint': server.endpoint,
        'rolloutLab.suggestions.model': 'strict',
      },
    });
  }, 300_000);

  afterAll(async () => {
    await panel.workbench?.[Symbol.asyncDispose]();
    for (const folder of [home, project]) rmSync(folder, { recursive: true, force: true });
  });

  const dialog = () => panel.workbench.page.locator('.monaco-dialog-box');

  /** Goes through the command until what would be sent is told. */
  async function choose(model: string, rollouts: string, query?: string): Promise<void> {
    const { workbench } = panel;
    await workbench.run('Notifications: Clear All Notifications');
    await workbench.run(title);
    await workbench.pick('Which language model?', model);
    await workbench.pick('For which rollouts?', rollouts);
    if (query !== undefined) await workbench.answer(query);
  }

  const press = (button: string): Promise<void> => dialog().locator('.monaco-button', { hasText: button }).click();

  it('are asked of one of the editor’s once what is sent to it is read and confirmed; cancelled, they go on later', async () => {
    const { workbench } = panel;
    await workbench.showContainer();
    await choose('Small Reader', 'Rollouts that nobody has labelled');
    await dialog()
      .filter({ hasText: 'Suggest phases for 5 rollouts by Small Reader of lab-test, through the editor?' })
      .filter({ hasText: 'the whole completions of 5 rollouts, each with its question and options' })
      .waitFor();
    await workbench.screenshot('suggest-by-model-dark');
    await press('Cancel');
    await dialog().waitFor({ state: 'hidden' });
    expect(asked).toEqual([]);

    // The editor asks before its model is used, once. Refused, nothing is sent.
    const consent = dialog()
      .filter({ hasText: 'Rollout Lab' })
      .filter({ hasText: 'language models provided by Lab Test' });
    await choose('Small Reader', 'Rollouts that nobody has labelled');
    await press('Send');
    await consent.waitFor();
    await workbench.screenshot('model-consent-dark');
    await press('Cancel');
    await workbench.notifications.filter({ hasText: 'does not answer' }).waitFor();
    expect(asked).toEqual([]);

    // A fault that passes, two answers, and none any more.
    answer = (question) => {
      if (asked.length === 1) return { status: 500, body: '{}' };
      return { ...marked(question), delay: asked.length > 3 ? 600_000 : 0 };
    };
    await choose('Small Reader', 'Rollouts that nobody has labelled');
    await press('Send');
    await consent.waitFor();
    await press('Allow');
    await expect.poll(() => asked.length, { timeout: 60_000 }).toBe(5);
    const suggesting = workbench.page.locator('.notification-list-item', { hasText: 'Suggesting phases: 2 of 5' });
    const cancel = suggesting.filter({ hasText: 'tokens, estimated' }).getByRole('button', { name: 'Cancel' });
    await workbench.clickUntil(cancel, async () => (await cancel.count()) === 0);
    await workbench.told('Phases are suggested for a part of the rollouts');

    answer = marked;
    await choose('Small Reader', 'Rollouts that nobody has labelled');
    await dialog().filter({ hasText: 'Not sent: 2 for which it has suggested phases already.' }).waitFor();
    await press('Send');
    await workbench.told(/Suggested phases for 3 rollouts by Small Reader of lab-test.*tokens, estimated/u);
    expect(asked).toHaveLength(5 + 3);
  }, 240_000);

  it('are drawn as its own in Review, accepted by a person, and asked for no second time', async () => {
    const { workbench } = panel;
    await workbench.run('Notifications: Clear All Notifications');
    await openReview(panel);
    await panel.status('suggestion available: model:lab-test/reader 0.80');
    await expect.poll(() => panel.handle('evidence').getAttribute('aria-valuenow')).toBe(String(evidence));
    await workbench.screenshot('model-suggestion-dark');
    await panel.pressUntil('Alt+a', () => panel.status('from model:lab-test/reader 0.80'));
    await expect
      .poll(() => labelsOf(workbench.folder, 0).labels)
      .toMatchObject([
        { boundaries: [evidence, synthesis], origin: { source: 'model:lab-test/reader', scores: [0.8, 0.8] } },
      ]);
    await choose('Small Reader', 'All rollouts');
    await workbench.told('all of them have suggestions of this model');
    expect(asked).toHaveLength(8);
  }, 240_000);

  it('are asked of the model at the judge’s endpoint; what it does not take is told', async () => {
    const { workbench } = panel;
    const before = asked.length;
    answer = (question) =>
      asked.length === before + 2 ? { status: 400, body: 'against the rules' } : marked(question);
    await choose('strict', 'Those that a query keeps…', 'labelled:no');
    await dialog()
      .filter({ hasText: 'Sent to strict at http://127.0.0.1:' })
      .filter({ hasText: '4 rollouts' })
      .waitFor();
    await press('Send');
    await workbench.told('Suggested phases for 3 rollouts by strict at');
    for (const part of ['600 tokens', '1 got none, and are asked about again the next time', 'answered 400'])
      await workbench.told(part);
  }, 240_000);

  it('are none where the model says something else, or may not be asked: that is told, and nothing is kept', async () => {
    const { workbench } = panel;
    await workbench.run('Rollout Lab: Forget Suggestions…');
    await workbench.pick('Whose suggestions should be removed?', 'model:lab-test/reader');
    const before = asked.length;
    answer = () => completion('I would rather not.');
    await choose('Small Reader', 'All rollouts');
    await press('Send');
    await workbench.told('through the editor gives no answer that can be read');
    // Two at once, three times each.
    expect(asked.length - before).toBeGreaterThanOrEqual(9);
    const after = asked.length;
    answer = () => ({ status: 403, body: '{}' });
    await choose('Small Reader', 'All rollouts');
    await press('Send');
    await workbench.told('does not answer: the quota is used up');
    // No retry helps, and nobody else asks before the first has its answer.
    expect(asked).toHaveLength(after + 1);
    const sources = labelsOf(workbench.folder, 0).suggestions.map(({ source }) => source);
    expect(sources).not.toContain('model:lab-test/reader');
  }, 240_000);

  it('says nothing else on the console; the editor tells of the faults, the refusal and the cancelling itself', () => {
    const told = ['[CHAT] extension request ERRORED', 'cannot be used by'];
    expect(panel.workbench.errors.filter((error) => !told.some((words) => error.includes(words)))).toEqual([]);
  });
});
