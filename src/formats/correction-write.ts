/** Writes corrections as rows on which policies are fine-tuned. */
import { editLine, textHash } from '../domain/edit.ts';
import { promptMessages, promptText } from '../domain/prompt-text.ts';
import type { Prompt, Rollout } from '../domain/rollout.ts';
import type { CorrectionRow } from '../store/store.ts';
import { writeLines } from './write.ts';

export const correctionExports = ['trl', 'trl-text', 'rollout-lab'] as const;
export type CorrectionExport = (typeof correctionExports)[number];

/** What one annotator wrote in place of the completion of one rollout. */
export interface Corrected {
  prompt: Prompt;
  rollout: Rollout;
  correction: CorrectionRow;
}

/**
 * Writes `rows` to the file `out`, streaming. `rollout-lab` loses nothing: lines of a journal, which an import brings onto the same rollouts.
 * The others are TRL's prompt-completion data for SFT, `trl` as messages and `trl-text` as texts.
 */
export function writeCorrections(out: string, format: CorrectionExport, rows: Iterable<Corrected>): Promise<void> {
  return writeLines(out, rows, (row) =>
    format === 'rollout-lab' ? ownLine(row) : trlLine(row, format === 'trl-text'),
  );
}

function trlLine({ prompt, rollout, correction: { annotator, text } }: Corrected, texts: boolean): string {
  const asking = { system: rollout.system ?? null, hint: rollout.hinted ? prompt.hint : null };
  const row = {
    prompt: texts ? promptText(prompt, asking) : promptMessages(prompt, asking),
    completion: texts ? text : [{ role: 'assistant', content: text }],
    ...{ problem_id: prompt.sourceId ?? prompt.id, rollout: rollout.id, annotator },
  };
  return `${JSON.stringify(row)}\n`;
}

/** What a journal has of it. */
function ownLine({ rollout, correction: { annotator, text, savedAt } }: Corrected): string {
  const on = { rollout: rollout.id, text: textHash(rollout.completion), annotator, at: savedAt };
  return editLine({ kind: 'correction', ...on, action: 'set', corrected: text });
}
