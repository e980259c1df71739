/** Rollouts as the policy loss reads them: tokens behind their prompt, behaviour log-probs and TAS weights. */
import { defaultHintForm, type HintForm } from '../../domain/hint.ts';
import type { Asking } from '../../domain/prompt-text.ts';
import type { Prompt, Rollout } from '../../domain/rollout.ts';
import type { RunConfig } from '../../domain/run.ts';
import { shapingOf } from '../../domain/weight-source.ts';
import type { SnapshotRow } from '../../store/store.ts';
import type { PolicyText } from '../policy/policy-text.ts';
import type { Context, Prefix, Watched } from '../policy/row.ts';
import { contextLength } from '../policy/layout.ts';
import { shapedWeights } from './shaping.ts';

export interface Experience extends Context {
  rollout: Rollout;
  completionIds: Int32Array;
  /** Null when no one recorded them, or one is no number: then the run's starting policy counts as the behaviour policy (approximate). */
  behaviourLogProbs: Float32Array | null;
  /** Whether the tokens spell the completion, so that its phases are theirs. */
  placed: boolean;
  /** TAS weights [L]. */
  weights: Float32Array;
}

/** What is seen and heard of a prompt's clip, or the file for a policy that opens it itself. */
export type Clip = Prefix | string;

type ExperienceConfig = Pick<RunConfig, 'tas' | 'maxNewTokens' | 'system' | 'hints'>;

export class Experiences {
  readonly #policy: PolicyText;
  readonly #prompts: ReadonlyMap<string, Prompt>;
  readonly #clips: ReadonlyMap<string, Clip>;
  readonly #config: ExperienceConfig;
  readonly #snapshot: Map<string, SnapshotRow>;
  readonly #hintForms: ReadonlyMap<string, HintForm>;
  readonly #runId: string | null;
  readonly #contexts = new Map<string, Context>();

  /** `hintForms` say how other runs, by their ids, gave the hints of their rollouts. `runId` is this run's. */
  constructor(
    policy: PolicyText,
    prompts: Iterable<Prompt>,
    clips: ReadonlyMap<string, Clip>,
    config: ExperienceConfig,
    snapshot: readonly SnapshotRow[],
    hintForms: ReadonlyMap<string, HintForm> = new Map(),
    runId: string | null = null,
  ) {
    this.#policy = policy;
    this.#prompts = new Map([...prompts].map((prompt) => [prompt.id, prompt]));
    this.#clips = clips;
    this.#config = config;
    this.#snapshot = new Map(snapshot.map((row) => [row.rolloutId, row]));
    this.#hintForms = hintForms;
    this.#runId = runId;
  }

  /** The instruction that this run asks a prompt with: the prompt's own, else the run's; null without either. */
  instruction(promptId: string): string | null {
    return this.#prompt(promptId).system ?? this.#config.system;
  }

  /**
   * What the policy reads before it answers: the same object for the same prompt, so that a group shares its work. `system` and
   * `form` are the instruction and the form of the hint of a rollout that is there already.
   */
  context(
    promptId: string,
    hinted: boolean,
    system = this.instruction(promptId),
    form: HintForm = this.#config.hints,
  ): Context {
    const key = JSON.stringify([promptId, system, ...(hinted ? [form.role, form.prefix] : [])]);
    const known = this.#contexts.get(key);
    if (known) return known;
    const prompt = this.#prompt(promptId);
    const asking = { system, hint: hinted ? prompt.hint : null };
    const clip = this.#clips.get(promptId) ?? null;
    const promptIds = this.#policy.promptIds(prompt, asking, form);
    const context = this.#policy.config.towers
      ? { promptIds, prefix: null, watched: this.#watched(prompt, asking, form, clip) }
      : { promptIds, prefix: clip as Prefix | null };
    this.#contexts.set(key, context);
    return context;
  }

  #watched(prompt: Prompt, asking: Asking, form: HintForm, clip: Clip | null): Watched {
    const video = clip as string | null;
    return { text: this.#policy.watchedText(prompt, asking, form, video !== null), video };
  }

  #prompt(id: string): Prompt {
    const prompt = this.#prompts.get(id);
    if (!prompt) throw new Error(`prompt ${id} is not one of this run's`);
    return prompt;
  }

  /** Where a rollout's weights come from: its row of the run's snapshot, or what its own text says for one the run made. */
  source(rollout: Pick<Rollout, 'id' | 'completion'>): SnapshotRow {
    const { id, completion } = rollout;
    return this.#snapshot.get(id) ?? { rolloutId: id, ...shapingOf(completion, [], this.#config.tas) };
  }

  /**
   * A rollout ready for the loss. Its ids are kept where they spell its text in this policy's tokenizer, and where this run sampled them,
   * whatever they spell (a policy may have more ids than its tokenizer has texts); else the text is tokenised anew and its log-probs, which
   * belong to other tokens, are dropped. It stands behind the instruction and the hint that it
   * was sampled under. Null when it has no text, is longer than the run's completions may be, or does not fit behind its prompt.
   */
  of(rollout: Rollout): Experience | null {
    const { completion, tokens, promptId, hinted, system = null, runId, finish } = rollout;
    const { tokenizer } = this.#policy;
    const ids = tokens?.ids.subarray(0, this.#policy.endedLength(tokens.ids));
    const ownStarts = ids ? tokenizer.starts(ids, completion) : null;
    const isOwn = ownStarts !== null || (runId !== null && runId === this.#runId);
    const completionIds = ids && isOwn ? ids : this.#policy.completionIds(completion, finish === 'length');
    const { length } = completionIds;
    if (length === 0 || length > this.#config.maxNewTokens) return null;
    // An import knows hints in the default form alone.
    const form = runId === null ? defaultHintForm : this.#hintForms.get(runId);
    const context = this.context(promptId, hinted, system, form);
    // The run's own instruction leaves room for every completion; one that a stored rollout brings may not.
    if (contextLength(context, this.#policy.config) + length > this.#policy.config.max_position_embeddings) return null;
    const starts = ownStarts ?? tokenizer.starts(completionIds, completion);
    const ofAll = isOwn && tokens?.logProbs?.length === tokens?.ids.length ? tokens?.logProbs : null;
    const logProbs = ofAll?.subarray(0, length);
    return {
      ...context,
      rollout,
      completionIds,
      behaviourLogProbs: logProbs?.every(Number.isFinite) ? logProbs : null,
      placed: starts !== null,
      weights: shapedWeights(length, starts, this.source(rollout), this.#config.tas),
    };
  }
}
