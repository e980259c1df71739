/** Files and folders that are written whole or not at all. */
import { randomUUID } from 'node:crypto';
import {
  access,
  constants,
  mkdir,
  mkdtemp,
  open,
  readdir,
  realpath,
  rename,
  rm,
  rmdir,
  stat,
  writeFile,
} from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { removeAbandoned } from '../store/abandoned.ts';

/** How the names of unfinished files end, and how those of unfinished folders begin. */
const unfinishedFile = /\.[0-9a-f-]{36}\.partial$/u;
const unfinishedFolder = '.partial-';

/** Folders that were looked through for what killed processes left: once is enough, and media come into one by the thousand. */
const lookedThrough = new Set<string>();

/**
 * Writes the file `out`, its text or what `write` puts into the file that it is given: a new one beside `out`, which takes its place
 * when it is complete and on the disk. Until then, and after a failure, what was there stays as it was. A pipe or a device is written to as it is.
 * What killed processes left in its folder goes.
 */
export async function writeWhole(out: string, content: string | ((file: string) => Promise<void>)): Promise<void> {
  const write = typeof content === 'string' ? (file: string) => writeFile(file, content) : content;
  const there = await existing(out);
  if (there && !there.isFile()) return write(out);
  if (there) await access(out, constants.W_OK);
  const target = there ? await realpath(out) : out;
  await cleanOnce(dirname(resolve(target)));
  const partial = `${target}.${randomUUID()}.partial`;
  try {
    const made = await open(partial, 'wx');
    if (there) await made.chmod(there.mode);
    await made.close();
    await write(partial);
    const written = await open(partial, 'r+');
    await written.sync().finally(() => written.close());
    await rename(partial, target);
  } catch (error) {
    await rm(partial, { force: true });
    if (error instanceof Error) {
      error.message = error.message.replaceAll(partial, out);
      if ('path' in error && error.path === partial) error.path = out;
    }
    throw error;
  }
}

async function cleanOnce(folder: string): Promise<void> {
  if (lookedThrough.has(folder)) return;
  lookedThrough.add(folder);
  // What cannot be removed is in nobody's way.
  await removeAbandoned(folder, (entry) => entry.isFile() && unfinishedFile.test(entry.name)).catch(() => undefined);
}

/**
 * Fills the folder `out`, new or empty, with what `write` puts into the folder that it is given: one within `out`, whose files move up when
 * all are complete. After a failure nothing is left; what a killed process left goes. Throws when `out` is a file, or has files in it.
 */
export async function writeFolder(out: string, write: (folder: string) => Promise<void>): Promise<void> {
  const there = await existing(out);
  if (there && !there.isDirectory()) throw new Error(`${out} is a file, and this writes a folder; choose a new one`);
  if (there) await removeAbandoned(out, (entry) => entry.isDirectory() && entry.name.startsWith(unfinishedFolder));
  if (there && (await readdir(out)).length > 0) throw new Error(`${out} has files in it; choose a new folder`);
  const first = await mkdir(out, { recursive: true });
  const partial = await mkdtemp(join(out, unfinishedFolder));
  try {
    await write(partial);
    for (const name of await readdir(partial)) await rename(join(partial, name), join(out, name));
    await rmdir(partial);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    if (first !== undefined) await removeEmpty(resolve(out), first);
    throw error;
  }
}

const existing = (path: string) =>
  stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });

/** Removes `folder` and those above it up to `first`, as far as they are empty. */
async function removeEmpty(folder: string, first: string): Promise<void> {
  for (let empty = folder; ; empty = dirname(empty)) {
    await rmdir(empty);
    if (empty === resolve(first)) return;
  }
}
