/** Prompts as datasets. */
import { promptMessages } from '../domain/prompt-text.ts';
import type { Prompt } from '../domain/rollout.ts';
import { allMedia } from './media.ts';
import { rolloutLine } from './rollout-lab.ts';

export const promptExports = ['dataset', 'rollout-lab'] as const;
export type PromptExport = (typeof promptExports)[number];

/** A prompt as a line of each: for trainers, or for another store, which loses nothing. */
export const promptWriters: Record<PromptExport, (prompt: Prompt) => string> = {
  dataset: promptLine,
  'rollout-lab': (prompt) => rolloutLine(prompt, null),
};

/** A prompt as one line, newline included: the row of its dataset as it was, else a row for ms-swift with the columns that AVATAR's rewards read. */
function promptLine(prompt: Prompt): string {
  return `${JSON.stringify(prompt.sourceRow ?? swiftRow(prompt))}\n`;
}

/** Each tag stands for the next file of its kind; a row has a column of the kinds that its prompt has. */
function swiftRow(prompt: Prompt): Record<string, unknown> {
  const { id, sourceId, answer, problemType, hint, stage } = prompt;
  const media = allMedia(prompt);
  const tags = media.map(({ kind }) => `<${kind}>`).join('');
  const messages = promptMessages(prompt, { system: prompt.system ?? null, hint: null });
  return {
    messages: messages.map(({ role, content }) => ({ role, content: role === 'user' ? tags + content : content })),
    ...Object.fromEntries(
      Object.entries(Object.groupBy(media, ({ kind }) => kind)).map(([kind, files]) => [
        `${kind}s`,
        files.map(({ path }) => path),
      ]),
    ),
    solution: answer,
    problem_type: problemType.replaceAll('-', '_'),
    prompt_id: sourceId ?? id,
    ...(hint !== null && { hint }),
    ...(stage !== null && { stage }),
  };
}
