/** Prompts as datasets. */
import { promptText } from '../domain/prompt-text.ts';
import type { Prompt } from '../domain/rollout.ts';
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

function swiftRow(prompt: Prompt): Record<string, unknown> {
  const { id, sourceId, answer, problemType, video, audio, hint, stage } = prompt;
  const tags = `${video === null ? '' : '<video>'}${audio === null ? '' : '<audio>'}`;
  return {
    messages: [{ role: 'user', content: tags + promptText(prompt).trimEnd() }],
    ...(video !== null && { videos: [video] }),
    ...(audio !== null && { audios: [audio] }),
    solution: answer,
    problem_type: problemType.replaceAll('-', '_'),
    prompt_id: sourceId ?? id,
    ...(hint !== null && { hint }),
    ...(stage !== null && { stage }),
  };
}
