/** A process of its own that has a run. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

export interface Holder {
  pid: number;
  /** Kills it; it has let go of its run when this resolves. */
  kill: () => Promise<void>;
}

/** Resolves once it has the run. */
export async function holderOf(file: string, runId: string): Promise<Holder> {
  const program = join(import.meta.dirname, 'processes/hold-run.ts');
  const child = spawn(process.execPath, [program, file, runId], { stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = once(child, 'exit');
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await gone;
  };
  onTestFinished(kill);
  await Promise.race([
    once(child.stdout, 'data'),
    gone.then(() => Promise.reject(new Error('it ended before it had the run'))),
  ]);
  return { pid: child.pid!, kill };
}
