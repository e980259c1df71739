import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { codeServer } from './install.ts';

/** A quiet editor: nothing opens by itself, nothing phones home. */
const quiet = {
  'workbench.startupEditor': 'none',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.tips.enabled': false,
  'chat.disableAIFeatures': true,
  'telemetry.telemetryLevel': 'off',
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
};

/** What ends this process without an `exit` event: the servers must not outlive it. */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface Editor {
  /** Holds user data, settings and log. */
  home: string;
  /** 127.0.0.1:PORT */
  host: string;
  url: string;
  /** What the server and its extension hosts print. */
  log: string;
  /** Ends the server and every process it started. */
  stop: () => void;
  /** Resolves when the server has ended. */
  ended: Promise<unknown>;
}

export interface EditorOptions {
  /** Holds user data, settings and log; one server at a time. */
  home: string;
  /** Where extensions are installed; `home`/extensions when left out. */
  extensions?: string;
  /** The user settings of a new `home`. */
  settings?: Record<string, unknown>;
  environment?: Record<string, string>;
  /** Asked for in the browser; without it the server lets every local process in. */
  password?: string;
  /** Opens folders in Restricted Mode until they are trusted; else all are. */
  restricted?: boolean;
  /** Lets a page run an extension's tests in its extension host (and hides notifications). */
  testDriver?: boolean;
  /** A folder that the server and what it starts find mounted read-only, as on another's disk; on Linux. */
  readOnly?: string;
}

/** Starts a VS Code server on a free loopback port; resolves once it answers. Throws with its log when it does not. */
export async function startEditor(options: EditorOptions): Promise<Editor> {
  const entry = codeServer();
  if (!existsSync(settingsOf(options.home))) writeSettings(options.home, options.settings);
  const host = `127.0.0.1:${await freePort()}`;
  const log = join(options.home, 'server.log');
  const output = openSync(log, 'w');
  const flags = ['telemetry', 'update-check', 'getting-started-override', 'proxy'];
  if (!options.restricted) flags.push('workspace-trust');
  const [program, ...words] = [
    ...(options.readOnly === undefined ? [] : mounting(options.readOnly)),
    ...[process.execPath, entry],
    ...['--bind-addr', host, '--auth', options.password ? 'password' : 'none'],
    ...folders(options),
    ...flags.map((flag) => `--disable-${flag}`),
    ...(options.testDriver ? ['--vscode-option', 'enable-smoke-test-driver'] : []),
  ];
  const child = spawn(program, words, {
    env: {
      ...process.env,
      EXTENSIONS_GALLERY: '{}',
      ...options.environment,
      ...(options.password && { PASSWORD: options.password }),
    },
    stdio: ['ignore', output, output],
    detached: true,
  });
  const interrupted = () => {
    stop();
    process.exit(130);
  };
  const stop = () => {
    process.off('exit', stop);
    for (const signal of signals) process.off(signal, interrupted);
    try {
      if (child.pid) process.kill(-child.pid);
    } catch {
      // The group has ended already.
    }
  };
  process.on('exit', stop);
  for (const signal of signals) process.on(signal, interrupted);
  const url = `http://${host}`;
  for (const limit = Date.now() + 60_000; !(await answers(`${url}/healthz`)); await setTimeout(100)) {
    if (child.exitCode === null && Date.now() < limit) continue;
    stop();
    throw new Error(`The VS Code server did not start:\n${readFileSync(log, 'utf8')}`);
  }
  return { home: options.home, host, url, log, stop, ended: once(child, 'exit') };
}

/** Makes these the user settings of a server's windows, beside those that keep it quiet. */
export function writeSettings(home: string, settings: Record<string, unknown> = {}): void {
  mkdirSync(dirname(settingsOf(home)), { recursive: true });
  writeFileSync(settingsOf(home), JSON.stringify({ ...quiet, ...settings }, null, 2));
}

function settingsOf(home: string): string {
  return join(home, 'data/User/settings.json');
}

/** Installs a packaged extension for the servers that share the folder. Throws with the server's words when it fails. */
export function installExtension(vsix: string, options: Pick<EditorOptions, 'home' | 'extensions'>): void {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [codeServer(), '--install-extension', vsix, '--force', ...folders(options)],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`Installing ${vsix} failed:\n${stdout}${stderr}`);
}

function folders({ home, extensions = join(home, 'extensions') }: Pick<EditorOptions, 'home' | 'extensions'>) {
  mkdirSync(extensions, { recursive: true });
  return [
    ...['--config', join(home, 'config.yaml')],
    ...['--user-data-dir', join(home, 'data')],
    ...['--extensions-dir', extensions],
  ];
}

/** What starts a program in a namespace of its own, in which the folder is mounted read-only. */
function mounting(folder: string): string[] {
  const mount = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"';
  return ['unshare', '--map-root-user', '--mount', 'sh', '-c', mount, folder];
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}
