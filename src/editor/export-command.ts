import { basename, join } from 'node:path';
import * as vscode from 'vscode';
import { exportInWorker, type ExportChoice, type ExportJob } from '../formats/client.ts';
import type { ExportQuery } from '../formats/export.ts';
import type { CorrectionExport } from '../formats/correction-write.ts';
import type { JudgementExport } from '../formats/judgement-write.ts';
import type { LabelExport } from '../formats/label-write.ts';
import type { MetricExport } from '../formats/metrics-write.ts';
import type { PreferenceExport } from '../formats/preference-write.ts';
import type { TrainingExport } from '../formats/training-write.ts';
import type { RolloutExport } from '../formats/write.ts';
import * as plain from './plain-window.ts';
import { counted } from './rollout-label.ts';
import type { RolloutNode } from './rollout-node.ts';
import type { StoreParts } from './workspace-store.ts';

interface Choice extends vscode.QuickPickItem {
  choice: ExportChoice;
  /** Name offered for the file, or the folder. */
  file: string;
}

const labels = (format: LabelExport, label: string, detail: string, file: string): Choice => ({
  label,
  detail,
  choice: { what: 'labels', format },
  file,
});

const rollouts = (format: RolloutExport, label: string, detail: string, file: string): Choice => ({
  label,
  detail,
  choice: { what: 'rollouts', format },
  file,
});

const training = (format: TrainingExport, label: string, detail: string, file: string): Choice => ({
  label,
  detail,
  choice: { what: 'training', format },
  file,
});

const judgements = (format: JudgementExport, label: string, detail: string, file: string): Choice => ({
  label,
  detail,
  choice: { what: 'judgements', format },
  file,
});

const preferences = (format: PreferenceExport, label: string, detail: string, file: string): Choice => ({
  label,
  detail,
  choice: { what: 'preferences', format },
  file,
});

const corrections = (format: CorrectionExport, label: string, detail: string, file: string): Choice => ({
  label,
  detail,
  choice: { what: 'corrections', format },
  file,
});

const metrics = (format: MetricExport, label: string, detail: string, file: string): Choice => ({
  label,
  detail,
  choice: { what: 'metrics', format },
  file,
});

const agreementChoice: Choice = {
  label: 'Agreement',
  detail: 'CSV: the agreement of each pair of annotators on each rollout',
  choice: { what: 'agreement' },
  file: 'agreement.csv',
};

const promptsChoices: Choice[] = [
  {
    label: 'Prompts',
    detail: 'JSONL: as another trainer’s dataset had them, else as rows for ms-swift',
    choice: { what: 'prompts', format: 'dataset' },
    file: 'prompts.jsonl',
  },
  {
    label: 'Prompts for Another Store',
    detail: 'This project’s JSONL: prompts alone, losslessly',
    choice: { what: 'prompts', format: 'rollout-lab' },
    file: 'prompts.rollouts.jsonl',
  },
];

const choices: Choice[] = [
  rollouts('rollout-lab', 'Rollouts', 'This project’s JSONL: everything, including labels', 'export.rollouts.jsonl'),
  labels('rollout-lab', 'Labels', 'This project’s JSONL: every annotator’s phases', 'labels.jsonl'),
  labels('csv', 'Labels as CSV', 'A row for each phase of each label', 'labels.csv'),
  labels('eaf', 'Labels for ELAN', 'A new folder with an .eaf file for each rollout', 'eaf'),
  labels('label-studio', 'Labels for Label Studio', 'JSON tasks, and a labelling interface beside them', 'labels.json'),
  labels('webvtt', 'Labels as WebVTT', 'A new folder with a .vtt file for each rollout', 'webvtt'),
  judgements(
    'rollout-lab',
    'Judgements',
    'This project’s JSONL: what everybody says of each phase',
    'judgements.jsonl',
  ),
  judgements('trl', 'Process Rewards for TRL', 'JSONL, as TRL’s stepwise supervision', 'stepwise.jsonl'),
  judgements('prm800k', 'Process Rewards as PRM800K', 'JSONL: a rating of each phase', 'prm800k.jsonl'),
  judgements(
    'math-shepherd',
    'Process Rewards as Math-Shepherd',
    'JSONL: a mark after each phase',
    'math-shepherd.jsonl',
  ),
  preferences(
    'rollout-lab',
    'Preferences',
    'This project’s JSONL: which of two completions everybody prefers',
    'preferences.jsonl',
  ),
  preferences('trl', 'Preferences for TRL', 'JSONL: pairs of messages for DPO', 'dpo.jsonl'),
  preferences(
    'trl-text',
    'Preferences for TRL as Texts',
    'The same for a policy without a chat template',
    'dpo-text.jsonl',
  ),
  corrections(
    'rollout-lab',
    'Corrections',
    'This project’s JSONL: what everybody writes in place of completions',
    'corrections.jsonl',
  ),
  corrections('trl', 'Corrections for TRL', 'JSONL: prompts and completions as messages for SFT', 'sft.jsonl'),
  corrections(
    'trl-text',
    'Corrections for TRL as Texts',
    'The same for a policy without a chat template',
    'sft-text.jsonl',
  ),
  agreementChoice,
  rollouts('trl', 'Rollouts for TRL', 'Parquet, as TRL logs completions', 'completions.parquet'),
  rollouts('verl', 'Rollouts for verl', 'JSONL, as verl dumps rollouts', 'rollouts.verl.jsonl'),
  training(
    'training-parquet',
    'Training Set',
    'Parquet: rollouts with the TAS weight of every token',
    'training.parquet',
  ),
  training('training-jsonl', 'Training Set as JSONL', 'The same as JSONL', 'training.jsonl'),
  ...promptsChoices,
  training(
    'training-trl',
    'Training Set for TRL',
    'A new folder: rollouts with weights, and a GRPO trainer that takes them',
    'trl-training',
  ),
  training(
    'training-verl',
    'Training Set for verl',
    'A new folder: prompts, and GRPO that weighs tokens by their place',
    'verl-training',
  ),
  training(
    'training-verifiers',
    'Training Set for prime-rl',
    'The traces of verifiers that were imported, with loss_weights',
    'traces.jsonl',
  ),
  metrics('csv', 'Metrics as CSV', 'What runs measured: a row for each iteration', 'runs.csv'),
  metrics('tensorboard', 'Metrics for TensorBoard', 'A new folder with event files of each run', 'tensorboard'),
  metrics('trackio', 'Metrics for Trackio', 'JSONL for Trackio’s inbox', 'runs.trackio.jsonl'),
];

