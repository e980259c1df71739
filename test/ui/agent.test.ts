import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { afterAll, expect, it } from 'vitest';
import { stagePath } from '../../scripts/package.ts';
import { describePanel, openReview } from './fixture.ts';
import { labelsOf, placesOf, storeOf } from './review-project.ts';

const [evidence, synthesis] = placesOf('At 0:01', 'So the');
const client = new Client({ name: 'Night Reader', version: '1' });
afterAll(() => client.close());

/** The JSON that the packaged server answers. */
async function ask<Answer>(name: string, input: Record<string, unknown>): Promise<Answer> {
  const { content } = await client.callTool({ name, arguments: input });
  return JSON.parse((content as { text: string }[])[1].text) as Answer;
}

describePanel('an agent beside Review', { open: openReview }, (panel) => {
  it('suggests phases that are drawn at once, as its own', async () => {
    await panel.status('no label yet (me)');
    const db = storeOf(panel.workbench.folder);
    const args = [join(stagePath, 'dist/cli.cjs'), 'mcp', '--db', db];
    await client.connect(new StdioClientTransport({ command: process.execPath, args }));
    const { rollouts } = await ask<{ rollouts: { id: string }[] }>('find_rollouts', { limit: 1 });
    await ask('suggest_phases', { rollout: rollouts[0].id, starts: ['At 0:01', 'So the'], confidence: 0.8 });
    await panel.status('suggestion available: agent:night-reader 0.80');
    await expect.poll(() => panel.handle('evidence').getAttribute('aria-valuenow')).toBe(String(evidence));
    await expect.poll(() => labelsOf(panel.workbench.folder, 0).labels).toEqual([]);
    await panel.workbench.screenshot('agent-suggestion-dark');
  });

  it('is accepted by a person, whose label says whose suggestion it was', async () => {
    await panel.press('Alt+a');
    await panel.status('from agent:night-reader 0.80');
    await expect
      .poll(() => labelsOf(panel.workbench.folder, 0).labels)
      .toMatchObject([
        { boundaries: [evidence, synthesis], origin: { source: 'agent:night-reader', scores: [0.8, 0.8] } },
      ]);
  });

  it('is forgotten by a command; the label stays', async () => {
    await panel.workbench.run('Rollout Lab: Forget Suggestions…');
    await panel.workbench.pick('Whose suggestions should be removed?', 'agent:night-reader');
    await panel.workbench.told('Removed 1 suggestion by agent:night-reader');
    const { labels, suggestions } = labelsOf(panel.workbench.folder, 0);
    expect([labels.length, suggestions]).toEqual([1, []]);
  });
});
