import { basename } from 'node:path';
import { t } from '@vscode/l10n';
import { columnsText, roles, type ColumnMap, type ColumnOffer, type Role } from '../formats/columns.ts';
import * as plain from './plain-window.ts';

const labels: Record<Role, string> = {
  prompt: t('Prompt'),
  completion: t('Completion'),
  reward: t('Reward'),
  answer: t('True answer'),
  group: t('Group'),
  video: t('Video'),
  audio: t('Audio'),
  advantage: t('Advantage'),
  version: t('Policy version'),
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
  const name = basename(files[0]);
  const title =
    files.length > 1
      ? t('Columns of {0} and {1} more with its columns', name, files.length - 1)
      : t('Columns of {0}', name);
  let map = start;
  for (;;) {
    const parts = roles.map((role) => ({
      role,
      label: labels[role],
      description: map[role]?.join(' + ') ?? t('none'),
      detail: valuesOf(map[role] ?? [], offer),
    }));
    const accept = {
      role: null,
      label: t('Import With These Columns'),
      description: columnsText(map),
      detail: undefined,
    };
    const chosen = await plain.showQuickPick([...(map.prompt ? [accept] : []), ...parts], {
      title,
      placeHolder: t('Of no known format: import it by these columns, or choose a part to change'),
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
      placeHolder: t('Which columns are rewards? Their sum is the reward.'),
    });
    if (!picked) return now;
    return picked.length > 0 ? picked.map(({ column }) => column) : undefined;
  }
  const none = role === 'prompt' ? [] : [{ column: null, label: t('None'), detail: undefined }];
  const picked = await plain.showQuickPick([...columns, ...none], {
    placeHolder: t('Which column is this: {0}?', labels[role].toLowerCase()),
  });
  if (!picked) return now;
  return picked.column === null ? undefined : [picked.column];
}

/** What the first rows have in these columns, on a line. */
const valuesOf = (columns: readonly string[], { rows }: ColumnOffer): string | undefined =>
  columns.length === 0
    ? undefined
    : rows.map((row, i) => `${i + 1}: ${columns.map((column) => row[column]).join(' + ')}`).join('   ');
