import assert from 'node:assert/strict';
import { cpSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { before, describe, it } from 'mocha';
import * as vscode from 'vscode';
import type { ImportReport } from '../../src/formats/import-report.ts';
import type { StoreCheck } from '../../src/store/check.ts';

interface Manifest {
  contributes: { commands: { command: string }[] };
}

const extension = vscode.extensions.getExtension('rollout-lab.rollout-lab')!;
const folder = vscode.workspace.workspaceFolders![0].uri.fsPath;
const line = (question: string, reward: number): string =>
  JSON.stringify({ input: question, output: `I plan. I look. It is ${reward}.`, gts: 'A', score: reward, step: 1 });

describe('the commands', () => {
  before(() => extension.activate());

  it('are all registered once the extension is active', async () => {
    const { contributes } = extension.packageJSON as Manifest;
    const registered = await vscode.commands.getCommands(true);
    assert.deepEqual(
      contributes.commands.map(({ command }) => command).filter((id) => !registered.includes(id)),
      [],
    );
  });

  it('import a dump once, report its bad line, and keep the rest', async () => {
    const file = join(folder, '7.jsonl');
    writeFileSync(file, `${line('What came first?', 1)}\nnot json\n${line('What came first?', 0)}\n`);
    const run = () => vscode.commands.executeCommand<ImportReport>('rolloutLab.importRollouts', vscode.Uri.file(file));
    const first = await run();
    assert.deepEqual([first.rollouts, first.prompts, first.rejected.map((one) => one.line)], [2, 1, [2]]);
    // Asked what to do with those that are there, with “Import Again and Keep Labels” first.
    const asked = run();
    let second: ImportReport | undefined;
    void asked.then((report) => (second = report));
    for (const deadline = Date.now() + 60_000; !second && Date.now() < deadline;) {
      await vscode.commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.deepEqual(
      [second?.rollouts, second?.duplicates, second?.updated],
      [0, 2, { rollouts: 0, found: { id: 2, text: 0, part: 0, place: 0 }, unmatched: 0, left: [] }],
    );
  });

  it('import a whole folder of dumps', async () => {
    const dumps = join(folder, 'dumps');
    cpSync(resolve(extension.extensionPath, 'test/fixtures/trl/text'), dumps, { recursive: true });
    const report = await vscode.commands.executeCommand<ImportReport>(
      'rolloutLab.importRollouts',
      vscode.Uri.file(dumps),
      [vscode.Uri.file(dumps)],
    );
    assert.equal(report.files, 1);
    assert.ok(report.rollouts > 0);
  });

  it('back the store up to a file of its own', async () => {
    const copy = await vscode.commands.executeCommand<string>('rolloutLab.backUpStore');
    assert.equal(readFileSync(copy).subarray(0, 15).toString(), 'SQLite format 3');
    const check = await vscode.commands.executeCommand<StoreCheck>('rolloutLab.checkStore');
    assert.deepEqual([check.faults, check.lost, check.backups.map(({ path }) => path)], [[], 0, [realpathSync(copy)]]);
  });
});
