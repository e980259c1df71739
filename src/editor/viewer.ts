/** Who labels in this window, and what they may see: the settings. */
import * as vscode from 'vscode';
import { isGold } from '../domain/gold.ts';
import type { Viewer } from '../domain/review.ts';

/** Whose labels are edited: the setting `rolloutLab.annotator`. */
export function annotator(): string {
  return vscode.workspace.getConfiguration('rolloutLab').get<string>('annotator')?.trim() || 'me';
}

/** That annotator, and what they may see: the settings `rolloutLab.blindFirstPass` and `rolloutLab.goldFeedback`. */
export function viewer(): Viewer {
  const settings = vscode.workspace.getConfiguration('rolloutLab');
  const blindFirstPass = settings.get<boolean>('blindFirstPass', true);
  return { annotator: annotator(), blindFirstPass, goldFeedback: settings.get<boolean>('goldFeedback', false) };
}

/** How often a gold item comes in the queue of the unlabelled: the setting `rolloutLab.goldShare`; never for who writes gold. */
export function goldShare(): number {
  return isGold(annotator()) ? 0 : vscode.workspace.getConfiguration('rolloutLab').get<number>('goldShare', 0.1);
}

/** Whether a change of the settings changes that. */
export function changesViewer(change: vscode.ConfigurationChangeEvent): boolean {
  return ['annotator', 'blindFirstPass', 'goldFeedback'].some((key) =>
    change.affectsConfiguration(`rolloutLab.${key}`),
  );
}
