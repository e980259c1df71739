/** What goes wrong with the store's file, in words that say what to do. */

/** What SQLite says, and what a person can do about it. */
import { t } from '@vscode/l10n';
const cures: readonly (readonly [says: RegExp, told: string])[] = [
  [
    /database (table )?is locked/,
    t(
      'Another program is writing to the store and has not let go of it. Wait until it has finished, or end it, then try again.',
    ),
  ],
  [
    /attempt to write a readonly database/,
    t('The store may not be written to. Give yourself the right to write to its file and its folder, then try again.'),
  ],
  [/database or disk is full/, t('The disk is full. Make room on it, then try again.')],
  [
    /disk I\/O error/,
    t('The disk that the store is on cannot be read or written. Look whether it is still there, then try again.'),
  ],
];

/** An error of a call on the store as it is told: with the cure where one is known. */
export function toldError(error: unknown): Error {
  const told = error instanceof Error ? error : new Error(String(error));
  const cure = cures.find(([says]) => says.test(told.message));
  return cure ? new Error(cure[1], { cause: error }) : told;
}

/** What everybody is told of a store that was removed or replaced while it was open. */
export function replacedError(file: string): Error {
  return new Error(
    t(
      'The store {0} was removed or replaced by another program while it was open; nothing more is saved to it. The command “Rollout Lab: Save to a New Store…” keeps what it holds.',
      file,
    ),
  );
}
