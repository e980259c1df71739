import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { writeWhole } from '../formats/whole-file.ts';
import type { WorkspaceStore } from './workspace-store.ts';

/** Asks where to save, in the store's folder unless the user says otherwise; false when they thought better of it. */
export async function saveText({ folder }: WorkspaceStore, name: string, content: string): Promise<boolean> {
  const target = await vscode.window.showSaveDialog({
    ...(folder && { defaultUri: vscode.Uri.joinPath(folder.uri, name) }),
    title: t('Save {0}', name),
  });
  if (!target) return false;
  await writeWhole(target.fsPath, content);
  return true;
}
