/** Bundles what runs in a thread or a process of its own once for all test files, as scripts/build.mjs does. */
import { build, type BuildOptions } from 'esbuild';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { nodeBundle, shipped, unshipped } from '../../scripts/bundle.mjs';
import { copyService, copyTrainers } from '../../scripts/service.mjs';

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder of the bundles, as dist is: within the project, so that they find the native packages. */
    dist: string;
  }
}

const root = join(import.meta.dirname, '../..');

export default async function (project: TestProject): Promise<() => void> {
  const dist = join(root, `dist/test-${process.pid}`);
  const options = {
    ...{ ...nodeBundle, absWorkingDir: root, entryPoints: { ...shipped, ...unshipped } },
    ...{ outdir: dist, logLevel: 'error' },
  } as BuildOptions;
  const bundled = async (): Promise<void> => {
    await build(options);
    copyService(dist);
    copyTrainers(dist);
  };
  await bundled();
  project.onTestsRerun(bundled);
  project.provide('dist', dist);
  return () => rmSync(dist, { recursive: true, force: true });
}
