import { cp } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { ImportParts } from './import-command.ts';
import { importPaths } from './import-command.ts';

/** Remembers, over the reload that opening a folder is, that the project must be imported. */
const pendingKey = 'sampleToImport';

/** Copies the sample project to a folder the user confirms, and opens it there; its rollouts are imported on arrival. */
export async function openSampleProject(extension: vscode.Uri, memory: vscode.Memento): Promise<void> {
  const folder = await vscode.window.showInputBox({
    title: 'Open Sample Project',
    prompt: 'Folder to copy the sample project into',
    value: join(homedir(), 'rollout-lab-sample'),
    validateInput: (text) => (text.trim() === '' ? 'Type a folder.' : null),
  });
  if (folder === undefined) return;
  if (!existsSync(folder)) {
    await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title: 'Copying the sample project' },
      () => cp(vscode.Uri.joinPath(extension, 'media', 'sample').fsPath, folder, { recursive: true }),
    );
  }
  const target = vscode.Uri.file(folder);
  await memory.update(pendingKey, target.fsPath);
  await vscode.commands.executeCommand('vscode.openFolder', target);
}

/** Imports the sample project when the window was opened for it. */
export async function importOpenedSample(parts: ImportParts, memory: vscode.Memento): Promise<void> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
  if (folder === undefined || memory.get<string>(pendingKey) !== folder) return;
  await memory.update(pendingKey, undefined);
  await importPaths(parts, [join(folder, 'dataset.jsonl'), join(folder, 'rollouts', 'sample.rollouts.jsonl')]);
  await vscode.commands.executeCommand('rolloutLab.rollouts.focus');
}
