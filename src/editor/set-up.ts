/** The commands that set something up on this machine, with the steps in a notification that can be cancelled. */
import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { setUpTensorFlow, setupText, type TensorFlowSetup } from '../training/backends/tensorflow-setup.ts';
import { setUpTorch, torchCure, torchSetupText, type TorchSetup } from '../training/engine/torch-setup.ts';
import type { Download, SetupOptions } from '../training/setup/setup.ts';
import * as plain from './plain-window.ts';

export interface SetupParts {
  /** Folder of the built bundles. */
  dist: string;
  log: vscode.LogOutputChannel;
  /** Aborts when the extension ends: what was started ends with it. */
  ended: AbortSignal;
}

export const setUpTensorFlowCommand = (parts: SetupParts): Promise<TensorFlowSetup> =>
  setUp(parts, t('TensorFlow backend'), 'TensorFlow', setUpTensorFlow, setupText);

export const setUpTorchCommand = (parts: SetupParts): Promise<TorchSetup> =>
  setUp(parts, t('PyTorch engine'), 'PyTorch', setUpTorch, torchSetupText);

/** What is offered with an error of the PyTorch engine that its set-up cures; nothing with another. */
export const setUpTorchFor = (error: string | null): string[] =>
  error?.includes(torchCure) ? [t('Set Up PyTorch Engine')] : [];

/** Does the work under its title, and tells what came of it; a Python may be chosen that has what is `needed`. */
async function setUp<Result extends object>(
  { dist, log, ended }: SetupParts,
  title: string,
  needed: string,
  work: (options: SetupOptions) => Promise<Result>,
  textOf: (result: Result) => string,
): Promise<Result> {
  const result = await plain.cancellable(title, (signal, say) =>
    work({
      dist,
      confirm: (download) => confirm(download, needed),
      signal: AbortSignal.any([signal, ended]),
      progress: (message) => {
        log.info(`${needed}: ${message}`);
        say(message);
      },
      output: (line) => log.info(line),
    }),
  );
  if (!result) throw new vscode.CancellationError();
  log.info(textOf(result));
  // Not awaited: the command is done, whatever is chosen here and whenever.
  void plain.showInformationMessage(textOf(result));
  return result;
}

async function confirm({ why, what, size, disk, folder }: Download, needed: string): Promise<string | null> {
  const [download, choose] = [t('Download'), t('Choose Python…')];
  const choice = await plain.ask(
    why,
    t(
      'pip can download {0}: about {1} GB, and {2} GB on the disk, in {3}. Or choose a Python that has {4}.',
      what,
      size,
      disk,
      folder,
      needed,
    ),
    download,
    choose,
  );
  if (choice === download) return null;
  if (choice === choose) {
    const [python] =
      (await vscode.window.showOpenDialog({ title: t('A Python that has {0}', needed), openLabel: t('Use') })) ?? [];
    if (python) return python.fsPath;
  }
  throw new vscode.CancellationError();
}
