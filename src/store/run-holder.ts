/** Who has a run: a process of this machine, which beats. One that follows a run elsewhere is such a process, too. */
import { claimTimeoutMs, heartbeatTimeoutMs, silenceTimeoutMs } from '../domain/run.ts';
import type { RunRow } from './rows.ts';

/** What a run's row keeps of its holder. */
export interface Held {
  status: RunRow['status'];
  /** ms since epoch. */
  heartbeat: number | null;
  pid: number | null;
  created_at: string;
}

/** A process that computes on a crowded machine may miss beats for long: while it is there, silence alone does not lose its run. */
export function isLost({ status, heartbeat, pid, created_at: createdAt }: Held): boolean {
  if (status === 'queued') return Date.now() - Date.parse(createdAt) > claimTimeoutMs;
  if ((status !== 'running' && status !== 'paused') || heartbeat === null) return false;
  const silence = Date.now() - heartbeat;
  return silence > silenceTimeoutMs || (silence > heartbeatTimeoutMs && !isAlive(pid));
}

function isAlive(pid: number | null): boolean {
  try {
    return pid !== null && process.kill(pid, 0);
  } catch (error) {
    // A process of another user is there, too.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
