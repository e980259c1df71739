/** What SQL can ask of the program. */
import type Database from 'better-sqlite3';
import { correctness } from '../domain/correctness.ts';
import { textHash } from '../domain/edit.ts';
import { wordCount } from '../domain/word-count.ts';
import { meanKnown } from '../domain/token-curve.ts';
import { toFloat32 } from './blob.ts';

/**
 * In SQL, `is_right(rewards, reward)` is 1 or 0, or null where nothing says it: no rollout keeps it, so that filter and mark agree.
 * `mean_float32(blob)` is the mean of a token array's finite values, null without any. `word_count(text)` counts its words. `checksum(…)` of values is the first
 * 16 digits of the SHA-256 of them as a JSON list.
 */
export function addFunctions(database: Database.Database): void {
  database.function('is_right', { deterministic: true, directOnly: true }, isRight);
  database.function('mean_float32', { deterministic: true, directOnly: true }, (blob: Buffer | null) =>
    meanKnown(toFloat32(blob) ?? undefined),
  );
  database.function('word_count', { deterministic: true, directOnly: true }, (text: string) => wordCount(text));
  database.function('checksum', { deterministic: true, directOnly: true, varargs: true }, (...values) =>
    textHash(JSON.stringify(values)),
  );
}

/** What `isRight` said of rewards lately: rollouts of rules earn the same few. */
const said = new Map<string, number | null>();
const mostSaid = 10_000;

function isRight(rewards: string, reward: number | null): number | null {
  // Only where no part is recorded does the whole reward say it.
  const key = rewards === '{}' ? `${reward}` : rewards;
  const known = said.get(key);
  if (known !== undefined) return known;
  const correct = correctness(JSON.parse(rewards) as Record<string, number | null>, reward);
  const right = correct && Number(correct.right);
  if (said.size >= mostSaid) said.clear();
  said.set(key, right);
  return right;
}
