import * as vscode from 'vscode';
import { setUpTensorFlow, setupText, type TensorFlowSetup } from '../training/backends/tensorflow-setup.ts';
import type { Download } from '../training/setup/setup.ts';
import * as plain from './plain-window.ts';

export interface SetupParts {
  /** Folder of the built bundles. */
  dist: string;
  log: vscode.LogOutputChannel;
  /** Aborts when the extension ends: what was started ends with it. */
  ended: AbortSignal;
}

/** Sets the backend up for this machine, with the steps in a notification that can be cancelled, and tells what came of it. */
export async function setUpTensorFlowCommand({ dist, log, ended }: SetupParts): Promise<TensorFlowSetup> {
  const setup = await plain.withProgress(
    { location: vscode.ProgressLocation.Notification, title: 'TensorFlow backend', cancellable: true },
    (progress, token) => {
      const cancelled = new AbortController();
      token.onCancellationRequested(() => cancelled.abort(new vscode.CancellationError()));
      return setUpTensorFlow({
        ...{ dist, confirm, signal: AbortSignal.any([cancelled.signal, ended]) },
        progress: (message) => {
          log.info(`TensorFlow backend: ${message}`);
          progress.report({ message });
        },
        output: (line) => log.info(line),
      });
    },
  );
  log.info(setupText(setup));
  // Not awaited: the command is done, whatever is chosen here and whenever.
  void plain.showInformationMessage(setupText(setup));
  return setup;
}

async function confirm({ why, what, size, disk, folder }: Download): Promise<string | null> {
  const [download, choose] = ['Download', 'Choose Python…'];
  const choice = await plain.ask(
    why,
    `pip can download ${what}: about ${size} GB, and ${disk} GB on the disk, in ${folder}. Or choose a Python that has TensorFlow.`,
    download,
    choose,
  );
  if (choice === download) return null;
  if (choice === choose) {
    const [python] =
      (await vscode.window.showOpenDialog({ title: 'A Python that has TensorFlow', openLabel: 'Use' })) ?? [];
    if (python) return python.fsPath;
  }
  throw new vscode.CancellationError();
}
