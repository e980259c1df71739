import assert from 'node:assert/strict';
import { before, describe, it } from 'mocha';
import * as vscode from 'vscode';

interface Manifest {
  contributes: { commands: { command: string }[] };
}

describe('the extension', () => {
  const extension = vscode.extensions.getExtension('rollout-lab.rollout-lab');

  before(async () => {
    await extension?.activate();
  });

  it('activates', () => {
    assert.equal(extension?.isActive, true);
  });

  it('registers every command that its manifest offers', async () => {
    const { commands } = (extension?.packageJSON as Manifest).contributes;
    const registered = new Set(await vscode.commands.getCommands(true));
    assert.deepEqual(
      commands.map(({ command }) => command).filter((command) => !registered.has(command)),
      [],
    );
    assert.ok(commands.length > 0);
  });
});
