/** Where a rollout's TAS weights come from: a label, else a suggestion, else a scheme that needs no phases. */
import { cuedBoundaries, type Segmentation } from './phase.ts';
import type { RunConfig } from './run.ts';
import { canShape, needsPhases, type TasScheme } from './tas.ts';

/** Annotators whose name begins so are programs: their segmentations are suggestions, and a person's label goes before them. */
const suggestionPrefix = 'suggestion:';
const labelPrefix = 'label:';
/** Phases that a run's cues suggest, of which no segmentation is stored. */
export const cuesSource = `${suggestionPrefix}cues` as const;

/** True of a program's name, whose segmentations are suggestions. */
export function isProgram(annotator: string): boolean {
  return annotator.startsWith(suggestionPrefix);
}

export type WeightSource = `label:${string}` | `suggestion:${string}` | TasScheme;

/** The phases that shape a rollout's weights, and whose they are. */
export interface Shaping {
  boundaries: number[] | null;
  source: WeightSource;
}

/**
 * What shapes a rollout's weights, given its stored labels. The first of the run's annotators who has one decides; without a list,
 * the latest label, then the latest suggestion. A label of another phase schema is passed over. Where nobody has labelled it, as
 * one is that a run has just made: phases by the cues, else the fallback.
 */
export function shapingOf(
  completion: string,
  labels: readonly (Pick<Segmentation, 'annotator' | 'boundaries'> & { savedAt: string })[],
  { scheme, fallback, annotators, cues, phaseWeights }: RunConfig['tas'],
): Shaping {
  if (!needsPhases(scheme)) return { boundaries: null, source: scheme };
  if (!canShape(scheme, phaseWeights.length)) return { boundaries: null, source: fallback };
  const rank = ({ annotator }: { annotator: string }): number =>
    annotators.length > 0 ? annotators.indexOf(annotator) : Number(isProgram(annotator));
  const [chosen] = labels
    .filter((label) => rank(label) >= 0 && label.boundaries.length === phaseWeights.length - 1)
    .sort((a, b) => rank(a) - rank(b) || b.savedAt.localeCompare(a.savedAt));
  if (chosen) {
    const { annotator, boundaries } = chosen;
    return { boundaries, source: isProgram(annotator) ? (annotator as WeightSource) : `${labelPrefix}${annotator}` };
  }
  // Cues tell planning, evidence and synthesis apart.
  const boundaries = phaseWeights.length === 3 && cues ? cuedBoundaries(completion, cues) : null;
  return { boundaries, source: boundaries ? cuesSource : fallback };
}

/** "label of ana", "suggestion of rules", "parabolic". */
export function sourceText(source: WeightSource): string {
  if (source.startsWith(labelPrefix)) return `label of ${source.slice(labelPrefix.length)}`;
  if (source.startsWith(suggestionPrefix)) return `suggestion of ${source.slice(suggestionPrefix.length)}`;
  return source;
}

/** What the weights of a run's rollouts come from: those it began with and those it made. */
export interface WeightSources {
  /** Rollouts of each source, most first. */
  sources: { source: WeightSource; rollouts: number }[];
  /** Rollouts that would be weighed otherwise now, by labels that changed since. */
  changed: number;
}

/** Says that labels changed and the run did not; null when none did. */
export function changedLabelsText({ changed }: WeightSources): string | null {
  if (changed === 0) return null;
  const labels = changed === 1 ? 'The labels of 1 rollout' : `The labels of ${changed} rollouts`;
  return `${labels} changed since this run started; the run keeps those it began with.`;
}
