/** Stored rollouts brought to what their file says now, in place: what people made of them stays. */
import { placesIn, type PlaceIn } from '../domain/text-change.ts';
import { stuckComment } from './comments.ts';
import type { Connection } from './connection.ts';
import { editsOf } from './edits.ts';
import { carryJudgements, stuckJudgement } from './judgements.ts';
import { carryLabels, stuckLabel } from './label-moves.ts';
import type { Prompts } from './prompts.ts';
import { updateRollout } from './rollout-writes.ts';
import type { Rollouts } from './rollouts.ts';
import { rolloutNumber } from './row-numbers.ts';
import type { RolloutUpdate, UpdateCount } from './rows.ts';
import { carrySuggestions, stuckSuggestion } from './suggestions.ts';
import type { Curves } from './token-curves.ts';

/** Part of a transaction of whoever calls it. */
export function applyUpdates(
  db: Connection,
  { prompts, rollouts, curves }: { prompts: Prompts; rollouts: Rollouts; curves: Curves },
  updates: readonly RolloutUpdate[],
): UpdateCount {
  const kept: UpdateCount['kept'] = [];
  const left = new Map<string, string>();
  let changed = 0;
  for (const { id, rollout } of updates) {
    const n = rolloutNumber(db, id);
    const before = rollouts.get(id);
    if (n === undefined || !before) throw new Error(`there is no rollout ${id} in this store`);
    const place = before.completion === rollout.completion ? null : placesIn(before.completion, rollout.completion);
    const reason = place && stuckBy(db, n, place);
    if (reason) kept.push({ id: before.id, reason });
    const { completion, tokens } = reason ? curves.measured(id)! : rollout;
    if (updateRollout(db, n, { ...rollout, completion, tokens })) changed += 1;
    // Now that it is stored: the journal has an edit with the text of its time.
    if (place && !reason) {
      carryLabels(db, n, place);
      carryJudgements(db, n, place);
      carrySuggestions(db, n, place);
    }
    // The journal's edits are of a text.
    if (completion !== before.completion) for (const edit of editsOf(db, n)) db.noteEdit(edit);
    if (before.promptId !== rollout.promptId) left.set(before.promptId, rollout.promptId);
  }
  const merged = [...left].filter(([from, to]) => prompts.mergeEmpty(from, to)).length;
  return { changed, merged, kept };
}

/** What on a rollout would lose its place in a changed text; null when nothing would. */
function stuckBy(db: Connection, n: number, place: PlaceIn): string | null {
  const annotator = stuckLabel(db, n, place);
  if (annotator !== null) return `a boundary of ${annotator}’s label has no place in the text as it is read now`;
  const judge = stuckJudgement(db, n, place);
  if (judge !== null) return `a step that ${judge} judged has no place in the text as it is read now`;
  const author = stuckComment(db, n, place);
  if (author !== null) return `a comment of ${author} is on text that is not where it was`;
  const source = stuckSuggestion(db, n, place);
  return source && `a boundary that the ${source} suggested has no place in the text as it is read now`;
}
