/** Rows of the Rollouts table that a person selected, rollouts or prompts by their row numbers, and what is done with them. */
import { t } from '@vscode/l10n';
import { counted } from '../domain/counted.ts';
import { numberText } from '../domain/number-text.ts';
import type { PromptSelection } from '../domain/run-prompts.ts';
import type { Stretch, TableChoice } from '../protocol/table.ts';
import { exportPrompts, exportSelected } from './export-command.ts';
import { pickTag } from './pick-tag.ts';
import * as plain from './plain-window.ts';
import { blindFor, type TableOrder } from './table-view.ts';
import { annotator, viewer } from './viewer.ts';
import type { StoreParts } from './workspace-store.ts';

/** Selected rows that are flagged, tagged or exported at a time. */
const mostSelected = 10_000;

export interface SelectedRows {
  shows: TableChoice['shows'];
  numbers: Int32Array;
  /** The query line of the view that they are of. */
  line: string;
  /** Whether they are all of that view. */
  isAll: boolean;
}

/** The rows of these stretches of a view. */
export async function selectedIn(
  { shows, line, numbers }: TableOrder,
  stretches: readonly Stretch[],
): Promise<SelectedRows> {
  const all = await numbers;
  const chosen = new Int32Array(stretches.reduce((sum, [from, to]) => sum + Math.max(0, to - from), 0));
  let at = 0;
  for (const [from, to] of stretches) {
    chosen.set(all.subarray(from, to), at);
    at += to - from;
  }
  return { shows, line, numbers: chosen, isAll: chosen.length === all.length };
}

/** The rollouts that they are, or of prompts those that the line keeps. */
export async function rolloutsOf({ store }: StoreParts, { shows, numbers, line }: SelectedRows): Promise<Int32Array> {
  if (shows === 'rollouts') return numbers;
  const rollouts = await store.client.promptTable.rolloutsOf([...numbers], { line, blindFor: blindFor(viewer()) });
  if (rollouts.length === 0) throw new Error(t('None of these prompts has a rollout yet.'));
  return rollouts;
}

/** The prompts that they are, or of rollouts theirs, for a run to train on. */
export function selectionOf({ store }: StoreParts, { shows, numbers }: SelectedRows): Promise<PromptSelection> {
  // On a thread of its own, for there may be a million.
  return store.apart(async ({ promptTable }) =>
    promptTable.selection(shows === 'prompts' ? numbers : await promptTable.ofRollouts(numbers)),
  );
}

/** Writes them in a format that the user chooses. */
export async function exportRows(parts: StoreParts, rows: SelectedRows): Promise<void> {
  const { shows, line, isAll } = rows;
  const ids = isAll ? null : await idsOf(parts, rows);
  if (shows === 'rollouts') await exportSelected(parts, ids ? { ids } : { where: line });
  else await exportPrompts(parts, ids ? { promptIds: ids } : { where: line });
}

/** Raises the annotator's flag on them, or takes it down. */
export async function flag(parts: StoreParts, rows: SelectedRows, raised: boolean): Promise<void> {
  needRollouts(rows);
  const ids = await idsOf(parts, rows);
  const changed = await parts.store.client.statuses.flagAll(ids, annotator(), raised);
  const rollouts = counted(changed, 'rollout');
  tell(raised ? t('Flagged {0}', rollouts) : t('Took your flag from {0}', rollouts), changed < ids.length, raised);
}

/** Puts a tag that the user chooses on them, or takes one of their own off. */
export async function tag(parts: StoreParts, rows: SelectedRows, on: boolean): Promise<void> {
  needRollouts(rows);
  const ids = await idsOf(parts, rows);
  const { client } = parts.store;
  const chosen = await pickTag(client, on ? null : annotator());
  if (chosen === undefined) return;
  const changed = await client.tags.set(ids, annotator(), chosen, on);
  const rollouts = counted(changed, 'rollout');
  tell(
    on ? t('Put the tag {0} on {1}', chosen, rollouts) : t('Took your tag {0} off {1}', chosen, rollouts),
    changed < ids.length,
    on,
  );
}

function needRollouts({ shows }: SelectedRows): void {
  if (shows === 'prompts') throw new Error(t('Prompts have neither flags nor tags: choose rollouts.'));
}

/** Of those that are there still. */
async function idsOf({ store }: StoreParts, { shows, numbers }: SelectedRows): Promise<string[]> {
  if (numbers.length > mostSelected)
    throw new Error(
      shows === 'rollouts'
        ? t(
            'At most {0} selected rollouts can be flagged, tagged or exported at a time. All that a query keeps can be exported.',
            numberText(mostSelected),
          )
        : t(
            'At most {0} selected prompts can be exported at a time. All that a query keeps can be exported.',
            numberText(mostSelected),
          ),
    );
  const { table, promptTable } = store.client;
  const ids = await (shows === 'prompts' ? promptTable : table).ids([...numbers]);
  return ids.filter((id) => id !== null);
}

/** Says what was done to how many of the selected rollouts, and of the others, where there are some, why not. */
function tell(done: string, hasOthers: boolean, on: boolean): void {
  const others = on ? t('{0}; the others had it.', done) : t('{0}; the others did not have it.', done);
  void plain.showInformationMessage(hasOthers ? others : `${done}.`);
}
