import { pairVerdicts } from '../../domain/preference.ts';
import type { Command } from '../command.ts';
import { storeOption, withStore } from '../open-store.ts';

const options = { ...storeOption, rollout: { type: 'string' } } as const;

const verdicts = [...pairVerdicts, 'none'] as const;

export const preferencesSet: Command = {
  name: 'preferences set',
  usage: `--db FILE --rollout ID --other ID --annotator NAME --verdict ${verdicts.join('|')}`,
  summary:
    'Says of a rollout’s completion whether it is better than that of another rollout of its prompt; none takes that back.',
  options: { ...options, other: { type: 'string' }, annotator: { type: 'string' }, verdict: { type: 'string' } },
  run: ({ options }) => {
    const [rollout, other] = [options.required('rollout'), options.required('other')];
    const annotator = options.required('annotator');
    options.required('verdict');
    const verdict = options.oneOf('verdict', verdicts)!;
    return withStore(options, (store) => ({
      ...{ rollout, annotator },
      ...store.preferences.set(rollout, annotator, { other, verdict: verdict === 'none' ? null : verdict }),
    }));
  },
};

export const preferencesList: Command = {
  name: 'preferences list',
  usage: '--db FILE --rollout ID',
  summary: 'Lists what each annotator says of a rollout’s completion against others of its prompt.',
  options,
  run: ({ options }) =>
    withStore(options, (store) => {
      const rollout = options.required('rollout');
      if (!store.rollouts.get(rollout)) throw new Error(`there is no rollout ${rollout} in this store`);
      return { rollout, preferences: store.preferences.of(rollout) };
    }),
};
