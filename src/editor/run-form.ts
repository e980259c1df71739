/** What a person types when starting a run: names, numbers and their faults. Pure. */
import { parseStages } from '../domain/curriculum.ts';
import type { Preset } from '../domain/run.ts';

export interface NumberRule {
  integer?: boolean;
  min: number;
  max: number;
}

/** Bounds of the numbers asked for; the schema of a run's configuration has the last word. */
export const numberRules = {
  steps: { integer: true, min: 1, max: 1_000_000 },
  seed: { integer: true, min: 0, max: 2 ** 31 - 1 },
  lambda: { min: 0, max: 10 },
} satisfies Record<string, NumberRule>;

/** Why `text` is not a number by `rule`, or null when it is. */
export function numberFault(text: string, rule: NumberRule): string | null {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) return 'Type a number.';
  if (rule.integer && !Number.isInteger(value)) return 'Type a whole number.';
  if (value < rule.min) return `At least ${rule.min}.`;
  if (value > rule.max) return `At most ${rule.max}.`;
  return null;
}

/** Why `text` is not a curriculum, or null when it is. */
export function stagesFault(text: string): string | null {
  try {
    parseStages(text);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** "avatar-3": the preset with the first number that no run has yet. */
export function runName(preset: Preset, taken: readonly string[]): string {
  let number = 1;
  while (taken.includes(`${preset}-${number}`)) number += 1;
  return `${preset}-${number}`;
}
