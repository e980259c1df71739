import { stepVerdicts } from '../../domain/judgement.ts';
import { UsageError, type Command } from '../command.ts';
import { storeOption, withStore } from '../open-store.ts';

const options = { ...storeOption, rollout: { type: 'string' } } as const;

const verdicts = [...stepVerdicts, 'none'] as const;

export const judgementsSet: Command = {
  name: 'judgements set',
  usage: `--db FILE --rollout ID --annotator NAME --text FROM-TO --verdict ${verdicts.join('|')} [--error TYPE]`,
  summary:
    'Says of a step of a rollout’s reasoning (UTF-16 offsets in the completion) whether it is correct, and what is wrong with it; none takes that back.',
  options: {
    ...{ ...options, annotator: { type: 'string' }, text: { type: 'string' } },
    ...{ verdict: { type: 'string' }, error: { type: 'string' } },
  },
  run: ({ options }) => {
    const [rollout, annotator] = [options.required('rollout'), options.required('annotator')];
    const text = options.required('text');
    const [, start, end] = /^(\d+)-(\d+)$/u.exec(text.trim()) ?? [];
    if (end === undefined) throw new UsageError(`--text must be like 12-40, not “${text}”`);
    options.required('verdict');
    const verdict = options.oneOf('verdict', verdicts)!;
    const error = options.text('error') ?? null;
    return withStore(options, (store) => ({
      ...{ rollout, annotator },
      ...store.judgements.set(rollout, annotator, {
        ...{ start: Number(start), end: Number(end), error },
        verdict: verdict === 'none' ? null : verdict,
      }),
    }));
  },
};

export const judgementsList: Command = {
  name: 'judgements list',
  usage: '--db FILE --rollout ID',
  summary: 'Lists what each annotator says of the steps of a rollout’s reasoning.',
  options,
  run: ({ options }) =>
    withStore(options, (store) => {
      const rollout = options.required('rollout');
      if (!store.rollouts.get(rollout)) throw new Error(`there is no rollout ${rollout} in this store`);
      return { rollout, judgements: store.judgements.of(rollout) };
    }),
};
