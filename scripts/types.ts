/** Checks the types of every part, all at once, with TypeScript's native compiler; the linter still needs the one before it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const compiler = join(root, 'node_modules/typescript-7/bin/tsc');
const codes = await Promise.all(
  ['.', 'webview', 'test/ui'].map(async (part) => {
    const [code] = (await once(
      spawn(process.execPath, [compiler, '-p', part], { cwd: root, stdio: 'inherit' }),
      'exit',
    )) as [number | null];
    return code;
  }),
);
process.exitCode = codes.every((code) => code === 0) ? 0 : 1;
