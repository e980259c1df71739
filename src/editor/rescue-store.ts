import { t } from '@vscode/l10n';
import * as plain from './plain-window.ts';
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
