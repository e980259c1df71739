/** One training process's life: it claims a run or an evaluation, does what the store asks for, and leaves the end in its row. */
import { writeSync } from 'node:fs';
import { plainText } from '../../domain/plain-text.ts';
import type { RunRequest } from '../../domain/run.ts';
import type { EvaluationRow, LogRow, RunRow, Store } from '../../store/store.ts';

/** How often the process looks whether the row is still its own. */
const lookMs = 1_000;
/** How often a paused run looks whether it may go on. */
const pauseMs = 200;

/** Writes to the process's log, as text. What cannot be said there, as on a full disk, ends nothing. */
export function say(text: string): void {
  try {
    writeSync(2, `${plainText(text)}\n`);
  } catch {
    // There is no other place to say it.
  }
}

/** Rows of the store that a process claims. */
export interface Claimable<Row> {
  claim(id: string): Row;
  asked(id: string): RunRequest;
  release(id: string): void;
}

export class WorkProcess<Row extends { id: string; request: RunRequest }> {
  readonly #rows: Claimable<Row>;
  readonly #timer: NodeJS.Timeout;
  readonly #ended = new AbortController();
  readonly row: Row;
  #terminated = false;

  /** Claims the row. Throws when a process has it, or there is none. */
  constructor(rows: Claimable<Row>, id: string) {
    this.#rows = rows;
    this.row = rows.claim(id);
    this.#timer = setInterval(() => void this.request(), lookMs);
  }

  /** Aborts when another process has taken the row, or its store was removed, replaced or cannot be read. */
  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  /** SIGTERM or SIGINT: the same as a request to stop. */
  terminate(): void {
    this.#terminated = true;
  }

  /** What the user asks for now; read once an iteration. */
  request(): RunRequest {
    const request = this.#asked();
    return this.#terminated && request !== 'end' ? 'stop' : request;
  }

  /** Once its end is in its row. */
  close(): void {
    clearInterval(this.#timer);
    this.#rows.release(this.row.id);
  }

  #asked(): RunRequest {
    try {
      return this.#rows.asked(this.row.id);
    } catch (error) {
      this.#ended.abort(error);
      return 'stop';
    }
  }
}

/** Of an evaluation, whose row keeps the last that was said alone. */
export class EvaluationProcess extends WorkProcess<EvaluationRow> {
  readonly #store: Store;

  constructor(store: Store, id: string) {
    super(store.evaluations, id);
    this.#store = store;
  }

  log(level: LogRow['level'], message: string): void {
    say(`${new Date().toISOString()} ${level} ${message}`);
    this.#store.evaluations.update(this.row.id, { said: message });
  }
}

export class RunProcess extends WorkProcess<RunRow> {
  readonly #store: Store;
  readonly #ending = new AbortController();
  /** Of what is done for the run here: aborts as `signal` does, and when the user asks for its end at once. */
  readonly work = AbortSignal.any([this.signal, this.#ending.signal]);

  constructor(store: Store, runId: string) {
    super(store.runs, runId);
    this.#store = store;
  }

  /** Whether the user asked for its end at once. */
  get isEnding(): boolean {
    return this.#ending.signal.aborted;
  }

  override request(): RunRequest {
    const request = super.request();
    if (request === 'end') this.#ending.abort(new Error('the run is ended'));
    return request;
  }

  get run(): RunRow {
    return this.row;
  }

  log(level: LogRow['level'], message: string): void {
    say(`${new Date().toISOString()} ${level} ${message}`);
    this.#store.runs.addLog(this.run.id, level, message);
  }

  /** Waits while the run is asked to pause. Returns what is asked for instead. */
  async pause(): Promise<RunRequest> {
    this.#store.runs.update(this.run.id, { status: 'paused' });
    this.log('info', 'Paused.');
    let request = this.request();
    while (request === 'pause') {
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      request = this.request();
    }
    if (request === 'run') {
      this.#store.runs.update(this.run.id, { status: 'running' });
      this.log('info', 'Going on.');
    }
    return request;
  }
}
