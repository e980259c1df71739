/** Where a rollout's TAS weights come from: a label, else a suggestion, else a scheme that needs no phases. */
import { cuedBoundaries, type Segmentation } from './phase.ts';
import type { RunConfig } from './run.ts';
import { isOfLanguageModel } from './suggestion/suggestion.ts';
import { canShape, needsPhases, type TasScheme } from './tas.ts';

/** Annotators whose name begins so are programs: their segmentations are suggestions. */
const suggestionPrefix = 'suggestion:';
const labelPrefix = 'label:';
/** Phases that a run's cues suggest, of which no segmentation is stored. */
export const cuesSource = `${suggestionPrefix}cues` as const;

/** Where two programs suggest phases, Review shows another's than the rules'. */
const rulesSource = `${suggestionPrefix}rules`;

/** True of a program's name, whose segmentations are suggestions. */
export function isProgram(annotator: string): boolean {
  return annotator.startsWith(suggestionPrefix);
}

/** An agent's or a language model's suggestions shape a run that names it, and no other: what it read may have told it where to put them. */
const onlyNamed = (annotator: string): boolean =>
  isProgram(annotator) && isOfLanguageModel(annotator.slice(suggestionPrefix.length));

/** One that is stored; a suggestion's annotator is 'suggestion:SOURCE'. */
export interface SavedSegmentation extends Segmentation {
  /** ISO 8601. */
  savedAt: string;
}

/** What a weight source looks like, where it comes from outside. */
export const weightSourcePattern = /^(?:(?:label|suggestion):.+|[a-z-]+)$/su;

export type WeightSource = `label:${string}` | `suggestion:${string}` | TasScheme;

/** The phases that shape a rollout's weights, and whose they are. */
export interface Shaping {
  boundaries: number[] | null;
  source: WeightSource;
}

/**
 * What shapes a rollout's weights, given its labels and suggestions. The first of the run's annotators who has one decides; without a
 * list, the latest label of a person, then the latest suggestion but an agent's or a language model's, the rules' last. One of another phase schema is passed over. Where
 * there is none, as of a rollout that a run has just made: phases by the cues, else the fallback.
 */
export function shapingOf(
  completion: string,
  segmentations: readonly SavedSegmentation[],
  { scheme, fallback, annotators, cues, phaseWeights }: Omit<RunConfig['tas'], 'lambda' | 'normalise'>,
): Shaping {
  if (!needsPhases(scheme)) return { boundaries: null, source: scheme };
  if (!canShape(scheme, phaseWeights.length)) return { boundaries: null, source: fallback };
  const rank = ({ annotator }: { annotator: string }): number =>
    annotators.length > 0
      ? annotators.indexOf(annotator)
      : onlyNamed(annotator)
        ? -1
        : Number(isProgram(annotator)) + Number(annotator === rulesSource);
  const [chosen] = segmentations
    .filter((one) => rank(one) >= 0 && one.boundaries.length === phaseWeights.length - 1)
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

/** How many stored rollouts have segmentations by just these annotators; programs count as 'suggestion:SOURCE'. */
export interface SegmentedRollouts {
  annotators: string[];
  rollouts: number;
}

/**
 * "14 labels, 1,386 suggestions, the rest parabolic": what the token weights of stored rollouts would come from in a run with these
 * settings.
 */
export function expectedSources(stored: readonly SegmentedRollouts[], tas: RunConfig['tas']): string {
  if (!needsPhases(tas.scheme)) return tas.scheme;
  const rest = tas.cues ? `by cues, else ${tas.fallback}` : tas.fallback;
  if (!canShape(tas.scheme, tas.phaseWeights.length)) return rest;
  const counts = { label: 0, suggestion: 0, none: 0 };
  for (const { annotators, rollouts } of stored) {
    const people = annotators.filter((name) => !isProgram(name));
    const [first] =
      tas.annotators.length === 0
        ? [...people, ...annotators.filter((name) => isProgram(name) && !onlyNamed(name))]
        : tas.annotators.filter((name) => annotators.includes(name));
    counts[first === undefined ? 'none' : isProgram(first) ? 'suggestion' : 'label'] += rollouts;
  }
  const counted = (count: number, noun: string): string[] =>
    count === 0 ? [] : [`${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`];
  const segmented = [...counted(counts.label, 'label'), ...counted(counts.suggestion, 'suggestion')];
  if (segmented.length === 0) return `no label or suggestion, so ${rest}`;
  return [...segmented, ...(counts.none > 0 ? [`the rest ${rest}`] : [])].join(', ');
}

/** What the weights of a run's rollouts come from: those it began with and those it made. */
export interface WeightSources {
  /** Rollouts of each source, most first. */
  sources: { source: WeightSource; rollouts: number }[];
  /** Rollouts that would be weighed otherwise now, by labels and suggestions that changed since. */
  changed: number;
}

/** Says that labels or suggestions changed and the run did not; null when none did. */
export function changedPhasesText({ changed }: WeightSources): string | null {
  if (changed === 0) return null;
  const phases = changed === 1 ? 'The phases of 1 rollout' : `The phases of ${changed} rollouts`;
  return `${phases} changed since this run started; the run keeps those it began with.`;
}
