/** What judges answered, by the hash of the question: a run that is resumed gets the same verdicts again. */
import type { Connection } from './connection.ts';

export class Verdicts {
  readonly #db: Connection;

  constructor(db: Connection) {
    this.#db = db;
  }

  /** A judge's stepwise scores, by the hash of what it was asked; null when it has not answered that yet. */
  get(key: string): number[] | null {
    const row = this.#db.get<{ scores: string }>('SELECT scores FROM verdicts WHERE key = ?', [key]);
    return row ? (JSON.parse(row.scores) as number[]) : null;
  }

  /** Keeps a verdict and returns the one that stands. The first verdict on a question stands: when another process was faster, its verdict is returned. */
  add(key: string, scores: readonly number[]): number[] {
    this.#db.run('INSERT OR IGNORE INTO verdicts (key, scores, created_at) VALUES (?, ?, ?)', [
      key,
      JSON.stringify(scores),
      new Date().toISOString(),
    ]);
    return this.get(key)!;
  }
}
