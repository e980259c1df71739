/** Who labels in this window, and what they may see: the settings. */
import * as vscode from 'vscode';
import type { Viewer } from '../domain/review.ts';

/** Whose labels are edited: the setting `rolloutLab.annotator`. */
export function annotator(): string {
  return vscode.workspace.getConfiguration('rolloutLab').get<string>('annotator')?.trim() || 'me';
}

/** That annotator, and whether the labels of others wait for theirs: the setting `rolloutLab.blindFirstPass`. */
export function viewer(): Viewer {
  const blindFirstPass = vscode.workspace.getConfiguration('rolloutLab').get<boolean>('blindFirstPass', true);
  return { annotator: annotator(), blindFirstPass };
}

/** Whether a change of the settings changes that. */
export function changesViewer(change: vscode.ConfigurationChangeEvent): boolean {
  return ['annotator', 'blindFirstPass'].some((key) => change.affectsConfiguration(`rolloutLab.${key}`));
}
