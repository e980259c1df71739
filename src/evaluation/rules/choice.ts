/** A question of multiple choice, as the benchmarks' rules know it: by letters. */
import { letteredOptions, type Option } from '../../domain/option.ts';
import { choiceOf } from '../../domain/rules/ours.ts';
import type { Question } from './rule.ts';

export interface Choice {
  /** None where the question's text holds them. */
  options: Option[];
  /** The true answer's letter. */
  truth: string;
}

/** Null where it is no multiple choice, or its true answer is not known to be one of the options. */
export function choiceIn({ problemType, answer, options: shown }: Question): Choice | null {
  if (problemType !== 'multiple-choice' || answer === null) return null;
  const { options } = letteredOptions(shown);
  const truth = choiceOf(answer, shown).toUpperCase();
  const known = options.length > 0 ? options.some(({ letter }) => letter === truth) : /^[A-Z]$/u.test(truth);
  return known ? { options, truth } : null;
}

/** Whether it is a choice among letters up to `last` alone. */
export function isChoiceUpTo(last: string, question: Question): boolean {
  const choice = choiceIn(question);
  return choice !== null && choice.truth <= last && choice.options.every(({ letter }) => letter <= last);
}
