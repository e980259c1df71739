/** The training process: `training.cjs --db FILE --run ID`. It needs nobody: the store tells it what to do and keeps what it did. */
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Store } from '../store/store.ts';
import { trainRun } from './avatar/run.ts';
import { RunProcess, RunTakenError } from './run-process.ts';

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { db: { type: 'string' }, run: { type: 'string' } } });
  if (values.db === undefined || values.run === undefined) {
    process.stderr.write('usage: training --db FILE --run ID\n');
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
      process.stderr.write(`${error.message}\n`);
      return 1;
    }
    const message = failure(store, values.run, error);
    store.updateRun(values.run, { status: 'failed', error: message, endedAt: new Date().toISOString() });
    running.log('error', message);
    if (error instanceof Error && error.stack) process.stderr.write(`${error.stack}\n`);
    return 1;
  } finally {
    running.close();
    store.close();
  }
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
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(1);
  },
);
