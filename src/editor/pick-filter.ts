import * as vscode from 'vscode';
import * as plain from './plain-window.ts';
import type { RolloutFilter } from './rollouts-tree.ts';

const filters: { filter: RolloutFilter | null; label: string; detail: string }[] = [
  { filter: null, label: 'All', detail: 'Every prompt' },
  { filter: 'unlabelled', label: 'Unlabelled', detail: 'Prompts with a rollout that has no label' },
  { filter: 'submitted', label: 'Submitted', detail: 'Prompts with a rollout that somebody submitted' },
  { filter: 'skipped', label: 'Skipped', detail: 'Prompts with a rollout that somebody skipped' },
  { filter: 'flagged', label: 'Flagged', detail: 'Prompts with a rollout that somebody flagged' },
  { filter: 'commented', label: 'Commented', detail: 'Prompts with a rollout that has an open comment' },
  { filter: 'vanishing', label: 'Vanishing', detail: 'Prompts with a group whose rewards are all the same' },
  { filter: 'wrong', label: 'Wrong', detail: 'Prompts with a wrong answer among their rollouts' },
  { filter: 'hinted', label: 'Hinted', detail: 'Prompts that carry a hint or had one prepended' },
];

/** Asks which prompts the tree should show; `current` is marked. Throws CancellationError when nothing was chosen. */
export async function pickFilter(current: RolloutFilter | null): Promise<RolloutFilter | null> {
  const chosen = await plain.showQuickPick(
    filters.map((one) => ({ ...one, description: one.filter === current ? 'shown now' : undefined })),
    { placeHolder: 'Which prompts should the Rollouts view show?' },
  );
  if (!chosen) throw new vscode.CancellationError();
  return chosen.filter;
}
