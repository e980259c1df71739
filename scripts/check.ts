// npm run check: format, lint and types at once; what each says is printed when it ends.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';

const root = resolve(import.meta.dirname, '..');
const program = (name: string): string => join(root, 'node_modules', name);
const checks = [
  [program('prettier/bin/prettier.cjs'), '--check', '.'],
  [program('eslint/bin/eslint.js'), '--max-warnings', '0', '.'],
  [join(root, 'scripts/types.ts')],
];
const codes = await Promise.all(
  checks.map(async (words) => {
    const child = spawn(process.execPath, words, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    const [out, error] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    process.stdout.write(out + error);
    return child.exitCode;
  }),
);
process.exitCode = codes.every((code) => code === 0) ? 0 : 1;
