/** The loop of AVATAR (docs/algorithm.md, "One iteration"): on-policy GRPO is the same loop without replay, offline without generation. */
import { offPolicyAdvantage, RewardHistory } from '../../domain/advantage.ts';
import { spanAt, stageSpans } from '../../domain/curriculum.ts';
import type { MetricValues } from '../../domain/metric.ts';
import { mixed } from '../../domain/minibatch.ts';
import { Random } from '../../domain/random.ts';
import { ReplayBuffer, replayScore, tiersOf, type ReplayEntry } from '../../domain/replay.ts';
import { rewardRules } from '../../domain/reward.ts';
import type { Prompt, Rollout, Split, Stage } from '../../domain/rollout.ts';
import { mean } from '../../domain/statistics.ts';
import type { SnapshotRow } from '../../store/store.ts';
import type { Engine } from '../engine/engine.ts';
import { GradientWatch, type GradientState } from './divergence.ts';
import { gradientSteps } from './gradient-steps.ts';
import { generateGroups, type Group, type GroupParts } from './group.ts';
import { evaluationMetrics, gradientMetrics, replayMetrics, rewardMetrics } from './measure.ts';
import { measuredRollout } from './measured-rollout.ts';
import type { LogProbs, Member } from './mixture.ts';
import { PromptHints, type PromptVisits } from './prompt-hints.ts';
import { drawPrompts } from './prompts.ts';
import { KeptLogProbs } from './kept-log-probs.ts';
import { enterStored, meanLogRatio, type StoredEntries } from './stored.ts';

/** What is trained, and on what. */
export interface TrainerParts extends GroupParts {
  engine: Engine;
  prompts: Readonly<Record<Split, readonly Prompt[]>>;
  /** Reads a rollout of the buffer back from the store. */
  rollout: (id: string) => Rollout;
}

/** All that an iteration leaves to the next, beside weights and moments. Random numbers come from the seed and the iteration alone. */
export interface TrainerState {
  /** The iteration, as checkpoints have called it from the first. */
  step: number;
  learnerStep: number;
  history: [string, number[]][];
  replay: ReplayEntry[];
  hints: [string, PromptVisits][];
  references: [string, string][];
  /** Of a run that starts from an adapter. */
  standIns?: [string, string][];
  gradients: GradientState;
  completions: number;
  tokens: number;
}

export interface Iteration {
  iteration: number;
  values: MetricValues;
  /** Of the mixture: fresh rollouts first, then the replayed ones, of which `values.replayed` says how many. */
  advantages: number[];
  /** Fresh rollouts, not yet stored. */
  rollouts: Rollout[];
}

export class Trainer {
  readonly #parts: TrainerParts;
  readonly #engine: Engine;
  #history: RewardHistory;
  #buffer: ReplayBuffer;
  #hints: PromptHints;
  #references: KeptLogProbs;
  #standIns: KeptLogProbs;
  #gradients = new GradientWatch();
  #iteration = 0;
  #completions = 0;
  #tokens = 0;

  constructor(parts: TrainerParts) {
    const { config, engine } = parts;
    this.#parts = parts;
    this.#engine = engine;
    this.#history = new RewardHistory([], config.rewardWindow);
    this.#hints = new PromptHints(config.hints);
    this.#references = new KeptLogProbs(engine, 'reference');
    this.#standIns = this.#newStandIns();
    this.#buffer = this.#newBuffer([]);
  }

  /** Iterations done. */
  get iteration(): number {
    return this.#iteration;
  }

  /** True while the last gradients explode: such a policy makes no good checkpoint. */
  get explodes(): boolean {
    return this.#gradients.since !== null;
  }

  /** Where the TAS weights of a rollout come from. */
  source(rollout: Rollout): SnapshotRow {
    return this.#parts.experiences.source(rollout);
  }

