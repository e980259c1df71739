/** What people say of two rollouts of one prompt, each annotator their own. Every change is a row; none is ever changed. */
import { textHash } from '../domain/edit.ts';
import {
  fromOther,
  type PairVerdict,
  type PreferenceAction,
  type PreferenceChange,
  type PreferenceState,
} from '../domain/preference.ts';
import type { Connection } from './connection.ts';
import { laterThan, nextOf } from './later-than.ts';
import { lastOf, played, stepped, type Played } from './played.ts';
import { rolloutNumber } from './row-numbers.ts';
import type { PreferenceRow } from './rows.ts';

/** Two rollouts by their row numbers, the earlier first. */
interface Pair {
  rollout_n: number;
  other_n: number;
}

/** The verdict is of the earlier rollout against the later. */
interface ChangeRow extends Pair {
  action: PreferenceAction;
  at: string;
  verdict: PairVerdict | null;
}

type Edit = ChangeRow & { before: PairVerdict | null };

export class Preferences {
  readonly #db: Connection;

  constructor(db: Connection) {
    this.#db = db;
  }

  /**
   * Keeps what an annotator says of a rollout against another, in place of what they said of the two; with a verdict of null they say nothing of
   * them any more. On the disk when this returns. Throws, and changes nothing, where the two are not completions of one prompt.
   */
  set(rolloutId: string, annotator: string, { other, verdict }: PreferenceChange): PreferenceState {
    return this.#db.durable(() => {
      const [n, otherN] = [this.#number(rolloutId, annotator), this.#number(other, annotator)];
      const fault = pairFault(this.#db, n, otherN);
      if (fault !== null) throw new RangeError(`rollouts ${rolloutId} and ${other}: ${fault}`);
      const [pair, said] = oriented(n, otherN, verdict);
      if (said !== currentVerdict(this.#db, pair, annotator)) writePreference(this.#db, pair, annotator, 'set', said);
      return this.#state(n, annotator);
    });
  }

  /**
   * Takes the annotator's last change of the rollout against any other back; nothing with `seen`, when what they look at was saved, while
   * another window has changed it since.
   */
  undo(rolloutId: string, annotator: string, seen?: string | null): PreferenceState {
    return this.#step(rolloutId, annotator, 'undo', seen);
  }

  /** Makes the last change that was taken back again; `seen` as for `undo`. */
  redo(rolloutId: string, annotator: string, seen?: string | null): PreferenceState {
    return this.#step(rolloutId, annotator, 'redo', seen);
  }

  #step(rolloutId: string, annotator: string, action: 'undo' | 'redo', seen?: string | null): PreferenceState {
    return this.#db.durable(() => {
      const n = this.#number(rolloutId, annotator);
      return stepped(action, seen, {
        state: () => this.#state(n, annotator),
        played: () => this.#played(n, annotator),
        write: (edit) =>
          writePreference(this.#db, edit, annotator, action, action === 'undo' ? edit.before : edit.verdict),
      });
    });
  }

  /**
   * Keeps what a file has of an annotator, unless they have said something of the two here, or the other rollout is not here; returns
   * whether it was kept.
   */
  adopt(rolloutId: string, { annotator, other, verdict, savedAt }: Omit<PreferenceRow, 'rolloutId'>): boolean {
    return this.#db.transaction(() => {
      const n = this.#number(rolloutId, annotator);
      const otherN = rolloutNumber(this.#db, other);
      if (otherN === undefined) return false;
      const fault = pairFault(this.#db, n, otherN);
      if (fault !== null)
        throw new RangeError(`rollouts ${rolloutId} and ${other}: preference of ${annotator}: ${fault}`);
      const [pair, said] = oriented(n, otherN, verdict);
      const known = this.#db.get(`SELECT 1 ${ofPair}`, { ...pairOf(pair), annotator });
      if (!known) writePreference(this.#db, pair, annotator, 'set', said, savedAt);
      return !known;
    });
  }

  /** What an annotator says of a rollout against others, and what undo and redo would do. */
  get(rolloutId: string, annotator: string): PreferenceState {
    return this.#state(this.#number(rolloutId, annotator), annotator);
  }

  /** What everybody says of a rollout against others, by annotator. */
  of(rolloutId: string): PreferenceRow[] {
    const n = rolloutNumber(this.#db, rolloutId) ?? null;
    return this.#db
      .all<{ annotator: string; other: string; verdict: PairVerdict | null; at: string; turns: number }>(
        `SELECT f.annotator, o.id AS other, f.verdict, f.at, f.other_n = :n AS turns, max(f.seq) FROM preference_changes f
         JOIN rollouts o ON o.n = iif(f.other_n = :n, f.rollout_n, f.other_n)
         WHERE f.rollout_n = :n OR f.other_n = :n GROUP BY f.rollout_n, f.other_n, f.annotator ORDER BY f.annotator, o.n`,
        { n },
      )
      .flatMap(({ annotator, other, verdict, at, turns }) =>
        verdict === null
          ? []
          : [{ rolloutId, annotator, other, verdict: turns ? fromOther(verdict) : verdict, savedAt: at }],
      );
  }

  /** The rollouts of which somebody ever said something against a later one, in the order in which they came in. */
  compared(): string[] {
    return this.#db
      .all<{ id: string }>(
        'SELECT id FROM rollouts WHERE n IN (SELECT DISTINCT rollout_n FROM preference_changes) ORDER BY n',
      )
      .map(({ id }) => id);
  }

  /** When the change was made that undo would take back, or taken back that redo would make again; null where there is none. */
  lastStep(rolloutId: string, annotator: string, action: 'undo' | 'redo'): string | null {
    return lastOf(this.#played(this.#number(rolloutId, annotator), annotator), action)?.at ?? null;
  }

  #number(rolloutId: string, annotator: string): number {
    if (annotator.trim() === '') throw new RangeError('an annotator needs a name');
    const n = rolloutNumber(this.#db, rolloutId);
    if (n === undefined) throw new Error(`there is no rollout ${rolloutId} in this store`);
    return n;
  }

  /** The changes of each pair with the rollout, oldest first. */
  #pairs(n: number, annotator: string): ChangeRow[][] {
    const rows = this.#db.all<ChangeRow>(
      `SELECT rollout_n, other_n, action, at, verdict FROM preference_changes
       WHERE annotator = :annotator AND (rollout_n = :n OR other_n = :n) ORDER BY seq`,
      { n, annotator },
    );
    return [...Map.groupBy(rows, (row) => (row.rollout_n === n ? row.other_n : row.rollout_n)).values()];
  }

  /** Each pair played by itself, for another rollout's page may have changed it; what was done last comes last. */
  #played(n: number, annotator: string): Played<Edit> {
    const all = this.#pairs(n, annotator).map((rows) =>
      played(rows.map((row, i) => ({ ...row, before: rows[i - 1]?.verdict ?? null }))),
    );
    const inTurn = (edits: Edit[]): Edit[] => edits.sort((a, b) => (a.at < b.at ? -1 : Number(a.at > b.at)));
    return {
      done: inTurn(all.flatMap(({ done }) => done)),
      undone: inTurn(all.flatMap(({ undone }) => undone)),
    };
  }

  #state(n: number, annotator: string): PreferenceState {
    const last = this.#pairs(n, annotator).map((rows) => rows.at(-1)!);
    const { done, undone } = this.#played(n, annotator);
    return {
      pairs: last.flatMap(({ rollout_n, other_n, verdict }) => {
        const isFirst = rollout_n === n;
        return verdict === null
          ? []
          : [
              {
                other: rolloutId(this.#db, isFirst ? other_n : rollout_n),
                verdict: isFirst ? verdict : fromOther(verdict),
              },
            ];
      }),
      canUndo: done.length > 0,
      canRedo: undone.length > 0,
      savedAt:
        last
          .map(({ at }) => at)
          .sort()
          .at(-1) ?? null,
    };
  }
}

