import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { vsixPath } from '../../scripts/package.ts';
import { installExtension } from '../../scripts/vscode/server.ts';
import { serveEditor, type Seat } from './seat.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder where the packaged extension is installed, shared by every test's editor. */
    extensions: string;
    /** An editor for each worker, by its number from 1 on. */
    editors: Seat['editor'][];
  }
}

/** Installs the packaged extension once for all test files, and serves an editor for each worker. */
export default async function (project: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), 'lab-extensions-'));
  const extensions = join(folder, 'extensions');
  installExtension(vsixPath, { home: folder, extensions });
  const homes = Array.from({ length: project.config.maxWorkers }, (_, i) => join(folder, `home-${i + 1}`));
  const editors = await Promise.all(homes.map((home) => serveEditor({ home, extensions })));
  project.provide('extensions', extensions);
  project.provide(
    'editors',
    editors.map(({ home, url }) => ({ home, url })),
  );
  return () => {
    for (const { stop } of editors) stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
}
