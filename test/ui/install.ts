import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { vsixPath } from '../../scripts/package.ts';
import { installExtension } from '../../scripts/vscode/server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder where the packaged extension is installed, shared by every test's editor. */
    extensions: string;
  }
}

/** Installs the packaged extension once for all test files. */
export default function (project: TestProject): () => void {
  const home = mkdtempSync(join(tmpdir(), 'rollout-lab-extensions-'));
  const extensions = join(home, 'extensions');
  installExtension(vsixPath, { home, extensions });
  project.provide('extensions', extensions);
  return () => rmSync(home, { recursive: true, force: true });
}
