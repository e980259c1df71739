import { basename } from 'node:path';
import { columnsText, roles, type ColumnMap, type ColumnOffer, type Role } from '../formats/columns.ts';
import * as plain from './plain-window.ts';

const labels: Record<Role, string> = {
  prompt: 'Prompt',
  completion: 'Completion',
  reward: 'Reward',
  answer: 'True answer',
  group: 'Group',
  video: 'Video',
  audio: 'Audio',
  advantage: 'Advantage',
  version: 'Policy version',
};

/**
 * Asks which columns of files of one shape are what, each shown with the first rows' values; `start` is what is there at first. Undefined
 * when they are not to be read.
 */
export async function pickColumns(
  files: readonly string[],
  offer: ColumnOffer,
  start: ColumnMap,
): Promise<ColumnMap | undefined> {
  const more = files.length > 1 ? ` and ${files.length - 1} more with its columns` : '';
  const title = `Columns of ${basename(files[0])}${more}`;
  let map = start;
  for (;;) {
    const parts = roles.map((role) => ({
      role,
      label: labels[role],
      description: map[role]?.join(' + ') ?? 'none',
      detail: valuesOf(map[role] ?? [], offer),
    }));
    const accept = { role: null, label: 'Import With These Columns', description: columnsText(map), detail: undefined };
    const chosen = await plain.showQuickPick([...(map.prompt ? [accept] : []), ...parts], {
      title,
      placeHolder: 'Of no known format: import it by these columns, or choose a part to change',
    });
    if (!chosen) return undefined;
    if (chosen.role === null) return map;
    map = { ...map, [chosen.role]: await pickPart(chosen.role, offer, map[chosen.role]) };
  }
}

/** The part's columns, as they were when nothing was chosen; undefined of none. */
async function pickPart(
  role: Role,
  offer: ColumnOffer,
  now: readonly string[] | undefined,
): Promise<readonly string[] | undefined> {
  const columns = offer.columns.map((column) => ({ column, label: column, detail: valuesOf([column], offer) }));
  if (role === 'reward') {
    const items = columns.map((item) => ({ ...item, picked: now?.includes(item.column) ?? false }));
    const picked = await plain.showQuickPicks(items, {
      placeHolder: 'Which columns are rewards? Their sum is the reward.',
    });
    if (!picked) return now;
    return picked.length > 0 ? picked.map(({ column }) => column) : undefined;
  }
  const none = role === 'prompt' ? [] : [{ column: null, label: 'None', detail: undefined }];
  const picked = await plain.showQuickPick([...columns, ...none], {
    placeHolder: `Which column is this: ${labels[role].toLowerCase()}?`,
  });
  if (!picked) return now;
  return picked.column === null ? undefined : [picked.column];
}

/** What the first rows have in these columns, on a line. */
const valuesOf = (columns: readonly string[], { rows }: ColumnOffer): string | undefined =>
  columns.length === 0
    ? undefined
    : rows.map((row, i) => `${i + 1}: ${columns.map((column) => row[column]).join(' + ')}`).join('   ');
