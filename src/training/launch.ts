/** Starts the training process: detached, so that it outlives whoever started it. The store is how they speak. */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The environment variable that carries the judge's key to the training process: neither the store nor a command line holds it. */
export const judgeKeyVariable = 'ROLLOUT_LAB_JUDGE_KEY';

export interface TrainingLaunch {
  /** Folder of the built bundles; training.cjs in it is started as `training.cjs --db STORE --run RUN`. */
  dist: string;
  /** The store's file. */
  store: string;
  runId: string;
  /** The key of the run's judge, null for none; undefined for the one in this process's environment. */
  judgeKey?: string | null;
}

export interface TrainingProcess {
  pid: number | undefined;
  /** Resolves when the process has ended while this one lives, with the end of what it wrote; rejects when it cannot start. */
  ended: Promise<{ code: number | null; output: string }>;
}

/** How much of a dead process's output is worth showing, in characters. */
const shownOutput = 4_000;

/**
 * Starts a process that trains the run from its row, or resumes it from its latest checkpoint. Its output goes to
 * logs/RUN.log beside the store: a pipe would break when this process ends.
 */
export function launchTraining({ dist, store, runId, judgeKey }: TrainingLaunch): TrainingProcess {
  const folder = join(dirname(store), 'logs');
  mkdirSync(folder, { recursive: true });
  const logFile = join(folder, `${runId}.log`);
  const log = openSync(logFile, 'w');
  const child = spawn(process.execPath, [join(dist, 'training.cjs'), '--db', store, '--run', runId], {
    cwd: dirname(store),
    detached: true,
    stdio: ['ignore', log, log],
    windowsHide: true,
    // In desktop VS Code the executable is Electron, which is Node when told so.
    env: {
      ...process.env,
      ELECTRON_RUN_AS_NODE: '1',
      ...(judgeKey !== undefined && { [judgeKeyVariable]: judgeKey ?? undefined }),
    },
  });
  closeSync(log);
  child.unref();
  const ended = new Promise<{ code: number | null; output: string }>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => resolve({ code, output: readFileSync(logFile, 'utf8').slice(-shownOutput).trim() }));
  });
  return { pid: child.pid, ended };
}
