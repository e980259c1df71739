/** The phases.json of the project that is worked on, beside its store: taken over when it is saved, its faults shown in it. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { phaseFileName, readPhases, writtenPhases } from '../formats/phases.ts';
import * as plain from './plain-window.ts';
import type { Stores } from './stores.ts';
import { StoreUnavailable } from './workspace-store.ts';

export class PhaseFile implements vscode.Disposable {
  readonly #stores: Stores;
  readonly #log: vscode.LogOutputChannel;
  readonly #faults = vscode.languages.createDiagnosticCollection('rolloutLab.phases');
  readonly #watched: vscode.Disposable;
  #watcher: vscode.Disposable | null = null;
  #taking: Promise<void> = Promise.resolve();

  constructor(stores: Stores, log: vscode.LogOutputChannel) {
    this.#stores = stores;
    this.#log = log;
    this.#watched = stores.onDidMove(() => this.#watch());
    this.#watch();
  }

  dispose(): void {
    this.#faults.dispose();
    this.#watched.dispose();
    this.#watcher?.dispose();
  }

  /** Opens the file, made from the phases and error types as they are when there is none. */
  async edit(): Promise<void> {
    const client = await this.#stores.current.open();
    const uri = this.#uri!;
    if (!existsSync(uri.fsPath)) {
      const [phases, errors] = await Promise.all([client.phases.get(), client.errorTypes.get()]);
      await vscode.workspace.fs.writeFile(uri, Buffer.from(writtenPhases({ phases, errors })));
    }
    await vscode.window.showTextDocument(uri);
  }

  get #uri(): vscode.Uri | null {
    const { file } = this.#stores.current;
    return file === null ? null : vscode.Uri.file(join(dirname(file), phaseFileName));
  }

  #watch(): void {
    this.#watcher?.dispose();
    this.#watcher = null;
    this.#faults.clear();
    const uri = this.#uri;
    if (!uri) return;
    const folder = vscode.Uri.file(dirname(uri.fsPath));
    const watcher = vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(folder, phaseFileName));
    watcher.onDidChange(() => this.#take(uri));
    watcher.onDidCreate(() => this.#take(uri));
    watcher.onDidDelete(() => this.#faults.delete(uri));
    this.#watcher = watcher;
    if (existsSync(uri.fsPath)) this.#take(uri);
  }

  /** One after another: of two quick saves the later one must win. */
  #take(uri: vscode.Uri): void {
    this.#taking = this.#taking
      .then(() => this.#taken(uri))
      .catch((error: unknown) => {
        this.#log.error('phases.json:', error);
        // Without a store there is nothing to bring to the new phases; whoever opens it is told why there is none.
        if (!(error instanceof StoreUnavailable)) this.#refuse(uri, (error as Error).message);
      });
  }

  async #taken(uri: vscode.Uri): Promise<void> {
    const text = await readFile(uri.fsPath, 'utf8');
    const read = readPhases(text);
    if ('faults' in read) {
      const document = await vscode.workspace.openTextDocument(uri);
      const at = (offset: number): vscode.Position => document.positionAt(offset);
      this.#faults.set(
        uri,
        read.faults.map(({ offset, length, message }) =>
          plain.diagnostic(new vscode.Range(at(offset), at(offset + length)), message),
        ),
      );
      return;
    }
    const client = await this.#stores.current.open();
    // Another store has been opened meanwhile.
    if (uri.fsPath !== this.#uri?.fsPath) return;
    const moved = await client.setPhases(read.phases);
    await client.errorTypes.set(read.errors);
    this.#faults.delete(uri);
    if (moved > 0) {
      void plain.showInformationMessage(
        moved === 1
          ? t('1 label was brought to the phases of {0}.', phaseFileName)
          : t('{0} labels were brought to the phases of {1}.', moved, phaseFileName),
      );
    }
  }

  /** The phases stay as they were: says why in the file and in a message. */
  #refuse(uri: vscode.Uri, reason: string): void {
    const start = new vscode.Range(0, 0, 0, 1);
    this.#faults.set(uri, [plain.diagnostic(start, reason)]);
    void plain
      .showErrorMessage(t('The phases stay as they are. {0}', reason), t('Open phases.json'))
      .then((chosen) => (chosen === undefined ? undefined : vscode.window.showTextDocument(uri)));
  }
}
