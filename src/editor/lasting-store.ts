/** The one owner of the connection to the store. Whoever uses the store holds its client, which asks for the connection at each call. */
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { t } from '@vscode/l10n';
import { StoreReplaced } from '../store/place.ts';
import type { StoreCall } from '../store/call.ts';
import { makeClient, passOn, type StoreClient } from '../store/client.ts';
import { datedFile } from '../store/dated-file.ts';
import { replacedError, toldError } from './store-error.ts';

export interface LastingStoreParts {
  /** The file that is the store now; throws why there is none. */
  file: () => string;
  connect: (file: string) => Promise<StoreClient>;
  /** What is asked of a store first: where it rejects, the store is not open. */
  onOpened: (client: StoreClient, file: string) => Promise<void>;
  /** The open file is no longer where it was opened. */
  onReplaced: (error: Error) => void;
}

interface Connection {
  file: string;
  opened: Promise<StoreClient>;
  /** Those not answered yet. */
  calls: Set<Promise<unknown>>;
}

/** One for what somebody waits for, one for what is told when it is there. */
const mostReaders = 2;

/** They only ask whether something changed. */
const looks = ['isInPlace', 'dataVersion'];

export class LastingStore {
  /** For as long as the window lives: opens the store when a call finds it closed. */
  readonly client: StoreClient;
  /**
   * The same on connections and in threads of their own, so that what reads for long keeps no label waiting, nor the next that reads. Kept for
   * the next call until `closeReaders`.
   */
  readonly reader: StoreClient;
  readonly #parts: LastingStoreParts;
  #connection: Connection | null = null;
  #readers: readonly Connection[] = [];
  /** While what was closed still has calls to answer. */
  #closing: Promise<void> | null = null;
  /** What goes on beside the connection: it opens the file by its path. */
  readonly #beside = new Set<Promise<unknown>>();
  /** While something waits for the file to itself, or has it. */
  #alone: Promise<void> | null = null;
  /** When it was asked last (`performance.now()`). */
  #asked = 0;
  #failed = false;
  #replaced: Error | null = null;

