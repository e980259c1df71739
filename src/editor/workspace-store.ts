import { existsSync, mkdirSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import * as vscode from 'vscode';
import { openStoreInWorker } from '../store/client.ts';
import { storeFolder } from '../store/place.ts';
import type { StoreClient } from '../store/store.ts';

/** How often another process's writes are looked for. */
const pollMs = 1_000;

/** The store's file in a folder whose settings name no other. */
export const defaultStore = join(storeFolder, 'rollouts.db');

/** Why there is no store to work with, in words for the user. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}

/** What a command is made of whose work on the store goes on in a thread of its own. */
export interface StoreParts {
  store: WorkspaceStore;
  /** The dist folder. */
  dist: string;
}

/** The workspace's store: opened in its worker thread when first needed, and followed for changes by any process. */
export class WorkspaceStore implements vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<void>();
  /** Fires when anything in the store changed, whoever changed it, and when another file became the store. */
  readonly onDidChange = this.#changed.event;

  readonly #worker: string;
  readonly #log: vscode.LogOutputChannel;
  readonly #subscription: vscode.Disposable;
  #opening: Promise<StoreClient> | null = null;
  #version: number | null = null;
  #timer: NodeJS.Timeout | null = null;
  #disposed = false;

  /** `dist` is the folder of the built bundles, where the store's worker lies. */
  constructor(dist: string, log: vscode.LogOutputChannel) {
    this.#worker = join(dist, 'store-worker.cjs');
    this.#log = log;
    this.#subscription = vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('rolloutLab.store')) void this.reopen();
    });
    this.#poll();
  }

  /** Path of the store's file, there or not; null when no folder is open. */
  get file(): string | null {
    const folder = vscode.workspace.workspaceFolders?.[0];
    if (!folder) return null;
    const setting = vscode.workspace.getConfiguration('rolloutLab', folder).get<string>('store', '');
    return isAbsolute(setting) ? setting : join(folder.uri.fsPath, setting || defaultStore);
  }

  /**
   * The store, made when there is none. Rejects with the reason when it is newer than this extension, locked or damaged,
   * and goes on rejecting until `reopen`: nothing is gained by trying every second.
   */
  open(): Promise<StoreClient> {
    const { file } = this;
    if (file === null) {
      return Promise.reject(new StoreUnavailable('Open a folder first: rollouts, labels and runs are kept in it.'));
    }
    this.#opening ??= this.#connect(file);
    return this.#opening;
  }

  /** The store when its file is there, else null: looking never makes one. */
  async existing(): Promise<StoreClient | null> {
    return this.#opening !== null || (this.file !== null && existsSync(this.file)) ? this.open() : null;
  }

  /** Does work on a connection in a thread of its own, so that a long reading keeps no label waiting. */
  async apart<Result>(work: (client: StoreClient) => Promise<Result>): Promise<Result> {
    await this.open();
    const client = await openStoreInWorker(this.file!, this.#worker);
    try {
      return await work(client);
    } finally {
      await client.close();
    }
  }

  /** Closes the connection; the next use opens the file anew. */
  async reopen(): Promise<void> {
    await this.#close();
    this.#changed.fire();
  }

  dispose(): void {
    this.#disposed = true;
    if (this.#timer) clearTimeout(this.#timer);
    this.#subscription.dispose();
    this.#changed.dispose();
    void this.#close();
  }

  async #connect(file: string): Promise<StoreClient> {
    try {
      mkdirSync(dirname(file), { recursive: true });
      const client = await openStoreInWorker(file, this.#worker);
      this.#log.info(`Opened the store ${file}`);
      return client;
    } catch (error) {
      this.#log.error(`Cannot open the store ${file}:`, error);
      throw error;
    }
  }

  async #close(): Promise<void> {
    const opening = this.#opening;
    this.#opening = null;
    this.#version = null;
    const client = await opening?.catch(() => null);
    await client?.close();
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
    const client = await this.existing();
    const version = (await client?.dataVersion()) ?? null;
    if (version === this.#version) return;
    this.#version = version;
    this.#changed.fire();
  }
}
