/** The loop of AVATAR (algorithm.md, "One iteration"): on-policy GRPO is the same loop without replay, offline without generation. */
import { groupAdvantages, isVanishing, mean, offPolicyAdvantage, RewardHistory } from '../../domain/advantage.ts';
import { freshHintState, visited, wantsHint, type HintState } from '../../domain/hint.ts';
import type { MetricValues } from '../../domain/metric.ts';
import { Random } from '../../domain/random.ts';
import { ReplayBuffer, replayScore, tiersOf, type ReplayEntry } from '../../domain/replay.ts';
import { accuracyReward } from '../../domain/reward.ts';
import type { Prompt, Rollout, Split } from '../../domain/rollout.ts';
import type { RunConfig } from '../../domain/run.ts';
import { groupId, rolloutId } from '../../store/identity.ts';
import type { SnapshotRow } from '../../store/store.ts';
import type { Backend } from '../backends/backend.ts';
import { Generator } from '../policy/generator.ts';
import { Learner, type LearnerState, type PolicyStats } from '../policy/learner.ts';
import type { Policy } from '../policy/policy.ts';
import type { CompletionRow, RolloutRow } from '../policy/row.ts';
import { deviceParameters, Scorer, type DeviceParameters } from '../policy/scorer.ts';
import type { Experience, Experiences } from './experience.ts';
import { drawPrompts } from './prompts.ts';
import type { Score, Scoring } from './scoring.ts';
import { enterStored, meanLogRatio, type StoredEntries } from './stored.ts';

export interface TrainerParts {
  runId: string;
  config: RunConfig;
  /** The starting policy: also the frozen reference. */
  policy: Policy;
  /** What its rollouts are said to be by. */
  policyName: string;
  backend: Backend;
  prompts: Readonly<Record<Split, readonly Prompt[]>>;
  experiences: Experiences;
  scoring: Scoring;
  /** Reads a rollout of the buffer back from the store. */
  rollout: (id: string) => Rollout;
}

/** All that an iteration leaves to the next, beside weights and moments. Random numbers come from the seed and the step alone. */
export interface TrainerState {
  step: number;
  learnerStep: number;
  history: [string, number[]][];
  replay: ReplayEntry[];
  hints: [string, PromptState][];
  completions: number;
  tokens: number;
}

interface PromptState {
  hint: HintState;
  /** KL to the behaviour policy on the prompt's last fresh completions, in nats a token. */
  kl: number;
}

export interface Iteration {
  step: number;
  values: MetricValues;
  /** Of the fresh rollouts, or of the replayed ones where there are none. */
  advantages: number[];
  /** Fresh rollouts, not yet stored. */
  rollouts: Rollout[];
}

/** A row of the mixture before its reference log-probs are known. */
interface Member {
  experience: Experience;
  advantage: number;
  fresh: boolean;
  /** Policy version it counts as written by. */
  version: number;
}

export class Trainer {
  readonly #parts: TrainerParts;
  readonly #learner: Learner;
  readonly #generator: Generator;
  readonly #scorer: Scorer;
  readonly #reference: DeviceParameters;
  #history = new RewardHistory();
  #buffer: ReplayBuffer;
  #hints = new Map<string, PromptState>();
  #step = 0;
  #completions = 0;
  #tokens = 0;

  constructor(parts: TrainerParts) {
    const { config, policy, backend } = parts;
    this.#parts = parts;
    const { learningRate, weightDecay, maxGradNorm } = config;
    this.#learner = new Learner({ policy, backend, optimiser: { learningRate, weightDecay, maxGradNorm } });
    this.#generator = new Generator(policy.config, backend);
    this.#scorer = new Scorer(policy.config, backend);
    this.#reference = deviceParameters(policy, backend);
    this.#buffer = this.#newBuffer([]);
  }

  /** Iterations done. */
  get step(): number {
    return this.#step;
  }

  /** Where the TAS weights of a rollout come from. */
  source(rolloutId: string): SnapshotRow {
    return this.#parts.experiences.source(rolloutId);
  }

  /** The policy with the current weights. */
  policy(): Policy {
    return this.#learner.policy();
  }

