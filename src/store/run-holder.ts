/** Who has a run, or an evaluation: a process of this machine. One that follows a run elsewhere is such a process, too. */
import { claimTimeoutMs, type RunRequest } from '../domain/run.ts';
import type { Connection } from './connection.ts';
import type { RunLocks } from './run-locks.ts';
import type { RunRow } from './rows.ts';

/** Why a process left no word of its end. One of before an update cannot write to the store that the update brought to its schema. */
export const unsaidEnd = 'its process was killed, the machine went down, or Rollout Lab was updated meanwhile';

/** The rows of one table that processes take, by their ids. */
export class Holders {
  readonly #db: Connection;
  readonly #table: 'runs' | 'evaluations';
  readonly #noun: string;
  readonly #locks: RunLocks;

  constructor(db: Connection, table: 'runs' | 'evaluations', locks: RunLocks) {
    this.#db = db;
    this.#table = table;
    this.#noun = table.slice(0, -1);
    this.#locks = locks;
  }

  /** Whether a row says that a process has it or comes for it, and none does. */
  isLost({ id, status, created_at: createdAt }: { id: string; status: RunRow['status']; created_at: string }): boolean {
    // Also where the clock was set back since.
    if (status === 'queued') return Math.abs(Date.now() - Date.parse(createdAt)) > claimTimeoutMs;
    return (status === 'running' || status === 'paused') && !this.#locks.isHeld(id);
  }

  request(id: string, request: RunRequest): void {
    this.change('request = :request', { id, request });
  }

  /** This process takes a row (status running) until it releases it, or ends. Throws when a process has it. */
  claim(id: string): void {
    this.#db.transaction(() => {
      const holder = this.of(id);
      this.change(
        `status = 'running', pid = :pid, claims = claims + 1, started_at = coalesce(started_at, :at), ended_at = NULL, error = NULL`,
        { id, pid: process.pid, at: new Date().toISOString() },
      );
      if (this.#locks.take(id)) return;
      const { name } = this.#db.get<{ name: string }>(`SELECT name FROM ${this.#table} WHERE id = ?`, [id])!;
      const doing = this.#table === 'runs' ? 'trained' : 'made';
      throw new Error(`${this.#noun} ${name} (${id}) is being ${doing} by process ${holder}: stop it first`);
    });
  }

  release(id: string): void {
    this.#locks.release(id);
  }

  /** The process that claimed a row last; null when none has. */
  of(id: string): number | null {
    return this.#db.get<{ pid: number | null }>(`SELECT pid FROM ${this.#table} WHERE id = ?`, [id])?.pid ?? null;
  }

  /**
   * What the user asks of a row that this process has. Throws StoreReplaced as writes do, and where the row is another process's by now, as
   * after its lock was removed: then this one must stop writing.
   */
  asked(id: string): RunRequest {
    this.#db.checkPlace();
    const row = this.#db.get<{ request: RunRequest }>(`SELECT request FROM ${this.#table} WHERE id = ? AND pid = ?`, [
      id,
      process.pid,
    ]);
    if (!row)
      throw new RunTaken(
        `process ${process.pid} does not have ${this.#noun} ${id}: another process took it, or there is no such ${this.#noun}`,
      );
    return row.request;
  }

  /** Sets columns of a row. Throws when there is none. */
  change(columns: string, values: { id: string } & Record<string, string | number | null>): void {
    if (this.#db.run(`UPDATE ${this.#table} SET ${columns} WHERE id = :id`, values).changes === 0)
      throw new Error(`there is no ${this.#noun} ${values.id} in this store`);
  }
}

/** This process must not write any more: another one has its run. */
export class RunTaken extends Error {
  override readonly name = 'RunTaken';
}
