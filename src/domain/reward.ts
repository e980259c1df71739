/** Rewards of a completion: format, accuracy by problem type, agreement with its group, a judge's score, and their sum by stage. */
import { mean } from './advantage.ts';
import type { ProblemType, Prompt, Stage } from './rollout.ts';
import { rougeMean, wordErrorRate } from './text-score.ts';

const wellFormed = /^\s*<think>(?<think>[^]*)<\/think>\s*<answer>(?<answer>[^]*)<\/answer>\s*$/u;
const anyTag = /<\/?(?:think|answer)>/u;

/** Whether a prompt ends with the tag that opens the reasoning, so that its completions go on from there. */
export function opensThinking(prompt: string): boolean {
  return /<think>\s*$/u.test(prompt);
}

/**
 * 1 when the whole text is `<think>…</think>` then `<answer>…</answer>`, each once and nothing beside them; else 0. `opened` says that the
 * prompt holds the first tag, which a completion may then leave out.
 */
export function formatReward(completion: string, opened = false): number {
  const leftOut = opened && !/^\s*<think>/u.test(completion);
  const match = wellFormed.exec(leftOut ? `<think>${completion}` : completion);
  return match !== null && !anyTag.test(match.groups!.think) && !anyTag.test(match.groups!.answer) ? 1 : 0;
}

/** The text of the last complete `<answer>…</answer>`, trimmed; null when there is none. */
export function answerOf(completion: string): string | null {
  const end = completion.lastIndexOf('</answer>');
  const start = completion.lastIndexOf('<answer>', end);
  return end < 0 || start < 0 ? null : completion.slice(start + '<answer>'.length, end).trim();
}

/** Whether a completion's recorded rewards call it right; null when they do not tell. */
export function isRight(rewards: Readonly<Record<string, number>>): boolean | null {
  return rewards.accuracy === undefined ? null : rewards.accuracy > 0.5;
}

/**
 * Accuracy in [0, 1] of a completion's answer against the prompt's (Video-R1's rewards, which AVATAR uses): choice 0 or 1
 * by letter; numerical 1 when the relative error is below 1e-3; regression 1 − relative error; OCR 1 − word error
 * rate; free form the mean of the ROUGE-1, -2 and -L F1. 0 without an answer. Throws when the prompt carries none.
 */
export function accuracyReward(
  prompt: Pick<Prompt, 'id' | 'answer' | 'options' | 'problemType'>,
  completion: string,
): number {
  if (prompt.answer === null) throw new Error(`prompt ${prompt.id} has no answer to score against`);
  const given = answerOf(completion);
  return given === null || given === '' ? 0 : answerAccuracy(prompt.problemType, given, prompt.answer, prompt.options);
}

function answerAccuracy(type: ProblemType, given: string, truth: string, options: readonly string[]): number {
  switch (type) {
    case 'multiple-choice':
      return choiceOf(given, options) === choiceOf(truth, options) ? 1 : 0;
    case 'numerical':
      return relativeError(given, truth) < 1e-3 ? 1 : 0;
    case 'regression':
      return Math.max(0, 1 - relativeError(given, truth));
    case 'ocr':
      return Math.max(0, 1 - wordErrorRate(given, truth));
    case 'free-form':
      return rougeMean(given, truth);
  }
}

/** "B", "(b)", "B.": a letter alone. */
const alone = /^\(?([a-z])[).:]*$/u;
/** "B. green", "(b) green" and "B green", but "A green square" and "I see" begin with a word. */
const leading = /^(?:\(?([a-z])[).:]|([b-hj-z])\s)/u;
/** "A or B", "(b), (c)": two letters are no choice. */
const several = /^\(?[a-z]\)?[.:]?\s*(?:[,/&+]|\b(?:or|and)\b)\s*\(?[a-z]\b/u;

/**
 * The letter an answer means: of "B" or "(b)"; by an option's own text, of "green" or "a green one"; of "B. green". Else the text itself.
 * Options without letters count from A.
 */
function choiceOf(answer: string, options: readonly string[]): string {
  const text = plain(answer);
  const lettered = options.map((option) => /^\(?([a-z])[).:\s]+(.*)$/su.exec(plain(option)));
  const named = new Set(lettered.map((match) => match?.[1])).size === options.length && !lettered.includes(null);
  const letter = alone.exec(text)?.[1];
  if (letter !== undefined && named) return letter;
  const place = options.findIndex((option, i) => {
    const own = named ? lettered[i]![2] : plain(option);
    return plain(option) === text || withoutArticle(own) === withoutArticle(text);
  });
  if (place >= 0) return named ? lettered[place]![1] : String.fromCharCode(97 + place);
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

/** |given − truth| / |truth| of the first number in each text; the plain difference when the truth is 0. Infinity without numbers. */
function relativeError(given: string, truth: string): number {
  const [a, b] = [numberIn(given), numberIn(truth)];
  if (a === null || b === null) return Infinity;
  return Math.abs(a - b) / (b === 0 ? 1 : Math.abs(b));
}

function numberIn(text: string): number | null {
  const match = /[-+]?(?:\d[\d,]*(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?/iu.exec(text);
  return match === null ? null : Number(match[0].replaceAll(',', ''));
}

/**
 * 1 for each completion whose answer is the group's most frequent one (AVATAR's self-reward), 0 for the others and for
 * completions without an answer. Answers that tie for the most frequent all earn 1 (ours), so a tie favours nobody.
 */
export function selfRewards(prompt: Pick<Prompt, 'options' | 'problemType'>, completions: readonly string[]): number[] {
  const answers = completions.map((completion) => {
    const answer = answerOf(completion);
    if (answer === null || answer === '') return null;
    return prompt.problemType === 'multiple-choice' ? choiceOf(answer, prompt.options) : answer.toLowerCase();
  });
  const votes = new Map<string, number>();
  for (const answer of answers) if (answer !== null) votes.set(answer, (votes.get(answer) ?? 0) + 1);
  const most = Math.max(...votes.values());
  return answers.map((answer) => (answer !== null && votes.get(answer) === most ? 1 : 0));
}

/** Scores a completion's reasoning step by step, each step in [0, 1]. No steps score 0. */
export interface Judge {
  readonly name: string;
  score(prompt: Prompt, completion: string): Promise<number[]>;
}

/** The judge reward: the mean of the stepwise scores. Throws RangeError when a score leaves [0, 1]. */
export function judgeReward(scores: readonly number[]): number {
  const stray = scores.find((score) => !(score >= 0 && score <= 1));
  if (stray !== undefined) throw new RangeError(`a judge's score must lie in [0, 1], not ${stray}`);
  return mean(scores);
}

export const rewardParts = ['format', 'accuracy', 'self', 'judge'] as const;
export type RewardPart = (typeof rewardParts)[number];
export type RewardWeights = Readonly<Partial<Record<RewardPart, number>>>;

/** What each part weighs in each RL stage. Stage 3 is ours: no source gives its weights in full. */
export const stageWeights: Readonly<Record<Stage, RewardWeights>> = {
  visual: { format: 0.5, accuracy: 0.5 },
  'audio-visual': { format: 0.2, accuracy: 0.4, self: 0.4 },
  localisation: { format: 0.2, accuracy: 0.4, judge: 0.4 },
};

/** The reward the advantage is computed from: Σ weight · part over the weighted parts; a part without a score counts 0. */
export function totalReward(parts: Readonly<Record<string, number>>, weights: RewardWeights): number {
  return rewardParts.reduce((sum, part) => sum + (weights[part] ?? 0) * (parts[part] ?? 0), 0);
}
