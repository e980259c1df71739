/** What runs measured, by column. Of a run that goes on, only what is new is read at each call. */
import type { Curves } from '../domain/run-curves.ts';
import type { Connection } from './connection.ts';

/** Runs that are remembered: as many as are looked at at once. */
const mostRuns = 8;

interface Read extends Curves {
  /** When the last row was written, in ms; null without one. */
  at: number | null;
}

const unread: Read = { iterations: [], values: {}, at: null };

export class MetricColumns {
  readonly #db: Connection;
  /** The last asked for is the last. */
  readonly #read = new Map<string, Read>();

  constructor(db: Connection) {
    this.#db = db;
  }

  of(id: string): Curves {
    const known = this.#read.get(id) ?? unread;
    const read = this.#added(id, this.#isStill(id, known) ? known : unread);
    this.#read.delete(id);
    this.#read.set(id, read);
    if (this.#read.size > mostRuns) this.#read.delete([...this.#read.keys()][0]);
    return { iterations: read.iterations, values: read.values };
  }

  /** A run that was resumed measures anew what came after its checkpoint: then the last row is gone, or was written at another time. */
  #isStill(id: string, { iterations, at }: Read): boolean {
    const last = this.#db.get<{ at: number }>(
      'SELECT at FROM metrics WHERE run_n = (SELECT n FROM runs WHERE id = ?) AND step = ?',
      [id, iterations.at(-1) ?? null],
    );
    return last?.at === at;
  }

  #added(id: string, known: Read): Read {
    const rows = this.#db
      .all<{ iteration: number; at: number; values: string }>(
        `SELECT step AS iteration, at, "values" FROM metrics
         WHERE run_n = (SELECT n FROM runs WHERE id = ?) AND step > ? ORDER BY step`,
        [id, known.iterations.at(-1) ?? -1],
      )
      .map((row) => ({ ...row, values: JSON.parse(row.values) as Record<string, number> }));
    if (rows.length === 0) return known;
    const names = new Set([...Object.keys(known.values), ...rows.flatMap(({ values }) => Object.keys(values))]);
    const before = known.iterations.map(() => null);
    return {
      iterations: [...known.iterations, ...rows.map(({ iteration }) => iteration)],
      values: Object.fromEntries(
        [...names].map((name) => [
          name,
          [...(known.values[name] ?? before), ...rows.map(({ values }) => values[name] ?? null)],
        ]),
      ),
      at: rows.at(-1)!.at,
    };
  }
}
