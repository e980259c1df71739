// npm test: every check and every suite, in the order in which a failure is cheapest; the last line sums them up.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { needPrograms } from './programs.ts';

const root = resolve(import.meta.dirname, '..');

interface Counts {
  passed: number;
  failed: number;
}

interface Stage {
  name: string;
  /** npm script and its arguments */
  command: string[];
  /** Where the stage's suite leaves its counts; a stage without is a check, and counts when it fails. */
  report?: string;
  /** What comes after would test something else than the sources when this fails. */
  essential?: boolean;
}

const vitest = (report: string) => ['--reporter=default', '--reporter=json', `--outputFile.json=${join(root, report)}`];

const stages: Stage[] = [
  { name: 'format, lint and types', command: ['check'] },
  { name: 'build', command: ['build'], essential: true },
  { name: 'unit tests', command: ['unit', '--', ...vitest('out/unit.json')], report: 'out/unit.json' },
  { name: 'package', command: ['package'], essential: true },
  { name: 'tests in the extension host', command: ['host'], report: 'out/host/report.json' },
  { name: 'tests in the workbench', command: ['ui', '--', ...vitest('out/ui.json')], report: 'out/ui.json' },
];

const total: Counts = { passed: 0, failed: 0 };
try {
  needPrograms(['ffmpeg', 'chromium']);
  for (const stage of stages) {
    const started = Date.now();
    console.log(`\n── ${stage.name}`);
    const { passed, failed } = run(stage);
    total.passed += passed;
    total.failed += failed;
    const counts = stage.report ? `${passed} passed, ${failed} failed, ` : '';
    console.log(`── ${stage.name}: ${counts}${((Date.now() - started) / 1000).toFixed(0)} s`);
    if (stage.essential && failed > 0) break;
  }
} catch (error) {
  total.failed++;
  console.error((error as Error).message);
}
console.log(`\n${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed > 0 ? 1 : 0;

/** Runs a stage. One that ends badly without a failed test, or that runs no test at all, counts as one failed. */
function run({ name, command, report }: Stage): Counts {
  const file = report && join(root, report);
  if (file) rmSync(file, { force: true });
  const { status, signal } = spawnSync('npm', ['run', '--silent', ...command], { cwd: root, stdio: 'inherit' });
  const { passed, failed } = file ? read(file) : { passed: 0, failed: 0 };
  if (failed > 0) return { passed, failed };
  if (status !== 0) {
    console.error(`${name}: npm run ${command[0]} ended with ${status ?? signal}.`);
    return { passed, failed: 1 };
  }
  if (file && passed === 0) {
    console.error(`${name}: no test ran.`);
    return { passed, failed: 1 };
  }
  return { passed, failed };
}

/** The counts in a report of vitest or of test/host. */
function read(file: string): Counts {
  if (!existsSync(file)) return { passed: 0, failed: 0 };
  const report = JSON.parse(readFileSync(file, 'utf8')) as Counts & {
    numPassedTests?: number;
    numFailedTests?: number;
  };
  return { passed: report.numPassedTests ?? report.passed, failed: report.numFailedTests ?? report.failed };
}
