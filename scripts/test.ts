// npm test: every check and every suite, in the order in which a failure is cheapest; the last line sums them up.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
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
  /** Whether its failed files are run once more, alone: in a window, another program's load may fail a test, and a fault fails it again. */
  again?: boolean;
  /** Run one after the other while this one runs, which does not need both cores all the time; what they print comes after it. */
  beside?: Stage[];
}

const vitest = (report: string, ...words: string[]) => [
  ...[process.execPath, join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...words],
  ...['--reporter=default', '--reporter=json', `--outputFile.json=${join(root, report)}`],
];

const script = (...words: string[]) => ['npm', 'run', '--silent', ...words];

const stages: Stage[] = [
  { name: 'package', command: script('package'), essential: true },
  {
    name: 'format, lint and types',
    command: script('check'),
    beside: [
      {
        // With the packaged command line; vitest.config.ts lets the unit tests find what it leaves.
        name: 'set up the TensorFlow backend',
        command: [process.execPath, join(stagePath, 'dist/cli.cjs'), 'setup', 'tensorflow'],
        env: { XDG_DATA_HOME: join(root, '.cache/data') },
      },
      { name: 'install the editor', command: [process.execPath, join(root, 'scripts/vscode/install.ts')] },
      { name: 'install PyTorch', command: [process.execPath, join(root, 'scripts/python-venv.ts')] },
      {
        name: 'set up the PyTorch engine',
        command: [process.execPath, join(stagePath, 'dist/cli.cjs'), 'setup', 'torch', '--python', venvPython],
        env: { XDG_DATA_HOME: join(root, '.cache/data') },
      },
      { name: 'set up other ffmpegs', command: [process.execPath, join(root, 'scripts/ffmpegs.ts')] },
    ],
  },
  { name: 'unit tests', command: vitest('out/unit.json'), report: 'out/unit.json' },
  // Not beside the workbench's: its Ray workers take what cores there are, and a window then takes three times as long.
  {
    name: 'tests of the policy service',
    command: [process.execPath, join(root, 'scripts/test-python.ts')],
    report: 'out/python.json',
  },
  // These take what the first stage has built: to build anew would pull it from under the others.
  {
    name: 'tests in the workbench',
    command: vitest('out/ui.json', '--config', 'test/ui/vitest.config.ts'),
    report: 'out/ui.json',
    again: true,
    beside: [
      {
        name: 'tests in the extension host',
        command: [process.execPath, join(root, 'test/host/run.ts')],
        report: 'out/host/report.json',
      },
    ],
  },
];

/** Where more files of a suite fail, no passing load did it, and they are not run again. */
const fewFiles = 3;

const total: Counts = { passed: 0, failed: 0 };
/** What failed, and passed when it was run again. */
const unsteady: string[] = [];
try {
  needPrograms(['ffmpeg', 'chromium', 'python', 'pip', 'compiler', 'vulkan']);
  for (const stage of stages) {
    console.log(`\n── ${stage.name}`);
    const [first, others] = await Promise.all([run(stage), runAll(stage.beside ?? [])]);
    const ended = stage.again && first.failed > 0 ? await runAgain(stage, first) : first;
    sumUp(stage, ended);
    for (const [other, its] of others) {
      console.log(`\n── ${other.name}, beside it\n${its.printed.trimEnd()}`);
      sumUp(other, its);
    }
    if (stage.essential && ended.failed > 0) break;
  }
} catch (error) {
  total.failed++;
  console.error((error as Error).message);
}
for (const name of unsteady)
  console.log(`\nUnsteady, its cause is to be found: ${name} failed, and passed when it was run again.`);
console.log(`\n${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed > 0 ? 1 : 0;

/** How a stage ended. */
interface End extends Counts {
  seconds: number;
  /** What it printed, where that was not shown at once. */
  printed: string;
}

function sumUp({ name, report }: Stage, { passed, failed, seconds }: End): void {
  total.passed += passed;
  total.failed += failed;
  console.log(`── ${name}: ${report ? `${passed} passed, ${failed} failed, ` : ''}${seconds.toFixed(0)} s`);
}

async function runAll(stages: Stage[]): Promise<[Stage, End][]> {
  const ends: [Stage, End][] = [];
  for (const stage of stages) ends.push([stage, await run(stage, 'pipe')]);
  return ends;
}

/** Runs a stage. One that ends badly without a failed test, or that runs no test at all, counts as one failed. */
async function run({ name, command, env, report }: Stage, output: 'inherit' | 'pipe' = 'inherit'): Promise<End> {
  const started = Date.now();
  const file = report && join(root, report);
  if (file) rmSync(file, { force: true });
  const child = spawn(command[0], command.slice(1), {
    ...{ cwd: root, env: { ...process.env, ...env } },
    stdio: ['inherit', output, output],
  });
  const [out, error, [status, signal]] = await Promise.all([
    child.stdout ? text(child.stdout) : '',
    child.stderr ? text(child.stderr) : '',
    once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>,
  ]);
  const { passed, failed } = file ? read(file) : { passed: 0, failed: 0 };
  const end = { passed, failed, seconds: (Date.now() - started) / 1000, printed: out + error };
  if (failed > 0) return end;
  const fault =
    status !== 0
      ? `${name}: ${command.slice(0, 4).join(' ')} ended with ${status ?? signal}.`
      : file && passed === 0 && `${name}: no test ran.`;
  if (!fault) return end;
  if (output === 'inherit') console.error(fault);
  return { ...end, failed: 1, printed: `${end.printed}${fault}\n` };
}

/** What is read of a report of vitest. */
interface Report {
  testResults: { name: string; status: string; assertionResults: { fullName: string; status: string }[] }[];
}

/** Runs the files that failed once more, and counts their second result. What failed alone the first time is named at the end. */
async function runAgain(stage: Stage, first: End): Promise<End> {
  const file = join(root, stage.report!);
  if (!existsSync(file)) return first;
  const { testResults } = JSON.parse(readFileSync(file, 'utf8')) as Report;
  const [failed, others] = ['failed', 'passed'].map((status) =>
    testResults.filter((result) => result.status === status),
  );
  if (failed.length === 0 || failed.length > fewFiles) return first;
  console.log(`\n── ${stage.name}, again: ${failed.length} of ${testResults.length} files`);
  const second = await run({ ...stage, command: [...stage.command, ...failed.map(({ name }) => name)] });
  if (second.failed === 0)
    for (const { name, assertionResults } of failed) {
      const titles = assertionResults.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName);
      unsteady.push([relative(root, name), ...titles].join(': '));
    }
  const [passed, skipped] = [true, false].map(
    (wanted) =>
      others
        .flatMap(({ assertionResults }) => assertionResults)
        .filter(({ status }) => (status === 'passed') === wanted).length,
  );
  return {
    ...second,
    passed: passed + second.passed,
    failed: skipped + second.failed,
    seconds: first.seconds + second.seconds,
  };
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
