/** In the job: what is new goes into parcels, which whoever follows the job fetches through Ray's dashboard. */
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { packParcel, parcelFile, type JobEnd } from './parcel.ts';

/** How often there is a look for what is new (ms). */
const lookMs = 500;

/** What a job has to tell. */
export interface Source {
  /** What is new since the last call; null where nothing is, unless `last` asks for it all the same. */
  news: (last: boolean) => Promise<object | null>;
}

export class Outbox {
  readonly #source: Source;
  readonly #folder: string;
  readonly #ended = new AbortController();
  readonly #loop: Promise<void>;
  #number = 0;
  /** What is to be told, and is not written yet. */
  #due: object | null = null;

  /** `folder` is empty. */
  constructor(source: Source, folder: string) {
    this.#source = source;
    this.#folder = folder;
    this.#loop = this.#look();
  }

  /** Tells what is left, and how it ended. */
  async close(end: JobEnd): Promise<void> {
    this.#ended.abort();
    await this.#loop;
    while (await this.#tell(null));
    await this.#tell(end);
  }

  async #look(): Promise<void> {
    while (!this.#ended.signal.aborted) {
      // What cannot be written now, as on a full disk, can be later; in the end it says why not.
      await this.#tell(null).catch(() => undefined);
      await sleep(lookMs, undefined, { signal: this.#ended.signal }).catch(() => undefined);
    }
  }

  /** Writes the next parcel, if there is something in it; returns whether there was. */
  async #tell(end: JobEnd | null): Promise<boolean> {
    this.#due ??= await this.#source.news(end !== null);
    if (this.#due === null) return false;
    const file = join(this.#folder, parcelFile(this.#number + 1));
    await writeFile(`${file}.unfinished`, `${packParcel({ ...this.#due, end })}\n`);
    await rename(`${file}.unfinished`, file);
    this.#number += 1;
    this.#due = null;
    return true;
  }
}
