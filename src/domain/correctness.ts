/** Whether a completion's answer is right, by what was recorded of it, and what says so. */
import { t } from '@vscode/l10n';

const wholeReward = 'the whole reward';

/** `by` is the name of the reward that says it, or `the whole reward`. */
export interface Correctness {
  right: boolean;
  by: string;
}

/**
 * Words by which trainers and their reward functions name what the right answer earns: `accuracy` (ours; TRL's accuracy_reward, ms-swift's
 * MultiModalAccuracyORM, the AVATAR authors' CustomAccuracyReward), `acc` (verl), `correct` (verifiers' correct_answer, and many a script).
 */
const accuracyWords = new Set(['accuracy', 'acc', 'correctness', 'correct']);

/** A reward with this in its name tells how the answer is written: correct_format. */
const otherWord = 'format';

/** Whether an accuracy calls an answer right: a graded one (of a number, a free answer) when it is more right than wrong, so half is not. */
export const isRight = (accuracy: number): boolean => accuracy > 0.5;

/**
 * By the reward that is named after accuracy; of several, the one whose name has the fewest words: location_acc is of a part. Where no part
 * of the reward is recorded, the whole says it if it is all or nothing (1, or 0 or −1): a sum may earn more than half by its format, and a
 * reward model's scores have no middle. Null where nothing says it. The store counts wrong answers by it: after a change it counts them again (schema.ts).
 */
export function correctness(
  rewards: Readonly<Record<string, number | null>>,
  reward: number | null,
): Correctness | null {
  const by = accuracyReward(rewards);
  if (by !== null) return { right: isRight(rewards[by]!), by };
  const isWhole = Object.keys(rewards).length === 0 && (reward === 1 || reward === 0 || reward === -1);
  return isWhole ? { right: reward === 1, by: wholeReward } : null;
}

/** The name of the reward that tells whether the answer is right; null without one. */
export function accuracyReward(rewards: Readonly<Record<string, number | null>>): string | null {
  let best: string | null = null;
  for (const name in rewards)
    if (rewards[name] !== null && accuracyCount(name) < (best === null ? Infinity : accuracyCount(best))) best = name;
  return best;
}

/** Of names that were asked for: all rollouts of a file have the same few. */
const counts = new Map<string, number>();
const mostCounts = 1000;

/** How many words a name has that tells of accuracy; infinitely many of another. */
function accuracyCount(name: string): number {
  const known = counts.get(name);
  if (known !== undefined) return known;
  if (counts.size === mostCounts) counts.clear();
  const words = wordsOf(name);
  const isAccuracy = words.some((word) => accuracyWords.has(word)) && !words.includes(otherWord);
  const count = isAccuracy ? words.length : Infinity;
  counts.set(name, count);
  return count;
}

/** "MultiModalAccuracyORM" is multi, modal, accuracy, orm. */
function wordsOf(name: string): string[] {
  return (name.match(/\p{Lu}+(?!\p{Ll})|\p{Lu}?\p{Ll}+/gu) ?? []).map((word) => word.toLowerCase());
}

/** Nothing where nothing says it. */
export function correctnessMark(correct: Correctness | null): '✓' | '✗' | '' {
  if (correct === null) return '';
  return correct.right ? '✓' : '✗';
}

/** "right by accuracy_reward", "wrong by the whole reward"; empty where nothing says it. */
export function correctnessText(correct: Correctness | null): string {
  if (correct === null) return '';
  const by = correct.by === wholeReward ? t('the whole reward') : correct.by;
  return correct.right ? t('right by {0}', by) : t('wrong by {0}', by);
}
