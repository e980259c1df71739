// The Python that tests the policy service and what exports write for trainers, in a venv in .cache: `node scripts/python-venv.ts` makes it.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const lists = ['policy/requirements.txt', 'requirements.txt', 'requirements-dev.txt'].map((file) =>
  join(root, 'src/cluster', file),
);
const trainers = join(root, 'test/python/requirements-trainers.txt');

const key = createHash('sha256').update(spawnSync('python3', ['--version'], { encoding: 'utf8' }).stdout);
for (const file of [...lists, trainers]) key.update(readFileSync(file));
/** Another folder for other lists: one that is whole holds what they name. */
const folder = join(root, '.cache', `python-${key.digest('hex').slice(0, 12)}`);
export const venvPython = join(folder, 'bin/python');
const whole = join(folder, 'whole');

if (import.meta.main && !existsSync(whole)) {
  rmSync(folder, { recursive: true, force: true });
  // Without a pip of its own, which Debian has in another package: the one beside python3 installs into it.
  run('-m', 'venv', '--without-pip', folder);
  run('-m', 'pip', '--python', venvPython, 'install', '--quiet', '-r', lists[2]);
  // They ask for versions that exclude each other.
  run('-m', 'pip', '--python', venvPython, 'install', '--quiet', '--no-deps', '-r', trainers);
  writeFileSync(whole, '');
}

function run(...words: string[]): void {
  const { status } = spawnSync('python3', words, { stdio: 'inherit' });
  if (status !== 0) throw new Error(`python3 ${words.join(' ')} ended with ${status}.`);
}