  constructor(parts: LastingStoreParts) {
    this.#parts = parts;
    this.client = makeClient((call) => this.#answer(call));
    this.reader = makeClient((call) => this.beside((file) => this.#read(file, call)));
  }

  /** It is open, or being opened. */
  get isOpen(): boolean {
    return this.#connection !== null;
  }

  /** Since when it was neither opened nor asked anything, but for whether something changed (`performance.now()`). */
  get idleSince(): number {
    return this.#asked;
  }

  /** The last try to open it failed: the next call tries again. */
  get failed(): boolean {
    return this.#failed;
  }

  /** Why nothing more is saved, when the open file was removed or replaced. It stays open: it alone may hold what is in it. */
  get replaced(): Error | null {
    return this.#replaced;
  }

  /** The file that is open, or would be. */
  get file(): string {
    return this.#connection?.file ?? this.#parts.file();
  }

  /** Opens it where it is closed. Rejects with the reason when it cannot be opened, or was removed or replaced. */
  async open(): Promise<void> {
    while (this.#closing) await this.#closing;
    await this.#connected().opened;
    if (this.#replaced) throw this.#replaced;
  }

  /**
   * Does work that opens the file anew, by its path, once it is open here. Rejects where that was removed or replaced: such work would make an
   * empty store, or write to another one.
   */
  async beside<Result>(work: (file: string) => Promise<Result>): Promise<Result> {
    while (this.#alone) await this.#alone;
    const done = this.#workBeside(work);
    this.#beside.add(done);
    try {
      return await done;
    } finally {
      this.#beside.delete(done);
    }
  }

  async #workBeside<Result>(work: (file: string) => Promise<Result>): Promise<Result> {
    await this.open();
    await this.look();
    if (this.#replaced) throw this.#replaced;
    return work(this.file);
  }

  async #read(file: string, call: StoreCall): Promise<unknown> {
    const reader = this.#freeReader(file);
    const answer = reader.opened.then((client) => passOn(client, call));
    reader.calls.add(answer);
    try {
      return await answer;
    } finally {
      reader.calls.delete(answer);
    }
  }

  /** One that nothing is asked of, or the one that least is, where there are enough. */
  #freeReader(file: string): Connection {
    const [freest] = this.#readers.toSorted((a, b) => a.calls.size - b.calls.size);
    if (freest && (freest.calls.size === 0 || this.#readers.length === mostReaders)) return freest;
    const reader: Connection = { file, opened: this.#parts.connect(file), calls: new Set() };
    this.#readers = [...this.#readers, reader];
    // Where it could not be opened, the next call tries again.
    reader.opened.catch(() => (this.#readers = this.#readers.filter((one) => one !== reader)));
    return reader;
  }

  /** Ends the readers' threads once their calls are answered. */
  async closeReaders(): Promise<void> {
    const readers = this.#readers;
    this.#readers = [];
    await Promise.all(readers.map(closed));
  }

  /**
   * Does work that moves the file, while nothing of this window has it open: what goes on beside it is waited for first, and what comes later
   * waits. What opened the path in the midst of the move would make an empty store there, whose log SQLite then takes for the new file's.
   */
  async alone(work: () => Promise<void>): Promise<void> {
    while (this.#alone) await this.#alone;
    const gate = Promise.withResolvers<void>();
    this.#alone = gate.promise;
    try {
      await Promise.allSettled(this.#beside);
      await this.#close(work);
    } finally {
      this.#alone = null;
      gate.resolve();
    }
  }

  /** Looks whether what is open is still where it was opened. */
  async look(): Promise<void> {
    const connection = this.#connection;
    if (connection && !(await this.client.isInPlace())) this.#lose(connection);
  }

  /**
   * Closes the connection once every call is answered; a call that comes meanwhile waits and opens the file anew. A store that was removed
   * or replaced is given up: ask `rescue` first.
   */
  close(): Promise<void> {
    return this.#close(() => Promise.resolve());
  }

  async #close(meanwhile: () => Promise<void>): Promise<void> {
    const connection = this.#connection;
    this.#connection = null;
    this.#failed = false;
    this.#replaced = null;
    const done = Promise.all([this.#closing, connection && closed(connection), this.closeReaders()]).then(meanwhile);
    const closing = done
      .catch(() => undefined)
      .then(() => {
        if (this.#closing === closing) this.#closing = null;
      });
    this.#closing = closing;
    await done;
    await closing;
  }

  /**
   * Writes all that a removed or replaced store holds to a new file and returns its path: the store's own when nothing is there now, else one
   * beside it.
   */
  async rescue(): Promise<string> {
    if (!this.#replaced) throw new Error(t('The store is where it was opened, so there is nothing to save elsewhere.'));
    const { file } = this;
    const isFree = !existsSync(file);
    const target = isFree ? file : datedFile(file, 'rescued');
    await mkdir(dirname(target), { recursive: true });
    // A new store would take for its own what the removed one left; its connection needs neither by name.
    if (isFree) await Promise.all(['-wal', '-shm'].map((end) => rm(`${file}${end}`, { force: true })));
    await this.client.backup(target);
    return target;
  }

  async #answer(call: StoreCall): Promise<unknown> {
    if (!looks.includes(call.path[0])) this.#asked = performance.now();
    while (this.#closing) await this.#closing;
    const connection = this.#connected();
    const answer = connection.opened.then((client) => passOn(client, call));
    connection.calls.add(answer);
    try {
      return await answer;
    } catch (error) {
      throw error instanceof StoreReplaced ? this.#lose(connection) : toldError(error);
    } finally {
      connection.calls.delete(answer);
    }
  }

  #connected(): Connection {
    if (this.#connection) return this.#connection;
    this.#asked = performance.now();
    const file = this.#parts.file();
    const opened = this.#begin(file).catch((error: unknown) => {
      throw toldError(error);
    });
    const connection: Connection = { file, opened, calls: new Set() };
    this.#connection = connection;
    connection.opened.then(
      () => (this.#failed = false),
      () => {
        if (this.#connection !== connection) return;
        this.#connection = null;
        this.#failed = true;
      },
    );
    return connection;
  }

  async #begin(file: string): Promise<StoreClient> {
    const client = await this.#parts.connect(file);
    try {
      await this.#parts.onOpened(client, file);
      return client;
    } catch (error) {
      // Nobody else knows of its thread.
      await client.close().catch(() => undefined);
      throw error;
    }
  }

  #lose(connection: Connection): Error {
    const error = this.#replaced ?? replacedError(connection.file);
    if (this.#replaced === null && this.#connection === connection) {
      this.#replaced = error;
      this.#parts.onReplaced(error);
    }
    return error;
  }
}

async function closed({ opened, calls }: Connection): Promise<void> {
  await Promise.allSettled(calls);
  // One that could not be opened, or whose thread has ended, is closed already.
  await opened.then((client) => client.close()).catch(() => undefined);
}
