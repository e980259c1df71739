import { basename, dirname, join } from 'node:path';
import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { counted } from '../domain/counted.ts';
import { errorText } from '../domain/error-text.ts';
import { importInWorker } from '../formats/client.ts';
import { followFolder, type Followed } from '../formats/follow.ts';
import { allowWhereWritable } from '../video/media-folders.ts';
import { commandOf, runCommand } from './commands.ts';
import { editorText } from './editor-text.ts';
import { columnMaps, logLines, mark, type ImportParts } from './import-command.ts';
import * as plain from './plain-window.ts';
import { needTrust } from './run-supervisor.ts';
import type { Stores } from './stores.ts';
import type { WorkspaceStore } from './workspace-store.ts';

/** One of the folders that are followed. */
interface Following {
  /** Into which store. */
  store: WorkspaceStore;
  ended: AbortController;
  came: Followed | null;
}

export interface FollowParts extends Omit<ImportParts, 'store'> {
  stores: Stores;
}

/**
 * The folders that trainers write into, of which all that comes is imported, each into the store with which it was begun, and what the status
 * bar says of them.
 */
export class FollowedFolders implements vscode.Disposable {
  readonly #parts: FollowParts;
  readonly #item = vscode.window.createStatusBarItem('rolloutLab.followed', vscode.StatusBarAlignment.Left, 9);
  readonly #followed = new Map<string, Following>();
  readonly #subscription: vscode.Disposable;

  /** Goes on with those that were followed when the window closed. */
  constructor(parts: FollowParts) {
    this.#parts = parts;
    this.#item.name = t('Rollout Lab: Followed Folders');
    this.#item.command = commandOf('rolloutLab.stopFollowing', t('Stop Following…'));
    this.#subscription = vscode.Disposable.from(
      parts.stores.onDidChangeList(() => this.#goOn()),
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
    for (const { ended } of this.#followed.values()) ended.abort();
    this.#followed.clear();
  }

  /** Follows those alone that are kept. */
  #goOn(): void {
    this.#leave();
    const { stores } = this.#parts;
    if (vscode.workspace.isTrusted)
      for (const store of stores.all) for (const folder of this.#kept(store)) this.#follow(store, folder);
    this.#show();
  }

  /** Follows the folder that the explorer passed, or that the person picks. */
  async start(clicked: unknown): Promise<void> {
    needTrust(t('Trust this folder to follow what a trainer writes.'));
    const store = this.#parts.stores.of(clicked);
    const picked = clicked instanceof vscode.Uri ? clicked : await pickFolder(store);
    if (!picked) return;
    const folder = picked.fsPath;
    // Opening makes the file, or says why it cannot be used.
    await store.open();
    if (store.readOnly !== null) throw new Error(store.readOnly);
    await this.#begin(store, folder);
  }

  /** Stops following the one there is, or the one that the person picks. */
  async stop(): Promise<void> {
    const folders = [...this.#followed.keys()];
    if (folders.length === 0) throw new Error(t('No folder is followed.'));
    const items = folders.map((folder) => ({
      label: basename(folder),
      detail: folder,
      description: this.#state(folder),
    }));
    const picked = await plain.showQuickPick(items, {
      placeHolder: t('Stop following which folder? What was imported stays'),
    });
    if (!picked) return;
    const following = this.#followed.get(picked.detail);
    if (!following) return;
    await this.#forget(following.store, picked.detail);
    following.ended.abort();
  }

  /** Those that go into a store are kept over a reload of the window. */
  #kept(store: WorkspaceStore): string[] {
    return this.#parts.memory.get<string[]>(keyOf(store), []);
  }

  async #begin(store: WorkspaceStore, folder: string): Promise<void> {
    if (this.#followed.has(folder)) throw new Error(t('{0} is followed already.', folder));
    await this.#parts.memory.update(keyOf(store), [...this.#kept(store), folder]);
    this.#follow(store, folder);
  }

  async #forget(store: WorkspaceStore, folder: string): Promise<void> {
    await this.#parts.memory.update(
      keyOf(store),
      this.#kept(store).filter((one) => one !== folder),
    );
  }

  #follow(store: WorkspaceStore, folder: string): void {
    const following: Following = { store, ended: new AbortController(), came: null };
    this.#followed.set(folder, following);
    this.#show();
    const held = store.hold();
    const { signal } = following.ended;
    void this.#read(folder, following)
      .catch((error: unknown) => (signal.aborted ? undefined : this.#tell(store, folder, errorText(error))))
      .finally(() => {
        held.dispose();
        // It may be followed anew by now.
        if (this.#followed.get(folder) !== following) return;
        this.#parts.log.info(`Following ${folder} no more: ${this.#state(folder)}`);
        this.#followed.delete(folder);
        this.#show();
      });
  }

  async #read(folder: string, following: Following): Promise<void> {
    const { dist, memory, log, rejections } = this.#parts;
    const { store } = following;
    const { signal } = following.ended;
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
        following.came = followed;
        this.#show();
      },
    });
  }

  async #tell(store: WorkspaceStore, folder: string, fault: string): Promise<void> {
    await this.#forget(store, folder);
    // Not awaited: it is followed no more, whatever is chosen here and whenever.
    void plain
      .showErrorMessage(t('{0} is followed no more: {1}', folder, fault), t('Follow Again'))
      .then((choice) =>
        choice === undefined ? undefined : runCommand('rolloutLab.followFolder', vscode.Uri.file(folder)),
      );
  }

  #state(folder: string): string {
    const followed = this.#followed.get(folder)?.came;
    if (!followed) return t('nothing has come yet');
    const { rollouts, rejected, unfinished } = followed;
    const parts = [
      counted(rollouts, 'new rollout'),
      ...(rejected.length > 0 ? [t('{0} rejected', counted(rejected.length, 'line'))] : []),
      ...(unfinished.length > 0 ? [t('{0} not whole yet', counted(unfinished.length, 'file'))] : []),
    ];
    return parts.join(', ');
  }

  #show(): void {
    const folders = [...this.#followed.keys()];
    void vscode.commands.executeCommand('setContext', 'rolloutLab.follows', folders.length > 0);
    if (folders.length === 0) {
      this.#item.hide();
      return;
    }
    const count = folders.reduce((sum, folder) => sum + (this.#followed.get(folder)?.came?.rollouts ?? 0), 0);
    const isFaulty = folders.some((folder) => (this.#followed.get(folder)?.came?.rejected.length ?? 0) > 0);
    const name = folders.length === 1 ? basename(folders[0]) : counted(folders.length, 'folder');
    this.#item.text = `$(${isFaulty ? 'warning' : 'eye'}) ${editorText(t('{0}: {1} new', name, count))}`;
    this.#item.tooltip = editorText(
      folders.map((folder) => t('Following {0}: {1}', folder, this.#state(folder))).join('\n'),
    );
    this.#item.accessibilityInformation = { label: this.#item.tooltip };
    this.#item.show();
  }
}

/** By the folder of the store. */
const keyOf = ({ folder }: WorkspaceStore): string => `rolloutLab.followed ${folder?.uri.toString()}`;

async function pickFolder(store: WorkspaceStore): Promise<vscode.Uri | undefined> {
  const picked = await vscode.window.showOpenDialog({
    title: t('Follow Folder: what a trainer writes into it is imported as it comes'),
    canSelectFiles: false,
    canSelectFolders: true,
    openLabel: t('Follow'),
    defaultUri: store.folder?.uri,
  });
  return picked?.[0];
}