  state(): TrainerState {
    return {
      step: this.#iteration,
      learnerStep: this.#engine.step,
      history: this.#history.entries(),
      replay: [...this.#buffer.entries()],
      hints: this.#hints.entries(),
      references: this.#references.entries(),
      ...(this.#standIns !== this.#references && { standIns: this.#standIns.entries() }),
      gradients: this.#gradients.state(),
      completions: this.#completions,
      tokens: this.#tokens,
    };
  }

  /** Goes on from what `state` returned, once the engine has gone back to the same step. */
  restore(trainer: TrainerState): void {
    this.#iteration = trainer.step;
    this.#history = new RewardHistory(trainer.history, this.#parts.config.rewardWindow);
    this.#buffer = this.#newBuffer(trainer.replay);
    this.#hints = new PromptHints(this.#parts.config.hints, trainer.hints);
    // A checkpoint of an older version has none: they are computed anew.
    this.#references = new KeptLogProbs(this.#engine, 'reference', trainer.references);
    this.#standIns = this.#newStandIns(trainer.standIns);
    this.#gradients = new GradientWatch(trainer.gradients);
    this.#completions = trainer.completions;
    this.#tokens = trainer.tokens;
  }

  /** Puts the stored rollouts of the stage that begins with the next iteration in the buffer. */
  async enterStored(rollouts: readonly Rollout[]): Promise<StoredEntries> {
    const { config, experiences, scoring } = this.#parts;
    const { stage } = spanAt(config, this.#iteration + 1);
    const prompts = new Map(this.#prompts(config.split, stage).map((prompt) => [prompt.id, prompt]));
    const ofStage = rollouts.filter(({ promptId }) => prompts.has(promptId));
    const entered = await enterStored(ofStage, prompts, {
      experiences,
      scoring,
      history: this.#history,
      config,
      version: this.#engine.step,
      references: this.#references,
      standIns: this.#standIns,
    });
    this.#enter(entered.entries);
    return entered;
  }

  /** One iteration of the loop. Throws RunDivergedError when the policy diverges; the state is then that of some gradient step within it. */
  async iterate(signal: AbortSignal): Promise<Iteration> {
    const { config } = this.#parts;
    const started = performance.now();
    const iteration = this.#iteration + 1;
    const version = this.#engine.step;

    const groups = config.onPolicy > 0 ? await this.#generate(iteration, version, signal) : [];
    const early = config.rewardMean === 'before' ? this.#drawReplayed(iteration, version) : null;
    for (const { prompt, scores } of groups) for (const { total } of scores) this.#history.push(prompt.id, total);
    const replayed = early ?? this.#drawReplayed(iteration, version);
    const fresh = groups.flatMap(({ members }) => members);
    const mixture = mixed(
      groups.map(({ members }) => members),
      replayed,
      { slots: config.promptsPerStep, least: config.onPolicy },
      Random.seeded(config.seed, 'mixture', iteration),
    );

    if (mixture.length === 0) {
      throw new Error('there is nothing to learn from: no completions are generated and the replay buffer is empty');
    }
    const references = await this.#referencesOf([...fresh, ...replayed]);
    const parts = { config, engine: this.#engine, watch: this.#gradients, signal };
    const { stats, logProbs, learningRate } = await gradientSteps(parts, iteration, mixture, {
      references,
      standIns: await this.#standInsOf([...fresh, ...replayed]),
    });

    this.#insert(fresh, references, version);
    this.#hints.visit(
      groups,
      await this.#hintLogProbs(fresh, references, logProbs),
      tiersOf(this.#history.means(), config.tierQuantile),
    );
    this.#iteration = iteration;
    const generated = fresh.reduce((sum, { experience }) => sum + experience.completionIds.length, 0);
    this.#completions += fresh.length;
    this.#tokens += generated;

    const lengths = mixture.map(({ row: { experience } }) => experience.completionIds.length);
    const trained = lengths.reduce((sum, length) => sum + length, 0) * config.gradientSteps;
    const seconds = (performance.now() - started) / 1000;
    return {
      iteration,
      values: {
        ...(config.stages.length > 0 && { stage: spanAt(config, iteration).place }),
        ...rewardMetrics(groups),
        ...gradientMetrics(stats, this.#needsReferences),
        ...replayMetrics(this.#buffer, replayed, version),
        length: mean(lengths),
        learningRate,
        completions: this.#completions,
        tokens: this.#tokens,
        tokensPerSecond: (generated + trained) / seconds,
        seconds,
      },
      advantages: mixture.map(({ row }) => row.advantage),
      rollouts: fresh.map((member) => measuredRollout(member, { trainer: logProbs, reference: references })),
    };
  }

  /**
   * Greedy accuracy, without hints, on at most `evalPrompts` prompts of a split and each stage of the run: over all of them and,
   * in a curriculum, of each stage. Nothing where there is none that can be scored.
   */
  async evaluate(split: Split, signal: AbortSignal): Promise<MetricValues> {
    const { config, experiences, policy, engine } = this.#parts;
    const asked = stageSpans(config).flatMap(({ stage }) =>
      this.#prompts(split, stage)
        .filter(({ answer }) => answer !== null)
        .slice(0, config.evalPrompts),
    );
    const random = Random.seeded(config.seed, 'evaluation');
    const requests = asked.map(({ id }) => ({ ...experiences.context(id, false), random }));
    const sampling = { temperature: 0, topP: 1, topK: 0, maxNewTokens: config.maxNewTokens };
    const completions = await engine.generate(requests, sampling, signal);
    const scores = asked.map((prompt, i) => ({
      stage: prompt.stage,
      accuracy: rewardRules[config.rewardRule].accuracy(policy.tokenizer.decode(completions[i].ids), prompt).score,
    }));
    return evaluationMetrics(split, scores, config);
  }

  /** Draws the iteration's prompts and answers each. */
  #generate(iteration: number, version: number, signal: AbortSignal): Promise<Group[]> {
    const { config } = this.#parts;
    const { stage, first } = spanAt(config, iteration);
    const slots = drawPrompts(this.#prompts(config.split, stage), config, iteration - first + 1).map((prompt) => ({
      prompt,
      hinted: this.#hints.wanted(prompt, mean(this.#history.window(prompt.id))),
    }));
    return generateGroups(this.#parts, slots, { iteration, version }, signal);
  }

  /** n_off rollouts a prompt-slot from the buffer, once it holds enough, with advantages against their prompts' moving means. */
  #drawReplayed(iteration: number, version: number): Member[] {
    const { config, experiences, rollout } = this.#parts;
    this.#buffer.settle(this.#history.means(), version);
    if (config.offPolicy === 0 || this.#buffer.size < Math.max(config.replayMin, 1)) return [];
    const drawn = this.#buffer.draw(
      config.offPolicy * config.promptsPerStep,
      Random.seeded(config.seed, 'replay', iteration),
    );
    const batch = drawn.map(({ reward }) => reward);
    const { advantageScale: scale, replayAlpha: alpha, replayDeviation: deviation } = config;
    return drawn.map((entry) => ({
      experience: experiences.of(rollout(entry.rolloutId))!,
      advantage: offPolicyAdvantage(entry.reward, this.#history.window(entry.promptId), {
        scale,
        alpha,
        deviation,
        batch,
      }),
      fresh: false,
      version: entry.version,
    }));
  }

  /** Of a split and a stage; null is any. */
  #prompts(split: Split, stage: Stage | null): Prompt[] {
    return this.#parts.prompts[split].filter((prompt) => stage === null || prompt.stage === stage);
  }

  /** Whether anything reads the reference: the KL term, the scores that rollouts are drawn again by, or a hint's KL. */
  get #needsReferences(): boolean {
    const { klWeight, offPolicy, hints } = this.#parts.config;
    return klWeight > 0 || offPolicy > 0 || (this.#hints.measures && hints.rule === 'completions');
  }

  /** Reference log-probs of each row, where anything reads them. */
  async #referencesOf(members: readonly Member[]): Promise<LogProbs> {
    return this.#needsReferences ? logProbsOf(members, this.#references) : new Map();
  }

  /** Log-probs that stand in for those that no one recorded of the behaviour policy. */
  #standInsOf(members: readonly Member[]): Promise<LogProbs> {
    const lacking = members.filter(({ experience }) => experience.behaviourLogProbs === null);
    return logProbsOf(lacking, this.#standIns);
  }

  /**
   * By the starting policy. That is the reference, unless the run starts from an adapter, which the reference has not: then it is the policy
   * as it is when a rollout enters the run.
   */
  #newStandIns(entries?: readonly (readonly [string, string])[]): KeptLogProbs {
    return this.#parts.config.adapter === null ? this.#references : new KeptLogProbs(this.#engine, 'policy', entries);
  }

