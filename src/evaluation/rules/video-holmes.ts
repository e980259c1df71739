/** The rule of Video-Holmes' authors, and VLMEvalKit's of the same benchmark: one search for a letter, in the answer's tag or elsewhere too. */
import { choiceIn, isChoiceUpTo } from './choice.ts';
import { nothing, type AnswerReading, type AnswerRule, type Found, type Question } from './rule.ts';
import { taggedAnswers, type Span } from './span.ts';

const letters = [...'ABCDEF'];

/** How a letter is written that is taken: so for any of the letters; else as it is. */
const marks = [(letter: string) => [`${letter} `, `${letter}:`, `[${letter}`], (letter: string) => [letter]];

/** The first of the letters, by the alphabet and not by the text, that stands so in this part of the reply; within a word or at its end too. */
function letterIn(reply: string, { start, end }: Span, where: string): Found {
  const text = reply.slice(start, end);
  for (const marked of marks)
    for (const letter of letters) {
      const mark = marked(letter).find((one) => text.includes(one));
      if (mark === undefined) continue;
      const at = start + text.indexOf(mark) + mark.indexOf(letter);
      const how = `“${mark}” in ${where}, letters tried from A to F`;
      return { extracted: letter, how, at: { start: at, end: at + 1 } };
    }
  return nothing(`no capital from A to F in ${where}`);
}

function readHolmes(reply: string, question: Question, untagged: 'whole' | 'wrong'): AnswerReading {
  const tagged = taggedAnswers(reply).at(-1);
  if (tagged === undefined && untagged === 'wrong') return nothing('no <answer>');
  const found =
    tagged === undefined
      ? letterIn(reply, { start: 0, end: reply.length }, 'the whole reply')
      : letterIn(reply, tagged, 'the last <answer>');
  return { ...found, correct: found.extracted === choiceIn(question)!.truth };
}

/** github.com/TencentARC/Video-Holmes, commit 52ef8da, evaluate.py: the last `<answer>` is read, or the whole reply without one. */
export const videoHolmes: AnswerRule = {
  name: 'video-holmes',
  title: 'Video-Holmes',
  source:
    'Video-Holmes, evaluate.py, commit 52ef8da (13 July 2025). Where nothing is read, its authors write WRONG, and the reply is wrong.',
  reads: (question) => isChoiceUpTo('F', question),
  read: (reply, question) => readHolmes(reply, question, 'whole'),
};

/** github.com/open-compass/VLMEvalKit, commit e8e78f0, vlmeval/dataset/utils/videoholmes.py: the same, but nothing without a tag. */
export const vlmevalkitVideoHolmes: AnswerRule = {
  name: 'vlmevalkit-video-holmes',
  title: 'VLMEvalKit, of Video-Holmes',
  source:
    'VLMEvalKit, vlmeval/dataset/utils/videoholmes.py, commit e8e78f0 (18 August 2026). Where nothing is read, its authors write WRONG, and the reply is wrong.',
  reads: (question) => isChoiceUpTo('F', question),
  read: (reply, question) => readHolmes(reply, question, 'wrong'),
};
