import { existsSync } from 'node:fs';
import { cp, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { importInWorker } from '../formats/client.ts';
import { writeFolder } from '../formats/whole-file.ts';
import { welcomeMark } from '../store/place.ts';
import * as plain from './plain-window.ts';
import { defaultStore } from './workspace-store.ts';

const dataset = 'dataset.jsonl';
const rollouts = join('rollouts', 'sample.rollouts.jsonl');

/** Copies the sample project to a folder the user confirms, imports its rollouts, and opens it there. */
export async function openSampleProject(extension: vscode.Uri, dist: string): Promise<void> {
  const folder = await plain.showInputBox({
    title: t('Open Sample Project'),
    prompt: t('Folder to copy the sample project into'),
    value: join(homedir(), 'rollout-lab-sample'),
    validateInput: (text) => {
      if (!isAbsolute(text)) return t('Type the whole path of a folder.');
      const taken = existsSync(text) && !existsSync(join(text, dataset));
      return taken ? t('This folder holds something else: name one that is not there yet.') : null;
    },
  });
  if (folder === undefined) return;
  await plain.withProgress(
    { location: vscode.ProgressLocation.Notification, title: t('Sample project') },
    async (progress) => {
      if (!existsSync(folder)) {
        progress.report({ message: 'copying' });
        const sample = vscode.Uri.joinPath(extension, 'media', 'sample').fsPath;
        await writeFolder(folder, (inner) => cp(sample, inner, { recursive: true }));
      }
      progress.report({ message: t('importing its rollouts') });
      const files = [dataset, rollouts].map((file) => join(folder, file));
      const store = join(folder, defaultStore);
      await importInWorker(store, files, {}, join(dist, 'import-worker.cjs'));
      await writeFile(join(dirname(store), welcomeMark), '');
    },
  );
  await vscode.commands.executeCommand('vscode.openFolder', vscode.Uri.file(folder));
}
