/**
 * The folders whose media may be opened for a project: its own, and those that the user named or chose. These are kept in the user's data
 * folder and not in the store, because a store may come from anyone.
 */
import { appendFile, mkdir, readFile, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import { errorText } from '../domain/error-text.ts';
import { contains, dataFolder } from '../store/folders.ts';
import { projectFolder } from '../store/place.ts';

/** A line of the file: a folder that was named for the project whose store lies in `store`; both with links resolved. */
const entry = v.object({ store: v.string(), folder: v.string() });

const listed = (): string => join(dataFolder(), 'media-folders.jsonl');

/**
 * The folders for the project whose store lies in the folder `store`, and `more` (those open in the editor), with links resolved. Throws an Error that names a faulty line of the list.
 */
export async function mediaFolders(store: string, more: readonly string[] = []): Promise<string[]> {
  const there = await Promise.all([projectFolder(store), ...more].map((folder) => realpath(folder).catch(() => null)));
  return [...there.filter((folder) => folder !== null), ...(await named(store))];
}

/** The list cannot be written, as where a home is read-only: for people. */
export class MediaFoldersUnwritable extends Error {
  override readonly name = 'MediaFoldersUnwritable';
}

/**
 * Remembers that the user named `paths` for the project whose store lies in the folder `store`: folders, and files, whose folder counts.
 * Rejects when one is missing, and with MediaFoldersUnwritable.
 */
export async function allowMediaFolders(store: string, paths: readonly string[]): Promise<void> {
  const known = await mediaFolders(store);
  const folders = await Promise.all(
    paths.map(async (path) => {
      const there = await stat(path).catch((error: NodeJS.ErrnoException) => {
        throw error.code === 'ENOENT' ? new Error(`there is no file or folder ${path}`, { cause: error }) : error;
      });
      return realpath(there.isDirectory() ? path : dirname(path));
    }),
  );
  const fresh = [...new Set(folders)].filter((folder) => !known.some((one) => contains(one, folder)));
  if (fresh.length === 0) return;
  const project = await realpath(store);
  try {
    await mkdir(dirname(listed()), { recursive: true });
    // One write at the end of the file, so that what another process adds meanwhile stays.
    await appendFile(listed(), fresh.map((folder) => `${JSON.stringify({ store: project, folder })}\n`).join(''));
  } catch (error) {
    throw new MediaFoldersUnwritable(
      `Videos and sounds in ${fresh.join(', ')} stay closed: ${listed()} cannot be written (${errorText(error)}). Set XDG_DATA_HOME to a folder of your own that you may write to.`,
      { cause: error },
    );
  }
}

/** The same for what goes on without it: tells why media stay closed, and rejects of the rest. */
export async function allowWhereWritable(
  store: string,
  paths: readonly string[],
  tell: (text: string) => void,
): Promise<void> {
  await allowMediaFolders(store, paths).catch((error: unknown) => {
    if (!(error instanceof MediaFoldersUnwritable)) throw error;
    tell(error.message);
  });
}

async function named(store: string): Promise<string[]> {
  const text = await readFile(listed(), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return '';
    throw error;
  });
  const project = await realpath(store).catch(() => null);
  return text
    .split('\n')
    .flatMap((line, i) => (line === '' ? [] : [entryOf(line, i + 1)]))
    .filter((one) => one.store === project)
    .map(({ folder }) => folder);
}

function entryOf(line: string, number: number): v.InferOutput<typeof entry> {
  try {
    return v.parse(entry, JSON.parse(line));
  } catch {
    throw new Error(`${listed()}:${number}: names no folder of media: delete the line`);
  }
}
