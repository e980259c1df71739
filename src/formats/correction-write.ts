/** Writes corrections as rows on which policies are fine-tuned. */
import { carriedBoundaries } from '../domain/corrected-phases.ts';
import { editLine, textHash } from '../domain/edit.ts';
import { spans, type Phase } from '../domain/phase.ts';
import { promptMessages, promptText } from '../domain/prompt-text.ts';
import type { Prompt, Rollout } from '../domain/rollout.ts';
import type { CorrectionRow } from '../store/store.ts';
import { allMedia } from './media.ts';
import { writeLines } from './write.ts';

export const correctionExports = ['trl', 'trl-text', 'rollout-lab'] as const;
export type CorrectionExport = (typeof correctionExports)[number];

/** What one annotator wrote in place of the completion of one rollout. */
export interface Corrected {
  prompt: Prompt;
  rollout: Rollout;
  correction: CorrectionRow;
  /** Of the project. */
  phases: readonly Phase[];
  /** Of the annotator's label of the completion; null without one. */
  labelled: readonly number[] | null;
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

function trlLine(corrected: Corrected, texts: boolean): string {
  const { prompt, rollout } = corrected;
  const { annotator, text } = corrected.correction;
  const asking = { system: rollout.system ?? null, hint: rollout.hinted ? prompt.hint : null };
  const row = {
    prompt: texts ? promptText(prompt, asking) : promptMessages(prompt, asking),
    completion: texts ? text : [{ role: 'assistant', content: text }],
    ...{ problem_id: prompt.sourceId ?? prompt.id, rollout: rollout.id, annotator },
    media: allMedia(prompt),
    ...phasesOf(corrected),
  };
  return `${JSON.stringify(row)}\n`;
}

/** The text of each phase, which together are the corrected text, and whose the phases are; null where nobody has said where they begin. */
function phasesOf({ rollout, correction: { text, boundaries }, phases, labelled }: Corrected) {
  const cut = boundaries ?? (labelled && carriedBoundaries(rollout.completion, text, labelled).boundaries);
  return {
    phases:
      cut &&
      spans(text.length, cut).map(({ phase, start, end }) => ({
        name: phases[phase].name,
        text: text.slice(start, end),
      })),
    phases_of: boundaries ? 'correction' : cut && 'label',
  };
}

/** What a journal has of it. */
function ownLine({ rollout, correction: { annotator, text, boundaries, savedAt } }: Corrected): string {
  const on = { rollout: rollout.id, text: textHash(rollout.completion), annotator, at: savedAt };
  return editLine({ kind: 'correction', ...on, action: 'set', corrected: text, boundaries });
}
