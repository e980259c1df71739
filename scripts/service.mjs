import { cpSync, globSync } from 'node:fs';
import { join, resolve } from 'node:path';

const cluster = resolve(import.meta.dirname, '../src/cluster');

/**
 * Copies what is Python of exports, which goes beside their data, to where the bundles in `dist` find it.
 * @param {string} dist
 */
export const copyTrainers = (dist) =>
  cpSync(resolve(import.meta.dirname, '../src/formats/trainers'), join(dist, 'trainers'), {
    recursive: true,
    filter: (file) => !file.includes('__pycache__'),
  });

/**
 * Copies what is Python of the engines to where the bundles in `dist` find it: the policy service, and how a job of a Ray cluster begins, with
 * the lists of what pip installs for them.
 * @param {string} dist
 * @param {string} from
 */
export function copyService(dist, from = cluster) {
  const files = globSync(['requirements.txt', 'policy/requirements.txt', '*/**/*.py'], {
    cwd: from,
    exclude: ['**/test*', '**/conftest.py'],
  });
  for (const file of files) cpSync(join(from, file), join(dist, 'python', file));
}
