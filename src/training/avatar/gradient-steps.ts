/** The gradient steps of an iteration: passes over its mixture, each in minibatches, at the schedule's learning rate. */
import { minibatches, type PlacedRow } from '../../domain/minibatch.ts';
import { Random } from '../../domain/random.ts';
import type { RunConfig } from '../../domain/run.ts';
import { plannedGradientSteps, scheduledRate } from '../../domain/schedule.ts';
import type { Engine } from '../engine/engine.ts';
import { StepNotFiniteError, type PolicyStats } from '../policy/learner.ts';
import type { RolloutRow } from '../policy/row.ts';
import { RunDivergedError, type GradientWatch, type Place } from './divergence.ts';
import { mixtureRows, type Compared, type LogProbs, type Member } from './mixture.ts';

interface Parts {
  config: RunConfig;
  engine: Engine;
  watch: GradientWatch;
  /** Looked at before each step. */
  signal: AbortSignal;
}

/**
 * Takes the steps of `iteration` on `mixture`, whose rows are compared to these log-probs. Gives what each step measured, the log-probs
 * of each row before its last step, and the last learning rate. Throws RunDivergedError. The split comes from seed, iteration and pass alone.
 */
export async function gradientSteps(
  parts: Parts,
  iteration: number,
  mixture: readonly PlacedRow<Member>[],
  compared: Compared,
): Promise<{ stats: PolicyStats[]; logProbs: LogProbs; learningRate: number }> {
  const { config, engine, signal } = parts;
  const members = mixture.map(({ row }) => row);
  const slots = mixture.map(({ slot }) => slot);
  const rows = mixtureRows(members, compared, config.dualClip);
  const stats: PolicyStats[] = [];
  const logProbs = new Map<Member, Float32Array>();
  let learningRate = config.learningRate;
  for (let pass = 0; pass < config.gradientSteps; pass += 1) {
    const random = Random.seeded(config.seed, 'minibatches', iteration, pass);
    for (const part of minibatches(slots, config.minibatches, random)) {
      signal.throwIfAborted();
      const place = { iteration, gradientStep: stats.length + 1 };
      const [batch, ofBatch] = [part.map((i) => members[i]), part.map((i) => rows[i])];
      learningRate = scheduledRate(config, engine.step, plannedGradientSteps(config));
      const taken = await gradientStep(parts, place, batch, ofBatch, learningRate);
      stats.push(taken);
      for (const [i, member] of batch.entries()) logProbs.set(member, taken.logProbs[i]);
    }
  }
  return { stats, logProbs, learningRate };
}

async function gradientStep(
  { config, engine, watch }: Parts,
  place: Place,
  batch: readonly Member[],
  rows: readonly RolloutRow[],
  learningRate: number,
): Promise<PolicyStats> {
  const diverged = ({ loss, gradNorm }: { loss: number; gradNorm: number }): RunDivergedError => {
    const { limit } = watch;
    const since = watch.since ?? place;
    return new RunDivergedError({ ...place, since, loss, gradNorm, limit, learningRate, batch });
  };
  const taken = await engine.reinforce(rows, { ...config, learningRate }).catch((error: unknown) => {
    throw error instanceof StepNotFiniteError ? diverged(error) : error;
  });
  if (watch.diverges(place, taken.gradNorm)) throw diverged(taken);
  return taken;
}
