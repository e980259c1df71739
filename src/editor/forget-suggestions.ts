import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { counted } from '../domain/counted.ts';
import * as plain from './plain-window.ts';
import type { WorkspaceStore } from './workspace-store.ts';

/** Removes the suggestions of a source that the person chooses. Throws CancellationError when none was chosen. */
export async function forgetSuggestions(store: WorkspaceStore): Promise<void> {
  const client = await store.existing();
  const sources = (await client?.suggestions.sources()) ?? [];
  if (!client || sources.length === 0) throw new Error(t('There are no suggestions to forget.'));
  const chosen = await plain.showQuickPick(
    sources.map(({ source, rollouts }) => ({ source, label: source, description: counted(rollouts, 'rollout') })),
    { placeHolder: t('Whose suggestions should be removed? Labels that were taken from them stay.') },
  );
  if (!chosen) throw new vscode.CancellationError();
  const removed = await client.suggestions.forget(chosen.source);
  void plain.showInformationMessage(t('Removed {0} by {1}.', counted(removed, 'suggestion'), chosen.source));
}
