/** What this annotator says of the steps of the rollout shown. */
import type { JudgementState, StepJudgement, StepVerdict } from '../../../src/domain/judgement.ts';
import { kept } from '../../ui/kept.ts';
import { Said, type SaidStore } from '../actions/said.ts';
import { judgedBoundaries, saidBeside, stepsOf } from './steps.ts';

/** What is said of a step; with a verdict of null that is taken back. */
export type StepChange = Omit<StepJudgement, 'verdict'> & { verdict: StepVerdict | null };

const nothing: JudgementState = { steps: [], canUndo: false, canRedo: false, savedAt: null };

export class Judging extends Said<JudgementState, StepChange> {
  readonly #boundaries = kept(judgedBoundaries);
  readonly #steps = kept(stepsOf);
  readonly #beside = kept(saidBeside);

  constructor(store: SaidStore<JudgementState, StepChange>, changed: () => void) {
    super(nothing, store, changed);
  }

  /** The phases of a text of `length` as steps; the same list while nothing of it changes. */
  readonly steps = (
    length: number,
    label: Parameters<typeof judgedBoundaries>[0],
    offer: Parameters<typeof judgedBoundaries>[1],
  ): ReturnType<typeof stepsOf> => this.#steps(length, this.#boundaries(label, offer), this.state.steps);

  /** What is said of other text than just one of these; the same list while nothing of it changes. */
  readonly beside = (steps: ReturnType<typeof stepsOf>): StepJudgement[] => this.#beside(steps, this.state.steps);
}
