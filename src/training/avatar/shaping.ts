/** The TAS weights of a rollout as the loss reads them. */
import type { RunConfig } from '../../domain/run.ts';
import { needsPhases, tasWeights } from '../../domain/tas.ts';
import { unitBoundaries } from '../../domain/unit.ts';
import type { Shaping } from '../../domain/weight-source.ts';

/**
 * TAS weights [L] of a completion whose tokens start at `starts` (UTF-16), as its shaping says; phases need to know where they do, so that
 * where that is not known (null) the fallback decides.
 */
export function shapedWeights(
  length: number,
  starts: Int32Array | null,
  { boundaries }: Pick<Shaping, 'boundaries'>,
  { scheme, fallback, lambda, normalise, phaseWeights }: RunConfig['tas'],
): Float32Array {
  const phases =
    boundaries === null || starts === null
      ? undefined
      : unitBoundaries({ starts: [...starts], source: 'tokens' }, boundaries);
  const chosen = needsPhases(scheme) && phases === undefined ? fallback : scheme;
  return Float32Array.from(tasWeights(length, { scheme: chosen, lambda, normalise, boundaries: phases, phaseWeights }));
}
