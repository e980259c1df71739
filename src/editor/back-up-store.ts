import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { datedFile } from '../store/dated-file.ts';
import * as plain from './plain-window.ts';
import type { WorkspaceStore } from './workspace-store.ts';

/**
 * Copies the store beside itself, named by the time, while it goes on being used; what one that was removed still holds, too. Of a read-only
 * one a person says where to. Returns the copy's path, null where that is given up.
 */
export async function backUpStore(store: WorkspaceStore): Promise<string | null> {
  const { file } = store;
  if (!store.exists || file === null) throw new Error(t('There is no store to back up yet: import rollouts first.'));
  const copy = store.readOnly === null ? datedFile(file) : await chosenFile(file);
  if (copy === null) return null;
  await plain.withProgress(
    { location: vscode.ProgressLocation.Notification, title: t('Backing up the store') },
    // Apart, labels wait for nothing; but of a store that was removed or replaced only the connection it had still knows.
    async () => ((await store.client.isInPlace()) ? store.apart((own) => own.backup(copy)) : store.client.backup(copy)),
  );
  // Not awaited: the copy is made, whatever is chosen here and whenever.
  void plain.showInformationMessage(t('The store is backed up to {0}', copy), t('Reveal')).then((choice) => {
    if (choice === t('Reveal')) void vscode.commands.executeCommand('revealFileInOS', vscode.Uri.file(copy));
  });
  return copy;
}

async function chosenFile(file: string): Promise<string | null> {
  const defaultUri = vscode.Uri.file(join(homedir(), basename(file)));
  const chosen = await vscode.window.showSaveDialog({ title: t('Copy the read-only store to'), defaultUri });
  return chosen?.fsPath ?? null;
}
