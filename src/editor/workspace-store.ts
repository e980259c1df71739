import { existsSync } from 'node:fs';
import { isAbsolute, join, relative } from 'node:path';
import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { openStoreInWorker } from '../store/client.ts';
import { checkInWorker, restoreInWorker } from '../store/care.ts';
import type { StoreCheck } from '../store/check.ts';
import { storeFolder } from '../store/place.ts';
import type { Restored } from '../store/restore.ts';
import type { StoreClient } from '../store/client.ts';
import { LastingStore } from './lasting-store.ts';
import { StoreUpdate } from './store-update.ts';

/** How often another process's writes are looked for. */
const pollMs = 1_000;

/** How often it is asked whether a backup is due; first a minute after the window opened, when people have what they came for. */
const backUpMs = 3_600_000;
const firstBackUpMs = 60_000;
const damagedBackUpMs = 86_400_000;

/** The store's file in a folder whose settings name no other. */
export const defaultStore = join(storeFolder, 'rollouts.db');

/** Why there is no store to work with, in words for the user. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}

/** For how long nobody holds or asks a store before it is closed (ms). */
const restMs = 10_000;

/** What a command is made of whose work on the store goes on in a thread of its own. */
export interface StoreParts {
  store: WorkspaceStore;
  /** The dist folder. */
  dist: string;
}

/** Path of a folder's store, there or not. */
export function fileIn(folder: vscode.WorkspaceFolder): string {
  const setting = vscode.workspace.getConfiguration('rolloutLab', folder).get<string>('store', '');
  return isAbsolute(setting) ? setting : join(folder.uri.fsPath, setting || defaultStore);
}

/**
 * The store of a workspace's folder: opened in its worker thread when first needed. While somebody holds it, it is followed for changes by
 * any process; what nobody holds and nothing asks is closed.
 */
