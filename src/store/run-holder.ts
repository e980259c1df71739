/** Who has a run, or an evaluation: a process of this machine, which beats. One that follows a run elsewhere is such a process, too. */
import { claimTimeoutMs, heartbeatTimeoutMs, silenceTimeoutMs, type RunRequest } from '../domain/run.ts';
import type { Connection } from './connection.ts';
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

/** The rows of one table that processes take, by their ids. */
export class Holders {
  readonly #db: Connection;
  readonly #table: 'runs' | 'evaluations';
  readonly #noun: string;

  constructor(db: Connection, table: 'runs' | 'evaluations') {
    this.#db = db;
    this.#table = table;
    this.#noun = table.slice(0, -1);
  }

  request(id: string, request: RunRequest): void {
    this.change('request = :request', { id, request });
  }

  /** The process `pid` takes a row (heartbeat, status running). Throws when another one that lives has it: `row` is as it reads now. */
  claim(id: string, pid: number, row: { name: string; status: RunRow['status'] } | null): void {
    const holder = this.of(id);
    if (row && holder !== pid && (row.status === 'running' || row.status === 'paused')) {
      const doing = this.#table === 'runs' ? 'trained' : 'made';
      throw new Error(`${this.#noun} ${row.name} (${id}) is being ${doing} by process ${holder}: stop it first`);
    }
    const now = new Date();
    this.change(
      `status = 'running', pid = :pid, heartbeat = :beat, started_at = coalesce(started_at, :at), ended_at = NULL, error = NULL`,
      { id, pid, beat: now.getTime(), at: now.toISOString() },
    );
  }

  /** The process of this machine that claimed a row last; null when none has. */
  of(id: string): number | null {
    return this.#db.get<{ pid: number | null }>(`SELECT pid FROM ${this.#table} WHERE id = ?`, [id])?.pid ?? null;
  }

  /** Beats, and returns what the user asked for. Throws when `pid` no longer has the row: then it must stop writing. */
  beat(id: string, pid: number): RunRequest {
    const row = this.#db.transaction(() =>
      this.#db.get<{ request: RunRequest }>(
        `UPDATE ${this.#table} SET heartbeat = :now WHERE id = :id AND pid = :pid RETURNING request`,
        { id, pid, now: Date.now() },
      ),
    );
    if (!row)
      throw new Error(
        `process ${pid} does not have ${this.#noun} ${id}: another process took it, or there is no such ${this.#noun}`,
      );
    return row.request;
  }

  /** Sets columns of a row. Throws when there is none. */
  change(columns: string, values: { id: string } & Record<string, string | number | null>): void {
    if (this.#db.run(`UPDATE ${this.#table} SET ${columns} WHERE id = :id`, values).changes === 0)
      throw new Error(`there is no ${this.#noun} ${values.id} in this store`);
  }
}
