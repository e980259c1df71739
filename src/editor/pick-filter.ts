import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import * as plain from './plain-window.ts';
import type { RolloutFilter } from './rollouts-tree.ts';

const filters: { filter: RolloutFilter | null; label: string; detail: string }[] = [
  { filter: null, label: t('All'), detail: t('Every prompt') },
  { filter: 'unlabelled', label: t('Unlabelled'), detail: t('Prompts with a rollout that has no label') },
  { filter: 'submitted', label: t('Submitted'), detail: t('Prompts with a rollout that somebody submitted') },
  { filter: 'skipped', label: t('Skipped'), detail: t('Prompts with a rollout that somebody skipped') },
  { filter: 'flagged', label: t('Flagged'), detail: t('Prompts with a rollout that somebody flagged') },
  { filter: 'commented', label: t('Commented'), detail: t('Prompts with a rollout that has an open comment') },
  { filter: 'vanishing', label: t('Vanishing'), detail: t('Prompts with a group whose rewards are all the same') },
  { filter: 'wrong', label: t('Wrong'), detail: t('Prompts with a wrong answer among their rollouts') },
  { filter: 'hinted', label: t('Hinted'), detail: t('Prompts that carry a hint or had one prepended') },
];

/** Asks which prompts the tree should show; `current` is marked. Throws CancellationError when nothing was chosen. */
export async function pickFilter(current: RolloutFilter | null): Promise<RolloutFilter | null> {
  const chosen = await plain.showQuickPick(
    filters.map((one) => ({ ...one, description: one.filter === current ? t('shown now') : undefined })),
    { placeHolder: t('Which prompts should the Rollouts view show?') },
  );
  if (!chosen) throw new vscode.CancellationError();
  return chosen.filter;
}
