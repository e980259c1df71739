// Runs this folder's tests in the real extension host: in desktop VS Code where one can be downloaded and shown, else
// in the served one.
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { downloadAndUnzipVSCode, runTests } from '@vscode/test-electron';
import { build } from 'esbuild';
import { nodeBundle } from '../../scripts/bundle.mjs';
import checkClosed from './closed.ts';
import type { Working } from './closing.ts';

const root = resolve(import.meta.dirname, '../..');
const out = join(root, 'out/host');

/** What the suite leaves in out/host/report.json: its counts, and a line or more for each test. */
export interface Report {
  passed: number;
  failed: number;
  lines: string[];
  /** What works for the window when it is closed. */
  working?: Working;
}

async function desktop(): Promise<string | undefined> {
  if (process.platform === 'linux' && !process.env.DISPLAY) return undefined;
  try {
    return await downloadAndUnzipVSCode({ cachePath: join(root, '.cache/vscode'), timeout: 30_000 });
  } catch (error) {
    console.log(`Desktop VS Code cannot be downloaded (${(error as Error).message}): using the served one.`);
    return undefined;
  }
}

rmSync(out, { recursive: true, force: true });
await build({
  entryPoints: ['index.ts', ...globSync('**/*.test.ts', { cwd: import.meta.dirname })],
  absWorkingDir: import.meta.dirname,
  outdir: out,
  outExtension: { '.js': '.cjs' },
  bundle: true,
  platform: 'node',
  target: nodeBundle.target,
  format: 'cjs',
  external: ['vscode', 'mocha', 'better-sqlite3'],
  sourcemap: 'inline',
  logLevel: 'warning',
});
const folder = mkdtempSync(join(tmpdir(), 'rollout-lab-workspace-'));
mkdirSync(join(folder, '.vscode'));
// Nobody is there who could be asked for it.
writeFileSync(join(folder, '.vscode/settings.json'), JSON.stringify({ 'rolloutLab.annotator': 'me' }));
try {
  const installed = await desktop();
  await runTests({
    vscodeExecutablePath: installed ?? join(root, 'scripts/vscode/host-tests.ts'),
    extensionDevelopmentPath: root,
    extensionTestsPath: join(out, 'index.cjs'),
    launchArgs: [folder],
    extensionTestsEnv: {
      PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
      AFTER_CLOSE: join(import.meta.dirname, 'closed.ts'),
    },
  });
  if (installed) await checkClosed();
} finally {
  const report = join(out, 'report.json');
  if (existsSync(report)) console.log((JSON.parse(readFileSync(report, 'utf8')) as Report).lines.join('\n'));
  rmSync(folder, { recursive: true, force: true });
}
