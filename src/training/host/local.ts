/** Runs on this machine: starts the training process, detached, so that it outlives whoever started it. The store is how they speak. */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { refuseLinks, runFiles } from '../../store/run-files.ts';
import type { ProcessEnd } from './run-host.ts';

/** The environment variable that carries the judge's key to the training process: neither the store nor a command line holds it. */
export const judgeKeyVariable = 'ROLLOUT_LAB_JUDGE_KEY';

/** The same for the token of the Ray cluster. */
export const rayTokenVariable = 'ROLLOUT_LAB_RAY_TOKEN';

interface Launch {
  /** Folder of the built bundles: training.cjs in it is started. */
  dist: string;
  /** The store's file. */
  store: string;
}

export interface TrainingLaunch extends Launch {
  runId: string;
  /** Null where the user names none. */
  judge: NamedJudge | null;
  /** The same of the Ray cluster. */
  ray?: NamedRay | null;
}

/** The judge that the user names, in settings of their own or on the command line: no run asks another one. */
export interface NamedJudge {
  endpoint: string;
  /** Null where the endpoint asks for none. */
  key: string | null;
}

/** The Ray cluster that the user names in the same way: no run is sent to another one. */
export interface NamedRay {
  address: string;
  /** Null where the cluster asks for none. */
  token: string | null;
}

/** Of V8, MiB: three of these are its young generation, which it would let grow to several times as much of what a step needs for a moment. */
const semiSpace = 4;

/** How much of a dead process's output is worth showing, in characters. */
const shownOutput = 4_000;

/**
 * Starts a process that trains the run from its row, or resumes it from its latest checkpoint. Its output goes to
 * logs/RUN.log beside the store: a pipe would break when this process ends. `ended` rejects when it cannot start.
 * Throws when the run's id is none, or a link is in the log's place.
 */
export function launchTraining({ runId, judge, ray, ...where }: TrainingLaunch): { ended: Promise<ProcessEnd> } {
  const words = ['--run', runId, ...(judge ? ['--judge', judge.endpoint] : []), ...(ray ? ['--ray', ray.address] : [])];
  return launch(where, runId, words, {
    [judgeKeyVariable]: judge?.key ?? undefined,
    [rayTokenVariable]: ray?.token ?? undefined,
  });
}

/** Starts a process that makes an evaluation from its row, or goes on with it. As `launchTraining`. */
export function launchEvaluation({
  evaluationId,
  ray,
  ...where
}: Launch & { evaluationId: string; ray: NamedRay | null }): { ended: Promise<ProcessEnd> } {
  const words = ['--evaluation', evaluationId, ...(ray ? ['--ray', ray.address] : [])];
  return launch(where, evaluationId, words, { [rayTokenVariable]: ray?.token ?? undefined });
}

function launch(
  { dist, store }: Launch,
  id: string,
  words: readonly string[],
  secrets: NodeJS.ProcessEnv,
): { ended: Promise<ProcessEnd> } {
  const { log: logFile } = runFiles(store, id);
  refuseLinks(logFile);
  mkdirSync(dirname(logFile), { recursive: true });
  const log = openSync(logFile, 'w');
  const child = spawn(
    process.execPath,
    [`--max-semi-space-size=${semiSpace}`, join(dist, 'training.cjs'), '--db', store, ...words],
    {
      cwd: dirname(store),
      detached: true,
      stdio: ['ignore', log, log],
      windowsHide: true,
      // In desktop VS Code the executable is Electron, which is Node when told so.
      env: {
        ...process.env,
        ELECTRON_RUN_AS_NODE: '1',
        [judgeKeyVariable]: undefined,
        [rayTokenVariable]: undefined,
        ...secrets,
      },
    },
  );
  closeSync(log);
  child.unref();
  const ended = new Promise<ProcessEnd>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => resolve({ code, output: readFileSync(logFile, 'utf8').slice(-shownOutput).trim() }));
  });
  return { ended };
}
