/** Bundles a test's own entries as scripts/build.mjs does; dist.ts has made those of the program. */
import { build, type BuildOptions } from 'esbuild';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { nodeBundle } from '../../scripts/bundle.mjs';

const root = join(import.meta.dirname, '../..');
let count = 0;

const options = { ...nodeBundle, logLevel: 'error' } as BuildOptions;

/** A folder that holds the bundles of `entries` under their names, as dist does: for what starts another process by its name. */
export async function bundles(entries: Record<string, string>): Promise<string> {
  const folder = join(root, `dist/test-${process.pid}-${(count += 1)}`);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const entryPoints = Object.fromEntries(Object.entries(entries).map(([name, entry]) => [name, join(root, entry)]));
  await build({ ...options, entryPoints, outdir: folder });
  return folder;
}
