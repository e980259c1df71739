/** Rollout Lab's own rule: what a person would call right, and nothing for a completion that does not say which its answer is. */
import { letteredOptions } from '../option.ts';
import { rougeMean, wordErrorRate } from '../text-score.ts';
import { timeMentions } from '../time-mention.ts';
import { answersBy, compared, equal, programWithout, whole, type Comparisons, type RewardRule } from './rule.ts';

const wellFormed = /^\s*<think>(?<think>[^]*)<\/think>\s*<answer>(?<answer>[^]*)<\/answer>\s*$/u;
const anyTag = /<\/?(?:think|answer)>/u;

/** 1 when the whole text is `<think>…</think>` then `<answer>…</answer>`, each once and nothing beside them; else 0. */
function format(completion: string): number {
  const match = wellFormed.exec(completion);
  return match !== null && !anyTag.test(match.groups!.think) && !anyTag.test(match.groups!.answer) ? 1 : 0;
}

/** Where the text of the last complete `<answer>…</answer>` stands, trimmed, in UTF-16 units; null when there is none. */
export function answerAt(completion: string): { start: number; end: number } | null {
  const close = completion.lastIndexOf('</answer>');
  const open = completion.lastIndexOf('<answer>', close);
  if (close < 0 || open < 0) return null;
  const text = completion.slice(open + '<answer>'.length, close);
  const start = open + '<answer>'.length + text.length - text.trimStart().length;
  return { start, end: start + text.trim().length };
}

/** The text of the last complete `<answer>…</answer>`, trimmed; null when there is none. */
export function answerOf(completion: string): string | null {
  const at = answerAt(completion);
  return at && completion.slice(at.start, at.end);
}

const recognition = compared(whole, (given, truth) => Math.max(0, 1 - wordErrorRate(given, truth)));
const prose = compared(whole, rougeMean);

/**
 * Video-R1's measures, which AVATAR uses: a choice by its letter, however it is named; a number right within 1e-3 of the truth; regression
 * 1 − relative error; OCR 1 − word error rate; free form the mean of the ROUGE-1, -2 and -L F1. Exact text but for case, space around
 * it and a full stop; code but for white space and comments (ours).
 */
const comparisons: Comparisons = {
  'multiple-choice': compared(choiceOf, equal),
  numerical: compared(numberIn, (given, truth) => Number(relativeError(given, truth) < 1e-3)),
  regression: compared(numberIn, (given, truth) => Math.max(0, 1 - relativeError(given, truth))),
  ocr: recognition,
  'text-recognition': recognition,
  'free-form': prose,
  descriptive: prose,
  exact: compared(plain, equal),
  // "#include" and "#fff" are no comments.
  code: compared(programWithout(/(?<!\S)#(?=\s)[^\n]*/gu), equal),
};

/**
 * 1 for each completion whose answer is the group's most frequent one (AVATAR's self-reward), 0 for the others and for
 * completions without an answer. Answers that tie for the most frequent all earn 1 (ours), so a tie favours nobody.
 */
const self: RewardRule['self'] = (completions, { problemType, options }) => {
  const answers = completions.map((completion) => {
    const answer = answerOf(completion);
    if (answer === null || answer === '') return null;
    return problemType === 'multiple-choice' ? choiceOf(answer, options) : answer.toLowerCase();
  });
  const votes = new Map<string, number>();
  for (const answer of answers) if (answer !== null) votes.set(answer, (votes.get(answer) ?? 0) + 1);
  const most = Math.max(...votes.values());
  return answers.map((answer) => (answer !== null && votes.get(answer) === most ? 1 : 0));
};

/** Accuracy is that of the last answer tag; 0 without one, or with an empty one. */
export const ours: RewardRule = {
  format,
  ...answersBy({ given: (completion) => answerOf(completion) || null, truth: whole }, comparisons),
  self,
};

/** "B", "(b)", "B.": a letter alone. */
const alone = /^\(?([a-z])[).:]*$/u;
/** "B. green", "(b) green" and "B green", but "A green square" and "I see" begin with a word. */
const leading = /^(?:\(?([a-z])[).:]|([b-hj-z])\s)/u;
/** "A or B", "(b), (c)": two letters are no choice. */
const several = /^\(?[a-z]\)?[.:]?\s*(?:[,/&+]|\b(?:or|and)\b)\s*\(?[a-z]\b/u;

/**
 * The letter an answer means, a small one: of "B" or "(b)"; by an option's own text, of "green" or "a green one"; of "B. green". Else the text
 * itself, as it is compared. Options without letters count from A.
 */
export function choiceOf(answer: string, shown: readonly string[]): string {
  const text = plain(answer);
  const { lettered, options } = letteredOptions(shown);
  const letter = alone.exec(text)?.[1];
  if (letter !== undefined && lettered) return letter;
  const place = options.findIndex(
    (option, i) => plain(shown[i]) === text || withoutArticle(plain(option.text)) === withoutArticle(text),
  );
  if (place >= 0) return options[place].letter.toLowerCase();
  if (several.test(text)) return text;
  const [, marked, spaced] = leading.exec(text) ?? [];
  return letter ?? marked ?? spaced ?? text;
}

/** A text as it is compared: lower-cased, without space around it and a full stop at its end. */
function plain(text: string): string {
  return text
    .trim()
    .toLowerCase()
    .replace(/(?<=\w\w)\.$/u, '');
}

function withoutArticle(text: string): string {
  return text.replace(/^(?:an?|the)\s+/u, '');
}

/** |given − truth| / |truth|; the plain difference when the truth is 0. */
function relativeError(given: number, truth: number): number {
  return Math.abs(given - truth) / (truth === 0 ? 1 : Math.abs(truth));
}

/** The first number in a text, with a hyphen or a minus sign before it; of a time, as "1:05", its seconds. Else "0:12" and "0:45" were both 0. */
function numberIn(written: string): number | null {
  const text = written.replaceAll('\u2212', '-');
  const match = /[-+]?(?:\d[\d,]*(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?/iu.exec(text);
  if (match === null) return null;
  const time = timeMentions(text).find(({ start }) => start === match.index);
  return time?.seconds ?? Number(match[0].replaceAll(',', ''));
}
