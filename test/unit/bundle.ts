/** Bundles one entry as scripts/build.mjs does, for tests of what runs in a thread or a process of its own. */
import { build } from 'esbuild';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

const root = join(import.meta.dirname, '../..');
let bundles = 0;

/** The bundle of `entry` (a path in the project); within the project, so that it finds the native packages. */
export async function bundle(entry: string): Promise<string> {
  const outfile = join(root, `dist/test-${process.pid}-${(bundles += 1)}.cjs`);
  onTestFinished(() => rmSync(outfile, { force: true }));
  await build({
    entryPoints: [join(root, entry)],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['better-sqlite3', 'onnxruntime-node', '@tensorflow/tfjs-node-gpu'],
    logLevel: 'error',
    outfile,
  });
  return outfile;
}
