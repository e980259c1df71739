/**
 * Has a language model suggest phases (docs/labels.md, "A language model"). Suggestions are kept as they come, by the model's name: whoever
 * asks again asks about what is missing.
 */
import { phaseQuestion, type PhaseQuestion } from '../../domain/suggestion/phase-question.ts';
import { modelSource, type ModelSource } from '../../domain/suggestion/suggestion.ts';
import type { EndpointJudgeConfig } from '../../domain/run.ts';
import type { Called } from '../../store/client.ts';
import type { Store, UnsuggestedCount, UnsuggestedRollout } from '../../store/store.ts';
import { JudgeEndpoint, judgeQuestion, JudgeRefusalError, UnreadableVerdictError } from '../judge/endpoint.ts';

/** Rollouts that are read from the store at once. */
const pageSize = 20;
/** A model that had no suggestion for so many texts, and none before, is none. */
const patience = 3;
/** Of a text in UTF-8, with the numbers of its segments. */
const bytesPerToken = 3.5;
/** Failures that a report names. */
const named = 3;

/** About how many tokens a model makes of so many bytes of text. */
export const tokensOf = (bytes: number): number => Math.ceil(bytes / bytesPerToken);

/** Tokens that questions and answers took. */
export class Spent {
  tokens = 0;
  /** Whether some were not counted by who answered. */
  isEstimated = false;

  /** `counted` is null where who answered does not say: then the texts are the measure. */
  add(counted: number | null, ...texts: string[]): void {
    if (counted === null) this.isEstimated = true;
    this.tokens += counted ?? tokensOf(texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0));
  }
}

/** "12,340 tokens". */
export const spentText = ({ tokens, isEstimated }: Pick<Spent, 'tokens' | 'isEstimated'>): string =>
  `${isEstimated ? 'about ' : ''}${tokens.toLocaleString('en')} tokens${isEstimated ? ', estimated' : ''}`;

/**
 * Asks, again where an answer cannot be read. Throws UnreadableVerdictError where no retry brings one that can be, JudgeRefusalError where the
 * model does not take this question, another Error where it answers none, and once the signal aborts its reason.
 */
export type Ask = (question: PhaseQuestion) => Promise<ReturnType<PhaseQuestion['read']>>;

export interface PhaseModel {
  source: ModelSource;
  /** What it is, and where. */
  name: string;
  /** Questions that are under way at once. */
  concurrency: number;
  /** Asks until the signal aborts, and adds to `spent`. */
  open: (signal: AbortSignal, spent: Spent) => Ask;
}

/** The model behind the judge's endpoint. The key is sent as a bearer token; null where the endpoint asks for none. */
export function endpointModel(judge: EndpointJudgeConfig, key: string | null): PhaseModel {
  const { model, endpoint, concurrency } = judge;
  return {
    ...{ source: modelSource(model), name: `${model} at ${endpoint}`, concurrency },
    open: (signal, spent) => {
      const asked = new JudgeEndpoint({
        ...{ judge: { ...judge, unreadable: 'retry' }, key, signal },
        answered: ({ messages }, { text, tokens }) => spent.add(tokens, JSON.stringify(messages), text),
      });
      return (question) => asked.ask(judgeQuestion(model, question, 0), question.read);
    },
  };
}

/** Those of a store, here or in a thread of its own. */
export type AskedSuggestions = {
  [Name in 'unsuggested' | 'add']: Called<Store['suggestions'][Name]>;
};

export interface ModelJob {
  suggestions: AskedSuggestions;
  model: PhaseModel;
  /** Names of the project's phases, in order. */
  phases: readonly string[];
  /** The query line that says of which rollouts. */
  where: string;
}

/** What would be sent where, for a person to read first. */
export function planText(
  { rollouts, bytes, suggested }: UnsuggestedCount,
  { model, phases }: Pick<ModelJob, 'model' | 'phases'>,
): string {
  const sent =
    rollouts > 0
      ? `the whole completions of ${rollouts.toLocaleString('en')} ${rollouts === 1 ? 'rollout' : 'rollouts'}, each with its question and options, and the names of the phases: roughly ${tokensToSend(rollouts, bytes, phases).toLocaleString('en')} tokens. No video and no sound, no correct answer and no label.`
      : 'nothing.';
  const rest =
    suggested > 0 ? ` Not sent: ${suggested.toLocaleString('en')} for which it has suggested phases already.` : '';
  return `Sent to ${model.name}: ${sent}${rest}`;
}

