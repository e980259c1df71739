import { join } from 'node:path';
import { t } from '@vscode/l10n';
import { counted } from '../domain/counted.ts';
import { suggestInWorker } from '../training/suggestions/client.ts';
import type { SuggestReport } from '../training/suggestions/suggest.ts';
import * as plain from './plain-window.ts';
import type { StoreParts } from './workspace-store.ts';

/**
 * Suggests phases for every rollout: by a tagger when there are labels enough, else by the rules. With a progress notification that
 * can be cancelled; null when it was.
 */
export async function suggestPhases({ store, dist }: StoreParts): Promise<SuggestReport | null> {
  if (!(await store.existing()))
    throw new Error(t('There is nothing to suggest phases for yet: import rollouts first.'));
  const report = await plain.cancellable(t('Suggesting phases'), (signal, tell) =>
    store.beside((file) =>
      suggestInWorker(
        { store: file, suggester: 'best' },
        { signal, onProgress: tell },
        join(dist, 'suggest-worker.cjs'),
      ),
    ),
  );
  if (report) void plain.showInformationMessage(textOf(report));
  return report;
}

function textOf({ source, labels, rollouts }: SuggestReport): string {
  if (rollouts === 0 && labels === 0) return t('There is nothing to suggest phases for yet: import rollouts first.');
  if (rollouts === 0)
    return t(
      'Nothing was suggested: a labelled rollout’s suggestion is learned from labels of other prompts, and there are none.',
    );
  const count = counted(rollouts, 'rollout');
  return source === 'rules'
    ? t(
        'Suggested phases for {0} by rules; from ten labels on, a tagger learns from them. Review offers them, to accept or refuse.',
        count,
      )
    : t(
        'Suggested phases for {0} as {1} have them. Review offers them, to accept or refuse.',
        count,
        counted(labels, 'label'),
      );
}
