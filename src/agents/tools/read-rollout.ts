/** One rollout with its question, phases, rewards and token weights. */
import * as v from 'valibot';
import { correctness } from '../../domain/correctness.ts';
import { spans, type Phase } from '../../domain/phase.ts';
import { presetConfig, withPhases } from '../../domain/preset.ts';
import { isBlindPass, mayKnow } from '../../domain/review.ts';
import type { Rollout } from '../../domain/rollout.ts';
import { needsPhases, tasWeights } from '../../domain/tas.ts';
import { unitBoundaries, unitsOf } from '../../domain/unit.ts';
import { isProgram, shapingOf, type SavedSegmentation } from '../../domain/weight-source.ts';
import { cut, cutOrNull, fewOf, fewTexts, id, toolOf } from '../tool.ts';

/** Characters of a completion in one answer. */
const page = 20_000;
const mostSegmentations = 20;

export const readRollout = toolOf({
  name: 'read_rollout',
  title: 'Read a rollout',
  description:
    'Reads one rollout: question, options, true answer, the completion (20,000 UTF-16 units at a time), rewards, the phases that people labelled and programs suggested, and the TAS weights (Temporal Advantage Shaping) that a run with the default settings would give its tokens, by phase. ' +
    'Boundaries are UTF-16 offsets in the completion at which the second, third, … phase begins.',
  input: v.strictObject({
    rollout: id('Id of the rollout, as find_rollouts gives it.'),
    from: v.optional(
      v.pipe(
        v.number(),
        v.integer(),
        v.minValue(0),
        v.description('Where in the completion to read on: `next` of the answer before.'),
      ),
      0,
    ),
  }),
  answer(store, { rollout: rolloutId, from }, { viewer }) {
    const rollout = store.rollouts.get(rolloutId);
    if (!rollout) throw new Error(`there is no rollout ${rolloutId} in this store`);
    const prompt = store.prompts.get(rollout.promptId);
    const phases = store.phases.get();
    const { completion } = rollout;
    const marks = store.statuses.of(rolloutId);
    const all = store.labels.of(rolloutId).filter(({ annotator }) => mayKnow(annotator, marks, viewer));
    // What others labelled waits for the viewer's own label, as in Review.
    const blind = isBlindPass(
      all.map(({ annotator }) => annotator),
      viewer,
    );
    const labels = blind ? all.filter(({ annotator }) => annotator === viewer.annotator) : all;
    const shaping = store.suggestions
      .segmentations(rolloutId)
      .filter(({ annotator }) => isProgram(annotator) || (!blind && mayKnow(annotator, marks, viewer)));
    return {
      ...{ id: rolloutId, promptId: rollout.promptId, groupId: rollout.groupId, runId: rollout.runId },
      ...{ evaluationId: rollout.evaluationId ?? null, policyVersion: rollout.policyVersion, hinted: rollout.hinted },
      correct: correctness(rollout.rewards, rollout.reward)?.right ?? null,
      ...{ reward: rollout.reward, advantage: rollout.advantage, createdAt: rollout.createdAt },
      ...{ tokens: rollout.tokens?.ids.length ?? null, length: completion.length },
      labels: labels.slice(0, mostSegmentations).map(({ annotator, boundaries, grounding, savedAt }) => ({
        ...{ boundaries, secondsOfVideo: grounding, savedAt },
        untrusted: { annotator: cut(annotator) },
      })),
      ...(blind &&
        all.length > 0 && {
          hidden: 'Labels of others are hidden until the person at whose side you work has labelled this rollout.',
        }),
      suggestions: store.suggestions
        .of(rolloutId)
        .slice(0, mostSegmentations)
        .map(({ source, model, boundaries, scores, refusedAt }) => ({
          ...{ boundaries, scores, refused: refusedAt.map((at) => at !== null) },
          untrusted: { source: cut(source), model: cut(model) },
        })),
      weights: weightsOf(rollout, shaping, phases),
      read: { from, next: from + page < completion.length ? from + page : null },
      untrusted: {
        question: cutOrNull(prompt?.question, 4000),
        options: fewTexts(prompt?.options ?? []),
        answer: cutOrNull(prompt?.answer, 2000),
        ...{
          hint: cutOrNull(prompt?.hint, 2000),
          dataset: cutOrNull(prompt?.dataset),
          video: cutOrNull(prompt?.video),
        },
        ...{ policy: cut(rollout.policy), finish: cutOrNull(rollout.finish), system: cutOrNull(rollout.system, 2000) },
        rewards: fewOf(rollout.rewards),
        phases: phases.map(({ name }) => cut(name)),
        completion: completion.slice(from, from + page),
      },
    };
  },
});

/** TAS weights by phase, or of the whole where no phases shape them: first, mean and last of its tokens. */
function weightsOf(rollout: Rollout, segmentations: readonly SavedSegmentation[], phases: readonly Phase[]): object {
  const { tas } = withPhases(presetConfig('avatar', '', 0), phases);
  const { boundaries, source } = shapingOf(rollout.completion, segmentations, tas);
  const units = unitsOf(rollout);
  const count = units.starts.length;
  const scheme = boundaries === null && needsPhases(tas.scheme) ? tas.fallback : tas.scheme;
  const cuts = boundaries && unitBoundaries(units, boundaries);
  const { lambda, normalise, phaseWeights } = tas;
  const weights = tasWeights(count, { scheme, lambda, normalise, phaseWeights, boundaries: cuts ?? undefined });
  const parts = spans(count, cuts ?? []).map(({ start, end }) => {
    const part = weights.subarray(start, end);
    const sum = part.reduce((total, weight) => total + weight, 0);
    const [first, mean, last] = [part.at(0), part.length > 0 ? sum / part.length : undefined, part.at(-1)].map(
      (weight) => (weight === undefined ? null : Number(weight.toFixed(4))),
    );
    return { [units.source]: end - start, first, mean, last };
  });
  return { scheme, lambda, parts, untrusted: { source: cut(source) } };
}
