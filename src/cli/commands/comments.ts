import { UsageError, type Command } from '../command.ts';
import { storeOption, withStore } from '../open-store.ts';

const options = { ...storeOption, rollout: { type: 'string' } } as const;

export const commentsList: Command = {
  name: 'comments list',
  usage: '--db FILE --rollout ID [--resolved]',
  summary: 'Lists the open comments on a rollout, with the resolved ones when asked, oldest first.',
  options: { ...options, resolved: { type: 'boolean' } },
  run: ({ options }) =>
    withStore(options, (store) => {
      const rollout = options.required('rollout');
      if (!store.rollouts.get(rollout)) throw new Error(`there is no rollout ${rollout} in this store`);
      const comments = store.comments.of(rollout).filter(({ resolved }) => !resolved || options.has('resolved'));
      return { rollout, comments };
    }),
};

export const commentsAdd: Command = {
  name: 'comments add',
  usage: '--db FILE --rollout ID --annotator NAME --body TEXT [--text FROM-TO] [--video SECONDS | --video FROM-TO]',
  summary: 'Comments on a part of a rollout’s completion (UTF-16 offsets) or video, or on the whole rollout.',
  options: {
    ...{ ...options, annotator: { type: 'string' }, body: { type: 'string' } },
    ...{ text: { type: 'string' }, video: { type: 'string' } },
  },
  run: ({ options }) => {
    const [rollout, annotator] = [options.required('rollout'), options.required('annotator')];
    const body = options.required('body');
    const text = stretch('text', options.text('text'), /^(\d+)-(\d+)$/u, '12-40');
    const video = stretch('video', options.text('video'), /^(\d+(?:\.\d+)?)(?:-(\d+(?:\.\d+)?))?$/u, '3.2 or 3.2-4');
    return withStore(options, (store) => ({ id: store.comments.add(rollout, annotator, { body, text, video }) }));
  },
};

export const commentsResolve: Command = {
  name: 'comments resolve',
  usage: '--db FILE --comment ID --annotator NAME [--reopen]',
  summary: 'Resolves a comment, or opens it again.',
  options: {
    ...storeOption,
    ...{ comment: { type: 'string' }, annotator: { type: 'string' }, reopen: { type: 'boolean' } },
  },
  run: ({ options }) => {
    const [comment, resolved] = [options.required('comment'), !options.has('reopen')];
    const annotator = options.required('annotator');
    return withStore(options, (store) => {
      store.comments.resolve(comment, annotator, resolved);
      return { comment, resolved };
    });
  },
};

export const commentsDelete: Command = {
  name: 'comments delete',
  usage: '--db FILE --comment ID --annotator NAME',
  summary: 'Deletes a comment of the annotator’s own; the history keeps what it said.',
  options: { ...storeOption, comment: { type: 'string' }, annotator: { type: 'string' } },
  run: ({ options }) => {
    const [comment, annotator] = [options.required('comment'), options.required('annotator')];
    return withStore(options, (store) => {
      store.comments.delete(comment, annotator);
      return { comment };
    });
  },
};

/** What an option names; a moment ends where it starts. */
function stretch(name: string, given: string | undefined, form: RegExp, like: string) {
  if (given === undefined) return null;
  const [, start, end = start] = form.exec(given.trim()) ?? [];
  if (start === undefined) throw new UsageError(`--${name} must be like ${like}, not “${given}”`);
  return { start: Number(start), end: Number(end) };
}
