/** Whether a backend computes what the default computes, and how fast. Run in a process of its own: a driver may take that down. */
import type { BackendName } from '../../domain/backend.ts';
import { measure, type Backend } from './backend.ts';
import { openBackend } from './choose.ts';
import type { BackendCheck } from './launch-check.ts';
import { Learner, type LearnerState } from '../policy/learner.ts';
import { loss, policyOf, rowsOf, small, usual } from './trial.ts';

/** Where a small step takes this many times onnxruntime's, a step worth training on is not waited for: it is a GPU in software. */
const slow = 30;
/** Rounding differs with the order of sums; more than this is an error. */
const tolerance = 1e-4;

/**
 * Throws BackendUnavailableError when the backend cannot run here, and an error when it fails or its results are others. `timeOf` gives the
 * median milliseconds of a gradient step of a size.
 */
export async function checkBackend(name: BackendName, threads: number, timeOf = timeOfStep): Promise<BackendCheck> {
  const [backend, reference] = [await openBackend(name, threads), await openBackend('onnxruntime', threads)];
  const difference = differenceOf(await firstStep(backend), await firstStep(reference));
  if (!(difference <= tolerance)) {
    throw new Error(
      `${name} gives a different loss or gradient than onnxruntime (relative difference ${difference.toPrecision(2)}): ` +
        "update the GPU's driver, or choose another backend.",
    );
  }
  const smallStep = await timeOf(backend, small);
  const isSlow = smallStep > slow * (await timeOf(reference, small));
  const milliseconds = isSlow ? null : await timeOf(backend, usual);
  return { description: backend.description, difference, smallStep, milliseconds };
}

async function timeOfStep(backend: Backend, size: typeof small): Promise<number> {
  const learner = new Learner({ policy: policyOf(size), backend });
  const rows = rowsOf(size);
  const milliseconds = await measure(() => learner.reinforce(rows, loss));
  await learner.dispose();
  return milliseconds;
}

interface Step {
  loss: number;
  state: LearnerState;
}

async function firstStep(backend: Backend): Promise<Step> {
  const learner = new Learner({ policy: policyOf(small), backend });
  const stats = await learner.reinforce(rowsOf(small), loss);
  const state = learner.state();
  await learner.dispose();
  return { loss: stats.loss, state };
}

/** After one step AdamW's first moments are the clipped gradient, but for a factor. */
function differenceOf(actual: Step, expected: Step): number {
  const differences = [Math.abs(actual.loss / expected.loss - 1)];
  for (const [name, { data }] of expected.state.tensors) {
    if (!name.startsWith('moment1/')) continue;
    const other = actual.state.tensors.get(name)!.data;
    differences.push(Math.hypot(...data.map((value, i) => other[i] - value)) / Math.hypot(...data));
  }
  return Math.max(...differences);
}
