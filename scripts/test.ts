// npm test: every check and every suite, in the order in which a failure is cheapest; the last line sums them up.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { stagePath } from './package.ts';
import { needPrograms } from './programs.ts';
import { venvPython } from './python-venv.ts';

const root = resolve(import.meta.dirname, '..');

interface Counts {
  passed: number;
  /** Skipped tests among them: what a test needs is set up here, so that one which is skipped has missed its purpose. */
  failed: number;
}

interface Stage {
  name: string;
  command: string[];
  /** Changes to the environment. */
  env?: NodeJS.ProcessEnv;
  /** Where the stage's suite leaves its counts; a stage without is a check, and counts when it fails. */
  report?: string;
  /** What comes after would test something else than the sources when this fails. */
  essential?: boolean;
}

const vitest = (report: string) => ['--reporter=default', '--reporter=json', `--outputFile.json=${join(root, report)}`];

const script = (...words: string[]) => ['npm', 'run', '--silent', ...words];

const stages: Stage[] = [
  { name: 'format, lint and types', command: script('check') },
  { name: 'package', command: script('package'), essential: true },
  {
    // With the packaged command line; vitest.config.ts lets the unit tests find what it leaves.
    name: 'set up the TensorFlow backend',
    command: [process.execPath, join(stagePath, 'dist/cli.cjs'), 'setup', 'tensorflow'],
    env: { XDG_DATA_HOME: join(root, '.cache/data') },
  },
  { name: 'install PyTorch', command: [process.execPath, join(root, 'scripts/python-venv.ts')] },
  {
    name: 'set up the PyTorch engine',
    command: [process.execPath, join(stagePath, 'dist/cli.cjs'), 'setup', 'torch', '--python', venvPython],
    env: { XDG_DATA_HOME: join(root, '.cache/data') },
  },
  { name: 'set up other ffmpegs', command: [process.execPath, join(root, 'scripts/ffmpegs.ts')] },
  { name: 'unit tests', command: script('unit', '--', ...vitest('out/unit.json')), report: 'out/unit.json' },
  {
    name: 'tests of the policy service',
    command: [process.execPath, join(root, 'scripts/test-python.ts')],
    report: 'out/python.json',
  },
  { name: 'tests in the extension host', command: script('host'), report: 'out/host/report.json' },
  { name: 'tests in the workbench', command: script('ui', '--', ...vitest('out/ui.json')), report: 'out/ui.json' },
];

const total: Counts = { passed: 0, failed: 0 };
try {
  needPrograms(['ffmpeg', 'chromium', 'python', 'pip', 'compiler', 'vulkan']);
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
function run({ name, command, env, report }: Stage): Counts {
  const file = report && join(root, report);
  if (file) rmSync(file, { force: true });
  const options = { cwd: root, env: { ...process.env, ...env }, stdio: 'inherit' } as const;
  const { status, signal } = spawnSync(command[0], command.slice(1), options);
  const { passed, failed } = file ? read(file) : { passed: 0, failed: 0 };
  if (failed > 0) return { passed, failed };
  if (status !== 0) {
    console.error(`${name}: ${command.slice(0, 4).join(' ')} ended with ${status ?? signal}.`);
    return { passed, failed: 1 };
  }
  if (file && passed === 0) {
    console.error(`${name}: no test ran.`);
    return { passed, failed: 1 };
  }
  return { passed, failed };
}

/** The counts in a report of vitest, of test/host or of scripts/test-python.ts. */
function read(file: string): Counts {
  if (!existsSync(file)) return { passed: 0, failed: 0 };
  const report = JSON.parse(readFileSync(file, 'utf8')) as Counts & {
    numPassedTests?: number;
    numFailedTests?: number;
    numPendingTests?: number;
  };
  const { numPassedTests = report.passed, numFailedTests = report.failed, numPendingTests = 0 } = report;
  if (numPendingTests > 0) console.error(`${numPendingTests} tests were skipped: see “↓” above.`);
  return { passed: numPassedTests, failed: numFailedTests + numPendingTests };
}
