import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { runCommand } from './commands.ts';
import * as plain from './plain-window.ts';
import type { Stores } from './stores.ts';
import type { WorkspaceStore } from './workspace-store.ts';

const toNewStore = t('Save to a New Store');
const useOther = t('Use the File There Now');

/** Saves what a removed or replaced store holds to a new one; asks first where another file is there, with which one may go on instead. */
export async function rescueStore(store: WorkspaceStore): Promise<void> {
  const { replacement } = store;
  if (replacement !== null) {
    const chosen = await plain.ask(
      t('Another file is where the store was.'),
      t(
        'Save what was open to a new store and go on with that, or go on with {0}: then what only the store that was open holds is lost.',
        replacement,
      ),
      toNewStore,
      useOther,
    );
    if (chosen === undefined) return;
    if (chosen === useOther) return store.openAnew();
  }
  const file = await store.rescue();
  void plain.showInformationMessage(t('The store is saved to {0}', file));
}

/** Says of a store that was removed or replaced, and whose folder is no part of the workspace any more, how to keep what this window alone has of it. */
export function tellOfLost(stores: Stores): vscode.Disposable {
  const told = new Set<WorkspaceStore>();
  const look = (): void => {
    for (const store of stores.lost) {
      if (stores.all.includes(store) || told.has(store)) continue;
      told.add(store);
      const { name, uri } = store.folder!;
      const text = t(
        'The folder {0} left the workspace, and its store was removed or replaced: this window alone has what that held, until it is closed.',
        name,
      );
      void plain
        .showWarningMessage(text, t('Save to a New Store…'))
        .then((choice) => (choice === undefined ? undefined : runCommand('rolloutLab.rescueStore', uri)));
    }
  };
  return vscode.Disposable.from(stores.onDidChangeAny(look), stores.onDidChangeList(look));
}
