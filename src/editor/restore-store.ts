import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { counted } from '../domain/counted.ts';
import { momentText } from '../domain/moment.ts';
import type { StoreCheck } from '../store/check.ts';
import { runCommand } from './commands.ts';
import * as plain from './plain-window.ts';
import type { WorkspaceStore } from './workspace-store.ts';

const restore = t('Restore Store…');

/** Says whether the store's file is whole, and offers the way back where it is not. */
export async function checkStore(store: WorkspaceStore): Promise<StoreCheck> {
  const check = await examine(store);
  const [first, ...others] = faultsOf(check);
  if (first === undefined) void plain.showInformationMessage(t('The store {0} is whole.', check.file));
  else
    tellTrouble(
      store,
      others.length > 0
        ? t('The store {0}: {1}, and {2} more.', check.file, first, others.length)
        : t('The store {0}: {1}.', check.file, first),
    );
  return check;
}

/** What is wrong with a store, with the way back. */
export function tellTrouble({ folder }: WorkspaceStore, trouble: string): void {
  void plain.showErrorMessage(trouble, restore).then((choice) => {
    if (choice === restore) void runCommand('rolloutLab.restoreStore', folder?.uri);
  });
}

/** Has a person choose a backup, or take the edits that the store has lost; the file that is there is kept. */
export async function restoreStore(store: WorkspaceStore): Promise<void> {
  const check = await examine(store);
  const edits = {
    label: t('Bring back {0} from the journal', counted(check.lost, 'edit')),
    detail: t('The store is whole and stays.'),
    from: null as string | null,
  };
  const items = [
    ...(check.faults.length === 0 && check.lost > 0 ? [edits] : []),
    ...check.backups.map(({ path, at, bytes }) => ({
      label: t('Backup of {0}, {1} MiB', momentText(at), (bytes / 2 ** 20).toFixed(1)),
      detail: path,
      from: path,
    })),
  ];
  if (items.length === 0) {
    if (check.faults.length === 0) throw new Error(t('The store {0} is whole, and has no backup yet.', check.file));
    throw new Error(
      t(
        'The store {0} is damaged and has no backup. Move it away, import the dumps again, then restore: its edits come back from the journal.',
        check.file,
      ),
    );
  }
  const placeHolder = faultsOf(check)[0] ?? t('The store is whole. What shall take its place?');
  const chosen = await plain.showQuickPick(items, { title: t('Restore Store'), placeHolder });
  if (!chosen) return;
  if (chosen.from !== null) {
    const answer = await plain.ask(
      t('Put this backup in the place of the store?'),
      t(
        'All later edits of labels, judgements, preferences, corrections, comments and marks are brought into it. Rollouts and runs that came later are not in it. The file that is there now is kept under another name. Other windows must open the store anew.',
      ),
      t('Restore'),
    );
    if (answer === undefined) return;
  }
  const restored = await plain.withProgress(
    { location: vscode.ProgressLocation.Notification, title: t('Restoring the store') },
    () => store.restore(chosen.from),
  );
  const [left] = restored.left;
  const text = [
    t('The store is restored, with {0} from its journal.', counted(restored.edits, 'edit')),
    ...(restored.kept === null ? [] : [t('The file that was there is {0}.', restored.kept)]),
  ].join(' ');
  if (left) {
    const lines =
      restored.left.length === 1
        ? t('One line was left out: line {0}: {1}', left.line, left.reason)
        : t('{0} lines were left out: line {1}: {2}', restored.left.length, left.line, left.reason);
    void plain.showWarningMessage(`${text} ${lines}`);
  } else void plain.showInformationMessage(text);
}

function examine(store: WorkspaceStore): Promise<StoreCheck> {
  return Promise.resolve(
    plain.withProgress({ location: vscode.ProgressLocation.Notification, title: t('Checking the store') }, () =>
      store.check(),
    ),
  );
}

function faultsOf({ faults, lost }: StoreCheck): string[] {
  return [...faults, ...(lost > 0 ? [t('{0} edits of its journal are not in it', lost)] : [])];
}
