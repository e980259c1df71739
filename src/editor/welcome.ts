/** What meets a person whose folder was made for them: the walkthrough, the tree, and the ways on. */
import { existsSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { counted } from '../domain/counted.ts';
import { welcomeMark } from '../store/place.ts';
import { runCommand } from './commands.ts';
import * as plain from './plain-window.ts';
import type { WorkspaceStore } from './workspace-store.ts';

/** What a notice offers where there is something to look at. */
export const waysOn = [t('Review'), t('Open Table')] as const;

/** Goes the way that was chosen in a notice of a store; nothing for any other answer. */
export async function goOn(choice: string | undefined, { folder }: WorkspaceStore): Promise<void> {
  if (choice === waysOn[0]) await runCommand('rolloutLab.openReview', folder?.uri);
  if (choice === waysOn[1]) await runCommand('rolloutLab.openTable', folder?.uri);
}

/** Greets whoever opens the folder first; not again, nor where the mark cannot be taken away. */
export async function welcome(store: WorkspaceStore, extension: string): Promise<void> {
  const mark = store.file === null ? null : join(dirname(store.file), welcomeMark);
  if (mark === null || !existsSync(mark)) return;
  rmSync(mark);
  await vscode.commands.executeCommand('workbench.view.extension.rolloutLab');
  await vscode.commands.executeCommand('workbench.action.openWalkthrough', `${extension}#firstSteps`);
  const datasets = (await (await store.open()).prompts.datasets()).map(({ dataset, prompts, rollouts }) =>
    t('{0} with {1} and {2}', dataset, counted(prompts, 'prompt'), counted(rollouts, 'rollout')),
  );
  void plain
    .showInformationMessage(t('Ready: {0}.', datasets.join(', ')), ...waysOn)
    .then((choice) => goOn(choice, store));
}
