import { canShape, defaultLambda, needsPhases, tasSchemes, tasWeights, type TasScheme } from '../../domain/tas.ts';
import { unitBoundaries, unitsOf, unitTexts, type UnitSource } from '../../domain/unit.ts';
import { shapingOf, type WeightSource } from '../../domain/weight-source.ts';
import { UsageError, type Command } from '../command.ts';
import { storeOption, withStore } from '../open-store.ts';

interface TasDocument {
  /** The text of each unit; joined they are the completion. */
  tokens: string[];
  weights: number[];
  /** What the units are, and what shaped their weights. */
  source: { units: UnitSource; weights: WeightSource; scheme: TasScheme; boundaries: number[] | null };
}

export const tas: Command = {
  name: 'tas',
  usage: `--db FILE --rollout ID [--scheme ${tasSchemes.join('|')}] [--lambda X] [--annotator NAME] [--normalise]`,
  summary: 'Shows the TAS weight of every token of a rollout.',
  options: {
    ...storeOption,
    rollout: { type: 'string' },
    scheme: { type: 'string' },
    lambda: { type: 'string' },
    annotator: { type: 'string' },
    normalise: { type: 'boolean' },
  },
  run: ({ options }): Promise<TasDocument> =>
    withStore(options, (store) => {
      const rolloutId = options.required('rollout');
      const lambda = options.number('lambda') ?? defaultLambda;
      if (lambda < 0) throw new UsageError(`--lambda must not be negative, not ${lambda}`);
      const asked = options.oneOf('scheme', tasSchemes);
      const annotator = options.text('annotator');
      const rollout = store.rollouts.get(rolloutId);
      if (!rollout) throw new Error(`there is no rollout ${rolloutId} in this store`);
      const phaseWeights = store.phases.get().map(({ weight }) => weight);
      if (asked && needsPhases(asked) && !canShape(asked, phaseWeights.length))
        throw new Error(`${asked} needs three phases, and this store has ${phaseWeights.length}`);
      const { boundaries, source } = shapingOf(rollout.completion, store.suggestions.segmentations(rolloutId), {
        scheme: asked ?? 'phase-warped',
        fallback: 'parabolic',
        annotators: annotator === undefined ? [] : [annotator],
        cues: null,
        phaseWeights,
      });
      const scheme = asked ?? (boundaries ? 'phase-warped' : 'parabolic');
      if (needsPhases(scheme) && !boundaries)
        throw new Error(`${scheme} needs phases, and rollout ${rolloutId} has no label or suggestion: set one first`);
      const units = unitsOf(rollout);
      const weights = tasWeights(units.starts.length, {
        scheme,
        lambda,
        boundaries: boundaries === null ? undefined : unitBoundaries(units, boundaries),
        phaseWeights,
        normalise: options.has('normalise'),
      });
      return {
        tokens: unitTexts(rollout.completion, units),
        weights: Array.from(weights),
        source: { units: units.source, weights: source, scheme, boundaries },
      };
    }),
};
