/**
 * Has a language model judge the replies of an evaluation, as MMVU's authors score theirs (docs/evaluation.md, "The judge"). Verdicts are kept
 * as they come, by what was judged: whoever judges again asks what is missing.
 */
import {
  answerMessages,
  answerVerdict,
  answerVerdictSchema,
  unreadVerdict,
  type AnswerJudge,
} from '../../domain/answer-verdict.ts';
import type { EvaluatedRollout } from '../../domain/evaluation.ts';
import { plainEndpoint } from '../../domain/judge-endpoint.ts';
import type { EndpointJudgeConfig } from '../../domain/run.ts';
import type { Called } from '../../store/client.ts';
import type { Store } from '../../store/store.ts';
import { JudgeEndpoint, judgeQuestion, JudgeRefusalError, UnreadableVerdictError } from '../judge/endpoint.ts';

/** Replies that are read from the store at once. */
const pageSize = 100;
/** A judge that gave no verdict on so many replies, and on none before, is none. */
const patience = 3;

/** Those of a store, here or in a thread of its own. */
export type JudgedEvaluations = {
  [Name in 'rollouts' | 'setJudge' | 'addVerdict' | 'adoptVerdicts']: Called<Store['evaluations'][Name]>;
};

export interface Judging {
  evaluations: JudgedEvaluations;
  /** Of the evaluation. */
  id: string;
  judge: EndpointJudgeConfig;
}

/** Replies by what there is to do about them. */
export interface JudgingPlan {
  /** To be asked about. */
  missing: number;
  /** As one that is asked about. */
  equal: number;
  judged: number;
  /** Nobody knows the correct answer. */
  unanswered: number;
}

/** What would be asked. Reads all replies, a page at a time. */
export async function planJudging({ evaluations, id, judge }: Judging): Promise<JudgingPlan> {
  const plan = { missing: 0, equal: 0, judged: 0, unanswered: 0 };
  for await (const { state } of replies(evaluations, id, nameOf(judge))) plan[state] += 1;
  return plan;
}

/** What a plan would send where, for a person to read first. */
export function planText(
  { missing, equal, judged, unanswered }: JudgingPlan,
  { endpoint, model }: AnswerJudge,
): string {
  const sent =
    missing > 0
      ? `${missing} of ${missing + equal + judged + unanswered} replies, each whole, with its question, its options and the correct answer; no video and no sound.`
      : 'nothing.';
  const others = [
    ...(equal > 0 ? [`${equal} with the same words as one that is`] : []),
    ...(judged > 0 ? [`${judged} that it has judged already`] : []),
    ...(unanswered > 0
      ? [`${unanswered} without a correct answer to judge by: import the dataset file that holds it`]
      : []),
  ];
  return [
    `Sent to ${model} at ${endpoint}: ${sent}`,
    ...(others.length > 0 ? [`Not sent: ${others.join('; ')}.`] : []),
  ].join(' ');
}

export interface Judged {
  /** Replies that were asked about. */
  asked: number;
  /** Those on which no verdict could be read: they count as wrong, and are asked about again by whoever judges again. */
  unread: number;
  /** Why the first of them could not. */
  fault: string | null;
}

/** What became of replies without a verdict, for a person; null where there are none. */
export function unreadText({ asked, unread, fault }: Judged): string | null {
  if (unread === 0) return null;
  return `No verdict could be read on ${unread} of ${asked}, which count as wrong until they are judged again: ${fault}.`;
}

/**
 * Asks about each reply that has no verdict of this judge that could be read, as many at once as its settings say; from the first verdict on
 * the judge is the evaluation's. Throws as `JudgeEndpoint.ask` does where no retry brings an answer, and where none is a verdict; what was
 * judged before is kept.
 */
export async function judgeReplies(
  { evaluations, id, judge }: Judging,
  plan: JudgingPlan,
  {
    key,
    signal,
    progress,
  }: {
    /** Sent as a bearer token; null where the endpoint asks for none. */
    key: string | null;
    signal: AbortSignal;
    /** Hears how many of the missing are asked about. */
    progress: (done: number) => void;
  },
): Promise<Judged> {
  const failed = new AbortController();
  // A store that keeps nothing says so before anything is sent.
  await evaluations.adoptVerdicts([]);
  const endpoint = new JudgeEndpoint({ judge, key, signal: AbortSignal.any([signal, failed.signal]) });
  const name = nameOf(judge);
  const unread: { reply: EvaluatedRollout; error: Error }[] = [];
  let asked = 0;
  let judges = plan.judged > 0;
  const ask = async (reply: EvaluatedRollout): Promise<void> => {
    const question = judgeQuestion(judge.model, { messages: answerMessages(reply), schema: answerVerdictSchema }, 0);
    try {
      const verdict = await endpoint.ask(question, answerVerdict);
      judges = true;
      await evaluations.addVerdict(id, name, reply, verdict);
    } catch (error) {
      if (!(error instanceof UnreadableVerdictError || error instanceof JudgeRefusalError)) throw error;
      unread.push({ reply, error });
      if (!judges && unread.length >= patience) throw error;
    }
    asked += 1;
    progress(asked);
  };
  const all = replies(evaluations, id, name);
  const work = async (): Promise<void> => {
    try {
      for await (const { state, reply } of all) if (state === 'missing') await ask(reply);
    } catch (error) {
      failed.abort(error);
    }
  };
  await Promise.all(Array.from({ length: judge.concurrency }, work));
  failed.signal.throwIfAborted();
  const fault = unread.at(0)?.error ?? null;
  if (fault && !judges) throw fault;
  for (const { reply } of unread) await evaluations.addVerdict(id, name, reply, unreadVerdict);
  if (judges) await evaluations.setJudge(id, name);
  return { asked, unread: unread.length, fault: fault && fault.message };
}

/** As verdicts are kept by it. */
const nameOf = ({ endpoint, model }: EndpointJudgeConfig): AnswerJudge => ({
  endpoint: plainEndpoint(endpoint) ?? endpoint,
  model,
});

/** Equal replies to a prompt, which stand together, are one to ask about. */
async function* replies(
  evaluations: JudgedEvaluations,
  id: string,
  judge: AnswerJudge,
): AsyncGenerator<{ reply: EvaluatedRollout; state: keyof JudgingPlan }> {
  let promptId: string | null = null;
  let seen = new Set<string>();
  for (let after: string | null | undefined; after !== null;) {
    const page = await evaluations.rollouts(id, { limit: pageSize, after, judge });
    for (const reply of page.rows) {
      const { prompt, completion, verdict } = reply;
      if (prompt.id !== promptId) seen = new Set();
      promptId = prompt.id;
      const isEqual = seen.has(completion);
      seen.add(completion);
      if (prompt.answer === null) yield { reply, state: 'unanswered' };
      else if (verdict && verdict.extracted !== null) yield { reply, state: 'judged' };
      else yield { reply, state: isEqual ? 'equal' : 'missing' };
    }
    after = page.next;
  }
}
