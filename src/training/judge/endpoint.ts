/** A language model behind an OpenAI-compatible endpoint, which is asked for verdicts, and for phases. */
import ky, { isHTTPError, isKyError, isNetworkError, isTimeoutError, type KyInstance } from 'ky';
import * as v from 'valibot';
import type { EndpointJudgeConfig } from '../../domain/run.ts';
import { judgeKeyVariable } from '../host/local.ts';

/** Attempts after the first: of a request that failed in a way that may pass, and of a question whose answer is no verdict. */
export const retries = { request: 4, answer: 2 } as const;
const passing = [408, 409, 429, 500, 502, 503, 504];
/** What an endpoint answers that does not take a question as it is: too long, or against its rules. */
const refusing = [400, 413, 422];
/** The longest wait that an endpoint may ask for, in ms. */
const longestWait = 120_000;
/** How much of an endpoint's own words an error repeats, in characters. */
const quoted = 300;

const replySchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    choices: v.array(v.object({ message: v.object({ content: v.nullish(v.string(), '') }) })),
    usage: v.fallback(v.nullish(v.object({ prompt_tokens: v.number(), completion_tokens: v.number() }), null), null),
  }),
);

/** What came back to a question, whether it can be read or not. */
export interface JudgeAnswer {
  text: string;
  /** That question and answer took, as the endpoint counts them; null where it does not say. */
  tokens: number | null;
}

/** As it is sent. */
export interface JudgeQuestion {
  model: string;
  messages: readonly unknown[];
  temperature: 0;
  seed: number;
  response_format: object;
}

/** A question whose answer is to be JSON of this schema. */
export function judgeQuestion(
  model: string,
  { messages, schema }: { messages: readonly unknown[]; schema: object },
  seed: number,
): JudgeQuestion {
  return {
    model,
    messages,
    temperature: 0,
    seed,
    response_format: { type: 'json_schema', json_schema: { name: 'verdict', strict: true, schema } },
  };
}

export interface JudgeEndpointParts {
  judge: Pick<EndpointJudgeConfig, 'endpoint' | 'model' | 'timeout' | 'unreadable'>;
  /** Sent as a bearer token; null where the endpoint asks for none. */
  key: string | null;
  signal: AbortSignal;
  /** Hears of every answer. */
  answered?: (question: JudgeQuestion, answer: JudgeAnswer) => void;
}

export class JudgeEndpoint {
  readonly name: string;
  readonly #parts: JudgeEndpointParts;
  readonly #http: KyInstance;

  /** Throws when the key cannot be sent. */
  constructor(parts: JudgeEndpointParts) {
    const { judge, key, signal } = parts;
    if (key !== null && !/^[\x21-\x7e]+$/u.test(key)) throw new Error("the judge's key holds what no HTTP header can");
    this.name = `${judge.model} at ${judge.endpoint}`;
    this.#parts = parts;
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
   * Asks until `read` can read the answer, each time with another seed: the same one would give the same answer. `read` throws an Error that
   * says what is wrong with it. Throws UnreadableVerdictError where no retry brings one that can be read; once none brings an answer, an
   * Error that names the endpoint and what it answered, a JudgeRefusalError where it does not take this question; once the signal aborts,
   * its reason.
   */
  async ask<Verdict>(question: JudgeQuestion, read: (answer: string) => Verdict): Promise<Verdict> {
    const { judge, signal, answered } = this.#parts;
    const last = judge.unreadable === 'retry' ? retries.answer : 0;
    for (let attempt = 0; ; attempt += 1) {
      try {
        const json = { ...question, seed: question.seed + attempt };
        const reply = await this.#http.post('chat/completions', { json }).text();
        const answer = answerIn(reply);
        answered?.(question, answer);
        return readable(answer.text, read);
      } catch (error) {
        signal.throwIfAborted();
        const unreadable = error instanceof UnreadableError;
        const isLast = isKyError(error) || attempt >= (unreadable ? last : retries.answer);
        if (isLast) throw this.#failure(error, unreadable);
      }
    }
  }

  #failure(cause: unknown, unreadable: boolean): Error {
    const fault = `the judge ${this.name} ${this.#fault(cause)}`;
    if (unreadable) return new UnreadableVerdictError(fault, { cause });
    const refuses = isHTTPError(cause) && refusing.includes(cause.response.status);
    return refuses ? new JudgeRefusalError(fault, { cause }) : new Error(fault, { cause });
  }

  #fault(error: unknown): string {
    const { judge } = this.#parts;
    if (isTimeoutError(error)) return `did not answer within ${judge.timeout} s`;
    if (isNetworkError(error)) return `cannot be reached: ${messageOf(error.cause)}`;
    if (error instanceof NoCompletionError) return `${noCompletion}: ${this.#quoted(error.reply)}`;
    if (!isHTTPError(error)) return `gives no answer that can be read: ${messageOf(error)}`;
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

/** No answer of the judge is a verdict that can be read. */
export class UnreadableVerdictError extends Error {}

/** The endpoint does not take the question as it is; others it may take. */
export class JudgeRefusalError extends Error {}

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

function answerIn(reply: string): JudgeAnswer {
  const { success, output } = v.safeParse(replySchema, reply);
  if (!success) throw new NoCompletionError(reply);
  const { choices, usage } = output;
  return { text: choices[0]?.message.content ?? '', tokens: usage && usage.prompt_tokens + usage.completion_tokens };
}

function readable<Verdict>(answer: string, read: (answer: string) => Verdict): Verdict {
  try {
    return read(answer);
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
