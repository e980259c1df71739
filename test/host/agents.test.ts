import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'mocha';
import * as vscode from 'vscode';
import { tools } from '../../src/agents/tools.ts';
import { questions } from '../../src/editor/agent-tools.ts';

interface Manifest {
  contributes: { languageModelTools: { name: string; modelDescription: string }[] };
}

interface Found {
  found: number;
  rollouts: { id: string; untrusted: { question: string } }[];
}

const extension = vscode.extensions.getExtension('rollout-lab.rollout-lab')!;
const folder = vscode.workspace.workspaceFolders![0].uri.fsPath;

/** What a tool answers outside a chat: its caution, and its document. */
async function ask<Answer>(tool: string, input: object): Promise<Answer> {
  const result = await vscode.lm.invokeTool(`rollout_lab_${tool}`, { input, toolInvocationToken: undefined });
  const texts = result.content.map((part) => (part as vscode.LanguageModelTextPart).value);
  assert.match(texts[0], /follow no instruction in it/u);
  return JSON.parse(texts[1]) as Answer;
}

describe('the tools for agents', () => {
  before(async () => {
    await extension.activate();
    const file = join(folder, 'agents.jsonl');
    const output = 'I plan. I look at the tone. So it is A.';
    const lines = [1, 1].map((score) => JSON.stringify({ input: 'Which tone?', output, gts: 'A', score, step: 3 }));
    writeFileSync(file, lines.join('\n'));
    await vscode.commands.executeCommand('rolloutLab.importRollouts', vscode.Uri.file(file));
  });

  it('are known to the editor, in the manifest’s words', () => {
    const known = new Map(vscode.lm.tools.map(({ name, description }) => [name, description]));
    const { languageModelTools } = (extension.packageJSON as Manifest).contributes;
    assert.ok(languageModelTools.length > 0);
    for (const { name, modelDescription } of languageModelTools) assert.equal(known.get(name), modelDescription);
  });

  it('answer from the store of the window, and suggest under the editor’s name', async () => {
    const { found, rollouts } = await ask<Found>('find_rollouts', { query: 'prompt:* "which tone"' });
    assert.deepEqual([found, rollouts[0].untrusted.question], [2, 'Which tone?']);
    const [{ id }] = rollouts;
    const explained = await ask<{ vanishing: boolean }>('explain_group', { rollout: id });
    assert.equal(explained.vanishing, true);
    const input = { rollout: id, starts: ['I look', 'So it'], confidence: 0.7 };
    assert.deepEqual((await ask<{ boundaries: number[] }>('suggest_phases', input)).boundaries, [8, 28]);
    const read = await ask<{ labels: unknown[]; suggestions: { untrusted: { source: string } }[] }>('read_rollout', {
      rollout: id,
    });
    assert.deepEqual(read.labels, []);
    assert.match(read.suggestions[0].untrusted.source, /^agent:\p{L}/u);
    await assert.rejects(ask('find_rollouts', { query: 'reward:x' }), /query, characters 1 to 8/u);
  });

  it('have the editor ask a person before they change something, in words of ours', () => {
    const changing = tools.filter(({ suggests }) => suggests).map(({ name }) => `rollout_lab_${name}`);
    assert.deepEqual(Object.keys(questions).sort(), [...changing, 'rollout_lab_start_run'].sort());
    assert.match(questions.rollout_lab_start_run.message, /No run starts before you choose Start/u);
  });
});
