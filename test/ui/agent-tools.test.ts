import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { vsixPath } from '../../scripts/package.ts';
import { installExtension } from '../../scripts/vscode/server.ts';
import type { Told } from './chat-agent/extension.ts';
import { packExtension } from './pack-extension.ts';
import { labelsOf, makeReviewProject, rolloutsOf } from './review-project.ts';
import { Workbench } from './workbench.ts';

/** A window with an agent, which calls the tool that it is told to call. */
class Agent {
  workbench!: Workbench;
  readonly #home = mkdtempSync(join(tmpdir(), 'lab-agents-'));
  readonly #project = makeReviewProject();
  #asked = 0;

  async open(restricted = false): Promise<void> {
    const extensions = join(this.#home, 'extensions');
    for (const vsix of [vsixPath, await packExtension('chat-agent', this.#home)])
      installExtension(vsix, { home: this.#home, extensions });
    this.workbench = await Workbench.open({
      ...{ extensions, from: this.#project, restricted, proposals: true },
      environment: { LAB_AGENT: join(this.#home, 'told') },
      settings: { 'chat.disableAIFeatures': false },
    });
  }

  async close(): Promise<void> {
    await this.workbench?.[Symbol.asyncDispose]();
    for (const folder of [this.#home, this.#project]) rmSync(folder, { recursive: true, force: true });
  }

  /** Has it call a tool. */
  async call(place: 'In the Chat' | 'Outside the Chat', name: string, input: object = {}): Promise<void> {
    await this.workbench.run(`Lab Agent: ${place}`);
    await this.workbench.answer(name === 'tools' ? name : `${name} ${JSON.stringify(input)}`);
    this.#asked += 1;
  }

  #lines(): string[] {
    const file = join(this.#home, 'told');
    return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  }

  #line(): Told | null {
    const lines = this.#lines();
    return lines.length < this.#asked ? null : (JSON.parse(lines[this.#asked - 1]) as Told);
  }

  /** What it got for its last call, once it is there. */
  async told(): Promise<Told> {
    await expect.poll(() => this.#line(), { timeout: 60_000 }).not.toBeNull();
    return this.#line()!;
  }

  /** The sources of the suggestions for the first rollout. */
  get suggested(): string[] {
    return labelsOf(this.workbench.folder, 0).suggestions.map(({ source }) => source);
  }
}

const suggestion = (agent: Agent): object => ({
  rollout: rolloutsOf(agent.workbench.folder)[0].id,
  ...{ starts: ['At 0:01', 'So the'], confidence: 0.8 },
});

describe('an agent in Restricted Mode', () => {
  const agent = new Agent();
  beforeAll(() => agent.open(true), 300_000);
  afterAll(() => agent.close());

  it('is refused whatever it calls, without a question, and has no server', async () => {
    for (const [tool, input] of [
      ['rollout_lab_find_rollouts', {}],
      ['rollout_lab_suggest_phases', suggestion(agent)],
      ['rollout_lab_start_run', {}],
    ] as const) {
      await agent.call('Outside the Chat', tool, input);
      expect((await agent.told()).fault).toMatch(/Trust this folder to have agents read its rollouts/u);
    }
    expect(agent.suggested).toEqual([]);
    await agent.workbench.run('MCP: List Servers');
    const list = agent.workbench.page.locator('.quick-input-list');
    await list.getByText('Add Server').waitFor();
    await expect.poll(() => list.getByText('Rollout Lab').count()).toBe(0);
    await agent.workbench.screenshot('agent-restricted');
    await agent.workbench.page.keyboard.press('Escape');
  });

  it('is answered as soon as the folder is trusted', async () => {
    const { workbench } = agent;
    await workbench.run('Workspaces: Manage Workspace Trust');
    await workbench.page.locator('.workspace-trust-editor').getByRole('button', { name: 'Trust', exact: true }).click();
    await workbench.page.locator('.statusbar-item', { hasText: 'Restricted Mode' }).waitFor({ state: 'hidden' });
    await agent.call('Outside the Chat', 'rollout_lab_find_rollouts');
    expect(JSON.parse((await agent.told()).texts![1])).toMatchObject({ found: 5 });
    await workbench.run('MCP: List Servers');
    await workbench.page.locator('.quick-input-list').getByText('Rollout Lab').first().waitFor();
  });
});

describe('an agent’s suggestion', () => {
  const agent = new Agent();
  beforeAll(() => agent.open(), 300_000);
  afterAll(() => agent.close());

  const question = () => agent.workbench.page.getByRole('dialog').filter({ hasText: 'Store a suggestion of phases?' });
  const ask = async (answer: string | RegExp): Promise<void> => {
    await agent.call('Outside the Chat', 'rollout_lab_suggest_phases', suggestion(agent));
    await question().getByText('they are no label').waitFor();
    await question().getByRole('button', { name: answer }).click();
    await question().waitFor({ state: 'detached' });
  };

  it('is not stored when the question is cancelled, and the agent hears that', async () => {
    await ask('Cancel');
    expect((await agent.told()).fault).toMatch(/cancel/iu);
    await agent.workbench.screenshot('agent-cancelled');
    expect(agent.suggested).toEqual([]);
  });

  it('is stored once it is allowed', async () => {
    await ask(/Yes|Allow|OK/u);
    await expect.poll(() => agent.suggested).toEqual([expect.stringMatching(/^agent:/u)]);
  });
});
