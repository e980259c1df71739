/** A folder that a trainer writes into: what comes in is imported as it comes. */
import { open, stat } from 'node:fs/promises';
import { dirname, extname, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isReadable } from './ending.ts';
import { filesIn } from './folder-files.ts';
import type { ImportOptions } from './import.ts';
import type { ImportReport, Note, Rejection } from './import-report.ts';

/** Between two looks, in ms. They are looks, not a watch: a folder that another machine writes tells of nothing. */
const pause = 2_000;

/** What cannot be read line by line is read once it has not changed for so long, in ms. */
const settled = 10_000;

/** Reading what grows again and again takes this share of the time at most. */
const share = 0.2;

/** What came of a folder that was followed. */
export interface Followed extends Pick<ImportReport, 'rollouts' | 'prompts' | 'labels' | 'comments'> {
  /** Files read. */
  files: number;
  /** What is still wrong with the files as they are now. */
  rejected: Rejection[];
  notes: Note[];
  /** Files with something that is not whole yet: a last line, or the end of a parquet file. */
  unfinished: string[];
}

export interface FollowOptions {
  /** Ends it. */
  signal: AbortSignal;
  /** Imports these files of the folder. */
  read: (options: Required<Pick<ImportOptions, 'growing' | 'update'>>) => Promise<ImportReport>;
  /** What came of it so far, after each reading. */
  onRead?: (followed: Followed) => void;
}

/** A file as it was when it was looked at, and since when it is so (`performance.now()`). */
interface Look {
  size: number;
  modified: number;
  since: number;
}

/**
 * Reads what is in the folder and then what comes into it, until the signal aborts; resolves then. A file that grew is read again, whereby
 * nothing is taken twice. Rejects with the signal's reason when it aborts a reading, and when a reading rejects or the folder is not there.
 */
export async function followFolder(folder: string, { signal, read, onRead }: FollowOptions): Promise<Followed> {
  await stat(folder);
  const follower = new Follower(resolve(folder), read);
  while (!signal.aborted) {
    const began = performance.now();
    if (await follower.look()) onRead?.(structuredClone(follower.followed));
    const took = performance.now() - began;
    await sleep(Math.max(pause, (took * (1 - share)) / share), undefined, { signal }).catch(() => undefined);
  }
  return follower.followed;
}

class Follower {
  readonly followed: Followed = {
    ...{ files: 0, rollouts: 0, prompts: 0, labels: 0, comments: 0 },
    ...{ rejected: [], notes: [], unfinished: [] },
  };
  readonly #folder: string;
  readonly #read: FollowOptions['read'];
  #seen = new Map<string, Look>();
  readonly #done = new Map<string, Look & { isSettled: boolean }>();
  /** Those that were read and wait all the same. */
  readonly #cut = new Set<string>();
  /** By the file, the others that tell how it is read. */
  readonly #hanging = new Map<string, Set<string>>();

  constructor(folder: string, read: FollowOptions['read']) {
    this.#folder = folder;
    this.#read = read;
  }

  /** Reads what is ready; false where that is nothing. */
  async look(): Promise<boolean> {
    const [seen, due, waiting] = [new Map<string, Look>(), new Map<string, boolean>(), new Array<string>()];
    for (const file of await filesIn(this.#folder, (path, isLink) => !isLink && isReadable(path))) {
      const look = await lookAt(file, this.#seen.get(file));
      if (!look) continue;
      seen.set(file, look);
      const last = this.#done.get(file);
      const isSettled = performance.now() - look.since >= settled;
      if (isSame(look, last) && (last?.isSettled || !this.#cut.has(file) || !isSettled)) continue;
      if (await isReady(file, look, isSettled).catch(isReported)) due.set(file, isSettled);
      else waiting.push(file);
    }
    this.#seen = seen;
    for (const [file, others] of this.#hanging)
      if (seen.has(file) && [...due.keys()].some((path) => others.has(path) || others.has(dirname(path))))
        due.set(file, true);
    if (due.size > 0) this.#take(due, await this.#read({ growing: due, update: true }));
    this.followed.files = this.#done.size;
    this.followed.unfinished = [...waiting, ...this.#cut].filter((file) => seen.has(file));
    return due.size > 0;
  }

  #take(read: ReadonlyMap<string, boolean>, report: ImportReport): void {
    for (const [file, isSettled] of read) {
      this.#done.set(file, { ...this.#seen.get(file)!, isSettled });
      this.#cut.delete(file);
    }
    for (const file of report.unfinished ?? []) this.#cut.add(file);
    for (const { file, on } of report.hanging ?? []) this.#hanging.set(file, new Set(this.#hanging.get(file)).add(on));
    for (const count of ['rollouts', 'prompts', 'labels', 'comments'] as const) this.followed[count] += report[count];
    // What was wrong with a file as it was before may be mended in it.
    const ofOthers = <Row extends { file: string }>(rows: readonly Row[]): Row[] =>
      rows.filter(({ file }) => !read.has(file));
    this.followed.rejected = [...ofOthers(this.followed.rejected), ...report.rejected];
    this.followed.notes = [...ofOthers(this.followed.notes), ...report.notes];
  }
}

/** Null where it is no more. */
async function lookAt(file: string, before: Look | undefined): Promise<Look | null> {
  try {
    const { size, mtimeMs: modified } = await stat(file);
    const look = { size, modified, since: performance.now() };
    return before && isSame(look, before) ? before : look;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

const isSame = (one: Look, other: Look | undefined): boolean =>
  one.size === other?.size && one.modified === other.modified;

/** Whether it can be read although it may grow yet. What is half a record must not be taken for a whole one. */
async function isReady(file: string, { size }: Look, isSettled: boolean): Promise<boolean> {
  const ending = extname(file).slice(1).toLowerCase();
  if (ending === 'parquet')
    return size > 2 * parquetEnd.length && (await endOf(file, size, parquetEnd.length)) === parquetEnd;
  return isSettled || (['jsonl', 'ndjson'].includes(ending) && (await endOf(file, size, longEnd)).includes('\n'));
}

/** One that may not be read is tried, for its import to say so; one that is gone waits for the next look. */
const isReported = (error: NodeJS.ErrnoException): boolean => error.code !== 'ENOENT';

/** A file whose first line is not whole is of no format that could be told. */
const longEnd = 1024 * 1024;
const parquetEnd = 'PAR1';

async function endOf(path: string, size: number, bytes: number): Promise<string> {
  const file = await open(path);
  try {
    const from = Math.max(0, size - bytes);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.min(bytes, size)), 0, undefined, from);
    return buffer.toString('latin1', 0, bytesRead);
  } finally {
    await file.close();
  }
}
