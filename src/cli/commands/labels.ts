import { medianText, progressFigures, type AnnotatorProgress, type Progress } from '../../domain/annotator-progress.ts';
import type { MediaSpan } from '../../domain/phase.ts';
import { marks, reviewVerdicts } from '../../domain/review.ts';
import { UsageError, type Command } from '../command.ts';
import { storeOption, withStore } from '../open-store.ts';

const options = { ...storeOption, rollout: { type: 'string' } } as const;

export const labelsSet: Command = {
  name: 'labels set',
  usage: '--db FILE --rollout ID --annotator NAME --boundaries A,B [--grounding FROM-TO,,FROM-TO]',
  summary:
    'Sets a rollout’s phase boundaries (UTF-16 offsets in the completion) and the seconds of video each phase talks about.',
  options: { ...options, annotator: { type: 'string' }, boundaries: { type: 'string' }, grounding: { type: 'string' } },
  async run({ options }) {
    const rolloutId = options.required('rollout');
    const annotator = options.required('annotator');
    const boundaries = options.required('boundaries').split(',').map(offset);
    const grounding = options.text('grounding')?.split(',').map(span);
    return withStore(options, (store) => ({
      rollout: rolloutId,
      annotator,
      ...store.labels.set({ rolloutId, annotator, boundaries, grounding }),
    }));
  },
};

export const labelsShow: Command = {
  name: 'labels show',
  usage: '--db FILE --rollout ID',
  summary:
    'Shows a rollout’s labels, one for each annotator, what programs suggest, and who submitted, skipped, flagged or tagged it.',
  options,
  run: ({ options }) =>
    withStore(options, (store) => {
      const rolloutId = options.required('rollout');
      const rollout = store.rollouts.get(rolloutId);
      if (!rollout) throw new Error(`there is no rollout ${rolloutId} in this store`);
      return {
        ...{ rollout: rolloutId, completion: rollout.completion },
        ...{ labels: store.labels.of(rolloutId), reviews: store.reviews.of(rolloutId) },
        suggestions: store.suggestions.of(rolloutId),
        ...store.statuses.of(rolloutId),
      };
    }),
};

export const labelsReview: Command = {
  name: 'labels review',
  usage: `--db FILE --rollout ID --annotator NAME --reviewer NAME --verdict ${reviewVerdicts.join('|')}`,
  summary: 'Accepts or rejects somebody’s label.',
  options: { ...options, annotator: { type: 'string' }, reviewer: { type: 'string' }, verdict: { type: 'string' } },
  async run({ options }) {
    const verdict = options.oneOf('verdict', reviewVerdicts);
    if (verdict === undefined) throw new UsageError(`--verdict is missing: ${reviewVerdicts.join(' or ')}`);
    const [rollout, annotator] = [options.required('rollout'), options.required('annotator')];
    return withStore(options, (store) => {
      store.reviews.add(rollout, annotator, options.required('reviewer'), verdict);
      return { rollout, reviews: store.reviews.of(rollout) };
    });
  },
};

export const labelsHistory: Command = {
  name: 'labels history',
  usage: '--db FILE --rollout ID',
  summary:
    'Shows every edit, undo and redo of a rollout’s labels and every change of its statuses, tags and comments, oldest first.',
  options,
  run: ({ options }) =>
    withStore(options, (store) => {
      const rolloutId = options.required('rollout');
      if (!store.rollouts.get(rolloutId)) throw new Error(`there is no rollout ${rolloutId} in this store`);
      return {
        ...{
          rollout: rolloutId,
          revisions: store.labels.history(rolloutId),
          statuses: store.statuses.history(rolloutId),
        },
        ...{ tags: store.tags.history(rolloutId), comments: store.comments.history(rolloutId) },
      };
    }),
};

export const labelsMark: Command = {
  name: 'labels mark',
  usage: `--db FILE --rollout ID --annotator NAME --as ${marks.join('|')} [--reason TEXT]`,
  summary: 'Submits, skips (with a reason), reopens or flags (with or without one) a rollout for an annotator.',
  options: { ...options, annotator: { type: 'string' }, as: { type: 'string' }, reason: { type: 'string' } },
  run: ({ options }) =>
    withStore(options, (store) => {
      const rolloutId = options.required('rollout');
      const annotator = options.required('annotator');
      options.required('as');
      const mark = options.oneOf('as', marks)!;
      if (mark === 'flagged' || mark === 'unflagged')
        store.statuses.flag(rolloutId, annotator, mark === 'flagged', options.text('reason'));
      else store.statuses.set(rolloutId, annotator, mark, options.text('reason'));
      return { rollout: rolloutId, ...store.statuses.of(rolloutId) };
    }),
};

export const labelsTag: Command = {
  name: 'labels tag',
  usage: '--db FILE --rollout ID --annotator NAME --tag TAG [--remove]',
  summary: 'Puts a tag of an annotator’s on a rollout, or takes it off.',
  options: { ...options, annotator: { type: 'string' }, tag: { type: 'string' }, remove: { type: 'boolean' } },
  run: ({ options }) =>
    withStore(options, (store) => {
      const rolloutId = options.required('rollout');
      store.tags.set([rolloutId], options.required('annotator'), options.required('tag'), !options.has('remove'));
      return { rollout: rolloutId, tags: store.tags.of(rolloutId) };
    }),
};

export const labelsProgress: Command = {
  name: 'labels progress',
  usage: '--db FILE',
  summary:
    'Shows how many rollouts each annotator labelled, submitted, skipped, flagged and has left, by dataset, with the median time from first edit to submission.',
  options: storeOption,
  run: ({ options }) => withStore(options, (store) => ({ annotators: store.progress.get() })),
  print: ({ annotators }: { annotators: AnnotatorProgress[] }) =>
    annotators
      .flatMap(({ annotator, all, datasets }) => [
        `${annotator}: ${progressText(all)}`,
        ...(datasets.length > 1 ? datasets : []).map((one) => `  ${one.dataset}: ${progressText(one)}`),
      ])
      .join('\n') || 'Nobody has labelled, submitted, skipped or flagged a rollout yet.',
};

/** "12 with a label, 10 submitted, 1 skipped, 0 flagged, 5 left, median 1 min 20 s". */
function progressText(progress: Progress): string {
  const counted = progressFigures.map((name) => `${progress[name]} ${name}`);
  return [...counted, `median ${medianText(progress)}`].join(', ');
}

function offset(text: string): number {
  if (!/^\s*\d+\s*$/u.test(text)) throw new UsageError(`--boundaries must be whole numbers like 12,40, not “${text}”`);
  return Number(text);
}

/** One phase's seconds; nothing between two commas is a phase without any. */
function span(text: string): MediaSpan | null {
  if (text.trim() === '') return null;
  const [, start, end] = /^\s*(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)\s*$/u.exec(text) ?? [];
  if (end === undefined) throw new UsageError(`--grounding must be seconds like 0-3.2,,5-6.5, not “${text}”`);
  return { start: Number(start), end: Number(end) };
}
