/** The project's error types. Every list there was is kept: a judgement names one of those of its time. */
import { defaultErrorTypes, type ErrorType } from '../domain/judgement.ts';
import type { Connection } from './connection.ts';

export class ErrorTypes {
  readonly #db: Connection;

  constructor(db: Connection) {
    this.#db = db;
  }

  /** What a step that is not correct can have wrong with it. */
  get(): ErrorType[] {
    const row = this.#db.get<{ types: string }>('SELECT types FROM error_types ORDER BY n DESC LIMIT 1');
    return row ? (JSON.parse(row.types) as ErrorType[]) : [...defaultErrorTypes];
  }

  /** Makes these the project's; what was said with others stays as it was said. */
  set(types: readonly ErrorType[]): void {
    this.#db.durable(() => this.adopt(types, new Date().toISOString()));
  }

  /** The same as of a time that a journal has; returns whether they were others before. */
  adopt(types: readonly ErrorType[], at: string): boolean {
    const text = JSON.stringify(types);
    if (text === JSON.stringify(this.get())) return false;
    this.#db.noteEdit({ kind: 'errorTypes', at, types: [...types] });
    this.#db.run('INSERT INTO error_types (types, at) VALUES (?, ?)', [text, at]);
    return true;
  }
}

/** SQL: when the project's error types became what they are, and what they are. */
export const lastErrorTypes = 'SELECT types, at FROM error_types ORDER BY n DESC LIMIT 1';