  /**
   * What a hint's KL is measured to, for each fresh row. After a single pass it is the policy as it is now: a row's log-probs before its
   * step would be those that sampled it, or nearly so, and its KL 0 by construction.
   */
  async #hintLogProbs(
    fresh: readonly Member[],
    references: LogProbs,
    trained: LogProbs,
  ): Promise<(member: Member) => Float32Array> {
    const { hints, gradientSteps: passes } = this.#parts.config;
    if (hints.rule === 'completions') return (member) => references.get(member)!;
    if (!this.#hints.measures || (passes > 1 && fresh.every((member) => trained.has(member))))
      return (member) => trained.get(member)!;
    const now = await this.#engine.logProbs(
      fresh.map(({ experience }) => experience),
      'policy',
    );
    const places = new Map(fresh.map((member, i) => [member, now[i]]));
    return (member) => places.get(member)!;
  }

  #insert(fresh: readonly Member[], references: LogProbs, version: number): void {
    const entries = fresh.map((member) => {
      const { rollout, behaviourLogProbs } = member.experience;
      const reference = references.get(member);
      return {
        rolloutId: rollout.id,
        promptId: rollout.promptId,
        version,
        reward: rollout.reward!,
        // Without a reference nothing is replayed in this run.
        score: replayScore(member.advantage, reference ? meanLogRatio(behaviourLogProbs!, reference) : 0),
      };
    });
    this.#enter(entries);
  }

  #enter(entries: readonly ReplayEntry[]): void {
    this.#buffer.settle(this.#history.means(), this.#engine.step, entries);
    const { offPolicy } = this.#parts.config;
    const kept = offPolicy > 0 ? this.#buffer.entries().map(({ rolloutId }) => rolloutId) : [];
    this.#references.keepOnly(kept);
    this.#standIns.keepOnly(kept);
  }

  #newBuffer(entries: readonly ReplayEntry[]): ReplayBuffer {
    const {
      replayCapacity: capacity,
      replaySampling: sampling,
      replayTemperature: temperature,
      replayReplacement: replacement,
      tierShares: shares,
      tierQuantile: quantile,
      maxStaleness,
    } = this.#parts.config;
    return new ReplayBuffer({ capacity, sampling, temperature, replacement, shares, quantile, maxStaleness }, entries);
  }
}

async function logProbsOf(members: readonly Member[], kept: KeptLogProbs): Promise<LogProbs> {
  const logProbs = await kept.logProbs(members.map(({ experience }) => experience));
  return new Map(members.map((member, i) => [member, logProbs[i]]));
}