export class WorkspaceStore implements vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<void>();
  /** Fires when anything in the store changed, whoever changed it, when another file became the store, and when it was lost. */
  readonly onDidChange = this.#changed.event;

  readonly #moved = new vscode.EventEmitter<void>();
  /** Fires when another file became the store, by another setting. */
  readonly onDidMove = this.#moved.event;

  readonly #trouble = new vscode.EventEmitter<string>();
  /** Fires when a store is found to be damaged or to have lost edits, with what to do. */
  readonly onDidFindTrouble = this.#trouble.event;

  readonly #network = new vscode.EventEmitter<string>();
  /** Fires when a store was opened in a network folder, with what may happen to it. */
  readonly onDidFindNetwork = this.#network.event;

  readonly #worker: string;
  readonly #careWorker: string;
  readonly #log: vscode.LogOutputChannel;
  readonly #subscription: vscode.Disposable;
  readonly #lasting: LastingStore;
  /** The store's file when `onDidMove` was last heard. */
  #at: string | null;
  #holders = 0;
  /** When one of them let go (`performance.now()`). */
  #heldUntil = 0;
  #version: number | null = null;
  #readOnly: string | null = null;
  #timer: NodeJS.Timeout | null = null;
  /** A removed or replaced store and the file that took over what it held. */
  #rescued: { from: string; to: string } | null = null;
  #disposed = false;
  #nextBackUp = Date.now() + firstBackUpMs;
  /** What was told of damage. */
  readonly #told = new Set<string>();

  /** The folder whose store it is; null where none is open, and so there is no store. */
  readonly folder: vscode.WorkspaceFolder | null;

  /** `dist` is the folder of the built bundles, where the store's worker lies. */
  constructor(folder: vscode.WorkspaceFolder | null, dist: string, log: vscode.LogOutputChannel) {
    this.folder = folder;
    this.#worker = join(dist, 'store-worker.cjs');
    this.#careWorker = join(dist, 'care-worker.cjs');
    this.#log = log;
    this.#at = this.file;
    this.#lasting = new LastingStore({
      file: () => this.#needFile(),
      connect: (file) => this.#connect(file),
      onOpened: (client, file) => this.#ask(client, file),
      onReplaced: (error) => {
        log.error(error);
        this.#changed.fire();
      },
    });
    this.#subscription = vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('rolloutLab.store', folder ?? undefined))
        void this.reopen().catch(() => this.#changed.fire());
    });
    this.#poll();
  }

  /** Path of the store's file, there or not; null when no folder is open. */
  get file(): string | null {
    return this.folder && fileIn(this.folder);
  }

  /** The path of the store that is read, as people know it: from the folder on, when it is in it. */
  get name(): string {
    return this.file === null ? '' : nameOf(this.#lasting.file);
  }

  /** The whole path of the store that is read: what is not saved yet is known by it, whichever folder is the first by then. */
  get key(): string {
    return this.file === null ? '' : this.#lasting.file;
  }

  /** The key of the removed or replaced store whose content this took over, if it did. */
  get formerKey(): string | undefined {
    return this.#rescued?.to === this.key ? this.#rescued.from : undefined;
  }

  /** Looking never makes a store. */
  get exists(): boolean {
    return this.#lasting.isOpen || (this.file !== null && existsSync(this.file));
  }

  /** Whether the store of this key is there and is the one that is read, by that key or since it was saved to a new file. */
  isNow(key: string): boolean {
    const { from, to } = this.#rescued ?? {};
    const file = fileNamed(key);
    return this.exists && (file === from ? to : file) === this.key;
  }

  /** Asks at each call for the store as it is then, so it can be held for ever; a call makes the store when there is none. */
  get client(): StoreClient {
    return this.#lasting.client;
  }

  /** Why nothing more is saved: the file was removed or replaced while it was open. Null while all is well. */
  get replaced(): Error | null {
    return this.#lasting.replaced;
  }

  /** Why nothing can be saved to the store that is open, for people; null where it can. */
  get readOnly(): string | null {
    return this.#readOnly;
  }

  /** The file that is there in place of a replaced store; null when there is none. */
  get replacement(): string | null {
    const { file } = this;
    return this.replaced && file !== null && existsSync(file) ? file : null;
  }

  get isOpen(): boolean {
    return this.#lasting.isOpen;
  }

  /** Has it followed, and open where it is there, until this is disposed of. */
  hold(): vscode.Disposable {
    this.#holders += 1;
    let isHeld = true;
    return new vscode.Disposable(() => {
      if (!isHeld) return;
      isHeld = false;
      this.#holders -= 1;
      this.#heldUntil = performance.now();
    });
  }

  /** Its client, once it is open. Rejects with the reason when it is newer than this extension, locked, damaged, removed or replaced. */
  async open(): Promise<StoreClient> {
    await this.#lasting.open();
    return this.client;
  }

  /** The same when its file is there, else null. */
  async existing(): Promise<StoreClient | null> {
    return this.exists ? this.open() : null;
  }

  /** Does work on a connection in a thread of its own, so that a long reading keeps no label waiting. */
  async apart<Result>(work: (client: StoreClient) => Promise<Result>): Promise<Result> {
    return this.beside(async (file) => {
      const client = await openStoreInWorker(file, this.#worker);
      try {
        return await work(client);
      } finally {
        await client.close();
      }
    });
  }

  /** The same kept open, for whoever asks again and again; `endReading` closes it. */
  get reader(): StoreClient {
    return this.#lasting.reader;
  }

  endReading(): Promise<void> {
    return this.#lasting.closeReaders();
  }

  /** Does work that opens the store's file in another thread or process and ends: no restoring moves the file meanwhile. */
  async beside<Result>(work: (file: string) => Promise<Result>): Promise<Result> {
    const held = this.hold();
    try {
      return await this.#lasting.beside(work);
    } finally {
      held.dispose();
    }
  }

  /** Looks whether the file is whole, in a thread of its own. */
  check(): Promise<StoreCheck> {
    return checkInWorker(this.#needFile(), this.#careWorker);
  }

  /** Fires trouble where what people wrote on a rollout is not as they saved it. */
  async lookAtRows(rolloutId: string): Promise<void> {
    const trouble = await this.client.rowText(rolloutId);
    if (trouble !== null) this.#tell(trouble);
  }

  /** Brings the file back (`restoreStore`), while this window has it closed. */
  async restore(from: string | null): Promise<Restored> {
    const file = this.#needFile();
    let restored: Restored | undefined;
    this.#version = null;
    try {
      await this.#lasting.alone(async () => {
        restored = await restoreInWorker(file, from, this.#careWorker);
      });
      this.#told.clear();
      this.#nextBackUp = Date.now() + firstBackUpMs;
    } finally {
      this.#changed.fire();
    }
    return restored!;
  }

  /** Opens the file anew. Rejects, and goes on holding it, when what is open was removed or replaced. */
  async reopen(): Promise<void> {
    // Closed, a removed file would be gone for good.
    await this.#lasting.look().catch(() => undefined);
    if (this.replaced) throw this.replaced;
    await this.openAnew();
  }

  /** The same, whatever became of what is open: what only that holds is lost. */
  async openAnew(): Promise<void> {
    this.#version = null;
    await this.#lasting.close();
    if (this.file !== this.#at) {
      this.#at = this.file;
      this.#readOnly = null;
      this.#moved.fire();
    }
    this.#changed.fire();
  }

  /** Writes what a removed or replaced store holds to a new file, and goes on with that. Returns its path. */
  async rescue(): Promise<string> {
    const lost = this.#lasting.file;
    const target = await this.#lasting.rescue();
    this.#rescued = { from: lost, to: target };
    // One that left the workspace has no settings here.
    const isOpen = this.folder !== null && vscode.workspace.getWorkspaceFolder(this.folder.uri) !== undefined;
    if (isOpen && this.file !== target) {
      await vscode.workspace
        .getConfiguration('rolloutLab', this.folder)
        .update('store', nameOf(target, this.folder), vscode.ConfigurationTarget.WorkspaceFolder);
    }
    if (isOpen && this.file !== target) {
      throw new Error(t('What the store holds is in {0}. Choose that file in the setting rolloutLab.store.', target));
    }
    await this.openAnew();
    return target;
  }

  dispose(): void {
    this.#disposed = true;
    if (this.#timer) clearTimeout(this.#timer);
    this.#subscription.dispose();
    this.#changed.dispose();
    this.#moved.dispose();
    this.#trouble.dispose();
    this.#network.dispose();
    void this.#lasting.close();
  }

  #needFile(): string {
    if (this.file !== null) return this.file;
    throw new StoreUnavailable(t('Open a folder first: rollouts, labels and runs are kept in it.'));
  }

  async #connect(file: string): Promise<StoreClient> {
    const update = new StoreUpdate();
    try {
      return await openStoreInWorker(file, this.#worker, (doing) => {
        this.#log.info(`Bringing the store ${file} up to date: ${doing}`);
        update.tell(doing);
      });
    } catch (error) {
      this.#log.error(`Cannot open the store ${file}:`, error);
      throw error;
    } finally {
      update.end();
    }
  }

  async #ask(client: StoreClient, file: string): Promise<void> {
    this.#readOnly = await client.readOnlyText();
    this.#log.info(`Opened the store ${file}${this.#readOnly === null ? '' : ' read-only'}`);
    const network = await client.networkText();
    if (network !== null) this.#network.fire(network);
    void client.lookOver().then(
      (trouble) => {
        if (trouble !== null) this.#tell(trouble);
      },
      (error: unknown) => this.#log.debug('Cannot look over the store:', error),
    );
  }

  /** Once is enough until it is restored. */
  #tell(trouble: string): void {
    if (this.#told.has(trouble)) return;
    this.#told.add(trouble);
    this.#log.error(trouble);
    this.#trouble.fire(trouble);
  }

  async #backUp(): Promise<void> {
    if (this.#readOnly !== null) return;
    const keep = vscode.workspace.getConfiguration('rolloutLab', this.folder).get<number>('backups', 7);
    try {
      const copy = keep < 1 ? null : await this.apart((own) => own.backUpWhenDue(keep));
      if (copy !== null) this.#log.info(`Backed the store up to ${copy}`);
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'StoreDamaged') throw error;
      // All of it is read each time, and said again.
      this.#nextBackUp = Date.now() + damagedBackUpMs;
      this.#told.delete(error.message);
      this.#tell(error.message);
    }
  }

  /** Looks for changes, then again a second later; a store that cannot be opened is the business of whoever reads it. */
  #poll(): void {
    if (this.#disposed) return;
    this.#timer = setTimeout(() => {
      void this.#look()
        .catch((error: unknown) => this.#log.debug('Cannot follow the store:', error))
        .finally(() => this.#poll());
    }, pollMs);
  }

  async #look(): Promise<void> {
    // Nothing is gained by trying every second.
    if (this.#lasting.failed || this.replaced) return;
    if (this.#holders === 0 && (!this.isOpen || (await this.#rests()))) return;
    const client = await this.existing();
    await this.#lasting.look();
    if (client && Date.now() >= this.#nextBackUp) {
      this.#nextBackUp = Date.now() + backUpMs;
      // Not awaited: changes are followed meanwhile.
      void this.#backUp().catch((error: unknown) => this.#log.warn('No backup of the store was made:', error));
    }
    const version = (await client?.dataVersion()) ?? null;
    if (version === this.#version) return;
    this.#version = version;
    this.#changed.fire();
  }

  /** Whether nobody uses it, and so it is closed; not what alone has what a removed file held. */
  async #rests(): Promise<boolean> {
    const usedAt = Math.max(this.#lasting.idleSince, this.#heldUntil);
    if (performance.now() - usedAt < restMs) return false;
    await this.#lasting.look();
    if (this.replaced || this.#holders > 0) return false;
    this.#log.info(`Closing the store ${this.#lasting.file}: nobody looks at it`);
    this.#version = null;
    await this.#lasting.close();
    return true;
  }
}

/** The path of a store by its key, and of what an earlier version kept by its name. */
function fileNamed(key: string): string {
  const folder = vscode.workspace.workspaceFolders?.[0];
  return folder && !isAbsolute(key) ? join(folder.uri.fsPath, key) : key;
}

/** From the first folder on: a store of another has its whole path, so that no two have one name. */
function nameOf(file: string, folder = vscode.workspace.workspaceFolders?.[0]): string {
  const name = folder ? relative(folder.uri.fsPath, file) : file;
  return name.startsWith('..') ? file : name;
}
