/** The judge behind an OpenAI-compatible endpoint: a completion is one question, asked once and remembered in the store. */
import { createHash } from 'node:crypto';
import ky, { isHTTPError, isKyError, isNetworkError, isTimeoutError, type KyInstance } from 'ky';
import * as v from 'valibot';
import { criteriaMessages, criteriaSchema, criteriaScores } from '../../domain/criteria.ts';
import type { Message } from '../../domain/prompt-text.ts';
import type { Judge } from '../../domain/reward.ts';
import type { Prompt } from '../../domain/rollout.ts';
import type { EndpointJudgeConfig } from '../../domain/run.ts';
import { judgeMessages, reasoningSteps, verdictSchema, verdictScores } from '../../domain/verdict.ts';
import type { Store } from '../../store/store.ts';
import { judgeKeyVariable } from '../host/local.ts';

/** Attempts after the first: of a request that failed in a way that may pass, and of a question whose answer is no verdict. */
const retries = { request: 4, answer: 2 };
const passing = [408, 409, 429, 500, 502, 503, 504];
/** The longest wait that an endpoint may ask for, in ms. */
const longestWait = 120_000;
/** How much of an endpoint's own words an error repeats, in characters. */
const quoted = 300;

const replySchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ choices: v.array(v.object({ message: v.object({ content: v.nullish(v.string(), '') }) })) }),
);

/** What is asked about a completion, and how the answer is read. */
interface Inquiry {
  messages: Message[];
  schema: object;
  /** Throws an Error that says what is wrong with the answer. */
  scores: (answer: string) => number[];
}

/** By the judge's style; null where there is nothing to judge. */
const inquiries: Record<EndpointJudgeConfig['style'], (prompt: Prompt, completion: string) => Inquiry | null> = {
  steps: (prompt, completion) => {
    const steps = reasoningSteps(completion);
    if (steps.length === 0) return null;
    const scores = (answer: string): number[] => verdictScores(answer, steps.length);
    return { messages: judgeMessages(prompt, steps), schema: verdictSchema, scores };
  },
  criteria: (prompt, completion) => {
    const messages = criteriaMessages(prompt, completion);
    return messages && { messages, schema: criteriaSchema, scores: criteriaScores };
  },
};

/** The messages with pictures behind the text of the last one. */
function withPictures(messages: readonly Message[], urls: readonly string[]): unknown[] {
  if (urls.length === 0) return [...messages];
  const { role, content } = messages.at(-1)!;
  const shown = [{ type: 'text', text: content }, ...urls.map((url) => ({ type: 'image_url', image_url: { url } }))];
  return [...messages.slice(0, -1), { role, content: shown }];
}

export interface EndpointJudgeParts {
  judge: EndpointJudgeConfig;
  seed: number;
  /** Sent as a bearer token; null where the endpoint asks for none. */
  key: string | null;
  verdicts: Store['verdicts'];
  /** What is shown of a prompt's video: data URLs. */
  frames: (prompt: Prompt) => Promise<string[]>;
  /** Hears of the first verdict that cannot be read; the run's metrics count them. */
  log: (level: 'warn', message: string) => void;
  signal: AbortSignal;
}

