/** What people say of two completions of one prompt: one is better than the other, or neither is. */
import * as v from 'valibot';

/** What a completion can be against another one. */
export const pairVerdicts = ['better', 'worse', 'tie'] as const;
export type PairVerdict = (typeof pairVerdicts)[number];

export const preferenceActions = ['set', 'undo', 'redo'] as const;
export type PreferenceAction = (typeof preferenceActions)[number];

/** What is said of a rollout's completion against that of the rollout `other`. */
export interface Preference {
  other: string;
  verdict: PairVerdict;
}

/** A preference that is made, or with a verdict of null taken back. */
export type PreferenceChange = Omit<Preference, 'verdict'> & { verdict: PairVerdict | null };

/** Where an annotator stands with a rollout against the others of its prompt. */
export interface PreferenceState {
  /** One for each other rollout of which something is said. */
  pairs: Preference[];
  canUndo: boolean;
  canRedo: boolean;
  /** When it became what it is, ISO 8601; null before the first. */
  savedAt: string | null;
}

/** A preference as files and messages have it. */
export const preferenceSchema = v.object({ other: v.string(), verdict: v.picklist(pairVerdicts) });

const turned = { better: 'worse', worse: 'better', tie: 'tie' } as const;

/** The same seen from the other completion. */
export const fromOther = <Verdict extends PairVerdict | null>(verdict: Verdict): PairVerdict | Verdict =>
  verdict === null ? verdict : turned[verdict];