const ofPair =
  'FROM preference_changes WHERE rollout_n = :rollout_n AND other_n = :other_n AND annotator = :annotator ORDER BY seq DESC LIMIT 1';

const pairOf = ({ rollout_n, other_n }: Pair): { rollout_n: number; other_n: number } => ({ rollout_n, other_n });

const rolloutId = (db: Connection, n: number): string =>
  db.get<{ id: string }>('SELECT id FROM rollouts WHERE n = ?', [n])!.id;

/** Why nobody can prefer one of the two to the other; null when one can. */
export function pairFault(db: Connection, n: number, otherN: number): string | null {
  if (n === otherN) return 'a completion cannot be compared with itself';
  const { prompts } = db.get<{ prompts: number }>(
    'SELECT count(DISTINCT prompt_n) AS prompts FROM rollouts WHERE n IN (?, ?)',
    [n, otherN],
  )!;
  return prompts === 1 ? null : 'they are of two prompts: only completions of one are compared';
}

/** The two with the earlier first, and what is then said of it. */
export function oriented(n: number, otherN: number, verdict: PairVerdict | null): [Pair, PairVerdict | null] {
  return n < otherN
    ? [{ rollout_n: n, other_n: otherN }, verdict]
    : [{ rollout_n: otherN, other_n: n }, fromOther(verdict)];
}

const currentVerdict = (db: Connection, pair: Pair, annotator: string): PairVerdict | null =>
  db.get<{ verdict: PairVerdict | null }>(`SELECT verdict ${ofPair}`, { ...pairOf(pair), annotator })?.verdict ?? null;

/** Writes what an annotator says of two rollouts from now on: said at `made` where a journal or a file says when, else now. */
export function writePreference(
  db: Connection,
  pair: Pair,
  annotator: string,
  action: PreferenceAction,
  verdict: PairVerdict | null,
  made?: string,
): void {
  const key = { ...pairOf(pair), annotator };
  const last = (): string | null =>
    db.get<{ at: string | null }>(
      `SELECT max(at) AS at FROM preference_changes
       WHERE annotator = :annotator AND rollout_n = :rollout_n AND other_n = :other_n`,
      key,
    )!.at;
  const next = (): string => [pair.rollout_n, pair.other_n].map((n) => nextOf(db, n, annotator)).sort()[1];
  const at = made === undefined ? next() : laterThan(last(), made);
  db.note(pair.rollout_n, { kind: 'preference', annotator, at, action, other: otherOf(db, pair.other_n), verdict });
  db.run(
    `INSERT INTO preference_changes (rollout_n, other_n, annotator, at, action, verdict)
     VALUES (:rollout_n, :other_n, :annotator, :at, :action, :verdict)`,
    { ...key, at, action, verdict },
  );
}

/** The other rollout of a preference as a journal names it: by its id and by its completion. */
export function otherOf(db: Connection, n: number): { rollout: string; text: string } {
  const { id, completion } = db.get<{ id: string; completion: string }>(
    'SELECT id, completion FROM rollouts WHERE n = ?',
    [n],
  )!;
  return { rollout: id, text: textHash(completion) };
}
