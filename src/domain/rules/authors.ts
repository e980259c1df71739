/**
 * The rule of AVATAR's authors: the reward functions of their training plug-in (github.com/yogkul2000/AVATAR, commit 057292b,
 * ms-swift/examples/train/grpo/plugin/plugin.py), as read there and measured beside it (test/golden/authors-rewards.py). White space is
 * JavaScript's, which has U+FEFF more and U+001C to U+001F and U+0085 less than Python's; digits are 0 to 9.
 */
import { stemmedRougeMean, wordErrorRate } from '../text-score.ts';
import { answersBy, compared, equal, programWithout, whole, type Comparisons, type RewardRule } from './rule.ts';

/** Marks of Qwen's chat, which may stand anywhere. */
const marks = /<\|im_(?:start|end)\|>/gu;

/**
 * 1 when the text, but for marks of the chat, begins with `<think>`, has `</think>` and `<answer>` with only space between them, and ends with
 * `</answer>` (FormatRewardORM); tags may stand more than once.
 */
function format(completion: string): number {
  const [opening, closing] = ['<think>', '</answer>'];
  const text = completion.replace(marks, '').trim();
  const tagged = text.length >= opening.length + closing.length && text.startsWith(opening) && text.endsWith(closing);
  return Number(tagged && /<\/think>\s*<answer>/u.test(text.slice(opening.length, -closing.length)));
}

/** The text of the first complete `<answer>…</answer>`; without one the whole text. Trimmed. */
function answerOf(text: string): string {
  const start = text.indexOf('<answer>') + '<answer>'.length;
  const end = text.indexOf('</answer>', start);
  return (start < '<answer>'.length || end < 0 ? text : text.slice(start, end)).trim();
}

const recognition = compared(
  (text) => text.toLowerCase(),
  (given, truth) => 1 - Math.min(1, wordErrorRate(given, truth)),
);
const prose = compared(whole, stemmedRougeMean);
const exact = compared(whole, equal);

/**
 * By type (CustomAccuracyReward): a choice is its letter alone, in either case; a number right within 1e-3 of the truth, or 1e-5 where that
 * is 0; OCR 1 − word error rate without case; free form the mean F1 of the package rouge_score's ROUGE-1, -2 and -L with stemmer; code but
 * for white space and all that follows a #; any other type, regression too, the same text.
 */
const comparisons: Comparisons = {
  'multiple-choice': compared((text) => text.toUpperCase(), equal),
  numerical: compared(numberOf, closeNumber),
  regression: exact,
  ocr: recognition,
  'text-recognition': recognition,
  'free-form': prose,
  descriptive: prose,
  exact,
  code: compared(programWithout(/#[^\n]*/gu), equal),
};

/** 1 for each completion with the group's most frequent answer, of those that tie the one that was given first (SelfRewardORM). */
const self: RewardRule['self'] = (completions) => {
  const answers = completions.map(answerOf);
  const votes = new Map<string, number>();
  for (const answer of answers) votes.set(answer, (votes.get(answer) ?? 0) + 1);
  const most = Math.max(...votes.values());
  const majority = answers.find((answer) => votes.get(answer) === most);
  return answers.map((answer) => Number(answer === majority));
};

/** Accuracy is that of the first answer tag, else of the whole text. The true answer is read the same way. */
export const authors: RewardRule = { format, ...answersBy({ given: answerOf, truth: answerOf }, comparisons), self };

/** The number that is left of a text without all but digits, points and signs: "1e5" is 15, "3-4" is none. */
function numberOf(text: string): number | null {
  const left = text.replace(/[^\d.+-]/gu, '');
  return /^[+-]?(?:\d+\.?\d*|\.\d+)$/u.test(left) ? Number(left) : null;
}

function closeNumber(given: number, truth: number): number {
  const error = Math.abs(given - truth);
  return Number(Math.abs(truth) < 1e-10 ? error < 1e-5 : error / Math.abs(truth) < 1e-3);
}
