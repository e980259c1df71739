/** Stored and imported rollouts, entering a run the same way as those it makes: scored, remembered, put in the buffer. */
import { groupAdvantages, type RewardHistory } from '../../domain/advantage.ts';
import { replayScore, type ReplayEntry } from '../../domain/replay.ts';
import type { Prompt, Rollout } from '../../domain/rollout.ts';
import type { RunConfig } from '../../domain/run.ts';
import { mean } from '../../domain/statistics.ts';
import type { Store } from '../../store/store.ts';
import type { Experience, Experiences } from './experience.ts';
import type { KeptLogProbs } from './kept-log-probs.ts';
import type { Scoring } from './scoring.ts';

/** The stored rollouts of `prompts` that the run begins with, in the store's order, none of an evaluation unless it says so; `only` limits them to a former choice. */
export function storedRollouts(
  store: Store,
  prompts: readonly Prompt[],
  { storedRollouts: chosen, storedEvaluations }: Pick<RunConfig, 'storedRollouts' | 'storedEvaluations'>,
  runId: string,
  only: ReadonlySet<string> | null,
): Rollout[] {
  if (chosen === 'none') return [];
  const found: Rollout[] = [];
  for (const { id: promptId } of prompts) {
    let after: string | null = null;
    do {
      const page = store.rollouts.page({ promptId, limit: 1000, after });
      for (const row of page.rows) {
        if (row.runId === runId || (chosen === 'imported' && row.runId !== null) || only?.has(row.id) === false)
          continue;
        if (row.evaluationId && !storedEvaluations) continue;
        const rollout = store.rollouts.get(row.id);
        if (rollout) found.push(rollout);
      }
      after = page.next;
    } while (after !== null);
  }
  return found;
}

export interface StoredEntries {
  entries: ReplayEntry[];
  /** Rollouts whose behaviour log-probs the starting policy stands in for. */
  approximate: number;
  /** Rollouts whose tokens do not spell their text, so that no phases weigh them. */
  unplaced: number;
  /** Rollouts without a reward and an answer to score them by, or too long to learn from. */
  unusable: number;
}

/**
 * Entries of stored rollouts, whose rewards are pushed onto `history` if the run says so. A group is scored anew by this run's rewards
 * where its prompt has an answer, so that all rewards of a prompt are of one kind; else the stored rewards stand.
 */
export async function enterStored(
  rollouts: readonly Rollout[],
  prompts: ReadonlyMap<string, Prompt>,
  {
    experiences,
    scoring,
    history,
    config,
    version,
    references,
    standIns,
  }: {
    experiences: Experiences;
    scoring: Scoring;
    history: RewardHistory;
    config: Pick<RunConfig, 'advantageScale' | 'storedRewards'>;
    /** Policy version that they count as written by. */
    version: number;
    references: KeptLogProbs;
    /** Keeps what stands in for log-probs that no one recorded, as the policy gives them now. */
    standIns: KeptLogProbs;
  },
): Promise<StoredEntries> {
  const groups = Map.groupBy(rollouts, ({ groupId }) => groupId);
  const usable: { experience: Experience; reward: number; advantage: number }[] = [];
  for (const group of groups.values()) {
    const prompt = prompts.get(group[0].promptId)!;
    const rewards =
      prompt.answer === null
        ? group.map(({ reward }) => reward)
        : (
            await scoring.group(
              prompt,
              group.map(({ completion }) => completion),
            )
          ).map(({ total }) => total);
    const known = group.flatMap((rollout, i) => {
      const [experience, reward] = [experiences.of(rollout), rewards[i]];
      return experience === null || reward === null ? [] : [{ experience, reward }];
    });
    const advantages = groupAdvantages(
      known.map(({ reward }) => reward),
      config.advantageScale,
    );
    for (const [i, { experience, reward }] of known.entries()) {
      if (config.storedRewards) history.push(experience.rollout.promptId, reward);
      usable.push({ experience, reward, advantage: advantages[i] });
    }
  }
  const rows = usable.map(({ experience }) => experience);
  const logProbs = await references.logProbs(rows);
  await standIns.logProbs(rows.filter(({ behaviourLogProbs }) => behaviourLogProbs === null));
  const entries = usable.map(({ experience: { rollout, behaviourLogProbs }, reward, advantage }, i) => ({
    rolloutId: rollout.id,
    promptId: rollout.promptId,
    version,
    reward,
    score: replayScore(advantage, behaviourLogProbs ? meanLogRatio(behaviourLogProbs, logProbs[i]) : 0),
  }));
  const count = (which: (experience: Experience) => boolean): number =>
    usable.filter(({ experience }) => which(experience)).length;
  return {
    entries,
    approximate: count(({ behaviourLogProbs }) => behaviourLogProbs === null),
    unplaced: count(({ placed }) => !placed),
    unusable: rollouts.length - usable.length,
  };
}

/** mean(log π_b − log π_ref) over a completion's tokens. */
export function meanLogRatio(behaviour: Float32Array, reference: Float32Array): number {
  return mean(Array.from(behaviour, (logProb, t) => logProb - reference[t]));
}