export class EndpointJudge implements Judge {
  readonly name: string;
  readonly #parts: EndpointJudgeParts;
  readonly #http: KyInstance;
  /** Questions under way, so that equal completions get one verdict. */
  readonly #asked = new Map<string, Promise<number[] | null>>();
  /** Chains of questions: as many are under way at once as there are chains. */
  readonly #lanes: Promise<unknown>[];
  #lane = 0;
  #warned = false;

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
   * Scores of the completion's steps, or of the criteria; none where there is nothing to judge, and null where no retry brings a verdict
   * that can be read: that one is not remembered. Once no retry brings an answer, throws an Error that names the endpoint and what it
   * answered; once the signal aborts, its reason.
   */
  async score(prompt: Prompt, completion: string): Promise<number[] | null> {
    const { judge, seed, verdicts, frames } = this.#parts;
    const inquiry = inquiries[judge.style](prompt, completion);
    if (inquiry === null) return [];
    const question = {
      model: judge.model,
      messages: withPictures(inquiry.messages, await frames(prompt)),
      temperature: 0,
      seed,
      response_format: { type: 'json_schema', json_schema: { name: 'verdict', strict: true, schema: inquiry.schema } },
    };
    const key = createHash('sha256')
      .update(JSON.stringify([judge.endpoint, question]))
      .digest('hex');
    const known = verdicts.get(key);
    if (known) return known;
    const asked = this.#asked.get(key) ?? this.#inLane(() => this.#ask(question, inquiry.scores));
    this.#asked.set(key, asked);
    try {
      const scores = await asked;
      return scores && verdicts.add(key, scores);
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
  async #ask(question: { seed: number }, scores: Inquiry['scores']): Promise<number[] | null> {
    const { judge, signal, log } = this.#parts;
    const last = judge.unreadable === 'retry' ? retries.answer : 0;
    for (let attempt = 0; ; attempt += 1) {
      try {
        const json = { ...question, seed: question.seed + attempt };
        const reply = await this.#http.post('chat/completions', { json }).text();
        return read(answerIn(reply), scores);
      } catch (error) {
        signal.throwIfAborted();
        const fault = `the judge ${this.name} ${this.#fault(error)}`;
        const unreadable = error instanceof UnreadableError;
        if (isKyError(error) || (!unreadable && attempt === retries.answer)) throw new Error(fault, { cause: error });
        if (!unreadable || attempt < last) continue;
        if (!this.#warned) log('warn', `Where a verdict cannot be read, the judge’s part is 0: ${fault}.`);
        this.#warned = true;
        return null;
      }
    }
  }

  #fault(error: unknown): string {
    const { judge } = this.#parts;
    if (isTimeoutError(error)) return `did not answer within ${judge.timeout} s`;
    if (isNetworkError(error)) return `cannot be reached: ${messageOf(error.cause)}`;
    if (error instanceof NoCompletionError) return `${noCompletion}: ${this.#quoted(error.reply)}`;
    if (!isHTTPError(error)) return `gives no verdict that can be read: ${messageOf(error)}`;
    const data = typeof error.data === 'string' ? error.data : (JSON.stringify(error.data) ?? '');
    const words = this.#quoted(data);
    const { status, statusText } = error.response;
    const cure = status === 401 || status === 403 ? ` (its key: “Set Judge Key”, or ${judgeKeyVariable})` : '';
    return `answered ${status} ${statusText}${cure}${words && `: ${words}`}`;
  }

  #quoted(words: string): string {
    const { key } = this.#parts;
    return (key === null ? words : words.replaceAll(key, '…')).slice(0, quoted);
  }
}

/** An answer that says no verdict. */
class UnreadableError extends Error {}

/** What answers is no judge: a wrong address, or a service that says its errors with status 200. */
class NoCompletionError extends Error {
  readonly reply: string;

  constructor(reply: string) {
    super('no chat completion');
    this.reply = reply;
  }
}

const noCompletion =
  'answers with no chat completion (its address is that of an OpenAI-compatible API, which often ends in /v1)';

function answerIn(reply: string): string {
  const { success, output } = v.safeParse(replySchema, reply);
  if (!success) throw new NoCompletionError(reply);
  return output.choices[0]?.message.content ?? '';
}

function read(answer: string, scores: Inquiry['scores']): number[] {
  try {
    return scores(answer);
  } catch (error) {
    throw new UnreadableError((error as Error).message, { cause: error });
  }
}

/** What went wrong: of a failed request that is in its cause, which for a name with several addresses has a code alone. */
function messageOf(error: unknown): string {
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(inner instanceof Error)) return String(inner);
  if (inner.message === 'unexpected redirect')
    return 'it redirects, which is not followed: name the address it leads to';
  return inner.message || ('code' in inner ? String(inner.code) : inner.name);
}

/** The judge's key, from the environment and out of it, so that no program the process starts is given it. */
export function takeJudgeKey(): string | null {
  const key = process.env[judgeKeyVariable]?.trim();
  delete process.env[judgeKeyVariable];
  return key || null;
}
