import { cpSync, globSync } from 'node:fs';
import { join, resolve } from 'node:path';

const cluster = resolve(import.meta.dirname, '../src/cluster');

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
