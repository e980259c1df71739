/** What the set-ups of this machine share: how they ask and tell, where they work, and that only one goes on at a time. */
import { readdirSync } from 'node:fs';
import { mkdir, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { dataFolder } from '../../store/folders.ts';

/** What pip would fetch. */
export interface Download {
  /** Why it is needed, in sentences for the one who is asked. */
  why: string;
  /** What it is, for people. */
  what: string;
  /** Gigabytes to fetch, and on the disk while it is unpacked; about. */
  size: number;
  disk: number;
  folder: string;
}

export interface SetupOptions {
  /** Folder of the built bundles: what is compiled, installed or started lies in it, or beside it. */
  dist: string;
  /** Asked where it stands for another than python3 or python. */
  python?: string;
  /** Asked before a download. Gives null to go on, or another Python to look in; throws to end the set-up. */
  confirm: (download: Download) => Promise<string | null>;
  /** Each step, as a line for the one who waits. */
  progress: (step: string) => void;
  /** Each line that the programs of the set-up write. */
  output: (line: string) => void;
  signal: AbortSignal;
}

/** Where a set-up works. */
export interface Place {
  data: string;
  /** Its own folder, empty, removed when it ends. */
  scratch: string;
}

export type Setup = SetupOptions & Place;

/** Does the work in the user's data folder. Throws when another set-up is going on there. */
export async function inPlace<Result>(work: (place: Place) => Promise<Result>): Promise<Result> {
  const data = dataFolder();
  await mkdir(data, { recursive: true });
  await sweep(data);
  const scratch = join(data, `setup-${process.pid}`);
  await mkdir(scratch);
  try {
    return await work({ data, scratch });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Removes what a killed set-up left. Throws when another one is going on. */
async function sweep(data: string): Promise<void> {
  for (const name of readdirSync(data)) {
    const pid = Number(/^setup-(\d+)$/u.exec(name)?.[1]);
    if (Number.isNaN(pid)) continue;
    if (isAlive(pid)) throw new Error(`A set-up is going on already, in process ${pid}: wait for it, or end it.`);
    await rm(join(data, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Throws when the disk has no room for the download. */
export async function needRoom({ data }: Place, { what, disk }: Download): Promise<void> {
  const { bavail, bsize } = await statfs(data);
  const free = (bavail * bsize) / 1e9;
  if (free >= disk) return;
  throw new Error(
    `${what} needs ${disk} GB in ${data}, where ${free.toFixed(1)} GB are free: make room, ` +
      'or set XDG_DATA_HOME to a folder on a larger disk.',
  );
}
