import { basename, join } from 'node:path';
import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { counted, type Noun } from '../domain/counted.ts';
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
  label: t('Agreement'),
  detail: t('CSV: the agreement of each pair of annotators on each rollout'),
  choice: { what: 'agreement' },
  file: 'agreement.csv',
};

const promptsChoices: Choice[] = [
  {
    label: t('Prompts'),
    detail: t('JSONL: as another trainer’s dataset had them, else as rows for ms-swift'),
    choice: { what: 'prompts', format: 'dataset' },
    file: 'prompts.jsonl',
  },
  {
    label: t('Prompts for Another Store'),
    detail: t('This project’s JSONL: prompts alone, losslessly'),
    choice: { what: 'prompts', format: 'rollout-lab' },
    file: 'prompts.rollouts.jsonl',
  },
];

const choices: Choice[] = [
  rollouts(
    'rollout-lab',
    t('Rollouts'),
    t('This project’s JSONL: everything, including labels'),
    'export.rollouts.jsonl',
  ),
  labels('rollout-lab', t('Labels'), t('This project’s JSONL: every annotator’s phases'), 'labels.jsonl'),
  labels('csv', t('Labels as CSV'), t('A row for each phase of each label'), 'labels.csv'),
  labels('eaf', t('Labels for ELAN'), t('A new folder with an .eaf file for each rollout'), 'eaf'),
  labels(
    'label-studio',
    t('Labels for Label Studio'),
    t('JSON tasks, and a labelling interface beside them'),
    'labels.json',
  ),
  labels('webvtt', t('Labels as WebVTT'), t('A new folder with a .vtt file for each rollout'), 'webvtt'),
  judgements(
    'rollout-lab',
    t('Judgements'),
    t('This project’s JSONL: what everybody says of each phase'),
    'judgements.jsonl',
  ),
  judgements('trl', t('Process Rewards for TRL'), t('JSONL, as TRL’s stepwise supervision'), 'stepwise.jsonl'),
  judgements('prm800k', t('Process Rewards as PRM800K'), t('JSONL: a rating of each phase'), 'prm800k.jsonl'),
  judgements(
    'math-shepherd',
    t('Process Rewards as Math-Shepherd'),
    t('JSONL: a mark after each phase'),
    'math-shepherd.jsonl',
  ),
  preferences(
    'rollout-lab',
    t('Preferences'),
    t('This project’s JSONL: which of two completions everybody prefers'),
    'preferences.jsonl',
  ),
  preferences('trl', t('Preferences for TRL'), t('JSONL: pairs of messages for DPO'), 'dpo.jsonl'),
  preferences(
    'trl-text',
    t('Preferences for TRL as Texts'),
    t('The same for a policy without a chat template'),
    'dpo-text.jsonl',
  ),
  corrections(
    'rollout-lab',
    t('Corrections'),
    t('This project’s JSONL: what everybody writes in place of completions'),
    'corrections.jsonl',
  ),
  corrections('trl', t('Corrections for TRL'), t('JSONL: prompts and completions as messages for SFT'), 'sft.jsonl'),
  corrections(
    'trl-text',
    t('Corrections for TRL as Texts'),
    t('The same for a policy without a chat template'),
    'sft-text.jsonl',
  ),
  agreementChoice,
  rollouts('trl', t('Rollouts for TRL'), t('Parquet, as TRL logs completions'), 'completions.parquet'),
  rollouts('verl', t('Rollouts for verl'), t('JSONL, as verl dumps rollouts'), 'rollouts.verl.jsonl'),
  training(
    'training-parquet',
    t('Training Set'),
    t('Parquet: rollouts with the TAS weight of every token'),
    'training.parquet',
  ),
  training('training-jsonl', t('Training Set as JSONL'), t('The same as JSONL'), 'training.jsonl'),
  ...promptsChoices,
  training(
    'training-trl',
    t('Training Set for TRL'),
    t('A new folder: rollouts with weights, and a GRPO trainer that takes them'),
    'trl-training',
  ),
  training(
    'training-verl',
    t('Training Set for verl'),
    t('A new folder: prompts, and GRPO that weighs tokens by their place'),
    'verl-training',
  ),
  training(
    'training-verl-stored',
    t('Stored Rollouts for verl'),
    t('A new folder: rollouts with weights, and verl’s trainer that takes them'),
    'verl-stored',
  ),
  training(
    'training-verifiers',
    t('Training Set for prime-rl'),
    t('The traces of verifiers that were imported, with loss_weights'),
    'traces.jsonl',
  ),
  metrics('csv', t('Metrics as CSV'), t('What runs measured: a row for each iteration'), 'runs.csv'),
  metrics('tensorboard', t('Metrics for TensorBoard'), t('A new folder with event files of each run'), 'tensorboard'),
  metrics('trackio', t('Metrics for Trackio'), t('JSONL for Trackio’s inbox'), 'runs.trackio.jsonl'),
];

const ofRollouts = choices.filter(({ choice }) => choice.what === 'rollouts' || choice.what === 'training');
const ofRun = [...ofRollouts, ...choices.filter(({ choice }) => choice.what === 'metrics')];

/** Writes rollouts, labels or metrics to a file the user names; on a run's row of the tree, only that run's. */
export async function exportCommand({ store, dist }: StoreParts, target: unknown): Promise<void> {
  if (!(await store.existing())) throw new Error(t('There is nothing to export yet: import rollouts first.'));
  const node = target as RolloutNode | undefined;
  const choice = await plain.showQuickPick(node?.kind === 'run' ? ofRun : choices, {
    placeHolder: t('What do you want to export?'),
  });
  if (choice) await save({ store, dist }, choice, node?.kind === 'run' ? { runId: node.runId } : {});
}

/** Writes the rollouts that a query of the table keeps, or their prompts, to a file the user names. */
export async function exportSelected(parts: StoreParts, query: ExportQuery): Promise<void> {
  const offered = [...ofRollouts, ...promptsChoices];
  const choice = await plain.showQuickPick(offered, {
    placeHolder: t('How do you want to export these rollouts, or their prompts?'),
  });
  if (choice) await save(parts, choice, query);
}

/** Writes prompts that a query of the table keeps to a file the user names. */
export async function exportPrompts(parts: StoreParts, query: ExportJob['query']): Promise<void> {
  const choice = await plain.showQuickPick(promptsChoices, {
    placeHolder: t('How do you want to export these prompts?'),
  });
  if (choice) await save(parts, choice, query);
}

/** Writes how far annotators agree to a file the user names. */
export function exportAgreement(parts: StoreParts): Promise<void> {
  return save(parts, agreementChoice, {});
}

const units: Record<ExportChoice['what'], Noun> = {
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
    title: t('Export {0}', label),
    defaultUri: folder && vscode.Uri.joinPath(folder, file),
  });
  if (!out) return;
  const written = await plain.cancellable(
    t('Exporting {0}', label.charAt(0).toLowerCase() + label.slice(1)),
    (signal) =>
      store.beside((file) =>
        exportInWorker({ store: file, out: out.fsPath, choice, query }, signal, join(dist, 'export-worker.cjs')),
      ),
  );
  if (!written) return void plain.showInformationMessage(t('The export was cancelled: nothing was written.'));
  const what = counted(written.count, units[choice.what]);
  const without = written.left.map(
    (one) => ` ${t('{0} left out: {1}.', counted(one.count, units[choice.what]), one.reason)}`,
  );
  void plain.showInformationMessage(`${t('Wrote {0} to {1}.', what, basename(out.fsPath))}${without.join('')}`);
}
