/** Bundles one entry as scripts/build.mjs does, for tests of what runs in a thread or a process of its own. */
import { build, type BuildOptions } from 'esbuild';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { nodeBundle } from '../../scripts/bundle.mjs';

const root = join(import.meta.dirname, '../..');
let count = 0;

const options = { ...nodeBundle, logLevel: 'error' } as BuildOptions;

/** The bundle of `entry` (a path in the project); within the project, so that it finds the native packages. */
export async function bundle(entry: string): Promise<string> {
  const outfile = join(root, `dist/test-${process.pid}-${(count += 1)}.cjs`);
  onTestFinished(() => rmSync(outfile, { force: true }));
  await build({ ...options, entryPoints: [join(root, entry)], outfile });
  return outfile;
}

/** A folder that holds the bundles of `entries` under their names, as dist does: for what starts another process by its name. */
export async function bundles(entries: Record<string, string>): Promise<string> {
  const folder = join(root, `dist/test-${process.pid}-${(count += 1)}`);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const entryPoints = Object.fromEntries(Object.entries(entries).map(([name, entry]) => [name, join(root, entry)]));
  await build({ ...options, entryPoints, outdir: folder });
  return folder;
}
