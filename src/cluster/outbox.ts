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
      await this.#tell(null);
      await sleep(lookMs, undefined, { signal: this.#ended.signal }).catch(() => undefined);
    }
  }

  /** Writes the next parcel, if there is something in it; returns whether there was. */
  async #tell(end: JobEnd | null): Promise<boolean> {
    const news = await this.#source.news(end !== null);
    if (news === null) return false;
    this.#number += 1;
    const file = join(this.#folder, parcelFile(this.#number));
    await writeFile(`${file}.unfinished`, `${packParcel({ ...news, end })}\n`);
    await rename(`${file}.unfinished`, file);
    return true;
  }
}
