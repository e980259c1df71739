/** The TAS weights of a rollout as the loss reads them. */
import type { RunConfig } from '../../domain/run.ts';
import { needsPhases, tasWeights } from '../../domain/tas.ts';
import { unitBoundaries } from '../../domain/unit.ts';
import type { Shaping } from '../../domain/weight-source.ts';

/** TAS weights [L] of a completion whose tokens start at `starts` (UTF-16), as its shaping says. */
export function shapedWeights(
  starts: Int32Array,
  { boundaries }: Pick<Shaping, 'boundaries'>,
  { scheme, fallback, lambda, normalise, phaseWeights }: RunConfig['tas'],
): Float32Array {
  const phases =
    boundaries === null ? undefined : unitBoundaries({ starts: [...starts], source: 'tokens' }, boundaries);
  const chosen = needsPhases(scheme) && phases === undefined ? fallback : scheme;
  return Float32Array.from(
    tasWeights(starts.length, { scheme: chosen, lambda, normalise, boundaries: phases, phaseWeights }),
  );
}
