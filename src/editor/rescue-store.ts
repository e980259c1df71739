import * as plain from './plain-window.ts';
import type { WorkspaceStore } from './workspace-store.ts';

const toNewStore = 'Save to a New Store';
const useOther = 'Use the File There Now';

/** Saves what a removed or replaced store holds to a new one; asks first where another file is there, with which one may go on instead. */
export async function rescueStore(store: WorkspaceStore): Promise<void> {
  const { replacement } = store;
  if (replacement !== null) {
    const chosen = await plain.ask(
      'Another file is where the store was.',
      `Save what was open to a new store and go on with that, or go on with ${replacement}: then what only the store that was open holds is lost.`,
      toNewStore,
      useOther,
    );
    if (chosen === undefined) return;
    if (chosen === useOther) return store.openAnew();
  }
  const file = await store.rescue();
  void plain.showInformationMessage(`The store is saved to ${file}`);
}
