import { existsSync } from 'node:fs';
import * as vscode from 'vscode';
import * as plain from './plain-window.ts';
import type { WorkspaceStore } from './workspace-store.ts';

/** Asks which of the folders that are open has the store that the window shows; the workspace remembers it. */
export async function chooseFolder(store: WorkspaceStore): Promise<void> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  if (folders.length < 2)
    throw new Error(
      'There is one folder to choose from: add another to the workspace with File: Add Folder to Workspace….',
    );
  const items = folders.map((folder) => {
    const file = store.fileIn(folder);
    return {
      label: folder.name,
      description: folder.index === store.folder?.index ? 'shown now' : '',
      detail: existsSync(file) ? file : `${file}: not there yet, an import makes it`,
      folder,
    };
  });
  const picked = await plain.showQuickPick(items, {
    title: 'Choose Folder',
    placeHolder: 'Which folder’s rollouts, labels and runs do you want to see?',
  });
  if (picked) await store.choose(picked.folder);
}
