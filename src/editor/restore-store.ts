import * as vscode from 'vscode';
import { momentText } from '../domain/moment.ts';
import type { StoreCheck } from '../store/check.ts';
import { runCommand } from './commands.ts';
import { counted } from './rollout-label.ts';
import * as plain from './plain-window.ts';
import type { WorkspaceStore } from './workspace-store.ts';

const restore = 'Restore Store…';

/** Says whether the store's file is whole, and offers the way back where it is not. */
export async function checkStore(store: WorkspaceStore): Promise<StoreCheck> {
  const check = await examine(store);
  const [first, ...others] = faultsOf(check);
  if (first === undefined) void plain.showInformationMessage(`The store ${check.file} is whole.`);
  else
    tellTrouble(store, `The store ${check.file}: ${first}${others.length > 0 ? `, and ${others.length} more` : ''}.`);
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
    label: `Bring back ${counted(check.lost, 'edit')} from the journal`,
    detail: 'The store is whole and stays.',
    from: null as string | null,
  };
  const items = [
    ...(check.faults.length === 0 && check.lost > 0 ? [edits] : []),
    ...check.backups.map(({ path, at, bytes }) => ({
      label: `Backup of ${momentText(at)}, ${(bytes / 2 ** 20).toFixed(1)} MiB`,
      detail: path,
      from: path,
    })),
  ];
  if (items.length === 0) {
    if (check.faults.length === 0) throw new Error(`The store ${check.file} is whole, and has no backup yet.`);
    throw new Error(
      `The store ${check.file} is damaged and has no backup. Move it away, import the dumps again, then restore: its edits come back from the journal.`,
    );
  }
  const placeHolder = faultsOf(check)[0] ?? 'The store is whole. What shall take its place?';
  const chosen = await plain.showQuickPick(items, { title: 'Restore Store', placeHolder });
  if (!chosen) return;
  if (chosen.from !== null) {
    const answer = await plain.ask(
      'Put this backup in the place of the store?',
      `All later edits of labels, judgements, preferences, corrections, comments and marks are brought into it. Rollouts and runs that came later are not in it. The file that is there now is kept under another name. Other windows must open the store anew.`,
      'Restore',
    );
    if (answer === undefined) return;
  }
  const restored = await plain.withProgress(
    { location: vscode.ProgressLocation.Notification, title: 'Restoring the store' },
    () => store.restore(chosen.from),
  );
  const [left] = restored.left;
  const text =
    `The store is restored, with ${counted(restored.edits, 'edit')} from its journal.` +
    (restored.kept === null ? '' : ` The file that was there is ${restored.kept}.`);
  if (left) {
    const lines = restored.left.length === 1 ? 'One line was' : `${restored.left.length} lines were`;
    void plain.showWarningMessage(`${text} ${lines} left out: line ${left.line}: ${left.reason}`);
  } else void plain.showInformationMessage(text);
}

function examine(store: WorkspaceStore): Promise<StoreCheck> {
  return Promise.resolve(
    plain.withProgress({ location: vscode.ProgressLocation.Notification, title: 'Checking the store' }, () =>
      store.check(),
    ),
  );
}

function faultsOf({ faults, lost }: StoreCheck): string[] {
  return [...faults, ...(lost > 0 ? [`${lost} edits of its journal are not in it`] : [])];
}
