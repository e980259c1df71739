/** MMMU's parser of multiple choice, and the three rules that stand on it with switches of their own. */
import type { Option } from '../../domain/option.ts';
import { choiceIn, isChoiceUpTo } from './choice.ts';
import { nothing, type AnswerRule, type Found } from './rule.ts';
import { placeInAnyCase, space, stripped, wordsOf, type Span } from './span.ts';

interface Parser {
  /** Sets of characters that are taken off the reply's ends, one set after the other. */
  strays: readonly string[];
  /** Whether an option's text is looked for where no letter is found. */
  texts: boolean;
  /** The letters that are looked for; left out where they are the options' own. */
  letters?: string;
}

const inBrackets = (letter: string): string => `(${letter})`;
const amongSpaces = (letter: string): string => ` ${letter} `;

/** How a letter is written that is taken, in order: the first that any letter is found in decides. Several are placed by the `whole` of each. */
const marks = [
  { part: inBrackets, whole: inBrackets },
  { part: (letter: string) => `${letter} `, whole: amongSpaces },
  { part: (letter: string) => `${letter}.`, whole: amongSpaces },
];

/** Texts are looked for in replies of more words than this. */
const fewWords = 5;

/**
 * The letter that stands as "(A)"; else as "A ", where the end of the reply counts as a space and the end of a word as a letter; else as "A.".
 * Of several letters the one that stands last, as "(A)" or " A "; of those that stand so nowhere, the first of the alphabet. Else the option
 * whose text is in the reply, in any case; of several the one that begins last.
 */
function parsed(reply: string, options: readonly Option[], { strays, texts }: Parser): Found {
  const span = strays.reduce<Span>((left, set) => stripped(reply, left, set), { start: 0, end: reply.length });
  // A letter at an end stands among spaces, too. These are no part of the reply, so what is taken is kept within it.
  const padded = ` ${reply.slice(span.start, span.end)} `;
  const taken = (extracted: string, how: string, index: number, length: number): Found => {
    const [start, end] = [index, index + length].map((i) =>
      Math.min(Math.max(span.start + i - 1, span.start), span.end),
    );
    return { extracted, how, at: { start, end } };
  };
  for (const { part, whole } of marks) {
    const found = options.filter(({ letter }) => padded.includes(part(letter)));
    if (found.length === 0) continue;
    const { letter } = latest(found, (option) => padded.lastIndexOf(whole(option.letter)));
    const isPlaced = padded.includes(whole(letter));
    const mark = isPlaced ? whole(letter) : part(letter);
    const among =
      found.length === 1 ? '' : isPlaced ? ', the last of several' : ', of several the first by the alphabet';
    return taken(letter, `“${part(letter)}”${among}`, padded.lastIndexOf(mark) + mark.indexOf(letter), 1);
  }
  if (!texts) return nothing('no letter like “(A)”, “A ” or “A.”');
  if (wordsOf(padded).length <= fewWords)
    return nothing('no letter like “(A)”, “A ” or “A.”, and too few words for a text');
  const found = options.flatMap(({ letter, text }) => {
    const place = placeInAnyCase(padded, text, 'last');
    return place === null ? [] : [{ letter, place }];
  });
  if (found.length === 0) return nothing('no letter like “(A)”, “A ” or “A.”, and no option’s text');
  const { letter, place } = latest(found, (one) => one.place.start);
  const how = found.length > 1 ? 'the last of several options’ texts' : 'an option’s text';
  return taken(letter, how, place.start, place.end - place.start);
}

/** The one at the highest place; of those that tie, the first. */
function latest<One>(found: readonly One[], place: (one: One) => number): One {
  return found.reduce((best, one) => (place(one) > place(best) ? one : best));
}

function rule(described: Pick<AnswerRule, 'name' | 'title' | 'source' | 'reads'>, parser: Parser): AnswerRule {
  return {
    ...described,
    read: (reply, question) => {
      const { options, truth } = choiceIn(question)!;
      const sought =
        parser.letters === undefined ? options : [...parser.letters].map((letter) => ({ letter, text: '' }));
      const found = parsed(reply, sought, parser);
      return { ...found, correct: found.extracted === truth };
    },
  };
}

/**
 * github.com/multimodal-art-projection/OmniBench, inference/answer_parsing.py (commit 21a7f75) as inference/calculate_metrics.py (commit
 * 335f0ba) calls it: nothing is stripped. The authors read the true answer by the same parser; here it is the dataset's.
 */
export const omniBench = rule(
  {
    name: 'omnibench',
    title: 'OmniBench',
    source:
      'OmniBench, inference/answer_parsing.py, commit 21a7f75, as inference/calculate_metrics.py, commit 335f0ba, calls it. Where nothing is read, its authors write N/A, and the reply is wrong; their demo_api_call.py takes a random option instead.',
    reads: (question) => isChoiceUpTo('D', question) && question.options.length === 4,
  },
  { strays: [], texts: true },
);

/** lmms-eval 0.7.3, lmms_eval/tasks/omni_bench/utils.py: letters from A to D alone, and white space at the ends is none. */
export const lmmsEvalOmniBench = rule(
  {
    name: 'lmms-eval-omnibench',
    title: 'lmms-eval, of OmniBench',
    source:
      'lmms-eval 0.7.3, lmms_eval/tasks/omni_bench/utils.py. Where nothing is read, its authors have None, and the reply is wrong.',
    reads: (question) => isChoiceUpTo('D', question),
  },
  { strays: [space], texts: false, letters: 'ABCD' },
);

/** lmms-eval 0.7.3, lmms_eval/tasks/video_holmes/utils.py: each of seven signs is taken off the ends, in this order; white space is not. */
export const lmmsEvalVideoHolmes = rule(
  {
    name: 'lmms-eval-video-holmes',
    title: 'lmms-eval, of Video-Holmes',
    source:
      'lmms-eval 0.7.3, lmms_eval/tasks/video_holmes/utils.py. Where nothing is read, its authors take a random option; here that is no answer, and the reply is wrong.',
    reads: (question) => choiceIn(question) !== null && question.options.length > 0,
  },
  { strays: [',', '.', '!', '?', ';', ':', "'"], texts: true },
);
