#!/usr/bin/env node
// Runs an extension's tests in the extension host of the served VS Code, with the command line of desktop VS Code, so
// that runTests of @vscode/test-electron can start either:
//   host-tests.ts FOLDER --extensionDevelopmentPath=FOLDER --extensionTestsPath=FILE
// AFTER_CLOSE names a module whose default function is awaited once the window is closed, while its server still runs.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { format, parseArgs } from 'node:util';
import { launchBrowser } from './browser.ts';
import { startEditor } from './server.ts';

const patience = 5 * 60_000 * Number(process.env.TEST_TIMES ?? 1);

const { values, positionals } = parseArgs({
  options: { extensionDevelopmentPath: { type: 'string' }, extensionTestsPath: { type: 'string' } },
  strict: false,
  allowPositionals: true,
});
const home = mkdtempSync(join(tmpdir(), 'rollout-lab-host-'));
const editor = await startEditor({ home, environment: { HOME: home }, testDriver: true });
const browser = await launchBrowser();
try {
  const page = await browser.newPage();
  const remote = (file: unknown) => `vscode-remote://${editor.host}${String(file)}`;
  const payload = [
    ['extensionDevelopmentPath', remote(values.extensionDevelopmentPath)],
    ['extensionTestsPath', remote(values.extensionTestsPath)],
    ['skipWelcome', 'true'],
    ['skipReleaseNotes', 'true'],
  ];
  const query = new URLSearchParams({ folder: positionals[0] ?? home, payload: JSON.stringify(payload) });
  const url = `${editor.url}/?${query.toString().replaceAll('+', '%20')}`;
  const log: string[] = [];
  await page.exposeFunction('codeAutomationLog', (type: string, line: unknown[]) => log.push(format(type, ...line)));
  process.exitCode = await new Promise<number>((resolve, reject) => {
    setTimeout(reject, patience, new Error(`No end after ${patience / 60_000} minutes.`)).unref();
    page
      .exposeFunction('codeAutomationExit', resolve)
      .then(() => page.goto(url))
      .catch(reject);
  });
  if (process.exitCode !== 0) console.log(log.join('\n'));
  await browser.close();
  const { AFTER_CLOSE } = process.env;
  if (AFTER_CLOSE !== undefined) await ((await import(AFTER_CLOSE)) as { default: () => Promise<void> }).default();
} finally {
  await browser.close();
  editor.stop();
  rmSync(home, { recursive: true, force: true });
}
