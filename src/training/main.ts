/**
 * The training process: `training.cjs --db FILE --run ID [--judge URL] [--ray URL]`, or `--evaluation ID`. It needs nobody: the store tells it
 * what to do and keeps what it did. What is of the engine ray it follows; in the job it is started with `--outbox FOLDER --python PYTHON`, and does
 * it, or answers the question in a file (`--question FILE`).
 * Or `training.cjs --check BACKEND --threads N`, which prints what `launchCheck` returns; or `training.cjs --check-torch PYTHON`, which
 * prints what that Python takes for a step, and works in the current folder.
 */
import { dirname, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { BackendName } from '../domain/backend.ts';
import { errorText } from '../domain/error-text.ts';
import { isStoreFailure, runFiles, RunTaken, Store } from '../store/store.ts';
import { trainRun } from './avatar/run.ts';
import { BackendUnavailableError } from './backends/backend.ts';
import type { BackendCheck, Unavailable } from './backends/launch-check.ts';
import { checkTorch, type TorchCheck } from './engine/torch-check.ts';
import { servicePackages } from './engine/torch-python.ts';
import { evaluate } from './evaluation/evaluate.ts';
import { EvaluationProcess, RunProcess, say } from './host/run-process.ts';
import { answerInJob, evaluateInJob, trainInJob } from './in-job.ts';
import { evaluateOnRay, runOnRay, type RayNames } from './on-ray.ts';

/** How long a process that cannot write its run's end waits before it tries again (ms). */
const patience = [100, 400, 1500];

async function main(): Promise<number> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: {
      ...{ db: text, run: text, evaluation: text, question: text, judge: text, ray: text, outbox: text, python: text },
      ...{ check: text, 'check-torch': text, threads: text },
    },
  });
  const { check, threads, 'check-torch': checked } = values;
  const dist = dirname(process.argv[1]);
  if (check !== undefined)
    return tell(async () => {
      // Not loaded with the program: a job of a cluster has no ONNX Runtime.
      const { checkBackend } = await import('./backends/check.ts');
      return checkBackend(check as BackendName, Number(threads));
    });
  if (checked !== undefined) return tell(() => checkTorch(checked, servicePackages(dist), process.cwd()));
  const { db, run, evaluation, question, judge = null, ray: address = null, outbox, python } = values;
  const job = outbox === undefined || python === undefined ? null : { outbox, python };
  if (job && question !== undefined) return answerInJob(question, job);
  if (db !== undefined && evaluation !== undefined)
    return job ? evaluateInJob(Store.open(resolve(db)), evaluation, job) : make(db, evaluation, { address, dist });
  if (db !== undefined && run !== undefined)
    return job ? trainInJob(Store.open(resolve(db)), run, judge, job) : train(db, run, judge, { address, dist });
  process.stderr.write(
    'usage: training --db FILE (--run ID [--judge URL] | --evaluation ID) [--ray URL] | --check BACKEND --threads N\n',
  );
  return 2;
}

function train(db: string, id: string, judge: string | null, ray: RayNames): Promise<number> {
  const store = Store.open(resolve(db));
  runFiles(store.file, id);
  const running = new RunProcess(store, id);
  return live(store, {
    process: running,
    work: () =>
      running.run.config.engine === 'ray' ? runOnRay(store, running, judge, ray) : trainRun(store, running, judge),
    update: (change) => store.runs.update(id, change),
    log: (level, message) => running.log(level, message),
    failure: (error) => failure(store, id, error),
  });
}

function make(db: string, id: string, ray: RayNames): Promise<number> {
  const store = Store.open(resolve(db));
  runFiles(store.file, id);
  const working = new EvaluationProcess(store, id);
  return live(store, {
    process: working,
    work: () =>
      working.row.settings?.engine === 'ray' ? evaluateOnRay(store, working, ray) : evaluate(store, working),
    update: (change) => store.evaluations.update(id, change),
    log: (level, message) => say(`${new Date().toISOString()} ${level} ${message}`),
    failure: reasonOf,
  });
}

/** What this process is for. */
interface Work {
  process: Pick<RunProcess, 'terminate' | 'close'>;
  work: () => Promise<'finished' | 'stopped'>;
  /** Changes the row. */
  update: (change: { status: 'finished' | 'stopped' | 'failed'; endedAt: string; error?: string }) => void;
  log: (level: 'info' | 'error', message: string) => void;
  /** Why it failed. */
  failure: (error: unknown) => string;
}

/** Does the work, and leaves its end in its row. Returns the process's exit code. */
async function live(store: Store, work: Work): Promise<number> {
  process.on('SIGTERM', () => work.process.terminate());
  process.on('SIGINT', () => work.process.terminate());
  try {
    const status = await work.work();
    work.update({ status, endedAt: new Date().toISOString() });
    work.log('info', status === 'finished' ? 'Finished.' : 'Stopped.');
    return 0;
  } catch (error) {
    if (error instanceof RunTaken) {
      say(error.message);
      return 1;
    }
    if (error instanceof Error && error.stack) say(error.stack);
    await fail(work, work.failure(error));
    return 1;
  } finally {
    work.process.close();
    store.close();
  }
}

/** Leaves why the work failed in its row. Where the store takes no more, the log alone has it. */
async function fail({ update, log }: Work, message: string): Promise<void> {
  for (const wait of [...patience, null]) {
    try {
      update({ status: 'failed', error: message, endedAt: new Date().toISOString() });
      return log('error', message);
    } catch (error) {
      if (!isStoreFailure(error)) throw error;
      if (wait === null) return say(`${new Date().toISOString()} error ${message}`);
      await sleep(wait);
    }
  }
}

/** Prints what a check found, or why what it checks does not run here, as one line of JSON. */
async function tell(check: () => Promise<BackendCheck | TorchCheck>): Promise<number> {
  let answer: BackendCheck | TorchCheck | Unavailable;
  try {
    answer = await check();
  } catch (error) {
    const cause = error instanceof BackendUnavailableError ? 'not set up' : 'failure';
    answer = { cause, unavailable: errorText(error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
  return 0;
}

/** Why a run failed, at which iteration, and from where it can go on, where the store still tells that. */
function failure(store: Store, runId: string, error: unknown): string {
  const reason = reasonOf(error);
  try {
    const checkpoint = store.runs.latestCheckpoint(runId);
    const iteration = store.runs.get(runId)?.iteration ?? 0;
    const way = checkpoint
      ? ` The last good checkpoint is iteration ${checkpoint.iteration} (${checkpoint.path}).`
      : '';
    if (iteration === 0 && !checkpoint) return reason;
    return `After iteration ${iteration}: ${way === '' ? reason : reason.replace(/[.]?$/u, '.')}${way}`;
  } catch {
    return reason;
  }
}

function reasonOf(error: unknown): string {
  return isStoreFailure(error) ? `the store cannot be written: ${errorText(error)}` : errorText(error);
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    say(error instanceof Error ? (error.stack ?? error.message) : String(error));
    process.exit(1);
  },
);
