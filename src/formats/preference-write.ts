/** Writes preferences as pairs on which policies are trained by DPO. */
import { editLine, textHash } from '../domain/edit.ts';
import { promptMessages, promptText } from '../domain/prompt-text.ts';
import type { Prompt, Rollout } from '../domain/rollout.ts';
import type { PreferenceRow } from '../store/store.ts';
import { allMedia } from './media.ts';
import { writeKept, type Left } from './write-kept.ts';

export const preferenceExports = ['trl', 'trl-text', 'rollout-lab'] as const;
export type PreferenceExport = (typeof preferenceExports)[number];

/** What one annotator says of two rollouts of a prompt: the verdict is of `rollout` against `other`. */
export interface Preferred {
  prompt: Prompt;
  rollout: Rollout;
  other: Rollout;
  preference: PreferenceRow;
}

/** How many preferences a file holds, and how many were left out for what reason. */
export interface PreferenceCount {
  preferences: number;
  left: Left[];
}

/**
 * Writes `rows` to the file `out`, streaming. `rollout-lab` loses nothing: lines of a journal, which an import brings onto the same rollouts.
 * The others are TRL's preference data (`prompt`, `chosen`, `rejected`), `trl` as messages and `trl-text` as texts; they have no ties.
 */
export async function writePreferences(
  out: string,
  format: PreferenceExport,
  rows: Iterable<Preferred>,
): Promise<PreferenceCount> {
  const { count, left } = await writeKept(out, rows, (row) => lineOf(format, row));
  return { preferences: count, left };
}

function lineOf(format: PreferenceExport, row: Preferred): { text: string } | { reason: string } {
  if (format === 'rollout-lab') return { text: ownLine(row) };
  const { prompt, rollout, other, preference } = row;
  if (preference.verdict === 'tie') return { reason: 'neither of two that tie is chosen' };
  const asked = (one: Rollout): Parameters<typeof promptMessages>[1] & object => ({
    system: one.system ?? null,
    hint: one.hinted ? prompt.hint : null,
  });
  const asking = asked(rollout);
  if (JSON.stringify(asking) !== JSON.stringify(asked(other)))
    return { reason: 'its two completions were asked for with another instruction or hint' };
  const [chosen, rejected] = preference.verdict === 'better' ? [rollout, other] : [other, rollout];
  const texts = format === 'trl-text';
  const said = ({ completion }: Rollout): unknown =>
    texts ? completion : [{ role: 'assistant', content: completion }];
  const pair = {
    prompt: texts ? promptText(prompt, asking) : promptMessages(prompt, asking),
    ...{ chosen: said(chosen), rejected: said(rejected) },
    media: allMedia(prompt),
    problem_id: prompt.sourceId ?? prompt.id,
    ...{ chosen_rollout: chosen.id, rejected_rollout: rejected.id, annotator: preference.annotator },
  };
  return { text: `${JSON.stringify(pair)}\n` };
}

/** What a journal has of it. */
function ownLine({ rollout, other, preference: { annotator, verdict, savedAt } }: Preferred): string {
  const on = { rollout: rollout.id, text: textHash(rollout.completion), annotator, at: savedAt };
  const against = { rollout: other.id, text: textHash(other.completion) };
  return editLine({ kind: 'preference', ...on, action: 'set', other: against, verdict });
}
