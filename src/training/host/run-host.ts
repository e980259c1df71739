/**
 * What starts runs and evaluations and asks them to go on, to pause or to stop, for the editor and the command line alike. The store is how
 * they hear of it. What is said here of a run is true of an evaluation.
 */
import { errorText } from '../../domain/error-text.ts';
import type { RunRequest, RunStatus } from '../../domain/run.ts';
import type { RunRow } from '../../store/store.ts';

type Awaitable<Value> = Value | Promise<Value>;

/** What a process works on. */
export interface Hosted {
  id: string;
  status: RunStatus;
  /** How often a process took it. */
  claims: number;
}

/** The rows of runs, in a store of this thread or of another one. */
export interface HostedRows<Row extends Hosted = RunRow> {
  get(id: string): Awaitable<Row | null>;
  request(id: string, request: RunRequest): Awaitable<void>;
  update(id: string, change: { status: 'failed'; error: string; endedAt: string }): Awaitable<void>;
}

export interface ProcessEnd {
  /** Null where a signal ended it, or it could not start. */
  code: number | null;
  /** The end of what it wrote. */
  output: string;
}

export interface RunHostParts<Row extends Hosted = RunRow> {
  /** Null once the store is closed: then nobody follows the run from here any more. */
  rows: () => Awaitable<HostedRows<Row> | null>;
  /** Starts a process that trains the run from its row, or from its latest checkpoint. `ended` rejects when it cannot start. */
  launch: (run: Row) => Awaitable<{ ended: Promise<ProcessEnd> }>;
  /** Throws when no process may be started on such a run from here. */
  allow: (run: Row) => void;
}

export class RunHost<Row extends Hosted = RunRow> {
  readonly #parts: RunHostParts<Row>;

  constructor(parts: RunHostParts<Row>) {
    this.#parts = parts;
  }

  /**
   * Starts a process on a run that none has, and resolves when that has ended. What claims a run is counted: without a new claim
   * the process ended before it began, and the run has failed. Never rejects: what went wrong here is in the output.
   */
  async start(run: Row): Promise<ProcessEnd> {
    const end = await this.#ended(run);
    const error = end.output || `the training process ended with code ${end.code} before it began`;
    try {
      const rows = await this.#parts.rows();
      const now = await rows?.get(run.id);
      if (rows && now?.claims === run.claims)
        await rows.update(run.id, { status: 'failed', error, endedAt: new Date().toISOString() });
      return end;
    } catch (fault) {
      return { code: null, output: `${error}\nThis end of the run cannot be written: ${errorText(fault)}` };
    }
  }

  /** Lets a run go on: in its process where it has one, else in a new one. Gives what `start` does where it started one. Throws as `allow` does. */
  async resume({ id }: Row): Promise<{ ended: Promise<ProcessEnd> } | null> {
    const run = await this.#row(id);
    if (run.status === 'finished') throw new Error('the run is finished: start a new one from its checkpoint');
    const hasProcess = run.status === 'running' || run.status === 'paused';
    if (!hasProcess) this.#parts.allow(run);
    await this.request(id, 'run');
    return hasProcess ? null : { ended: this.start(run) };
  }

  /** Asks the run's loop for something; it looks once an iteration. */
  async request(id: string, request: RunRequest): Promise<void> {
    await (await this.#rows()).request(id, request);
  }

  async #ended(run: Row): Promise<ProcessEnd> {
    try {
      return await (
        await this.#parts.launch(run)
      ).ended;
    } catch (error) {
      return { code: null, output: `the training process cannot start: ${errorText(error)}` };
    }
  }

  async #rows(): Promise<HostedRows<Row>> {
    const rows = await this.#parts.rows();
    if (!rows) throw new Error('the store is closed');
    return rows;
  }

  async #row(id: string): Promise<Row> {
    const row = await (await this.#rows()).get(id);
    if (!row) throw new Error(`there is no run ${id} in this store`);
    return row;
  }
}
