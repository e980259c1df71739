/** Training's judge behind an endpoint: a completion is one question, asked once and remembered in the store. */
import { createHash } from 'node:crypto';
import { criteriaMessages, criteriaSchema, criteriaScores } from '../../domain/criteria.ts';
import type { Message } from '../../domain/prompt-text.ts';
import type { Judge } from '../../domain/reward.ts';
import type { Prompt } from '../../domain/rollout.ts';
import type { EndpointJudgeConfig } from '../../domain/run.ts';
import { judgeMessages, reasoningSteps, verdictSchema, verdictScores } from '../../domain/verdict.ts';
import type { Store } from '../../store/store.ts';
import { judgeKeyVariable } from '../host/local.ts';
import {
  JudgeEndpoint,
  judgeQuestion,
  UnreadableVerdictError,
  type JudgeEndpointParts,
  type JudgeQuestion,
} from '../judge/endpoint.ts';

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

export interface EndpointJudgeParts extends JudgeEndpointParts {
  judge: EndpointJudgeConfig;
  seed: number;
  verdicts: Store['verdicts'];
  /** What is shown of a prompt's video: data URLs. */
  frames: (prompt: Prompt) => Promise<string[]>;
  /** Hears of the first verdict that cannot be read; the run's metrics count them. */
  log: (level: 'warn', message: string) => void;
}

export class EndpointJudge implements Judge {
  readonly #parts: EndpointJudgeParts;
  readonly #endpoint: JudgeEndpoint;
  /** Questions under way, so that equal completions get one verdict. */
  readonly #asked = new Map<string, Promise<number[] | null>>();
  /** Chains of questions: as many are under way at once as there are chains. */
  readonly #lanes: Promise<unknown>[];
  #lane = 0;
  #warned = false;

  /** Throws when the key cannot be sent. */
  constructor(parts: EndpointJudgeParts) {
    this.#parts = parts;
    this.#endpoint = new JudgeEndpoint(parts);
    this.#lanes = Array.from({ length: parts.judge.concurrency }, () => Promise.resolve());
  }

  get name(): string {
    return this.#endpoint.name;
  }

  /**
   * Scores of the completion's steps, or of the criteria; none where there is nothing to judge, and null where no retry brings a verdict
   * that can be read: that one is not remembered. Throws as `JudgeEndpoint.ask` does where no retry brings an answer.
   */
  async score(prompt: Prompt, completion: string): Promise<number[] | null> {
    const { judge, seed, verdicts, frames } = this.#parts;
    const inquiry = inquiries[judge.style](prompt, completion);
    if (inquiry === null) return [];
    const { schema, scores } = inquiry;
    const messages = withPictures(inquiry.messages, await frames(prompt));
    const question = judgeQuestion(judge.model, { messages, schema }, seed);
    const key = createHash('sha256')
      .update(JSON.stringify([judge.endpoint, question]))
      .digest('hex');
    const known = verdicts.get(key);
    if (known) return known;
    const asked = this.#asked.get(key) ?? this.#inLane(() => this.#ask(question, scores));
    this.#asked.set(key, asked);
    try {
      const given = await asked;
      return given && verdicts.add(key, given);
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

  async #ask(question: JudgeQuestion, scores: Inquiry['scores']): Promise<number[] | null> {
    try {
      return await this.#endpoint.ask(question, scores);
    } catch (error) {
      if (!(error instanceof UnreadableVerdictError)) throw error;
      const fault = `Where a verdict cannot be read, the judge’s part is 0: ${error.message}.`;
      if (!this.#warned) this.#parts.log('warn', fault);
      this.#warned = true;
      return null;
    }
  }
}

/** The judge's key, from the environment and out of it, so that no program the process starts is given it. */
export function takeJudgeKey(): string | null {
  const key = process.env[judgeKeyVariable]?.trim();
  delete process.env[judgeKeyVariable];
  return key || null;
}
