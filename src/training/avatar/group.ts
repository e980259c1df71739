/** Fresh groups: completions of the drawn prompts by the policy as it is, scored and compared within their group. */
import { groupAdvantages } from '../../domain/advantage.ts';
import { Random } from '../../domain/random.ts';
import type { Prompt, Rollout } from '../../domain/rollout.ts';
import { madePerPrompt, type RunConfig } from '../../domain/run.ts';
import { groupId, rolloutId } from '../../domain/identity.ts';
import { endIds } from '../policy/config.ts';
import type { Engine } from '../engine/engine.ts';
import type { Completion } from '../policy/generator.ts';
import type { PolicyText } from '../policy/policy-text.ts';
import type { Experiences } from './experience.ts';
import type { Member } from './mixture.ts';
import type { Score, Scoring } from './scoring.ts';

/** A prompt that is to be answered, with its hint or without. */
export interface Slot {
  prompt: Prompt;
  hinted: boolean;
}

/** The completions of one prompt-slot, with their scores in the same order. */
export interface Group extends Slot {
  scores: Score[];
  members: Member[];
}

export interface GroupParts {
  runId: string;
  config: RunConfig;
  engine: Engine;
  policy: PolicyText;
  /** What its rollouts are said to be by. */
  policyName: string;
  experiences: Experiences;
  scoring: Scoring;
}

/** When the policy answers. */
export interface Moment {
  /** The iteration, from 1. */
  iteration: number;
  /** Gradient steps the policy has had. */
  version: number;
}

/** The completions of each slot's prompt, not yet stored. Random numbers come from the seed, the iteration and the place alone. */
export async function generateGroups(
  parts: GroupParts,
  slots: readonly Slot[],
  moment: Moment,
  signal: AbortSignal,
): Promise<Group[]> {
  const { config, experiences, engine } = parts;
  const made = madePerPrompt(config);
  const requests = slots.flatMap(({ prompt, hinted }, slot) => {
    const context = experiences.context(prompt.id, hinted);
    return Array.from({ length: made }, (_, i) => ({
      ...context,
      random: Random.seeded(config.seed, 'sample', moment.iteration, slot, i),
    }));
  });
  const completions = await engine.generate(requests, config, signal);
  return Promise.all(
    slots.map((slot, place) => {
      const sampled = completions.slice(place * made, (place + 1) * made);
      return scoredGroup(parts, slot, place, sampled, moment);
    }),
  );
}

async function scoredGroup(
  parts: GroupParts,
  slot: Slot,
  place: number,
  sampled: readonly Completion[],
  { iteration, version }: Moment,
): Promise<Group> {
  const { config, policy, policyName, runId, experiences, scoring } = parts;
  const { prompt, hinted } = slot;
  const texts = sampled.map(({ ids }) => policy.tokenizer.decode(ids));
  const scores = await scoring.group(prompt, texts);
  const advantages = groupAdvantages(
    scores.map(({ total }) => total),
    config.advantageScale,
  );
  const ends = endIds(policy.config);
  const members = sampled.map(({ ids, logProbs, entropies }, i): Member => {
    const rollout: Rollout = {
      id: '',
      promptId: prompt.id,
      groupId: groupId(prompt.id, policyName, version, `${runId} ${iteration} ${place}`),
      runId,
      policy: policyName,
      policyVersion: version,
      completion: texts[i],
      rewards: scores[i].parts,
      reward: scores[i].total,
      advantage: advantages[i],
      finish: ends.includes(ids[ids.length - 1]) ? 'stop' : 'length',
      tokens: {
        ...{ ids, logProbs, offsets: policy.tokenizer.starts(ids, texts[i]), tokenizer: policyName },
        curves: { entropy: entropies },
      },
      hinted,
      system: experiences.instruction(prompt.id),
      source: `run:${runId}`,
      createdAt: new Date().toISOString(),
    };
    rollout.id = rolloutId(rollout, i);
    return { experience: experiences.of(rollout)!, advantage: advantages[i], fresh: true, version };
  });
  return { prompt, hinted, scores, members };
}
