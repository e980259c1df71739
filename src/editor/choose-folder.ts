import { existsSync } from 'node:fs';
import * as vscode from 'vscode';
import * as plain from './plain-window.ts';
import type { Stores } from './stores.ts';
import { fileIn } from './workspace-store.ts';

/** Asks in which of the folders that are open to work; the workspace remembers it. */
export async function chooseFolder(stores: Stores): Promise<void> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  if (folders.length < 2)
    throw new Error(
      'There is one folder to choose from: add another to the workspace with File: Add Folder to Workspace….',
    );
  const items = folders.map((folder) => {
    const file = fileIn(folder);
    return {
      label: folder.name,
      description: stores.of(folder.uri) === stores.current ? 'worked on now' : '',
      detail: existsSync(file) ? file : `${file}: not there yet, an import makes it`,
      folder,
    };
  });
  const picked = await plain.showQuickPick(items, {
    title: 'Choose Folder',
    placeHolder: 'Which folder’s rollouts, labels and runs do you want to work on?',
  });
  if (picked) await stores.choose(stores.of(picked.folder.uri));
}
