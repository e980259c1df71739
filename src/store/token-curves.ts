/** What is known of each token of a rollout: read where one is looked at, with numbers of it for the table. */
import type { Rollout, TokenTrace } from '../domain/rollout.ts';
import { keptCurves, tokenFacts, type KeptCurve, type TokenCurves } from '../domain/token-curve.ts';
import { toBlob, toFloat32 } from './blob.ts';
import type { Connection } from './connection.ts';
import type { Rollouts } from './rollouts.ts';
import { rolloutNumber } from './row-numbers.ts';

export class Curves {
  readonly #db: Connection;
  readonly #rollouts: Rollouts;

  constructor(db: Connection, rollouts: Rollouts) {
    this.#db = db;
    this.#rollouts = rollouts;
  }

  /** A rollout with the curves of its tokens, for whoever writes all that is known of it; null when it is not there. */
  measured(rolloutId: string): Rollout | null {
    const rollout = this.#rollouts.get(rolloutId);
    return rollout && { ...rollout, tokens: rollout.tokens && { ...rollout.tokens, curves: this.of(rolloutId) } };
  }

  /** Of a rollout's tokens; none of one that has none, or that is not there. */
  of(rolloutId: string): TokenCurves {
    const n = rolloutNumber(this.#db, rolloutId);
    return n === undefined ? {} : read(this.#db, n);
  }
}

/**
 * Keeps these of the rollout in row `n`, with the numbers of its tokens, in place of what was kept; part of a transaction of whoever calls it.
 * Returns whether that changed anything. Throws a RangeError when a curve is not as long as the completion.
 */
export function setCurves(db: Connection, n: number, tokens: TokenTrace | null): boolean {
  const before = read(db, n);
  const now = tokens?.curves ?? {};
  for (const name of keptCurves)
    if (now[name] && now[name].length !== tokens!.ids.length)
      throw new RangeError(`${name}: ${now[name].length} values for ${tokens!.ids.length} tokens`);
  const changed = keptCurves.filter((name) => !isSame(before[name], now[name]));
  for (const name of changed) {
    db.run('DELETE FROM token_curves WHERE rollout_n = ? AND name = ?', [n, name]);
    const scores = toBlob(now[name]);
    if (scores) db.run('INSERT INTO token_curves (rollout_n, name, scores) VALUES (?, ?, ?)', [n, name, scores]);
  }
  const facts = tokens && tokenFacts(tokens);
  db.run('DELETE FROM token_facts WHERE rollout_n = ?', [n]);
  if (facts && Object.values(facts).some((fact) => fact !== null))
    db.run(
      `INSERT INTO token_facts (rollout_n, entropy, log_prob, gap, mismatch, ratio)
       VALUES (?, ?, ?, ?, ?, ?)`,
      [n, facts.entropy, facts.logProb, facts.gap, facts.mismatch, facts.ratio],
    );
  return changed.length > 0;
}

/** Keeps these of a rollout that was stored without any, where they are of its tokens. */
export function addMissingCurves(db: Connection, n: number, tokens: TokenTrace | null): void {
  if (!tokens?.curves || Object.keys(tokens.curves).length === 0) return;
  if (db.get('SELECT 1 FROM token_curves WHERE rollout_n = ?', [n])) return;
  const stored = db.get<{ token_ids: Buffer | null; log_probs: Buffer | null }>(
    'SELECT token_ids, log_probs FROM rollouts WHERE n = ?',
    [n],
  )!;
  if (stored.token_ids && toBlob(tokens.ids)!.equals(stored.token_ids))
    setCurves(db, n, { ...tokens, logProbs: toFloat32(stored.log_probs) });
}

function read(db: Connection, n: number): TokenCurves {
  const rows = db.all<{ name: KeptCurve; scores: Buffer }>(
    'SELECT name, scores FROM token_curves WHERE rollout_n = ? ORDER BY name',
    [n],
  );
  return Object.fromEntries(rows.map(({ name, scores }) => [name, toFloat32(scores)!]));
}

/** Bit for bit, so that NaN is NaN. */
const isSame = (one: Float32Array | undefined, other: Float32Array | undefined): boolean => {
  const [a, b] = [toBlob(one), toBlob(other)];
  return a === null || b === null ? a === b : a.equals(b);
};