/** Rough: of the texts, and of what each question says beside them. */
export function tokensToSend(rollouts: number, bytes: number, phases: readonly string[]): number {
  const { messages } = phaseQuestion({ question: '', options: [] }, '.', phases)!;
  const beside = Buffer.byteLength(messages.map(({ content }) => content).join(''));
  const tokens = tokensOf(bytes + rollouts * beside);
  const digits = 10 ** Math.max(0, String(tokens).length - 2);
  return Math.ceil(tokens / digits) * digits;
}

export interface ModelReport {
  source: ModelSource;
  /** What it is, and where. */
  model: string;
  /** Those that got a suggestion. */
  rollouts: number;
  /** Those that got none, and why. */
  failed: { rollout: string; reason: string }[];
  tokens: number;
  isEstimated: boolean;
}

/** Those that got no suggestion, for a person; null where there are none. */
export function failedText({ failed }: Pick<ModelReport, 'failed'>): string | null {
  if (failed.length === 0) return null;
  const shown = failed.slice(0, named).map(({ rollout, reason }) => `${rollout}: ${reason}`);
  const more = failed.length > named ? ' …' : '';
  return `${failed.length} got none, and are asked about again the next time. ${shown.join('. ')}.${more}`;
}

/**
 * Asks about each rollout that has no suggestion of this model, as many at once as the model takes; equal completions of a prompt that stand
 * near each other are one. Throws as `Ask` does where the model answers no question, and where the first answers are none; what was
 * suggested before is kept.
 */
export async function suggestByModel(
  job: ModelJob,
  plan: UnsuggestedCount,
  {
    signal,
    progress,
  }: {
    signal: AbortSignal;
    /** Hears of how many rollouts the model was asked. */
    progress: (done: number, spent: Spent) => void;
  },
): Promise<ModelReport> {
  const { suggestions, model, phases } = job;
  // A store that keeps nothing says so before anything is sent.
  await suggestions.add([]);
  const broken = new AbortController();
  const spent = new Spent();
  const ask = model.open(AbortSignal.any([signal, broken.signal]), spent);
  const failed: ModelReport['failed'] = [];
  let [rollouts, done, misses] = [0, 0, 0];
  let suggests = plan.suggested > 0;
  const askAbout = async (equal: readonly UnsuggestedRollout[]): Promise<void> => {
    const [{ text, ...prompt }] = equal;
    const question = phaseQuestion(prompt, text, phases);
    if (question) {
      try {
        const found = { ...(await ask(question)), source: model.source, model: model.name, entropy: 0 };
        await suggestions.add(
          equal.map(({ rolloutId }) => ({ rolloutId, ...found })),
          text,
        );
        rollouts += equal.length;
        suggests = true;
      } catch (error) {
        if (!(error instanceof UnreadableVerdictError || error instanceof JudgeRefusalError)) throw error;
        failed.push(...equal.map(({ rolloutId }) => ({ rollout: rolloutId, reason: error.message })));
        misses += 1;
        if (!suggests && misses >= patience) throw error;
      }
    }
    done += equal.length;
    progress(done, spent);
  };
  const all = equalOnes(job);
  const work = async (): Promise<void> => {
    try {
      for await (const equal of all) await askAbout(equal);
    } catch (error) {
      broken.abort(error);
    }
  };
  await Promise.all(Array.from({ length: model.concurrency }, work));
  broken.signal.throwIfAborted();
  const { tokens, isEstimated } = spent;
  return { source: model.source, model: model.name, rollouts, failed, tokens, isEstimated };
}

/** What there is to ask about; equal completions of a prompt that are on one page, together. */
async function* equalOnes({ suggestions, model, where }: ModelJob): AsyncGenerator<UnsuggestedRollout[]> {
  for (let after: string | null | undefined; after !== null;) {
    const page = await suggestions.unsuggested(model.source, where, { limit: pageSize, after });
    yield* Map.groupBy(page.rows, ({ promptId, text }) => `${promptId} ${text}`).values();
    after = page.next;
  }
}
