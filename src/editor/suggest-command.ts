import { join } from 'node:path';
import * as vscode from 'vscode';
import { suggestInWorker } from '../training/suggestions/client.ts';
import type { SuggestReport } from '../training/suggestions/suggest.ts';
import * as plain from './plain-window.ts';
import { counted } from './rollout-label.ts';
import type { StoreParts } from './workspace-store.ts';

/**
 * Suggests phases for every rollout: by a tagger when there are labels enough, else by the rules. With a progress notification that
 * can be cancelled; null when it was.
 */
export async function suggestPhases({ store, dist }: StoreParts): Promise<SuggestReport | null> {
  if (!(await store.existing())) throw new Error('There is nothing to suggest phases for yet: import rollouts first.');
  const cancelled = new AbortController();
  try {
    const report = await plain.withProgress(
      { location: vscode.ProgressLocation.Notification, title: 'Suggesting phases', cancellable: true },
      (progress, token) => {
        token.onCancellationRequested(() => cancelled.abort());
        return suggestInWorker(
          { store: store.file!, suggester: 'best' },
          { signal: cancelled.signal, onProgress: (message) => progress.report({ message }) },
          join(dist, 'suggest-worker.cjs'),
        );
      },
    );
    void plain.showInformationMessage(textOf(report));
    return report;
  } catch (error) {
    if (cancelled.signal.aborted) return null;
    throw error;
  }
}

function textOf({ source, labels, rollouts }: SuggestReport): string {
  if (rollouts === 0 && labels === 0) return 'There is nothing to suggest phases for yet: import rollouts first.';
  if (rollouts === 0)
    return 'Nothing was suggested: a labelled rollout’s suggestion is learned from labels of other prompts, and there are none.';
  const by =
    source === 'rules'
      ? 'by rules; from ten labels on, a tagger learns from them'
      : `as ${counted(labels, 'label')} have them`;
  return `Suggested phases for ${counted(rollouts, 'rollout')} ${by}. Review offers them, to accept or refuse.`;
}
