/** The files of a folder and of those in it. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Those that are wanted, sorted so that step 2 comes before step 10; nothing hidden, and no package of Node's. */
export async function filesIn(folder: string, isWanted: (path: string, isLink: boolean) => boolean): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const byName = new Intl.Collator('en', { numeric: true });
  const found: string[] = [];
  for (const entry of entries.sort((a, b) => byName.compare(a.name, b.name))) {
    if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) found.push(...(await filesIn(path, isWanted).catch(noneIfGone)));
    else if (isWanted(path, !entry.isFile())) found.push(path);
  }
  return found;
}

/** A trainer deletes its older checkpoints meanwhile. */
function noneIfGone(error: NodeJS.ErrnoException): string[] {
  if (error.code === 'ENOENT') return [];
  throw error;
}
