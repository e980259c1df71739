import { existsSync } from 'node:fs';
import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import * as plain from './plain-window.ts';
import type { Stores } from './stores.ts';
import { fileIn } from './workspace-store.ts';

/** Asks in which of the folders that are open to work; the workspace remembers it. */
export async function chooseFolder(stores: Stores): Promise<void> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  if (folders.length < 2)
    throw new Error(
      t('There is one folder to choose from: add another to the workspace with File: Add Folder to Workspace….'),
    );
  const items = folders.map((folder) => {
    const file = fileIn(folder);
    return {
      label: folder.name,
      description: stores.of(folder.uri) === stores.current ? t('worked on now') : '',
      detail: existsSync(file) ? file : t('{0}: not there yet, an import makes it', file),
      folder,
    };
  });
  const picked = await plain.showQuickPick(items, {
    title: t('Choose Folder'),
    placeHolder: t('Which folder’s rollouts, labels and runs do you want to work on?'),
  });
  if (picked) await stores.choose(stores.of(picked.folder.uri));
}
