/** The topmost rows of the tree of rollouts: those of the one store that is open, or of several the folders that they are of. */
import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { errorText } from '../domain/error-text.ts';
import type { Filter } from '../store/store.ts';
import { commandOf } from './commands.ts';
import type { FolderState } from './rollout-label.ts';
import type { RolloutNode, RootRow, Row } from './rollout-node.ts';
import { readRoots } from './rollout-roots.ts';
import type { Stores } from './stores.ts';
import type { WorkspaceStore } from './workspace-store.ts';

/** What was read of a store; where that failed, the error. */
export interface ReadStore {
  about: Exclude<FolderState, 'unread'>;
  rows: RootRow[];
  error: unknown;
}

export class FolderRows implements vscode.Disposable {
  readonly #stores: Stores;
  readonly #filter: () => Filter | null;
  /** Since the last `forget`. */
  readonly #read = new Map<WorkspaceStore, Promise<ReadStore>>();
  /** What was last known of those that were read. */
  readonly #known = new Map<WorkspaceStore, FolderState>();
  /** Those of folders that are expanded. */
  readonly #held = new Map<WorkspaceStore, vscode.Disposable>();
  readonly #subscriptions: vscode.Disposable;

  constructor(stores: Stores, filter: () => Filter | null) {
    this.#stores = stores;
    this.#filter = filter;
    this.#subscriptions = vscode.Disposable.from(
      stores.onDidChangeAny((store) => this.#known.delete(store)),
      stores.onDidChangeList(() => {
        for (const store of this.#held.keys()) if (!stores.all.includes(store)) this.release(store);
      }),
    );
  }

  dispose(): void {
    this.#subscriptions.dispose();
    for (const held of this.#held.values()) held.dispose();
  }

  /** Whether folders have rows. */
  get areShown(): boolean {
    return this.#stores.all.length > 1;
  }

  /** Has stores read anew; where the filter is another one, nothing is known of those that are not. */
  forget(isOtherFilter = false): void {
    this.#read.clear();
    if (isOtherFilter) this.#known.clear();
  }

  /** Keeps the store of a folder open that is expanded. */
  hold(store: WorkspaceStore): void {
    if (!this.#held.has(store)) this.#held.set(store, store.hold());
  }

  release(store: WorkspaceStore): void {
    this.#held.get(store)?.dispose();
    this.#held.delete(store);
  }

  /** What there is of a store, opened where it is not; read once between two times of `forget`. */
  read(store: WorkspaceStore): Promise<ReadStore> {
    const read = this.#read.get(store) ?? this.#readNow(store);
    this.#read.set(store, read);
    return read;
  }

  /** A row for each store's folder. No store is opened for that alone. */
  folders(): Promise<Row<'folder'>[]> {
    return Promise.all(this.#stores.all.map((store) => this.#folder(store)));
  }

  /** Its datasets and runs, below its folder where that has a row. */
  async roots(store: WorkspaceStore): Promise<RootRow[]> {
    const { rows } = await this.read(store);
    return this.areShown ? below(await this.#folder(store), rows) : rows;
  }

  /** What can be done about a store that is not there or cannot be read, and else its datasets and runs. */
  async below(folder: Row<'folder'>): Promise<RolloutNode[]> {
    const { store } = folder;
    this.hold(store);
    const { about, rows, error } = await this.read(store);
    if (about === 'failed') return [note(folder, 'error', errorText(error)), ...curesOf(store, error, folder)];
    const { readOnly } = store;
    const notes = readOnly === null ? [] : [note(folder, 'lock', readOnly)];
    if (about === 'none' || about.prompts === 0) {
      const importing = commandOf('rolloutLab.importRollouts', t('Import Rollouts…'), folder);
      return [...notes, cure(folder, 'cloud-download', importing)];
    }
    if (rows.length === 0) return [...notes, note(folder, 'filter', t('No prompt matches the filter.'))];
    return [...notes, ...below(folder, rows)];
  }

  /** Whether the row of a folder says what is known of its store by now. */
  isNow({ store, about }: Row<'folder'>): boolean {
    return JSON.stringify(about) === JSON.stringify(this.#known.get(store) ?? about);
  }

  async #readNow(store: WorkspaceStore): Promise<ReadStore> {
    const read = await store
      .existing()
      .then((client) => client && readRoots(client, this.#filter() ?? undefined))
      .then(
        (roots): ReadStore => ({ about: roots?.holds ?? 'none', rows: roots?.rows ?? [], error: null }),
        (error: unknown): ReadStore => ({ about: 'failed', rows: [], error }),
      );
    this.#known.set(store, read.about);
    return read;
  }

  async #folder(store: WorkspaceStore): Promise<Row<'folder'>> {
    const isCurrent = store === this.#stores.current;
    // One that is open for something else is read where it changed.
    const isRead = isCurrent || this.#held.has(store) || (store.isOpen && !this.#known.has(store));
    const known = isRead ? (await this.read(store)).about : this.#known.get(store);
    const about = known ?? (store.exists ? 'unread' : 'none');
    return { kind: 'folder', id: `folder ${store.folder!.uri.toString()}`, store, about, isCurrent };
  }
}

function below(parent: Row<'folder'>, rows: readonly RootRow[]): RootRow[] {
  return rows.map((row) => ({ ...row, id: `${parent.id} ${row.id}`, parent }));
}

/** What can be done about a store that cannot be read. */
export function curesOf(store: WorkspaceStore, error: unknown, folder: Row<'folder'> | null): RolloutNode[] {
  const uri = folder?.store.folder?.uri;
  if (store.replaced)
    return [cure(folder, 'save-as', commandOf('rolloutLab.rescueStore', t('Save to a New Store…'), uri))];
  const isDamaged = error instanceof Error && error.name === 'StoreDamaged';
  return [
    ...(isDamaged ? [cure(folder, 'history', commandOf('rolloutLab.restoreStore', t('Restore Store…'), uri))] : []),
    cure(folder, 'refresh', commandOf('rolloutLab.refresh', t('Try Again'), uri)),
    cure(folder, 'gear', {
      command: 'workbench.action.openSettings',
      title: t('Choose Another Store…'),
      arguments: ['rolloutLab.store'],
    }),
  ];
}

function cure(parent: Row<'folder'> | null, icon: string, command: vscode.Command): RolloutNode {
  return { kind: 'cure', id: `${parent ? `${parent.id} ` : ''}cure ${command.command}`, parent, icon, command };
}

function note(parent: Row<'folder'>, icon: string, text: string): RolloutNode {
  return { kind: 'note', id: `${parent.id} ${icon}`, parent, icon, text };
}
