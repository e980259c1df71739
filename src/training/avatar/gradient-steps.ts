/** The gradient steps of an iteration: passes over its mixture, each in minibatches, at the schedule's learning rate. */
import { minibatches, type PlacedRow } from '../../domain/minibatch.ts';
import { Random } from '../../domain/random.ts';
import type { RunConfig } from '../../domain/run.ts';
import { plannedGradientSteps, scheduledRate } from '../../domain/schedule.ts';
import { StepNotFiniteError, type Learner, type PolicyStats } from '../policy/learner.ts';
import type { RolloutRow } from '../policy/row.ts';
import { RunDivergedError, type GradientWatch, type Place } from './divergence.ts';
import { mixtureRows, type Member } from './mixture.ts';

/** Log-probs [L] of rows under some policy. */
export type LogProbs = ReadonlyMap<Member, Float32Array>;

interface Parts {
  config: RunConfig;
  learner: Learner;
  watch: GradientWatch;
}

/**
 * Takes the steps of `iteration` on `mixture`, whose rows have these reference log-probs. Gives what each step measured, and the log-probs
 * of each row before its last step. Throws RunDivergedError. The split comes from seed, iteration and pass alone.
 */
export async function gradientSteps(
  parts: Parts,
  iteration: number,
  mixture: readonly PlacedRow<Member>[],
  references: LogProbs,
): Promise<{ stats: PolicyStats[]; logProbs: LogProbs }> {
  const { config } = parts;
  const members = mixture.map(({ row }) => row);
  const slots = mixture.map(({ slot }) => slot);
  const rows = mixtureRows(
    members,
    members.map((member) => references.get(member)!),
    config.dualClip,
  );
  const stats: PolicyStats[] = [];
  const logProbs = new Map<Member, Float32Array>();
  for (let pass = 0; pass < config.gradientSteps; pass += 1) {
    const random = Random.seeded(config.seed, 'minibatches', iteration, pass);
    for (const part of minibatches(slots, config.minibatches, random)) {
      const place = { iteration, gradientStep: stats.length + 1 };
      const [batch, ofBatch] = [part.map((i) => members[i]), part.map((i) => rows[i])];
      const taken = await gradientStep(parts, place, batch, ofBatch);
      stats.push(taken);
      for (const [i, member] of batch.entries()) logProbs.set(member, taken.logProbs[i]);
    }
  }
  return { stats, logProbs };
}

async function gradientStep(
  { config, learner, watch }: Parts,
  place: Place,
  batch: readonly Member[],
  rows: readonly RolloutRow[],
): Promise<PolicyStats> {
  learner.learningRate = scheduledRate(config, learner.step, plannedGradientSteps(config));
  const diverged = ({ loss, gradNorm }: { loss: number; gradNorm: number }): RunDivergedError => {
    const { limit } = watch;
    const since = watch.since ?? place;
    return new RunDivergedError({ ...place, since, loss, gradNorm, limit, learningRate: learner.learningRate, batch });
  };
  const taken = await learner.reinforce(rows, config).catch((error: unknown) => {
    throw error instanceof StepNotFiniteError ? diverged(error) : error;
  });
  if (watch.diverges(place, taken.gradNorm)) throw diverged(taken);
  return taken;
}
