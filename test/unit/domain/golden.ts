import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The golden vectors of test/golden/<name>.json, made by test/golden/domain.py. */
export function golden<Vectors>(name: string): Vectors {
  return JSON.parse(readFileSync(join(import.meta.dirname, `../../golden/${name}.json`), 'utf8')) as Vectors;
}

/** Largest absolute difference of two lists of one length. */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity;
  return Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);
}
