import * as vscode from 'vscode';
import { makeClient, passOn, type StoreClient } from '../store/client.ts';
import type { RolloutNode } from './rollout-node.ts';
import { fileIn, WorkspaceStore } from './workspace-store.ts';

/** The folder that is worked on, by its URI. */
const folderKey = 'rolloutLab.folder';

export interface StoresParts {
  /** The dist folder. */
  dist: string;
  log: vscode.LogOutputChannel;
  /** Keeps which folder was worked on. */
  memory: vscode.Memento;
}

/** A store, and what it says. */
export interface OfStore {
  store: WorkspaceStore;
  text: string;
}

/** The stores of the folders that are open, of which the window works on one: what was opened last is of it. */
export class Stores implements vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<WorkspaceStore>();
  /** Fires when anything in one of the stores changed, as each of them says. */
  readonly onDidChangeAny = this.#changed.event;

  readonly #currentChanged = new vscode.EventEmitter<void>();
  /** Fires when anything in the store that is worked on changed, and when that is another one. */
  readonly onDidChange = this.#currentChanged.event;

  readonly #moved = new vscode.EventEmitter<void>();
  /** Fires when another file is the store that is worked on: of another folder, or by another setting. */
  readonly onDidMove = this.#moved.event;

  readonly #listed = new vscode.EventEmitter<void>();
  /** Fires when a folder came, went or was named anew, and when another file became a folder's store. */
  readonly onDidChangeList = this.#listed.event;

  readonly #trouble = new vscode.EventEmitter<OfStore>();
  /** Fires when a store is found to be damaged or to have lost edits, with what to do. */
  readonly onDidFindTrouble = this.#trouble.event;

  readonly #network = new vscode.EventEmitter<OfStore>();
  /** Fires when a store was opened in a network folder, with what may happen to it. */
  readonly onDidFindNetwork = this.#network.event;

  /** Asks at each call the store that is worked on then, so it can be held for ever. */
  readonly client: StoreClient = makeClient((call) => passOn(this.current.client, call));

  readonly #parts: StoresParts;
  /** By the folder's URI; a folder that went may come again, and what its store alone holds is not lost meanwhile. */
  readonly #made = new Map<string, WorkspaceStore>();
  readonly #subscriptions: vscode.Disposable[];
  /** By the folder's URI. */
  #stores = new Map<string, WorkspaceStore>();
  #current: WorkspaceStore;
  #held: vscode.Disposable;

  constructor(parts: StoresParts) {
    this.#parts = parts;
    this.#list();
    this.#current = this.#chosen();
    this.#held = this.#current.hold();
    this.#subscriptions = [
      this.#changed,
      this.#currentChanged,
      this.#moved,
      this.#listed,
      this.#trouble,
      this.#network,
      vscode.workspace.onDidChangeWorkspaceFolders(() => {
        this.#list();
        this.#settle();
        this.#listed.fire();
      }),
    ];
  }

  /** The one that is worked on. */
  get current(): WorkspaceStore {
    return this.#current;
  }

  /** In the order of their folders. Those of folders that have one file are one. */
  get all(): WorkspaceStore[] {
    return [...new Set(this.#stores.values())];
  }

  /** What a view's title says of the one that is worked on, where there are several; else nothing. */
  get currentName(): string {
    return this.all.length > 1 ? this.#current.folder!.name : '';
  }

  /** The store that a row of the tree is of, or that of the folder in which a file lies; of anything else, the one that is worked on. */
  of(target: unknown): WorkspaceStore {
    const folder = target instanceof vscode.Uri ? vscode.workspace.getWorkspaceFolder(target) : null;
    return (folder && this.#stores.get(folder.uri.toString())) ?? storeAbove(target) ?? this.#current;
  }

  /** Those that were removed or replaced while they were open: of what they held this window alone has all, also where their folder left the workspace. */
  get lost(): WorkspaceStore[] {
    return [...this.#made.values()].filter(({ replaced }) => replaced !== null);
  }

  /** Of those the one that is asked for, else that of a folder that has no row to ask by; where none was lost, as `of`. */
  lostOf(target: unknown): WorkspaceStore {
    const asked = (target instanceof vscode.Uri && this.#made.get(target.toString())) || this.of(target);
    return asked.replaced || target !== undefined ? asked : (this.lost[0] ?? asked);
  }

  /** Works on this one, now and after a reload. */
  async choose(store: WorkspaceStore): Promise<void> {
    if (store === this.#current || !store.folder) return;
    const kept = this.#parts.memory.update(folderKey, store.folder.uri.toString());
    this.#settle();
    await kept;
  }

  dispose(): void {
    for (const one of [this.#held, ...this.#subscriptions, ...this.#made.values()]) one.dispose();
  }

  #list(): void {
    const byFile = new Map<string | null, WorkspaceStore>();
    const folders = vscode.workspace.workspaceFolders ?? [];
    this.#stores = new Map(
      (folders.length > 0 ? folders : [null]).map((folder) => {
        const file = folder && fileIn(folder);
        const store = byFile.get(file) ?? this.#make(folder);
        byFile.set(file, store);
        return [String(folder?.uri), store];
      }),
    );
  }

  #make(folder: vscode.WorkspaceFolder | null): WorkspaceStore {
    const key = String(folder?.uri);
    const made = this.#made.get(key);
    if (made) return made;
    const store = new WorkspaceStore(folder, this.#parts.dist, this.#parts.log);
    store.onDidChange(() => {
      this.#changed.fire(store);
      if (store === this.#current) this.#currentChanged.fire();
    });
    store.onDidMove(() => {
      this.#list();
      if (store === this.#current) this.#moved.fire();
      this.#settle();
      this.#listed.fire();
    });
    store.onDidFindTrouble((text) => this.#trouble.fire({ store, text }));
    store.onDidFindNetwork((text) => this.#network.fire({ store, text }));
    this.#made.set(key, store);
    return store;
  }

  /** The one of the folder that was chosen, else of the first. */
  #chosen(): WorkspaceStore {
    return this.#stores.get(this.#parts.memory.get(folderKey, '')) ?? this.all[0];
  }

  #settle(): void {
    const chosen = this.#chosen();
    if (chosen === this.#current) return;
    this.#held.dispose();
    this.#current = chosen;
    this.#held = chosen.hold();
    this.#moved.fire();
    this.#currentChanged.fire();
  }
}

/** The store of the folder below which a row stands, where the tree has such rows. */
function storeAbove(target: unknown): WorkspaceStore | null {
  const node = target as RolloutNode | null | undefined;
  if (typeof node !== 'object' || node === null) return null;
  if (node.kind === 'folder') return node.store;
  return 'parent' in node ? storeAbove(node.parent) : null;
}
