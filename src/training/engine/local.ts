/** Starts the training process: detached, so that it outlives whoever started it. The store is how they speak. */
import { execFile, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { BackendName } from '../../domain/backend.ts';
import { refuseLinks, runFiles } from '../../store/run-files.ts';
import type { BackendCheck } from '../backends/check.ts';

/** The environment variable that carries the judge's key to the training process: neither the store nor a command line holds it. */
export const judgeKeyVariable = 'ROLLOUT_LAB_JUDGE_KEY';

export interface TrainingLaunch {
  /** Folder of the built bundles; training.cjs in it is started as `training.cjs --db STORE --run RUN`. */
  dist: string;
  /** The store's file. */
  store: string;
  runId: string;
  /** Null where the user names none. */
  judge: NamedJudge | null;
}

/** The judge that the user names, in settings of their own or on the command line: no run asks another one. */
export interface NamedJudge {
  endpoint: string;
  /** Null where the endpoint asks for none. */
  key: string | null;
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
 * logs/RUN.log beside the store: a pipe would break when this process ends. Throws when the run's id is none, or a link is in the log's place.
 */
export function launchTraining({ dist, store, runId, judge }: TrainingLaunch): TrainingProcess {
  const { log: logFile } = runFiles(store, runId);
  refuseLinks(logFile);
  mkdirSync(dirname(logFile), { recursive: true });
  const log = openSync(logFile, 'w');
  const words = [join(dist, 'training.cjs'), '--db', store, '--run', runId];
  if (judge) words.push('--judge', judge.endpoint);
  const child = spawn(process.execPath, words, {
    cwd: dirname(store),
    detached: true,
    stdio: ['ignore', log, log],
    windowsHide: true,
    // In desktop VS Code the executable is Electron, which is Node when told so.
    env: {
      ...process.env,
      ELECTRON_RUN_AS_NODE: '1',
      [judgeKeyVariable]: judge?.key ?? undefined,
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

/** Why a backend is not to be used here: it lacks something, it fails, or it is much slower than the default. */
export interface Unavailable {
  cause: 'not set up' | 'failure' | 'slow';
  unavailable: string;
}

export interface CheckOptions {
  threads: number;
  signal?: AbortSignal;
  /** Changes to the environment. */
  env?: NodeJS.ProcessEnv;
}

/** How long a check may take: kernels may first be compiled. */
const checkMs = 180_000;

/** `checkBackend` in a process of its own, the training process's `program` started as `PROGRAM --check NAME`. Throws when aborted. */
export async function launchCheck(
  program: string,
  name: BackendName,
  { threads, signal, env }: CheckOptions,
): Promise<BackendCheck | Unavailable> {
  const words = [program, '--check', name, '--threads', String(threads)];
  const options = { timeout: checkMs, signal, env: { ...process.env, ELECTRON_RUN_AS_NODE: '1', ...env } };
  const { failure, stdout, stderr } = await new Promise<{ failure: Error | null; stdout: string; stderr: string }>(
    (resolve) =>
      execFile(process.execPath, words, options, (failure, stdout, stderr) => resolve({ failure, stdout, stderr })),
  );
  signal?.throwIfAborted();
  const answer = stdout.trim().split('\n').at(-1)!;
  if (failure === null && answer.startsWith('{')) return JSON.parse(answer) as BackendCheck | Unavailable;
  const { code, killed, signal: sent } = (failure ?? {}) as { code?: number; killed?: boolean; signal?: string };
  const end = killed ? `took more than ${checkMs / 1000} s` : `ended with ${sent ?? code}`;
  return { cause: 'failure', unavailable: `its check ${end}: ${stderr.trim().split('\n').at(-1)}` };
}
