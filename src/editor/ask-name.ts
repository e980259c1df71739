import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { isProgram } from '../domain/weight-source.ts';
import * as plain from './plain-window.ts';
import { annotator } from './viewer.ts';

let asking: Promise<void> | null = null;

/**
 * Asks a person who has no name in their settings for it, before anything can be saved under it. What is answered stands in the settings, also
 * where they left by Escape: so nobody is asked twice.
 */
export function askName(): Promise<void> {
  asking ??= ask().finally(() => (asking = null));
  return asking;
}

async function ask(): Promise<void> {
  const settings = vscode.workspace.getConfiguration('rolloutLab');
  const { globalValue, workspaceValue, workspaceFolderValue } = settings.inspect<string>('annotator') ?? {};
  if ([globalValue, workspaceValue, workspaceFolderValue].some((value) => value !== undefined)) return;
  const typed = await plain.showInputBox({
    title: t('Your Name'),
    prompt: t(
      'Your labels, judgements and comments are saved under it, and others see it. The setting rolloutLab.annotator changes it.',
    ),
    value: annotator(),
    validateInput: (name) => {
      if (name.trim() === '') return t('A name is needed: others tell your labels by it.');
      return isProgram(name.trim()) ? t('Names like this are of programs that suggest phases: choose another.') : null;
    },
  });
  await settings.update('annotator', typed?.trim() ?? annotator(), vscode.ConfigurationTarget.Global);
}
