/** What a TAS weight is attached to: the rollout's tokens, or words where no tokenizer is known. */
import { partitionPoint } from './partition-point.ts';
import type { Rollout, TokenTrace } from './rollout.ts';

/** Where units came from, as `tas` and the panel say it. */
export type UnitSource = 'tokens' | `tokenizer:${string}` | 'words';

/** Units tile the completion: unit i spans [starts[i], starts[i + 1]) in UTF-16 units, the last one up to the text's end. */
export interface Units {
  starts: number[];
  source: UnitSource;
}

/** What is known of a completion's units. */
export interface Tokenised extends Pick<Rollout, 'completion'> {
  tokens: Pick<TokenTrace, 'offsets'> | null;
}

/** The rollout's own tokens where their offsets are known, else the words of its completion. */
export function unitsOf({ completion, tokens }: Tokenised): Units {
  return tokens?.offsets ? { starts: [...tokens.offsets], source: 'tokens' } : wordUnits(completion);
}

/** Words of `text` by Unicode segmentation; white space goes with the word after it. */
export function wordUnits(text: string): Units {
  const starts: number[] = [];
  let pending: number | null = null;
  for (const { segment, index } of new Intl.Segmenter('und', { granularity: 'word' }).segment(text)) {
    if (segment.trim() === '') {
      pending ??= index;
      continue;
    }
    starts.push(pending ?? index);
    pending = null;
  }
  if (starts.length === 0 && text.length > 0) starts.push(0);
  return { starts, source: 'words' };
}

/** The text of each unit. */
export function unitTexts(text: string, units: Units): string[] {
  return units.starts.map((start, i) => text.slice(start, units.starts[i + 1] ?? text.length));
}

/** Index of the first unit that starts at or after each boundary (UTF-16 offset): a unit belongs to the phase it starts in. */
export function unitBoundaries(units: Units, boundaries: readonly number[]): number[] {
  return boundaries.map((boundary) => partitionPoint(units.starts, (start) => start < boundary));
}
