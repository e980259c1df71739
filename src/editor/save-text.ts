import * as vscode from 'vscode';
import { writeWhole } from '../formats/whole-file.ts';

/** Asks where to save, in the workspace's folder unless the user says otherwise; false when they thought better of it. */
export async function saveText(name: string, content: string): Promise<boolean> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const target = await vscode.window.showSaveDialog({
    defaultUri: folder && vscode.Uri.joinPath(folder, name),
    title: `Save ${name}`,
  });
  if (!target) return false;
  await writeWhole(target.fsPath, content);
  return true;
}
