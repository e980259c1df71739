/** Made runs of a study, for tests of what is concluded from them. */
import { presetConfig } from '../../../src/domain/preset.ts';
import type { StudyRun } from '../../../src/study/measured.ts';

/** A run whose evaluations, 64 completions of 10 tokens apart, gave these accuracies. */
export function madeRun(accuracies: readonly number[], changes: Partial<StudyRun> = {}): StudyRun {
  return {
    ...{ key: 'k', setting: 'main', arm: 'avatar', purpose: 'judge', seed: 1, learningRate: 2e-4 },
    ...{ config: presetConfig('avatar', 'policy', 1), seconds: 1, diverged: null },
    evaluations: accuracies.map((accuracy, i) => ({ completions: 64 * i, tokens: 640 * i, accuracy })),
    curves: { vanishingFraction: [0.25, 0.75] },
    advantages: { fresh: { bins: [], zeros: 1, total: 4 }, replayed: { bins: [], zeros: 0, total: 0 } },
    answers: { right: [true, false, true, true, false, true], tokens: [] },
    ...changes,
  };
}

/** Answers to the six prompts that a made run has answers to. */
export const coldStart = { right: [true, false, false, false, false, true], tokens: [10, 12, 20, 22, 30, 31] };
