// Makes a fresh checkout ready, then runs a script of the project on the project's own Node:
//   node scripts/setup.mjs [SCRIPT [ARGUMENT...]]
// Plain JavaScript without dependencies: it and rollout-lab.mjs run on whatever Node the machine has (18 or newer).
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(import.meta.dirname ?? fileURLToPath(new URL('.', import.meta.url)), '..');

/**
 * The environment for npm itself. npm finds its machine-wide settings beside the Node it runs on, so it must not see
 * the project's Node, which `npm run` puts first on PATH.
 * @param {Record<string, string>} [more] variables to add
 * @returns {NodeJS.ProcessEnv}
 */
export function npmEnvironment(more = {}) {
  const path = (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => !folder.endsWith(join('node_modules', '.bin')));
  return { ...process.env, PATH: path.join(delimiter), ...more };
}

/** The oldest Node that runs the project: better-sqlite3 crashes in older ones without a word, and the scripts are TypeScript. */
export const oldestNode = 24;

/**
 * Says why a Node of this version cannot run the project, or nothing when it can.
 * @param {string} version
 * @returns {string | undefined}
 */
export function unfitNode(version) {
  if (Number.parseInt(version) >= oldestNode) return undefined;
  return `Rollout Lab needs Node ${oldestNode} or newer; this is Node ${version}. Install one from https://nodejs.org and try again.`;
}

/** Whether node_modules is what the lock file asks for: npm keeps a copy of the lock inside, without the root entry. */
function installed() {
  const hidden = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(hidden)) return false;
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const present = JSON.parse(readFileSync(hidden, 'utf8')).packages;
  return Object.entries(wanted).every(
    ([path, { version, optional, devOptional }]) =>
      path === '' || (path in present ? present[path].version === version : optional || devOptional),
  );
}

/** The Node of the project: the one npm installed for this platform, else the one that runs this file. */
function projectNode() {
  const local = join(root, 'node_modules/.bin/node');
  if (existsSync(local)) return local;
  const problem = unfitNode(process.versions.node);
  if (!problem) return process.execPath;
  console.error(problem);
  process.exit(1);
}

function main([script, ...rest]) {
  if (!installed()) {
    console.log('Installing packages…');
    const options = { cwd: root, env: npmEnvironment(), stdio: 'inherit', shell: process.platform === 'win32' };
    const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], options);
    if (status !== 0) {
      console.error('npm ci failed: see the lines above.');
      process.exit(1);
    }
  }
  const node = projectNode();
  if (!script) return;
  const { status } = spawnSync(node, [script, ...rest], { cwd: root, stdio: 'inherit' });
  process.exit(status ?? 1);
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) main(process.argv.slice(2));
