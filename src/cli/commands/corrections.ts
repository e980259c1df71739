import { readFileSync } from 'node:fs';
import { UsageError, type Command } from '../command.ts';
import { storeOption, withStore } from '../open-store.ts';

const options = { ...storeOption, rollout: { type: 'string' } } as const;

export const correctionsSet: Command = {
  name: 'corrections set',
  usage: '--db FILE --rollout ID --annotator NAME (--file TEXT|--none)',
  summary:
    'Keeps the text of a file (UTF-8) as what an annotator writes in place of a rollout’s completion; --none takes that back.',
  options: {
    ...{ ...options, annotator: { type: 'string' }, file: { type: 'string' } },
    none: { type: 'boolean' },
  },
  run: ({ options }) => {
    const [rollout, annotator] = [options.required('rollout'), options.required('annotator')];
    if (options.has('none') === (options.text('file') !== undefined))
      throw new UsageError('name a file with the corrected text by --file, or say --none');
    const text = options.has('none') ? null : readFileSync(options.required('file'), 'utf8');
    return withStore(options, (store) => ({
      ...{ rollout, annotator },
      ...store.corrections.set(rollout, annotator, text),
    }));
  },
};

export const correctionsList: Command = {
  name: 'corrections list',
  usage: '--db FILE --rollout ID',
  summary: 'Lists what each annotator writes in place of a rollout’s completion.',
  options,
  run: ({ options }) =>
    withStore(options, (store) => {
      const rollout = options.required('rollout');
      if (!store.rollouts.get(rollout)) throw new Error(`there is no rollout ${rollout} in this store`);
      return { rollout, corrections: store.corrections.of(rollout) };
    }),
};
