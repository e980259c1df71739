/** lmms-eval's rule of MMVU's multiple choice: whether anything in the reply speaks for the true option. */
import { choiceIn, isChoiceUpTo, type Choice } from './choice.ts';
import type { AnswerRule } from './rule.ts';
import { aloneIn, placeInAnyCase, stripped, wordsOf, type Span } from './span.ts';

/** What Python's string.punctuation has. */
const punctuation = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';

/** Words of an option's text that are looked for are longer than this, in code points. */
const shortWord = 2;

/**
 * What calls a reply right, in order: the true letter alone in either case, an "a" or the "d" of "I'd" too; the true option's text in any case;
 * the true letter anywhere in either case, with a word of over two letters of the true option's text, within a longer word too.
 */
function speaksForTruth(reply: string, { options, truth }: Choice): { how: string; at: Span } | null {
  const alone = aloneIn(reply, truth + truth.toLowerCase()).at(0);
  if (alone !== undefined) return { how: 'the true letter alone, in either case', at: alone };
  const option = options.find(({ letter }) => letter === truth);
  if (option === undefined) return null;
  const whole = placeInAnyCase(reply, option.text, 'first');
  if (whole !== null) return { how: 'the true option’s text', at: whole };
  if (!reply.toUpperCase().includes(truth)) return null;
  for (const spaced of wordsOf(option.text.toLowerCase())) {
    const { start, end } = stripped(spaced, { start: 0, end: spaced.length }, punctuation);
    const word = spaced.slice(start, end);
    const at = [...word].length > shortWord ? placeInAnyCase(reply, word, 'first') : null;
    if (at !== null) return { how: 'a word of the true option, and its letter somewhere', at };
  }
  return null;
}

/**
 * lmms-eval 0.7.3, lmms_eval/tasks/mmvu/utils.py. What it prints, the first capital from A to E that stands alone, decides nothing: a reply may be
 * right with another letter printed, and with none. Open questions are judged by a language model, which this rule is not defined for.
 */
export const lmmsEvalMmvu: AnswerRule = {
  name: 'lmms-eval-mmvu',
  title: 'lmms-eval, of MMVU',
  source:
    'lmms-eval 0.7.3, lmms_eval/tasks/mmvu/utils.py. Where no letter is read, its authors print N/A; the reply may be right all the same, by the true option’s words.',
  reads: (question) => isChoiceUpTo('E', question),
  read: (reply, question) => {
    const printed = aloneIn(reply, 'A-E').at(0) ?? null;
    const extracted = printed && reply[printed.start];
    const right = speaksForTruth(reply, choiceIn(question)!);
    if (right !== null) return { extracted, correct: true, ...right };
    const how = printed
      ? 'the first capital from A to E that stands alone'
      : 'no capital from A to E that stands alone';
    return { extracted, correct: false, how, at: printed };
  },
};
