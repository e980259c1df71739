/** The project's phases. Every schema there was is kept: revisions of labels speak of the one of their time. */
import { defaultPhases, type Phase } from '../domain/phase.ts';
import type { Connection } from './connection.ts';

export class Phases {
  readonly #db: Connection;

  constructor(db: Connection) {
    this.#db = db;
  }

  /** What labels cut completions into. */
  get(): Phase[] {
    const row = this.#db.get<{ phases: string }>('SELECT phases FROM phase_schemas ORDER BY n DESC LIMIT 1');
    return row ? (JSON.parse(row.phases) as Phase[]) : [...defaultPhases];
  }
}

/** Makes these the project's. That labels and suggestions are brought to them is the caller's to see to. */
export function addPhases(db: Connection, phases: readonly Phase[], at: string): void {
  db.run('INSERT INTO phase_schemas (phases, at) VALUES (?, ?)', [JSON.stringify(phases), at]);
}
