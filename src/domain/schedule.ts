/** The learning rate's schedule over a run's gradient steps. */
export const schedules = ['constant', 'cosine'] as const;
export type Schedule = (typeof schedules)[number];

/** Gradient steps that a run takes when every iteration has enough rows. */
export const plannedGradientSteps = ({
  steps,
  gradientSteps,
  minibatches,
}: Record<'steps' | 'gradientSteps' | 'minibatches', number>): number => steps * gradientSteps * minibatches;

/**
 * Learning rate of the gradient step after `done` of `total`: it rises in a line from 0 over the first ⌈total · warmup⌉ steps, then stays,
 * or falls to 0 along half a cosine (Loshchilov & Hutter, arXiv 1608.03983, without restarts), as Hugging Face's trainers have it.
 */
export function scheduledRate(
  { learningRate, schedule, warmup }: { learningRate: number; schedule: Schedule; warmup: number },
  done: number,
  total: number,
): number {
  const rising = Math.ceil(total * warmup);
  if (done < rising) return (learningRate * done) / rising;
  if (schedule === 'constant') return learningRate;
  const progress = Math.min((done - rising) / Math.max(1, total - rising), 1);
  return (learningRate * (1 + Math.cos(Math.PI * progress))) / 2;
}
