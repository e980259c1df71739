import { t } from '@vscode/l10n';
import type * as vscode from 'vscode';
import type { StoreClient } from '../store/client.ts';
import * as plain from './plain-window.ts';
import { markHits } from './rollout-label.ts';

/** Keys that come quickly after one another are one search. */
const pauseMs = 120;

interface Hit extends vscode.QuickPickItem {
  rolloutId: string | null;
}

/** Full-text search over completions and questions; the rollout that was chosen, or null. Hits stand between « and ». */
export function pickRollout(store: StoreClient): Promise<string | null> {
  const pick = plain.createQuickPick<Hit>();
  pick.title = t('Search Rollouts');
  pick.placeholder = t('Words in a question or a completion');
  let search = 0;
  let waiting: NodeJS.Timeout | undefined;
  const find = async (text: string): Promise<void> => {
    const turn = (search += 1);
    pick.busy = true;
    const hits = await store.search(text, 50);
    if (turn !== search) return;
    const found = hits.map(({ rolloutId, question, excerpt }) => ({
      rolloutId,
      label: markHits(excerpt),
      detail: question,
      alwaysShow: true,
    }));
    const none = { label: t('No question and no completion has these words'), rolloutId: null, alwaysShow: true };
    pick.items = plain.plainItems<Hit>(found.length > 0 || text.trim() === '' ? found : [none]);
    pick.busy = false;
  };
  return new Promise((resolve, reject) => {
    pick.onDidChangeValue((text) => {
      clearTimeout(waiting);
      waiting = setTimeout(() => {
        find(text).catch((error: unknown) => {
          reject(error instanceof Error ? error : new Error(String(error)));
          pick.hide();
        });
      }, pauseMs);
    });
    pick.onDidAccept(() => {
      // Enter may come before the hits: there is nothing to open yet, and the words stay.
      const chosen = pick.selectedItems.at(0)?.of.rolloutId;
      if (!chosen) return;
      resolve(chosen);
      pick.hide();
    });
    pick.onDidHide(() => {
      clearTimeout(waiting);
      resolve(null);
      pick.dispose();
    });
    pick.show();
  });
}
