/** Where each rollout's TAS weights come from, decided once: a label, else a suggestion, else the fallback scheme. */
import { cuedBoundaries, defaultPhases } from '../../domain/phase.ts';
import type { Rollout } from '../../domain/rollout.ts';
import type { WeightSource, RunConfig } from '../../domain/run.ts';
import { needsPhases, tasWeights } from '../../domain/tas.ts';
import { unitBoundaries } from '../../domain/unit.ts';
import type { SnapshotRow, Store } from '../../store/store.ts';

/** Annotators whose name begins so are programs: their segmentations are suggestions, and a person's label goes before them. */
const suggestionPrefix = 'suggestion:';

type TasConfig = RunConfig['tas'];
type LabelledText = Pick<Rollout, 'id' | 'completion'>;

/**
 * The row of one rollout for the run's snapshot, from the labels stored now. The first of the run's annotators who has a label
 * decides; without a list, the latest label, then the latest suggestion. A label of another phase schema is passed over.
 * Without any, what `unlabelledSource` says.
 */
export function weightSource(store: Store, rollout: LabelledText, tas: TasConfig): SnapshotRow {
  if (!needsPhases(tas.scheme)) return unlabelledSource(rollout, tas);
  const rank = ({ annotator }: { annotator: string }): number =>
    tas.annotators.length > 0 ? tas.annotators.indexOf(annotator) : Number(annotator.startsWith(suggestionPrefix));
  const [chosen] = store
    .segmentations(rollout.id)
    .filter((label) => rank(label) >= 0 && label.boundaries.length === defaultPhases.length - 1)
    .sort((a, b) => rank(a) - rank(b) || b.savedAt.localeCompare(a.savedAt));
  if (!chosen) return unlabelledSource(rollout, tas);
  const { annotator, boundaries } = chosen;
  const source: WeightSource = annotator.startsWith(suggestionPrefix)
    ? (annotator as WeightSource)
    : `label:${annotator}`;
  return { rolloutId: rollout.id, boundaries, source };
}

/** The row of a rollout that nobody has labelled, as one is that the run has just made: phases by the cues, else the fallback. */
export function unlabelledSource({ id, completion }: LabelledText, tas: TasConfig): SnapshotRow {
  if (!needsPhases(tas.scheme)) return { rolloutId: id, boundaries: null, source: tas.scheme };
  const boundaries = tas.cues && cuedBoundaries(completion, tas.cues);
  return { rolloutId: id, boundaries, source: boundaries ? `${suggestionPrefix}cues` : tas.fallback };
}

/** TAS weights [L] of a completion whose tokens start at `starts` (UTF-16), as its snapshot row says. */
export function shapedWeights(
  starts: Int32Array,
  { boundaries }: Pick<SnapshotRow, 'boundaries'>,
  { scheme, fallback, lambda, normalise }: TasConfig,
): Float32Array {
  const phases =
    boundaries === null ? undefined : unitBoundaries({ starts: [...starts], source: 'tokens' }, boundaries);
  const chosen = needsPhases(scheme) && phases === undefined ? fallback : scheme;
  return Float32Array.from(tasWeights(starts.length, { scheme: chosen, lambda, normalise, boundaries: phases }));
}