const ofRollouts = choices.filter(({ choice }) => choice.what === 'rollouts' || choice.what === 'training');
const ofRun = [...ofRollouts, ...choices.filter(({ choice }) => choice.what === 'metrics')];

/** Writes rollouts, labels or metrics to a file the user names; on a run's row of the tree, only that run's. */
export async function exportCommand({ store, dist }: StoreParts, target: unknown): Promise<void> {
  if (!(await store.existing())) throw new Error('There is nothing to export yet: import rollouts first.');
  const node = target as RolloutNode | undefined;
  const choice = await plain.showQuickPick(node?.kind === 'run' ? ofRun : choices, {
    placeHolder: 'What do you want to export?',
  });
  if (choice) await save({ store, dist }, choice, node?.kind === 'run' ? { runId: node.runId } : {});
}

/** Writes the rollouts that a query of the table keeps, or their prompts, to a file the user names. */
export async function exportSelected(parts: StoreParts, query: ExportQuery): Promise<void> {
  const offered = [...ofRollouts, ...promptsChoices];
  const choice = await plain.showQuickPick(offered, {
    placeHolder: 'How do you want to export these rollouts, or their prompts?',
  });
  if (choice) await save(parts, choice, query);
}

/** Writes prompts that a query of the table keeps to a file the user names. */
export async function exportPrompts(parts: StoreParts, query: ExportJob['query']): Promise<void> {
  const choice = await plain.showQuickPick(promptsChoices, { placeHolder: 'How do you want to export these prompts?' });
  if (choice) await save(parts, choice, query);
}

/** Writes how far annotators agree to a file the user names. */
export function exportAgreement(parts: StoreParts): Promise<void> {
  return save(parts, agreementChoice, {});
}

const units: Record<ExportChoice['what'], string> = {
  labels: 'label',
  judgements: 'judged rollout',
  preferences: 'preference',
  corrections: 'correction',
  agreement: 'rollout',
  prompts: 'prompt',
  metrics: 'run',
  rollouts: 'rollout',
  training: 'rollout',
};

async function save(
  { store, dist }: StoreParts,
  { label, choice, file }: Choice,
  query: ExportJob['query'],
): Promise<void> {
  const folder = store.folder?.uri;
  const out = await vscode.window.showSaveDialog({
    title: `Export ${label}`,
    defaultUri: folder && vscode.Uri.joinPath(folder, file),
  });
  if (!out) return;
  const written = await plain.cancellable(`Exporting ${label.charAt(0).toLowerCase()}${label.slice(1)}`, (signal) =>
    store.beside((file) =>
      exportInWorker({ store: file, out: out.fsPath, choice, query }, signal, join(dist, 'export-worker.cjs')),
    ),
  );
  if (!written) return void plain.showInformationMessage('The export was cancelled: nothing was written.');
  const what = counted(written.count, units[choice.what]);
  const without = written.left.map((one) => ` ${counted(one.count, units[choice.what])} left out: ${one.reason}.`);
  void plain.showInformationMessage(`Wrote ${what} to ${basename(out.fsPath)}.${without.join('')}`);
}
