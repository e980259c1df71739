/** Rollout Lab's own rule: the accuracy of a run's rewards, so an evaluation and the run itself call the same replies right. */
import { isRight } from '../../domain/correctness.ts';
import { problemTypes } from '../../domain/rollout.ts';
import { answerAt, ours as rewardRule } from '../../domain/rules/ours.ts';
import { nothing, type AnswerRule } from './rule.ts';

/**
 * The last complete `<answer>…</answer>` (docs/rewards.md, "`rewardRule`"): of a choice an option's letter or its whole text, of a number the
 * first in it. A word that begins with "A" is no letter, and a text that names no option, or two, no choice.
 */
export const ours: AnswerRule = {
  name: 'ours',
  title: 'Rollout Lab',
  source: 'Rollout Lab, the accuracy of its runs’ rewards by the rule ours. Where nothing is read, the reply is wrong.',
  // A store may come from a version that knows more types.
  reads: ({ answer, problemType }) => answer !== null && problemTypes.includes(problemType),
  read: (reply, question) => {
    const at = answerAt(reply);
    if (at === null) return nothing('no <answer>');
    if (at.start === at.end) return nothing('an empty <answer>');
    const { given, score } = rewardRule.accuracy(reply, { id: '', ...question });
    if (given === null) return nothing('no number in the last <answer>');
    const isLetter = question.problemType === 'multiple-choice' && /^[a-z]$/u.test(String(given));
    if (question.problemType === 'multiple-choice' && question.options.length > 0 && !isLetter)
      return nothing('no one option in the last <answer>');
    const text = reply.slice(at.start, at.end);
    const extracted = isLetter ? String(given).toUpperCase() : typeof given === 'number' ? String(given) : text;
    return { extracted, correct: isRight(score), how: 'the last <answer>', at };
  },
};
