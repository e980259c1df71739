/** What a run keeps of each token of a rollout that it made: the one place that says so. */
import type { Rollout } from '../../domain/rollout.ts';
import type { LogProbs, Member } from './mixture.ts';

/**
 * The rollout with the curves of its tokens: the entropy that it was sampled at, and of those that are given the log-probs before the last
 * gradient step on it and the reference's; its advantage × TAS weights. Tokens behind those that were learnt from have none.
 */
export function measuredRollout(
  member: Member,
  { trainer, reference }: { trainer: LogProbs; reference: LogProbs },
): Rollout {
  const { experience, advantage } = member;
  const { rollout, weights } = experience;
  const { tokens } = rollout;
  if (!tokens) return rollout;
  const given = {
    trainer: trainer.get(member),
    reference: reference.get(member),
    credit: weights.map((weight) => advantage * weight),
  };
  const curves = Object.fromEntries(
    Object.entries(given).flatMap(([name, values]) => (values ? [[name, filled(values, tokens.ids.length)]] : [])),
  );
  return { ...rollout, tokens: { ...tokens, curves: { ...tokens.curves, ...curves } } };
}

function filled(values: Float32Array, length: number): Float32Array {
  const all = new Float32Array(length).fill(Number.NaN);
  all.set(values.subarray(0, length));
  return all;
}
