/** Phases that an agent proposes for a rollout. */
import * as v from 'valibot';
import { boundariesFault, spans } from '../../domain/phase.ts';
import { cut, id, toolOf } from '../tool.ts';

export const suggestPhases = toolOf({
  name: 'suggest_phases',
  title: 'Suggest phases',
  description:
    'Proposes where the phases of a rollout’s reasoning begin. It is stored as a suggestion under your own name, for a person to accept or refuse in Review; it is no label and changes no training run. A suggestion of yours for the same rollout is replaced. ' +
    'Read the rollout first: `phases` of read_rollout names the phases in order. Give for each phase but the first the exact text it begins with, copied from the completion, long enough to occur once after the phase before.',
  input: v.strictObject({
    rollout: id('Id of the rollout.'),
    starts: v.pipe(
      v.array(v.pipe(v.string(), v.maxLength(1000))),
      v.maxLength(20),
      v.description(
        'One for each phase but the first, in order: the first words of the phase, exactly as they stand in the completion; an empty text where the completion has no such phase.',
      ),
    ),
    confidence: v.pipe(
      v.number(),
      v.minValue(0),
      v.maxValue(1),
      v.description('How likely each of these places is right, from 0 to 1.'),
    ),
    model: v.optional(
      v.pipe(v.string(), v.maxLength(80), v.description('The language model that you are, if you know it.')),
    ),
  }),
  suggests: true,
  answer(store, { rollout: rolloutId, starts, confidence, model }, { source, program }) {
    const rollout = store.rollouts.get(rolloutId);
    if (!rollout) throw new Error(`there is no rollout ${rolloutId} in this store`);
    const { completion } = rollout;
    const phases = store.phases.get();
    if (starts.length !== phases.length - 1)
      throw new RangeError(`starts: ${phases.length} phases need ${phases.length - 1} starts, not ${starts.length}`);
    const boundaries = placesOf(completion, starts);
    const fault = boundariesFault(completion, boundaries, phases.length);
    if (fault !== null) throw new RangeError(`starts: ${fault}`);
    store.suggestions.add([
      {
        ...{ rolloutId, source, boundaries, scores: boundaries.map(() => confidence) },
        // Nobody chooses by it what to label next: that is for suggestions made of all rollouts.
        entropy: 0,
        model: model === undefined ? program : `${model} (${program})`,
      },
    ]);
    return {
      rollout: rolloutId,
      boundaries,
      stored: 'As a suggestion, for a person to accept or refuse in Review.',
      untrusted: {
        source,
        phases: spans(completion.length, boundaries).map(({ phase, start, end }) => ({
          ...{ phase: cut(phases[phase].name), start, end },
          begins: cut(completion.slice(start, end), 80),
        })),
      },
    };
  },
});

/** Where the phases begin, in UTF-16 units; an empty one where the next begins. Throws RangeError where a text is not there, or more than once. */
function placesOf(completion: string, starts: readonly string[]): number[] {
  const found: (number | null)[] = [];
  let after = 0;
  for (const [i, start] of starts.entries()) {
    if (start === '') {
      found.push(null);
      continue;
    }
    const at = completion.indexOf(start, after);
    if (at < 0)
      throw new RangeError(
        `starts[${i}]: this text is not in the completion${after > 0 ? ' after the start before it' : ''}: copy it exactly as it stands there`,
      );
    if (completion.includes(start, at + 1))
      throw new RangeError(`starts[${i}]: this text occurs more than once: copy more of it`);
    found.push(at);
    after = at + 1;
  }
  return found.map((at, i) => at ?? found.slice(i).find((later) => later !== null) ?? completion.length);
}
