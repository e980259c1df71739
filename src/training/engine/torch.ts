/** The engine of PyTorch: a Python process holds the policy, this one the loop. */
import * as v from 'valibot';
import type { LoraConfig } from '../../domain/run.ts';
import { endIds } from '../policy/config.ts';
import type { Completion, CompletionRequest } from '../policy/generator.ts';
import { StepNotFiniteError, type PolicyStats } from '../policy/learner.ts';
import type { PolicyText } from '../policy/policy-text.ts';
import { ratioStats } from '../policy/objective.ts';
import { distinct, type CompletionRow, type Context, type RolloutRow } from '../policy/row.ts';
import type { Sampling } from '../policy/sampler.ts';
import type { Engine, EngineOptions, StepOptions } from './engine.ts';
import {
  floats,
  integers,
  packed,
  PolicyService,
  PolicyServiceError,
  type AskedService,
  type Packed,
} from './policy-service.ts';

/** What the service is asked to open. */
export interface Opening extends EngineOptions {
  adapter: string | null;
  lora: LoraConfig | null;
  /** Where a fresh adapter comes from. */
  seed: number;
  /** 0 is one for each core. */
  threads: number;
  signal?: AbortSignal;
}

export interface TorchOptions extends Opening {
  /** A Python that has what the service needs. */
  python: string;
  /** The folder in which the service's package lies. */
  packages: string;
  /** The module that is the service, and its arguments; `policy` where none is named. */
  module?: readonly string[];
}

const array = v.object({ dtype: v.picklist(['f32', 'i32']), shape: v.array(v.number()), data: v.string() });
const opened = v.object({ description: v.string() });
const generated = v.object({ rows: v.array(v.object({ ids: array, logProbs: array, entropies: array })) });
const scored = v.object({ logProbs: v.array(array) });
const stepped = v.object({
  loss: v.number(),
  policyLoss: v.number(),
  kl: v.number(),
  gradNorm: v.number(),
  entropy: v.number(),
  logProbs: v.array(array),
  step: v.number(),
});

export class TorchEngine implements Engine {
  readonly description: string;
  readonly #service: AskedService;
  readonly #ends: readonly number[];
  #step = 0;

  private constructor(service: AskedService, description: string, ends: readonly number[]) {
    this.#service = service;
    this.description = description;
    this.#ends = ends;
  }

  /** Starts the process and opens the policy of this text in it. Throws an error that says what is wrong and what to do about it. */
  static open(policy: PolicyText, { python, packages, module, ...opening }: TorchOptions): Promise<TorchEngine> {
    return TorchEngine.over(new PolicyService(python, packages, module), policy, opening);
  }

  /** The same where `service` is there. */
  static async over(service: AskedService, { config }: PolicyText, opening: Opening): Promise<TorchEngine> {
    const { base, adapter, lora, seed, optimiser, threads, signal } = opening;
    const { weightDecay, beta2, maxGradNorm } = optimiser;
    try {
      const answer = await service.ask(
        'open',
        {
          policy: base,
          adapter,
          lora: adapter === null ? lora : null,
          seed,
          optimiser: { weightDecay, beta2, maxGradNorm },
          device: 'auto',
          dtype: 'auto',
          threads,
          memory: null,
        },
        signal,
      );
      return new TorchEngine(service, v.parse(opened, answer).description, endIds(config));
    } catch (error) {
      await service.close();
      throw error;
    }
  }

  get step(): number {
    return this.#step;
  }

  async generate(
    requests: readonly CompletionRequest[],
    sampling: Sampling,
    signal?: AbortSignal,
  ): Promise<Completion[]> {
    const { contexts, owners } = distinct(requests);
    const rows = requests.map(({ random }, i) => ({ context: owners[i], seed: random.integer(2 ** 31) }));
    const { temperature, topP, topK, maxNewTokens } = sampling;
    const asked = {
      contexts: contexts.map(packedContext),
      rows,
      sampling: { temperature, topP, topK, maxNewTokens },
      ends: this.#ends,
    };
    const answer = v.parse(generated, await this.#service.ask('generate', asked, signal));
    return answer.rows.map(({ ids, logProbs, entropies }) => ({
      ids: integers(ids),
      logProbs: floats(logProbs),
      entropies: floats(entropies),
    }));
  }

  async logProbs(rows: readonly CompletionRow[], of: 'policy' | 'reference'): Promise<Float32Array[]> {
    if (rows.length === 0) return [];
    const { contexts, owners } = distinct(rows);
    const asked = {
      contexts: contexts.map(packedContext),
      rows: rows.map(({ completionIds }, i) => ({ context: owners[i], ids: packed(completionIds) })),
      reference: of === 'reference',
    };
    return v.parse(scored, await this.#service.ask('logProbs', asked)).logProbs.map(floats);
  }

  async reinforce(rows: readonly RolloutRow[], options: StepOptions): Promise<PolicyStats> {
    const { contexts, owners } = distinct(rows);
    const {
      learningRate,
      clipLow,
      clipHigh,
      klWeight,
      klEstimator = 'k3',
      aggregation,
      ratio,
      ratioCap = null,
    } = options;
    const asked = {
      contexts: contexts.map(packedContext),
      rows: rows.map((row, i) => ({
        context: owners[i],
        ids: packed(row.completionIds),
        weights: packed(row.weights),
        advantage: row.advantage,
        old: packed(row.oldLogProbs),
        ref: row.refLogProbs && packed(row.refLogProbs),
        dualClip: Number.isFinite(row.dualClip) ? row.dualClip : null,
      })),
      learningRate,
      loss: { clipLow, clipHigh, klWeight, klEstimator, aggregation, ratio, ratioCap },
    };
    const answer = await this.#service.ask('reinforce', asked).catch((error: unknown) => {
      throw diverged(error, this.#step + 1) ?? error;
    });
    const { step, logProbs: arrays, ...stats } = v.parse(stepped, answer);
    this.#step = step;
    const logProbs = arrays.map(floats);
    return { ...stats, logProbs, ...ratioStats(rows, logProbs, options) };
  }

  async save(folder: string): Promise<void> {
    await this.#service.ask('save', { folder });
  }

  async restore(folder: string, step: number): Promise<void> {
    await this.#service.ask('restore', { folder, step });
    this.#step = step;
  }

  dispose(): Promise<void> {
    return this.#service.close();
  }
}

type PackedContext =
  | { ids: Packed; prefix: { frames: Packed; mels: Packed } | null }
  | { text: string; clip: { path: string; frames: number; pixels: number } | null };

/** What is seen of a clip by a policy with towers, as in the paper: so many frames, of at most so many pixels. */
const seen = { frames: 16, pixels: 50_176 };

function packedContext({ promptIds, prefix, watched }: Context): PackedContext {
  if (!watched) return { ids: packed(promptIds), prefix: prefix && packedPrefix(prefix) };
  const { text, video } = watched;
  return { text, clip: video === null ? null : { path: video, ...seen } };
}

function packedPrefix({ frames, mels, slots }: NonNullable<Context['prefix']>): { frames: Packed; mels: Packed } {
  const table = (values: Float32Array): Packed => packed(values, [slots, slots === 0 ? 0 : values.length / slots]);
  return { frames: table(frames), mels: table(mels) };
}

/** The same as the embedded engine throws where a step's loss or gradient is not finite. */
function diverged(error: unknown, step: number): StepNotFiniteError | null {
  if (!(error instanceof PolicyServiceError) || error.kind !== 'diverged') return null;
  return new StepNotFiniteError(step, Number(error.fields.loss), Number(error.fields.gradNorm));
}
