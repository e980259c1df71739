/** What SQL can ask of the program. */
import type Database from 'better-sqlite3';
import { correctness } from '../domain/correctness.ts';
import { textHash } from '../domain/edit.ts';

/**
 * In SQL, `is_right(rewards, reward)` is 1 or 0, or null where nothing says it: no rollout keeps it, so that filter and mark agree.
 * `checksum(…)` of values is the first 16 digits of the SHA-256 of them as a JSON list.
 */
export function addFunctions(database: Database.Database): void {
  database.function('is_right', { deterministic: true, directOnly: true }, isRight);
  database.function('checksum', { deterministic: true, directOnly: true, varargs: true }, (...values) =>
    textHash(JSON.stringify(values)),
  );
}

function isRight(rewards: string, reward: number | null): number | null {
  const correct = correctness(JSON.parse(rewards) as Record<string, number | null>, reward);
  return correct && Number(correct.right);
}
