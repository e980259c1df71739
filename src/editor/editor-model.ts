/** A language model of the editor's, asked for phases: the editor knows where the model is, and asks the person for consent where its vendor has it so. */
import { setTimeout } from 'node:timers/promises';
import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { errorText } from '../domain/error-text.ts';
import { withoutSystem } from '../domain/prompt-text.ts';
import { modelSource } from '../domain/suggestion/suggestion.ts';
import { JudgeRefusalError, retries, UnreadableVerdictError } from '../training/judge/endpoint.ts';
import { tokensOf, type PhaseModel } from '../training/suggestions/by-model.ts';

/** Its vendors limit their rates, and say nothing of when to come again. */
const concurrency = 2;
/** Before a question is asked again, in ms; twice as long each time. */
const firstWait = 1000;
/** For one answer, in ms. */
const longestAnswer = 120_000;
/** Questions in a row that bring no answer, each with its retries: then it is not the questions. */
const patience = 3;

/** What no retry helps against. */
const final: readonly string[] = [
  vscode.LanguageModelError.NoPermissions.name,
  vscode.LanguageModelError.Blocked.name,
  vscode.LanguageModelError.NotFound.name,
];

export function editorModel(chat: vscode.LanguageModelChat): PhaseModel {
  const name = `${chat.name} of ${chat.vendor}, through the editor`;
  return {
    ...{ source: modelSource(`${chat.vendor}/${chat.id}`), name, concurrency },
    open: (signal, spent) => {
      const answers = new Answers(chat, name, signal);
      return async ({ messages, read }) => {
        const [{ content }] = withoutSystem(messages);
        if (tokensOf(Buffer.byteLength(content)) > chat.maxInputTokens)
          throw new JudgeRefusalError(t('{0} reads {1} tokens at most, and this is longer', name, chat.maxInputTokens));
        for (let attempt = 0; ; attempt += 1) {
          const answer = await answers.to(content);
          spent.add(null, content, answer);
          try {
            return read(answer);
          } catch (error) {
            if (attempt === retries.answer)
              throw new UnreadableVerdictError(t('{0} gives no answer that can be read: {1}', name, errorText(error)));
          }
        }
      };
    },
  };
}

class Answers {
  readonly #chat: vscode.LanguageModelChat;
  readonly #name: string;
  readonly #signal: AbortSignal;
  /** Settles once the first question has its answer. */
  #first: Promise<unknown> | null = null;
  #missed = 0;

  constructor(chat: vscode.LanguageModelChat, name: string, signal: AbortSignal) {
    this.#chat = chat;
    this.#name = name;
    this.#signal = signal;
  }

  /** The answer to a question. Throws as `Ask` does. */
  async to(content: string): Promise<string> {
    // The editor may ask the person for consent at the first one, once. What it does not allow then, it allows no other.
    await this.#first?.catch((error: unknown) => {
      if (!(error instanceof JudgeRefusalError)) throw error;
    });
    const answer = this.#retried(content);
    this.#first ??= answer;
    return answer;
  }

  async #retried(content: string): Promise<string> {
    for (let attempt = 0; ; attempt += 1) {
      this.#signal.throwIfAborted();
      try {
        const answer = await this.#once(content);
        this.#missed = 0;
        return answer;
      } catch (error) {
        this.#signal.throwIfAborted();
        if (error instanceof vscode.LanguageModelError && final.includes(error.code)) throw this.#failure(error);
        if (attempt < retries.request) {
          await setTimeout(firstWait * 2 ** attempt, undefined, { signal: this.#signal });
          continue;
        }
        this.#missed += 1;
        throw this.#missed < patience ? new JudgeRefusalError(this.#failure(error).message) : this.#failure(error);
      }
    }
  }

  async #once(content: string): Promise<string> {
    const asked = [vscode.LanguageModelChatMessage.User(content)];
    const justification = t('To suggest the phases of reasoning texts, which you have chosen.');
    const cancel = new vscode.CancellationTokenSource();
    try {
      // Consent takes as long as the person takes.
      const sent = this.#chat.sendRequest(asked, { justification }, cancel.token);
      const { text } = await unlessAborted(this.#signal, cancel, sent);
      const limit = AbortSignal.any([this.#signal, AbortSignal.timeout(longestAnswer)]);
      return await unlessAborted(limit, cancel, whole(text));
    } finally {
      cancel.dispose();
    }
  }

  #failure(error: unknown): Error {
    const late = error instanceof Error && error.name === 'TimeoutError';
    const fault = late
      ? t('did not answer within {0} s', longestAnswer / 1000)
      : t('does not answer: {0}', errorText(error));
    return new Error(`${this.#name} ${fault}`, { cause: error });
  }
}

async function whole(parts: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const part of parts) text += part;
  return text;
}

/** The work's result. Once the signal aborts the work is cancelled, and its reason thrown at once: a provider may hear of it late or never. */
async function unlessAborted<Result>(
  signal: AbortSignal,
  cancel: vscode.CancellationTokenSource,
  work: Thenable<Result>,
): Promise<Result> {
  const ended = Promise.withResolvers<never>();
  const end = (): void => {
    cancel.cancel();
    ended.reject(signal.reason);
  };
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  try {
    return await Promise.race([work, ended.promise]);
  } finally {
    signal.removeEventListener('abort', end);
  }
}
