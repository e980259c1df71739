import { basename, join } from 'node:path';
import * as vscode from 'vscode';
import { exportInWorker, type ExportJob } from '../formats/client.ts';
import type { ExportQuery } from '../formats/export.ts';
import type { ImportParts } from './import-command.ts';
import type { RolloutNode } from './rollouts-tree.ts';

interface Choice extends vscode.QuickPickItem {
  what: ExportJob['what'];
  file: string;
}

const agreementChoice: Choice = {
  label: 'Agreement',
  detail: 'CSV: how far annotators agree, of each pair and on each rollout',
  what: 'agreement',
  file: 'agreement.csv',
};

const choices: Choice[] = [
  {
    label: 'Rollouts',
    detail: 'This project’s JSONL: everything, labels too',
    what: 'rollout-lab',
    file: 'export.rollouts.jsonl',
  },
  { label: 'Labels', detail: 'This project’s JSONL: every annotator’s phases', what: 'labels', file: 'labels.jsonl' },
  agreementChoice,
  { label: 'Rollouts for TRL', detail: 'Parquet, as TRL logs completions', what: 'trl', file: 'completions.parquet' },
  { label: 'Rollouts for verl', detail: 'JSONL, as verl dumps rollouts', what: 'verl', file: 'rollouts.verl.jsonl' },
];

/** Writes rollouts or labels to a file the user names; on a run's row of the tree, only that run's rollouts. */
export async function exportCommand({ store, dist }: ImportParts, target: unknown): Promise<void> {
  if (!(await store.existing())) throw new Error('There is nothing to export yet: import rollouts first.');
  const node = target as RolloutNode | undefined;
  const offered =
    node?.kind === 'run' ? choices.filter(({ what }) => what !== 'labels' && what !== 'agreement') : choices;
  const choice = await vscode.window.showQuickPick(offered, { placeHolder: 'Export what?' });
  if (choice) await save({ store, dist }, choice, node?.kind === 'run' ? { runId: node.runId } : {});
}

/** Writes how far annotators agree to a file the user names. */
export function exportAgreement(parts: Pick<ImportParts, 'store' | 'dist'>): Promise<void> {
  return save(parts, agreementChoice, {});
}

async function save(
  { store, dist }: Pick<ImportParts, 'store' | 'dist'>,
  choice: Choice,
  query: ExportQuery,
): Promise<void> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const out = await vscode.window.showSaveDialog({
    title: `Export ${choice.label}`,
    defaultUri: folder && vscode.Uri.joinPath(folder, choice.file),
  });
  if (!out) return;
  const count = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: `Exporting ${choice.label.toLowerCase()}` },
    () =>
      exportInWorker(
        { store: store.file!, out: out.fsPath, what: choice.what, query },
        join(dist, 'export-worker.cjs'),
      ),
  );
  void vscode.window.showInformationMessage(
    `Wrote ${count} ${choice.what === 'labels' ? 'labels' : 'rollouts'} to ${basename(out.fsPath)}.`,
  );
}
