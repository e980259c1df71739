/** The judge behind an OpenAI-compatible endpoint: a completion's steps are one question, asked once and remembered in the store. */
import { createHash } from 'node:crypto';
import ky, { isHTTPError, isKyError, isNetworkError, isTimeoutError, type KyInstance } from 'ky';
import * as v from 'valibot';
import type { Judge } from '../../domain/reward.ts';
import type { Prompt } from '../../domain/rollout.ts';
import type { EndpointJudgeConfig } from '../../domain/run.ts';
import { judgeMessages, reasoningSteps, verdictSchema, verdictScores } from '../../domain/verdict.ts';
import type { Store } from '../../store/store.ts';
import { judgeKeyVariable } from '../launch.ts';

/** Attempts after the first: of a request that failed in a way that may pass, and of a question whose answer is no verdict. */
const retries = { request: 4, answer: 2 };
const passing = [408, 409, 429, 500, 502, 503, 504];
/** The longest wait that an endpoint may ask for, in ms. */
const longestWait = 120_000;
/** How much of an endpoint's own words an error repeats, in characters. */
const quoted = 300;

const replySchema = v.object({
  choices: v.pipe(v.array(v.object({ message: v.object({ content: v.string() }) })), v.minLength(1)),
});

export interface EndpointJudgeParts {
  judge: EndpointJudgeConfig;
  seed: number;
  /** Sent as a bearer token; null where the endpoint asks for none. */
  key: string | null;
  verdicts: Pick<Store, 'verdict' | 'addVerdict'>;
  signal: AbortSignal;
}

export class EndpointJudge implements Judge {
  readonly name: string;
  readonly #parts: EndpointJudgeParts;
  readonly #http: KyInstance;
  /** Questions under way, so that equal completions get one verdict. */
  readonly #asked = new Map<string, Promise<number[]>>();
  /** Chains of questions: as many are under way at once as there are chains. */
  readonly #lanes: Promise<unknown>[];
  #lane = 0;

  /** Throws when the key cannot be sent. */
  constructor(parts: EndpointJudgeParts) {
    const { judge, key, signal } = parts;
    if (key !== null && !/^[\x21-\x7e]+$/u.test(key)) throw new Error("the judge's key holds what no HTTP header can");
    this.name = `${judge.model} at ${judge.endpoint}`;
    this.#parts = parts;
    this.#lanes = Array.from({ length: judge.concurrency }, () => Promise.resolve());
    this.#http = ky.create({
      prefix: judge.endpoint,
      headers: key === null ? {} : { authorization: `Bearer ${key}` },
      // What is sent goes to the address that was set and to no other.
      redirect: 'error',
      signal,
      timeout: judge.timeout * 1000,
      retry: {
        limit: retries.request,
        methods: ['post'],
        statusCodes: passing,
        afterStatusCodes: passing,
        maxRetryAfter: longestWait,
        retryOnTimeout: true,
      },
    });
  }

  /**
   * Scores of the completion's steps; none where it reasons nothing. Once no retry helps, throws an Error that names the endpoint and what
   * it answered; once the signal aborts, its reason.
   */
  async score(prompt: Prompt, completion: string): Promise<number[]> {
    const steps = reasoningSteps(completion);
    if (steps.length === 0) return [];
    const { judge, seed, verdicts } = this.#parts;
    const question = {
      model: judge.model,
      messages: judgeMessages(prompt, steps),
      temperature: 0,
      seed,
      response_format: { type: 'json_schema', json_schema: { name: 'verdict', strict: true, schema: verdictSchema } },
    };
    const key = createHash('sha256')
      .update(JSON.stringify([judge.endpoint, question]))
      .digest('hex');
    const known = verdicts.verdict(key);
    if (known) return known;
    const asked = this.#asked.get(key) ?? this.#inLane(() => this.#ask(question, steps.length));
    this.#asked.set(key, asked);
    try {
      return verdicts.addVerdict(key, await asked);
    } finally {
      this.#asked.delete(key);
    }
  }

  #inLane<Result>(work: () => Promise<Result>): Promise<Result> {
    const lane = this.#lane;
    this.#lane = (lane + 1) % this.#lanes.length;
    const done = this.#lanes[lane].then(work);
    this.#lanes[lane] = done.catch(() => undefined);
    return done;
  }

  /** Asks until the answer is a verdict, each time with another seed: the same one would give the same answer. */
  async #ask(question: { seed: number }, count: number): Promise<number[]> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        const json = { ...question, seed: question.seed + attempt };
        const { choices } = await this.#http.post('chat/completions', { json }).json(replySchema);
        return verdictScores(choices[0].message.content, count);
      } catch (error) {
        this.#parts.signal.throwIfAborted();
        if (isKyError(error) || attempt === retries.answer) {
          throw new Error(`the judge ${this.name} ${this.#fault(error)}`, { cause: error });
        }
      }
    }
  }

  #fault(error: unknown): string {
    const { judge, key } = this.#parts;
    if (isTimeoutError(error)) return `did not answer within ${judge.timeout} s`;
    if (isNetworkError(error)) return `cannot be reached: ${messageOf(error.cause)}`;
    if (!isHTTPError(error)) return `gives no verdict that can be read: ${messageOf(error)}`;
    const data = typeof error.data === 'string' ? error.data : (JSON.stringify(error.data) ?? '');
    const words = (key === null ? data : data.replaceAll(key, '…')).slice(0, quoted);
    const { status, statusText } = error.response;
    const cure = status === 401 || status === 403 ? ` (its key: “Set Judge Key”, or ${judgeKeyVariable})` : '';
    return `answered ${status} ${statusText}${cure}${words && `: ${words}`}`;
  }
}

/** What went wrong: of a failed request that is in its cause, which for a name with several addresses has a code alone. */
function messageOf(error: unknown): string {
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(inner instanceof Error)) return String(inner);
  return inner.message || ('code' in inner ? String(inner.code) : inner.name);
}

/** The judge's key, from the environment and out of it, so that no program the process starts is given it. */
export function takeJudgeKey(): string | null {
  const key = process.env[judgeKeyVariable]?.trim();
  delete process.env[judgeKeyVariable];
  return key || null;
}
