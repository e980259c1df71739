/** A policy that a Ray cluster reads: each question to it is a job of its own. */
import { followJob, type Holder } from '../../cluster/follow.ts';
import { QuestionJob, type Question } from '../../cluster/question-job.ts';
import type { RayConfig } from '../../domain/run.ts';
import { optimiserDefaults } from '../policy/optimiser.ts';
import type { PolicyText } from '../policy/policy-text.ts';
import type { Reader } from './engine.ts';
import type { AskedService } from './policy-service.ts';
import { TorchEngine } from './torch.ts';

export interface RayReaderOptions {
  /** The policy's folder, and that of the adapter on it. */
  base: string;
  adapter: string | null;
  ray: RayConfig;
  /** Null where the cluster asks for none. */
  token: string | null;
  /** The folder of the built bundles. */
  dist: string;
  log: Holder['log'];
  /** Ends a job that is asked. */
  signal: AbortSignal;
}

/** Nothing is sent before the first question. */
export function openRayReader(policy: PolicyText, options: RayReaderOptions): Promise<Reader> {
  const { base, adapter, signal } = options;
  const training = { lora: null, seed: 0, threads: 0, optimiser: optimiserDefaults };
  return TorchEngine.over(new RayService(options), policy, { base, adapter, ...training, signal });
}

class RayService implements AskedService {
  readonly #options: RayReaderOptions;
  #open: Question['open'] | null = null;

  constructor(options: RayReaderOptions) {
    this.#options = options;
  }

  async ask(op: string, fields: object): Promise<unknown> {
    const { ray, token, dist, log, signal } = this.#options;
    if (op === 'open') {
      this.#open = fields as Question['open'];
      return { description: `Ray at ${ray.address}` };
    }
    const work = new QuestionJob({ open: this.#open!, op, fields, ray });
    const holder: Holder = {
      signal: new AbortController().signal,
      log,
      request: () => (signal.aborted ? 'stop' : 'run'),
    };
    const end = await followJob({ work, holder, token, dist });
    signal.throwIfAborted();
    if (end === 'stopped') throw new Error('the job was stopped on the cluster before it had an answer');
    return work.answer;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
