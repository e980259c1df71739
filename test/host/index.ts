import { globSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beginWork } from './closing.ts';
import type { Report } from './run.ts';

/** What VS Code calls in its extension host: runs every test file bundled beside this one; rejects when one fails. */
export async function run(): Promise<void> {
  const { default: Mocha } = await import('mocha');
  const mocha = new Mocha({ timeout: 60_000, reporter: 'min' });
  for (const file of globSync('**/*.test.cjs', { cwd: __dirname })) mocha.addFile(join(__dirname, file));
  const report: Report = { passed: 0, failed: 0, lines: [] };
  await new Promise<void>((resolve) => {
    mocha
      .run(() => resolve())
      .on('pass', (test) => {
        report.passed++;
        report.lines.push(`✓ ${test.fullTitle()} (${test.duration ?? 0} ms)`);
      })
      .on('fail', (test, error: Error) => {
        report.failed++;
        report.lines.push(`✗ ${test.fullTitle()}\n${error.stack ?? error.message}`);
      });
  });
  // There, a process's children can be looked up.
  if (process.platform === 'linux') report.working = await beginWork();
  writeFileSync(join(__dirname, 'report.json'), JSON.stringify(report));
  if (report.failed > 0) throw new Error(`${report.failed} failed in the extension host`);
}
