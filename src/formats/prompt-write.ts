/** Prompts as datasets that trainers read. */
import { promptText } from '../domain/prompt-text.ts';
import type { Prompt } from '../domain/rollout.ts';

/** A prompt as one line, newline included: the row of its dataset as it was, else a row for ms-swift with the columns that AVATAR's rewards read. */
export function promptLine(prompt: Prompt): string {
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
