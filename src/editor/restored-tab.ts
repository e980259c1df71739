/** Tabs that a reload of the window brought back without their panels: the editor makes the panel of one when it is looked at. */
import { setTimeout as sleep } from 'node:timers/promises';
import * as vscode from 'vscode';

/** In the order of their columns, as commands name them. */
const groups = ['First', 'Second', 'Third', 'Fourth', 'Fifth', 'Sixth', 'Seventh', 'Eighth'];

/** How long a panel may take to come, in ms; and how often it is looked for. */
const patience = 10_000;
const interval = 20;

/** Looks at a restored tab of this view type, and waits until its serializer has made its panel, as `isThere` tells. Nothing where there is none. */
export async function showRestoredTab(viewType: string, isThere: () => boolean): Promise<void> {
  // The type of a tab has a prefix of the editor's own.
  const isOurs = ({ input }: vscode.Tab): boolean =>
    input instanceof vscode.TabInputWebview && input.viewType.endsWith(viewType);
  const group = vscode.window.tabGroups.all.find(({ tabs }) => tabs.some(isOurs));
  const column = group && groups.at(group.viewColumn - 1);
  if (isThere() || !column) return;
  await vscode.commands.executeCommand(`workbench.action.focus${column}EditorGroup`);
  await vscode.commands.executeCommand('workbench.action.openEditorAtIndex', group.tabs.findIndex(isOurs));
  for (const end = Date.now() + patience; !isThere() && Date.now() < end;) await sleep(interval);
}