  state(): { trainer: TrainerState; learner: LearnerState } {
    return {
      trainer: {
        step: this.#step,
        learnerStep: this.#learner.step,
        history: this.#history.entries(),
        replay: [...this.#buffer.entries()],
        hints: [...this.#hints],
        completions: this.#completions,
        tokens: this.#tokens,
      },
      learner: this.#learner.state(),
    };
  }

  /** Goes on from what `state` returned: on one machine's CPU, bit for bit. */
  restore(trainer: TrainerState, learner: LearnerState): void {
    this.#learner.restore(learner);
    this.#step = trainer.step;
    this.#history = new RewardHistory(trainer.history);
    this.#buffer = this.#newBuffer(trainer.replay);
    this.#hints = new Map(trainer.hints);
    this.#completions = trainer.completions;
    this.#tokens = trainer.tokens;
  }

  /** Puts stored rollouts in the buffer of a run that begins. */
  async enterStored(rollouts: readonly Rollout[]): Promise<StoredEntries> {
    const { config, experiences, scoring, prompts } = this.#parts;
    const byId = new Map(prompts[config.split].map((prompt) => [prompt.id, prompt]));
    const entered = await enterStored(rollouts, byId, {
      experiences,
      scoring,
      history: this.#history,
      config,
      referenceLogProbs: (rows) => this.#referenceLogProbs(rows),
    });
    this.#buffer.settle(this.#history.means(), this.#learner.step, entered.entries);
    return entered;
  }

  /** One iteration of the loop. Throws when the policy diverges; the state is then that of some gradient step within it. */
  async iterate(signal: AbortSignal): Promise<Iteration> {
    const { config } = this.#parts;
    const started = performance.now();
    const step = this.#step + 1;
    const version = this.#learner.step;

    const groups = config.onPolicy > 0 ? await this.#generateGroups(step, version, signal) : [];
    for (const { prompt, scores } of groups) for (const { total } of scores) this.#history.push(prompt.id, total);
    const fresh = groups.flatMap(({ members }) => members);
    const replayed = this.#drawReplayed(step, version);
    const mixture = [...fresh, ...replayed];

    const { rows, references } = await this.#rows(mixture);
    const stats: PolicyStats[] = [];
    for (let i = 0; i < config.gradientSteps; i += 1) stats.push(await this.#learner.reinforce(rows, config));

    this.#insert(fresh, references, version);
    this.#visit(groups, stats[stats.length - 1].logProbs);
    this.#step = step;
    const generated = fresh.reduce((sum, { experience }) => sum + experience.completionIds.length, 0);
    this.#completions += fresh.length;
    this.#tokens += generated;

    const trained = rows.reduce((sum, { completionIds }) => sum + completionIds.length, 0) * config.gradientSteps;
    const seconds = (performance.now() - started) / 1000;
    return {
      step,
      values: {
        ...rewardMetrics(groups),
        ...gradientMetrics(stats),
        ...this.#bufferMetrics(replayed, version),
        length: mean(mixture.map(({ experience }) => experience.completionIds.length)),
        learningRate: this.#learner.learningRate,
        completions: this.#completions,
        tokens: this.#tokens,
        tokensPerSecond: (generated + trained) / seconds,
        seconds,
      },
      advantages: (fresh.length > 0 ? fresh : replayed).map(({ advantage }) => advantage),
      rollouts: fresh.map(({ experience }) => experience.rollout),
    };
  }

  /** Greedy accuracy on at most `evalPrompts` prompts of a split, without hints; null when it has none that can be scored. */
  async evaluate(split: Split, signal: AbortSignal): Promise<number | null> {
    const { config, prompts, experiences, policy } = this.#parts;
    const asked = prompts[split].filter(({ answer }) => answer !== null).slice(0, config.evalPrompts);
    if (asked.length === 0) return null;
    const random = Random.seeded(config.seed, 'evaluation');
    const requests = asked.map(({ id }) => ({ ...experiences.context(id, false), random }));
    const sampling = { temperature: 0, topP: 1, topK: 0, maxNewTokens: config.maxNewTokens };
    const completions = await this.#generator.generate(this.#learner.parameters, requests, sampling, signal);
    return mean(asked.map((prompt, i) => accuracyReward(prompt, policy.tokenizer.decode(completions[i].ids))));
  }

  async dispose(): Promise<void> {
    await Promise.all([this.#learner.dispose(), this.#generator.dispose(), this.#scorer.dispose()]);
  }

  /** Draws the step's prompts, samples a group for each and scores it. */
  async #generateGroups(step: number, version: number, signal: AbortSignal): Promise<Group[]> {
    const { config, prompts, experiences } = this.#parts;
    const drawn = drawPrompts(prompts[config.split], config, step);
    const slots = drawn.map((prompt) => ({ prompt, hinted: this.#wantsHint(prompt) }));
    const requests = slots.flatMap(({ prompt, hinted }, slot) => {
      const context = experiences.context(prompt.id, hinted);
      return Array.from({ length: config.onPolicy }, (_, i) => ({
        ...context,
        random: Random.seeded(config.seed, 'sample', step, slot, i),
      }));
    });
    const completions = await this.#generator.generate(this.#learner.parameters, requests, config, signal);
    return Promise.all(
      slots.map(async ({ prompt, hinted }, slot) => {
        const sampled = completions.slice(slot * config.onPolicy, (slot + 1) * config.onPolicy);
        const texts = sampled.map(({ ids }) => this.#parts.policy.tokenizer.decode(ids));
        const scores = await this.#parts.scoring.group(prompt, texts);
        const advantages = groupAdvantages(
          scores.map(({ total }) => total),
          config.advantageScale,
        );
        const members = sampled.map(({ ids, logProbs }, i): Member => {
          const rollout = this.#rollout({ step, slot, i, prompt, hinted, version, text: texts[i], score: scores[i] });
          rollout.advantage = advantages[i];
          rollout.tokens = {
            ids,
            logProbs,
            offsets: this.#parts.policy.tokenizer.offsets(ids),
            tokenizer: this.#parts.policyName,
          };
          rollout.id = rolloutId(rollout, i);
          return { experience: experiences.of(rollout)!, advantage: advantages[i], fresh: true, version };
        });
        return { prompt, hinted, scores, members };
      }),
    );
  }

  #rollout(made: {
    step: number;
    slot: number;
    i: number;
    prompt: Prompt;
    hinted: boolean;
    version: number;
    text: string;
    score: Score;
  }): Rollout {
    const { runId, policyName } = this.#parts;
    const { step, slot, prompt, hinted, version, text, score } = made;
    return {
      id: '',
      promptId: prompt.id,
      groupId: groupId(prompt.id, policyName, version, `${runId} ${step} ${slot}`),
      runId,
      policy: policyName,
      policyVersion: version,
      completion: text,
      rewards: score.parts,
      reward: score.total,
      advantage: null,
      tokens: null,
      hinted,
      source: `run:${runId}`,
      createdAt: new Date().toISOString(),
    };
  }

  /** n_off rollouts a prompt-slot from the buffer, once it holds enough, with advantages against their prompts' moving means. */
  #drawReplayed(step: number, version: number): Member[] {
    const { config, experiences, rollout } = this.#parts;
    this.#buffer.settle(this.#history.means(), version);
    if (config.offPolicy === 0 || this.#buffer.size < Math.max(config.replayMin, 1)) return [];
    const drawn = this.#buffer.draw(
      config.offPolicy * config.promptsPerStep,
      Random.seeded(config.seed, 'replay', step),
    );
    return drawn.map((entry) => ({
      experience: experiences.of(rollout(entry.rolloutId))!,
      advantage: offPolicyAdvantage(entry.reward, this.#history.window(entry.promptId), config.advantageScale),
      fresh: false,
      version: entry.version,
    }));
  }

  async #rows(mixture: readonly Member[]): Promise<{ rows: RolloutRow[]; references: Float32Array[] }> {
    const { dualClip } = this.#parts.config;
    if (mixture.length === 0) {
      throw new Error('there is nothing to learn from: no completions are generated and the replay buffer is empty');
    }
    const references = await this.#referenceLogProbs(mixture.map(({ experience }) => experience));
    const rows = mixture.map(({ experience, advantage, fresh }, i) => ({
      ...experience,
      advantage,
      // Where no one recorded the behaviour policy's log-probs, the starting policy stands in, which is the reference.
      oldLogProbs: experience.behaviourLogProbs ?? references[i],
      refLogProbs: references[i],
      dualClip: fresh ? Infinity : dualClip,
    }));
    return { rows, references };
  }

  #referenceLogProbs(rows: readonly CompletionRow[]): Promise<Float32Array[]> {
    return this.#scorer.logProbs(this.#reference, rows);
  }

  #insert(fresh: readonly Member[], references: readonly Float32Array[], version: number): void {
    const entries = fresh.map(({ experience: { rollout, behaviourLogProbs }, advantage }, i) => ({
      rolloutId: rollout.id,
      promptId: rollout.promptId,
      version,
      reward: rollout.reward!,
      score: replayScore(advantage, meanLogRatio(behaviourLogProbs!, references[i])),
    }));
    this.#buffer.settle(this.#history.means(), this.#learner.step, entries);
  }

  #wantsHint(prompt: Prompt): boolean {
    const state = this.#hints.get(prompt.id);
    if (!state || prompt.hint === null) return false;
    return wantsHint(this.#parts.config.hints, state.hint, mean(this.#history.window(prompt.id)), state.kl);
  }

  /** Remembers how each prompt's visit went; `logProbs` are those before the last gradient step, fresh rows first. */
  #visit(groups: readonly Group[], logProbs: readonly Float32Array[]): void {
    const tiers = tiersOf(this.#history.means());
    let row = 0;
    for (const { prompt, scores, members } of groups) {
      const hint = visited(
        this.#hints.get(prompt.id)?.hint ?? freshHintState,
        scores.map(({ parts }) => parts.accuracy ?? 0),
        tiers.get(prompt.id)!,
      );
      const kls = members.map(({ experience }) => meanK3(experience.behaviourLogProbs!, logProbs[row++]));
      this.#hints.set(prompt.id, { hint, kl: mean(kls) });
    }
  }

  #bufferMetrics(replayed: readonly Member[], version: number): MetricValues {
    const { easy, medium, hard } = this.#buffer.tierSizes();
    return {
      'tier/easy': easy,
      'tier/medium': medium,
      'tier/hard': hard,
      replayed: replayed.length,
      ...(replayed.length > 0 && { staleness: mean(replayed.map((member) => version - member.version)) }),
    };
  }

  #newBuffer(entries: readonly ReplayEntry[]): ReplayBuffer {
    const {
      replayCapacity: capacity,
      replaySampling: sampling,
      replayTemperature: temperature,
      maxStaleness,
    } = this.#parts.config;
    return new ReplayBuffer({ capacity, sampling, temperature, maxStaleness }, entries);
  }
}

/** The completions of one prompt-slot. */
interface Group {
  prompt: Prompt;
  hinted: boolean;
  scores: Score[];
  members: Member[];
}

/** k3 estimate of KL a token between the policy that wrote a completion and another (Schulman, "Approximating KL divergence"). */
function meanK3(behaviour: Float32Array, other: Float32Array): number {
  return mean(
    Array.from(behaviour, (logProb, t) => {
      const d = other[t] - logProb;
      return Math.exp(d) - d - 1;
    }),
  );
}

/** Rewards of the fresh completions; accuracy counts those without a hint alone. */
function rewardMetrics(groups: readonly Group[]): MetricValues {
  if (groups.length === 0) return {};
  const scores = groups.flatMap((group) => group.scores);
  const parts = new Set(scores.flatMap((score) => Object.keys(score.parts) as (keyof Score['parts'])[]));
  const byPart = [...parts].map((part): [`reward/${string}`, number] => [
    `reward/${part}`,
    mean(scores.flatMap((score) => score.parts[part] ?? [])),
  ]);
  const unhinted = groups.filter(({ hinted }) => !hinted).flatMap((group) => group.scores);
  return {
    reward: mean(scores.map(({ total }) => total)),
    ...Object.fromEntries(byPart),
    ...(unhinted.length > 0 && { 'accuracy/train': mean(unhinted.map(({ parts: { accuracy } }) => accuracy ?? 0)) }),
    vanishingFraction: mean(groups.map(({ scores: group }) => Number(isVanishing(group.map(({ total }) => total))))),
  };
}

/** Means over the iteration's gradient steps. */
function gradientMetrics(stats: readonly PolicyStats[]): MetricValues {
  const over = (value: (step: PolicyStats) => number): number => mean(stats.map(value));
  return {
    loss: over(({ loss }) => loss),
    kl: over(({ kl }) => kl),
    clipFraction: over(({ clipFraction }) => clipFraction),
    ess: over(({ effectiveSampleSize, tokens }) => effectiveSampleSize / tokens),
    gradNorm: over(({ gradNorm }) => gradNorm),
  };
}
