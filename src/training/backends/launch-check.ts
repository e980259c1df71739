/** Starts the check of a backend in a process of its own: a driver may take that down. check.ts runs there. */
import { execFile } from 'node:child_process';
import type { BackendName } from '../../domain/backend.ts';

export interface BackendCheck {
  description: string;
  /** The largest relative difference to onnxruntime, of the loss and of each weight's gradient (by its norm). */
  difference: number;
  /** Median milliseconds of a step of 26,000 parameters on 4 completions of 16 tokens. */
  smallStep: number;
  /** The same of a million parameters, as the sample policy has, on 8 completions of 64 tokens; null when the small one shows it slow. */
  milliseconds: number | null;
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
