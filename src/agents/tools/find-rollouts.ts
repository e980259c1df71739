/** Rollouts that a query line keeps. */
import * as v from 'valibot';
import { seenMarks, tagNames } from '../../domain/review.ts';
import { QueryError } from '../../domain/rollout-query.ts';
import type { Store, TableQuery } from '../../store/store.ts';
import { cut, cutOrNull, fewOf, fewTexts, from, longestText, toolOf } from '../tool.ts';

const mostRows = 50;

export const findRollouts = toolOf({
  name: 'find_rollouts',
  title: 'Find rollouts',
  description:
    'Finds rollouts (completions that a policy wrote for a prompt about a video, image or sound) by a query line, a page at a time, with reward, length and more of each, and says how many there are. ' +
    'Terms of the line must all hold: a word or "words in quotes" in question or completion, or field:value; - before a term keeps the others. ' +
    'Fields: correct:yes|no|none; reward, reward.PART, advantage, tokens, words, characters, pass (share of the prompt’s rollouts that are right, 0 to 1), iteration, version, each as :0.5 :>0.5 :<=0.5 :0.2..0.8 :none; ' +
    'finish:stop|length; policy, run, evaluation, dataset, prompt, stage, split, tag by name (NAME* for a beginning); labelled, flagged:yes|no|NAME; status:submitted|skipped|open; commented, hinted, vanishing:yes|no. ' +
    'Example: correct:no tokens:>800 -flagged:yes "low tone". vanishing:yes finds groups whose rewards are all the same.',
  input: v.strictObject({
    query: v.optional(
      v.pipe(v.string(), v.maxLength(2000), v.description('The query line; left out, all rollouts.')),
      '',
    ),
    sort: v.optional(
      v.pipe(
        v.string(),
        v.maxLength(200),
        v.description(
          'reward, reward.PART, advantage, tokens, characters, pass, iteration, question, policy, run, …; left out, in the order they came in.',
        ),
      ),
    ),
    descending: v.optional(v.pipe(v.boolean(), v.description('The largest first.')), false),
    limit: v.optional(
      v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(mostRows), v.description('Rollouts a page.')),
      20,
    ),
    from,
  }),
  answer(store, { query, sort, descending, limit, from }, { viewer }) {
    const { annotator, blindFirstPass } = viewer;
    const found = orderOf(store, {
      line: query,
      sort: sort === undefined ? null : { by: sort, descending },
      blindFor: blindFirstPass ? annotator : null,
    });
    const rows = store.table.rows([...found.slice(from, from + limit)]).filter((row) => row !== null);
    return {
      found: found.length,
      total: store.table.total(),
      next: from + limit < found.length ? from + limit : null,
      rollouts: rows.map((row) => {
        const { labelledBy, flaggedBy, tags } = seenMarks(row, viewer);
        return {
          ...{ id: row.id, promptId: row.promptId, correct: row.correct && row.correct.right, reward: row.reward },
          ...{ advantage: row.advantage, tokens: row.tokens, characters: row.characters, pass: row.pass },
          ...{ iteration: row.iteration, policyVersion: row.policyVersion, hinted: row.hinted },
          ...{ labels: labelledBy.length, flags: flaggedBy.length, openComments: row.openComments },
          untrusted: {
            question: cut(row.question),
            ending: row.ending.slice(-longestText),
            answer: cutOrNull(row.answer, 80),
            ...{ policy: cut(row.policy), dataset: cut(row.dataset), run: cutOrNull(row.run) },
            ...{ evaluation: cutOrNull(row.evaluation), finish: cutOrNull(row.finish), stage: cutOrNull(row.stage) },
            ...{ split: cut(row.split), rewards: fewOf(row.rewards) },
            ...{ labelledBy: fewTexts(labelledBy.map((name) => name ?? 'somebody')), tags: fewTexts(tagNames(tags)) },
          },
        };
      }),
    };
  },
});

/** Throws with the place in the line of a term that cannot be read. */
function orderOf(store: Store, query: TableQuery): Int32Array {
  try {
    return store.table.order(query);
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    throw new RangeError(`query, characters ${error.from + 1} to ${error.to}: ${error.message}`, { cause: error });
  }
}
