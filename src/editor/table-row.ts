/** A rollout as a row of the Rollouts table. Pure. */
import { marksText, seenMarks, tagNames, type Viewer } from '../domain/review.ts';
import type { ShownRow } from '../protocol/table.ts';
import type { TableRow } from '../store/store.ts';
import { conclusion } from './rollout-label.ts';

/** A row as the viewer may see it. */
export function shownOf(row: TableRow, by: Viewer): ShownRow {
  const { id, question, answer, correct, reward, rewards, advantage, tokens, characters, pass, finish } = row;
  const { iteration, stage, split, dataset, run, evaluation, hinted, openComments, ending, policyVersion } = row;
  const { words, entropy, logprob, gap, mismatch, ratio } = row;
  const marks = seenMarks(row, by);
  return {
    ...{ id, question, answer, correct, reward, rewards, advantage, tokens, characters, pass, finish },
    ...{ words, entropy, logprob, gap, mismatch, ratio },
    ...{ iteration, stage, split, dataset, run, evaluation, hinted, openComments },
    policy: `${row.policy} v${policyVersion}`,
    conclusion: conclusion(ending),
    labelledBy: marks.labelledBy,
    flaggedBy: marks.flaggedBy,
    tags: tagNames(marks.tags),
    said: marksText({ ...marks, flaggedBy: [], tags: [] }),
  };
}
