/** Runs a program to its end, line by line, and with everything that it started when it is cancelled. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface RunOptions {
  /** Where it runs: never a folder of the user's, whose files Python would import. */
  cwd: string;
  env?: NodeJS.ProcessEnv;
  signal: AbortSignal;
  /** Each line that it writes, to either stream. */
  line?: (line: string) => void;
}

export interface Ended {
  /** Null when there is no such program, or a signal ended it. */
  code: number | null;
  lines: string[];
}

/** Throws the signal's reason when that aborts, after the program and its children have ended. */
export async function run(program: string, words: string[], { cwd, env, signal, line }: RunOptions): Promise<Ended> {
  signal.throwIfAborted();
  // A process group of its own, so that what it starts can be ended with it.
  const child = spawn(program, words, { cwd, env: { ...process.env, ...env }, detached: true });
  const lines: string[] = [];
  for (const input of [child.stdout, child.stderr]) {
    createInterface({ input }).on('line', (text) => {
      lines.push(text);
      line?.(text);
    });
  }
  const kill = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has just ended.
    }
  };
  signal.addEventListener('abort', kill, { once: true });
  try {
    const code = await new Promise<number | null>((resolve) => {
      child.on('error', () => resolve(null));
      child.on('close', resolve);
    });
    signal.throwIfAborted();
    return { code, lines };
  } finally {
    signal.removeEventListener('abort', kill);
  }
}
