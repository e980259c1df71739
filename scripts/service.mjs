import { cpSync, globSync } from 'node:fs';
import { join, resolve } from 'node:path';

const policyService = resolve(import.meta.dirname, '../src/cluster/policy');

/**
 * Copies the policy service, which is Python, to where the bundles in `dist` find it, with the list of what pip installs for it.
 * @param {string} dist
 * @param {string} from
 */
export function copyService(dist, from = policyService) {
  const files = globSync(['requirements.txt', '**/*.py'], { cwd: from, exclude: ['**/test*', '**/conftest.py'] });
  for (const file of files) cpSync(join(from, file), join(dist, 'python/policy', file));
}
