/**
 * The training process: `training.cjs --db FILE --run ID`. It needs nobody: the store tells it what to do and keeps what it did.
 * Or `training.cjs --check BACKEND --threads N`, which prints what `launchCheck` returns.
 */
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { BackendName } from '../domain/backend.ts';
import { plainText } from '../domain/plain-text.ts';
import { Store } from '../store/store.ts';
import { trainRun } from './avatar/run.ts';
import { BackendUnavailableError } from './backends/backend.ts';
import { checkBackend, type BackendCheck } from './check.ts';
import type { Unavailable } from './launch.ts';
import { RunProcess, RunTakenError } from './run-process.ts';

async function main(): Promise<number> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({ options: { db: text, run: text, check: text, threads: text } });
  if (values.check !== undefined) return check(values.check, Number(values.threads));
  if (values.db === undefined || values.run === undefined) {
    process.stderr.write('usage: training --db FILE --run ID | --check BACKEND --threads N\n');
    return 2;
  }
  const file = resolve(values.db);
  const store = Store.open(file);
  const running = new RunProcess(store, values.run);
  process.on('SIGTERM', () => running.terminate());
  process.on('SIGINT', () => running.terminate());
  try {
    const status = await trainRun(store, running, dirname(file));
    store.updateRun(values.run, { status, endedAt: new Date().toISOString() });
    running.log('info', status === 'finished' ? 'Finished.' : 'Stopped.');
    return 0;
  } catch (error) {
    if (error instanceof RunTakenError) {
      process.stderr.write(`${plainText(error.message)}\n`);
      return 1;
    }
    const message = failure(store, values.run, error);
    store.updateRun(values.run, { status: 'failed', error: message, endedAt: new Date().toISOString() });
    running.log('error', message);
    if (error instanceof Error && error.stack) process.stderr.write(`${plainText(error.stack)}\n`);
    return 1;
  } finally {
    running.close();
    store.close();
  }
}

/** Prints the check of a backend, or why it does not run here, as one line of JSON. */
async function check(name: string, threads: number): Promise<number> {
  let answer: BackendCheck | Unavailable;
  try {
    answer = await checkBackend(name as BackendName, threads);
  } catch (error) {
    const cause = error instanceof BackendUnavailableError ? 'not set up' : 'failure';
    answer = { cause, unavailable: error instanceof Error ? error.message : String(error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
  return 0;
}

/** Why a run failed, at which iteration, and from where it can go on. */
function failure(store: Store, runId: string, error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error);
  const checkpoint = store.latestCheckpoint(runId);
  const step = store.run(runId)?.step ?? 0;
  const way = checkpoint ? ` The last good checkpoint is iteration ${checkpoint.step} (${checkpoint.path}).` : '';
  return step === 0 && !checkpoint ? reason : `After iteration ${step}: ${reason}${way}`;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${plainText(error instanceof Error ? (error.stack ?? error.message) : String(error))}\n`);
    process.exit(1);
  },
);
