/** The rules of AVATAR's authors in their evaluation scripts (github.com/yogkul2000/AVATAR, commit b6cc6bb, eval/): three that share a search. */
import { choiceIn, type Choice } from './choice.ts';
import { nothing, type AnswerRule, type Found } from './rule.ts';
import { aloneIn, taggedAnswers } from './span.ts';

/** What a chat has before the reply, where it was decoded whole. */
const role = 'assistant\n';

/**
 * The text of the first `<answer>` anywhere, where tags are read; else, behind the first "assistant\n", the last capital that stands alone; else
 * the first capital there. Null where there is none; a tag may be empty.
 */
function searched(reply: string, tags: boolean): Found | null {
  const tagged = tags ? taggedAnswers(reply).at(0) : undefined;
  if (tagged !== undefined)
    return { extracted: reply.slice(tagged.start, tagged.end), how: 'the text of the first <answer>', at: tagged };
  const place = reply.indexOf(role);
  const start = place < 0 ? 0 : place + role.length;
  const alone = aloneIn(reply, 'A-Z', start).at(-1);
  if (alone !== undefined)
    return { extracted: reply[alone.start], how: 'the last capital that stands alone', at: alone };
  const within = reply.slice(start).search(/[A-Z]/u) + start;
  if (within < start) return null;
  return { extracted: reply[within], how: 'the first capital, within a word', at: { start: within, end: within + 1 } };
}

/** The same; where that gives nothing, the first letter up to `last` in the whole reply, in either case, tags and the chat's own words too. */
function searchedFurther(reply: string, tags: boolean, last: 'E' | 'F'): Found {
  const found = searched(reply, tags);
  if (found?.extracted) return found;
  const place = reply.search(last === 'E' ? /[A-Ea-e]/u : /[A-Fa-f]/u);
  if (place < 0) return nothing(`no letter from A to ${last}`);
  const how = `the first letter from A to ${last}, in either case`;
  return { extracted: reply[place].toUpperCase(), how, at: { start: place, end: place + 1 } };
}

function rule(
  described: Pick<AnswerRule, 'name' | 'title' | 'source'>,
  search: (reply: string) => Found,
  isRight: (extracted: string, choice: Choice) => boolean = (extracted, { truth }) => extracted === truth,
): AnswerRule {
  return {
    ...described,
    reads: (question) => choiceIn(question) !== null,
    read: (reply, question) => {
      const found = search(reply);
      return { ...found, correct: found.extracted !== null && isRight(found.extracted, choiceIn(question)!) };
    },
  };
}

/** eval/eval_omni_mmvu.py: no tag is read. */
export const avatarMmvu = rule(
  {
    name: 'avatar-mmvu',
    title: 'AVATAR, of MMVU',
    source:
      'AVATAR, eval/eval_omni_mmvu.py, commit b6cc6bb (3 December 2025). Where nothing is read, its authors write “?”, and the reply is wrong.',
  },
  (reply) => searchedFurther(reply, false, 'E'),
);

/** eval/eval_omni_video_holmes.py: the tag's text is compared as it is, so "d" and "D. The maid" are wrong. */
export const avatarVideoHolmes = rule(
  {
    name: 'avatar-video-holmes',
    title: 'AVATAR, of Video-Holmes',
    source:
      'AVATAR, eval/eval_omni_video_holmes.py, commit b6cc6bb (3 December 2025). Where nothing is read, its authors write “?”, and the reply is wrong.',
  },
  (reply) => searchedFurther(reply, true, 'F'),
);

/** eval/eval_omnibench.py: the tag's text is compared without case, so "d" is right and "D. The maid" wrong. */
export const avatarOmniBench = rule(
  {
    name: 'avatar-omnibench',
    title: 'AVATAR, of OmniBench',
    source:
      'AVATAR, eval/eval_omnibench.py, commit b6cc6bb (3 December 2025). Where nothing is read, its authors have an empty text, and the reply is wrong.',
  },
  (reply) => {
    const found = searched(reply, true);
    return found?.extracted ? found : nothing(found ? 'an empty <answer>' : 'no <answer>, and no capital');
  },
  (extracted, { truth }) => extracted.toUpperCase() === truth,
);
