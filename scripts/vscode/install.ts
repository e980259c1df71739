import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { npmEnvironment } from '../setup.mjs';

/** A real VS Code that installs from npm alone: the editor where no desktop one is, and the one the tests drive. */
const version = '4.139.1';
const folder = resolve(import.meta.dirname, '../../.cache/code-server', version);
const entry = join(folder, 'node_modules/code-server/out/node/entry.js');
const vscode = join(folder, 'node_modules/code-server/lib/vscode');
/** Written last: a folder without it is a broken install, and npm cannot mend those. */
const stamp = join(folder, 'complete');
const attempts = 3;

/** Parts that neither a review nor a test uses: some 300 MB. */
const surplus = [
  'extensions/copilot',
  'extensions/mermaid-markdown-features',
  'extensions/ms-vscode.js-debug',
  'extensions/ms-vscode.js-debug-companion',
  'extensions/ms-vscode.vscode-js-profile-table',
  'node_modules/@github',
  'node_modules/@microsoft/mxc-sdk',
];

/** Returns code-server's entry script, installing it into .cache first when it is not there (about a minute). */
export function codeServer(): string {
  for (let attempt = 1; !existsSync(stamp); attempt++) {
    console.log(`Installing code-server ${version} into .cache (about a minute)…`);
    try {
      install();
    } catch (error) {
      if (attempt === attempts) throw error;
      console.log(`${(error as Error).message} Trying again.`);
    }
  }
  return entry;
}

if (import.meta.main) codeServer();

function install(): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  // No install script runs, so no compiler is needed: the natives that matter come built, a watchdog is done without, and the log is
  // written by JavaScript.
  npm(folder, 'install', `code-server@${version}`);
  npm(vscode, 'install', '--omit=dev');
  npm(join(vscode, 'extensions'), 'install', '--omit=dev');
  copyFileSync(join(import.meta.dirname, 'spdlog.cjs'), join(vscode, 'node_modules/@vscode/spdlog/index.js'));
  for (const part of surplus) rmSync(join(vscode, part), { recursive: true, force: true });
  const searchers = join(vscode, 'node_modules/@vscode/ripgrep-universal/bin');
  for (const platform of existsSync(searchers) ? readdirSync(searchers) : []) {
    if (platform !== `${process.platform}-${process.arch}`) rmSync(join(searchers, platform), { recursive: true });
  }
  writeFileSync(stamp, '');
}

function npm(cwd: string, ...command: string[]): void {
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const env = npmEnvironment({ npm_config_engine_strict: 'false' });
  const { status, stderr } = spawnSync('npm', [...command, ...flags], { cwd, env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`npm ${command[0]} failed in ${cwd}:\n${stderr.trim()}\n`);
}
