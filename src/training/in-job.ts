/** A run in its job on a Ray cluster: the same loop on an extract of the store, of which the outbox tells. */
import { dirname, join } from 'node:path';
import { Outbox } from '../cluster/outbox.ts';
import { errorText } from '../domain/error-text.ts';
import { parseRunConfig } from '../domain/preset.ts';
import type { Store } from '../store/store.ts';
import { allowMediaFolders } from '../video/media-folders.ts';
import { trainRun } from './avatar/run.ts';
import { RunProcess, say } from './host/run-process.ts';

export interface JobOptions {
  judge: string | null;
  /** The folder that the outbox fills. */
  outbox: string;
  /** The Python that started the job. */
  python: string;
}

/** Trains the run of the job's store, and tells how it went in its outbox. Returns the process's exit code. */
export async function trainInJob(
  store: Store,
  runId: string,
  { judge, outbox: folder, python }: JobOptions,
): Promise<number> {
  const outbox = new Outbox(store, runId, folder);
  const running = new RunProcess(store, runId);
  process.on('SIGTERM', () => running.terminate());
  try {
    await seeSharedMedia(store, runId);
    const status = await trainRun(store, running, judge, { python, packages: dirname(process.argv[1]) });
    await outbox.close({ status, error: null });
    return 0;
  } catch (error) {
    if (error instanceof Error && error.stack) say(error.stack);
    await outbox.close({ status: 'failed', error: errorText(error) });
    return 1;
  } finally {
    running.close();
    store.close();
  }
}

/** Lets the run see media that its user's machine found in folders that its user named: of the job alone, for the account may be others'. */
async function seeSharedMedia(store: Store, runId: string): Promise<void> {
  const folder = dirname(store.file);
  process.env.XDG_DATA_HOME = join(folder, 'data');
  if (parseRunConfig(store.runs.get(runId)!.config).ray?.files !== 'shared') return;
  await allowMediaFolders(folder, [...new Set(store.runMedia(runId).map((path) => dirname(path)))]);
}
