import { basename, dirname, join } from 'node:path';
import * as vscode from 'vscode';
import { errorText } from '../domain/error-text.ts';
import { importInWorker } from '../formats/client.ts';
import { followFolder, type Followed } from '../formats/follow.ts';
import { allowWhereWritable } from '../video/media-folders.ts';
import { commandOf, runCommand } from './commands.ts';
import { editorText } from './editor-text.ts';
import { columnMaps, logLines, mark, type ImportParts } from './import-command.ts';
import * as plain from './plain-window.ts';
import { counted } from './rollout-label.ts';
import { needTrust } from './run-supervisor.ts';

/**
 * The folders that trainers write into, of which all that comes is imported into the store that is shown, and what the status bar says of
 * them. Those of another folder's store wait until that is chosen again.
 */
export class FollowedFolders implements vscode.Disposable {
  readonly #parts: ImportParts;
  readonly #item = vscode.window.createStatusBarItem('rolloutLab.followed', vscode.StatusBarAlignment.Left, 9);
  readonly #ends = new Map<string, AbortController>();
  readonly #came = new Map<string, Followed | null>();
  readonly #subscription: vscode.Disposable;

  /** Goes on with those that were followed when the window closed. */
  constructor(parts: ImportParts) {
    this.#parts = parts;
    this.#item.name = 'Rollout Lab: Followed Folders';
    this.#item.command = commandOf('rolloutLab.stopFollowing', 'Stop Following…');
    this.#subscription = vscode.Disposable.from(
      parts.store.onDidMove(() => this.#goOn()),
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.#goOn()),
    );
    this.#goOn();
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#leave();
    this.#item.dispose();
  }

  #leave(): void {
    for (const ended of this.#ends.values()) ended.abort();
    this.#ends.clear();
    this.#came.clear();
  }

  /** Follows those alone that are kept. */
  #goOn(): void {
    this.#leave();
    if (vscode.workspace.isTrusted) for (const folder of this.#kept) this.#follow(folder);
    this.#show();
  }

  /** Follows the folder that the explorer passed, or that the person picks. */
  async start(clicked: unknown): Promise<void> {
    needTrust('Trust this folder to follow what a trainer writes.');
    const picked = clicked instanceof vscode.Uri ? clicked : await pickFolder(this.#parts);
    if (!picked) return;
    const folder = picked.fsPath;
    // Opening makes the file, or says why it cannot be used.
    await this.#parts.store.open();
    if (this.#parts.store.readOnly !== null) throw new Error(this.#parts.store.readOnly);
    await this.#begin(folder);
  }

  /** Stops following the one there is, or the one that the person picks. */
  async stop(): Promise<void> {
    const folders = [...this.#ends.keys()];
    if (folders.length === 0) throw new Error('No folder is followed.');
    const items = folders.map((folder) => ({
      label: basename(folder),
      detail: folder,
      description: this.#state(folder),
    }));
    const picked = await plain.showQuickPick(items, {
      placeHolder: 'Stop following which folder? What was imported stays',
    });
    if (!picked) return;
    await this.#forget(picked.detail);
    this.#ends.get(picked.detail)?.abort();
  }

  /** Under it, those that go into the store of the folder that is chosen are kept over a reload of the window. */
  get #key(): string {
    return `rolloutLab.followed ${this.#parts.store.folder?.uri.toString()}`;
  }

  get #kept(): string[] {
    return this.#parts.memory.get<string[]>(this.#key, []);
  }

  async #begin(folder: string): Promise<void> {
    if (this.#ends.has(folder)) throw new Error(`${folder} is followed already.`);
    await this.#parts.memory.update(this.#key, [...this.#kept, folder]);
    this.#follow(folder);
  }

  async #forget(folder: string): Promise<void> {
    await this.#parts.memory.update(
      this.#key,
      this.#kept.filter((one) => one !== folder),
    );
  }

  #follow(folder: string): void {
    const ended = new AbortController();
    this.#ends.set(folder, ended);
    this.#came.set(folder, null);
    this.#show();
    void this.#read(folder, ended.signal)
      .catch((error: unknown) => (ended.signal.aborted ? undefined : this.#tell(folder, errorText(error))))
      .finally(() => {
        // It may be followed anew by now, into another store.
        if (this.#ends.get(folder) !== ended) return;
        this.#parts.log.info(`Following ${folder} no more: ${this.#state(folder)}`);
        this.#ends.delete(folder);
        this.#came.delete(folder);
        this.#show();
      });
  }

  async #read(folder: string, signal: AbortSignal): Promise<void> {
    const { store, dist, memory, log, rejections } = this.#parts;
    const file = store.file!;
    log.info(`Following ${folder}`);
    const roots = (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath);
    await allowWhereWritable(dirname(file), [folder], (text) => void plain.showWarningMessage(text));
    await followFolder(folder, {
      signal,
      read: async (options) => {
        const given = { roots, maps: columnMaps(memory), ...options, signal };
        const report = await store.beside(async () => {
          signal.throwIfAborted();
          return importInWorker(file, [folder], given, join(dist, 'import-worker.cjs'));
        });
        for (const file of options.growing.keys()) rejections.delete(vscode.Uri.file(file));
        mark(rejections, report);
        logLines(log, report);
        return report;
      },
      onRead: (followed) => {
        if (signal.aborted) return;
        this.#came.set(folder, followed);
        this.#show();
      },
    });
  }

  async #tell(folder: string, fault: string): Promise<void> {
    await this.#forget(folder);
    // Not awaited: it is followed no more, whatever is chosen here and whenever.
    void plain
      .showErrorMessage(`${folder} is followed no more: ${fault}`, 'Follow Again')
      .then((choice) =>
        choice === undefined ? undefined : runCommand('rolloutLab.followFolder', vscode.Uri.file(folder)),
      );
  }

  #state(folder: string): string {
    const followed = this.#came.get(folder);
    if (!followed) return 'nothing has come yet';
    const { rollouts, rejected, unfinished } = followed;
    const parts = [
      counted(rollouts, 'new rollout'),
      ...(rejected.length > 0 ? [`${counted(rejected.length, 'line')} rejected`] : []),
      ...(unfinished.length > 0 ? [`${counted(unfinished.length, 'file')} not whole yet`] : []),
    ];
    return parts.join(', ');
  }

  #show(): void {
    const folders = [...this.#ends.keys()];
    void vscode.commands.executeCommand('setContext', 'rolloutLab.follows', folders.length > 0);
    if (folders.length === 0) {
      this.#item.hide();
      return;
    }
    const count = folders.reduce((sum, folder) => sum + (this.#came.get(folder)?.rollouts ?? 0), 0);
    const isFaulty = folders.some((folder) => (this.#came.get(folder)?.rejected.length ?? 0) > 0);
    const name = folders.length === 1 ? basename(folders[0]) : counted(folders.length, 'folder');
    this.#item.text = `$(${isFaulty ? 'warning' : 'eye'}) ${editorText(name)}: ${count} new`;
    this.#item.tooltip = editorText(folders.map((folder) => `Following ${folder}: ${this.#state(folder)}`).join('\n'));
    this.#item.accessibilityInformation = { label: this.#item.tooltip };
    this.#item.show();
  }
}

async function pickFolder({ store }: ImportParts): Promise<vscode.Uri | undefined> {
  const picked = await vscode.window.showOpenDialog({
    title: 'Follow Folder: what a trainer writes into it is imported as it comes',
    canSelectFiles: false,
    canSelectFolders: true,
    openLabel: 'Follow',
    defaultUri: store.folder?.uri,
  });
  return picked?.[0];
}
