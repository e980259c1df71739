import type * as vscode from 'vscode';
import type { ImportReport } from '../formats/import-report.ts';
import type { StoreCheck } from '../store/check.ts';
import type { EvaluationRow, RunRow } from '../store/store.ts';
import type { TensorFlowSetup } from '../training/backends/tensorflow-setup.ts';
import type { TorchSetup } from '../training/engine/torch-setup.ts';
import type { SuggestReport } from '../training/suggestions/suggest.ts';
import type { RolloutNode } from './rollout-node.ts';

/** Every command of the extension. The manifest declares exactly these (tested) and `registerCommands` answers each (typed). */
export const commandIds = [
  'rolloutLab.openSampleProject',
  'rolloutLab.importRollouts',
  'rolloutLab.previewDump',
  'rolloutLab.followFolder',
  'rolloutLab.stopFollowing',
  'rolloutLab.openReview',
  'rolloutLab.openTable',
  'rolloutLab.nextUnlabelled',
  'rolloutLab.undoLabel',
  'rolloutLab.redoLabel',
  'rolloutLab.submitAndNext',
  'rolloutLab.suggestPhases',
  'rolloutLab.suggestPhasesByModel',
  'rolloutLab.forgetSuggestions',
  'rolloutLab.acceptSuggestion',
  'rolloutLab.refuseSuggestion',
  'rolloutLab.findInReasoning',
  'rolloutLab.showAgreement',
  'rolloutLab.openEvaluations',
  'rolloutLab.startRun',
  'rolloutLab.startRunAfter',
  'rolloutLab.evaluatePolicy',
  'rolloutLab.judgeEvaluation',
  'rolloutLab.stopRun',
  'rolloutLab.pauseRun',
  'rolloutLab.resumeRun',
  'rolloutLab.compareRuns',
  'rolloutLab.openRuns',
  'rolloutLab.submitToRay',
  'rolloutLab.setRayToken',
  'rolloutLab.forgetRayToken',
  'rolloutLab.setJudgeKey',
  'rolloutLab.forgetJudgeKey',
  'rolloutLab.searchRollouts',
  'rolloutLab.filterRollouts',
  'rolloutLab.clearFilter',
  'rolloutLab.export',
  'rolloutLab.editPhases',
  'rolloutLab.backUpStore',
  'rolloutLab.checkStore',
  'rolloutLab.restoreStore',
  'rolloutLab.rescueStore',
  'rolloutLab.setUpTensorFlow',
  'rolloutLab.setUpTorch',
  'rolloutLab.chooseFolder',
  'rolloutLab.refresh',
  'rolloutLab.loadMore',
] as const;
export type CommandId = (typeof commandIds)[number];

/** A run by its row or its id; left out, the person is asked. */
type OfRun = (run?: RunRow | string) => void;

/** What those take and give that do more than do something. */
interface Signatures {
  /** Files of the explorer: the clicked one and all that are selected; or a row of the tree, into whose store they come. Null when the person went back. */
  'rolloutLab.importRollouts': (clicked?: vscode.Uri | RolloutNode, selected?: vscode.Uri[]) => ImportReport | null;
  /** A file of the explorer. */
  'rolloutLab.previewDump': (clicked?: vscode.Uri) => void;
  /** A folder of the explorer. */
  'rolloutLab.followFolder': (clicked?: vscode.Uri) => void;
  /** A row of the tree, a rollout's id or a folder; `beside` is another reply to the same prompt, shown side by side with it. */
  'rolloutLab.openReview': (target?: RolloutNode | string | vscode.Uri, beside?: string) => void;
  /** The row of a dataset or a run shows its rollouts, a folder those of its store. */
  'rolloutLab.openTable': (target?: RolloutNode | RunRow | vscode.Uri) => void;
  'rolloutLab.suggestPhases': () => SuggestReport | null;
  'rolloutLab.startRunAfter': OfRun;
  /** Of a run, one of its policies. The evaluation that has begun, null when the person went back. */
  'rolloutLab.evaluatePolicy': (run?: RunRow | string) => EvaluationRow | null;
  'rolloutLab.stopRun': OfRun;
  'rolloutLab.pauseRun': OfRun;
  'rolloutLab.resumeRun': OfRun;
  'rolloutLab.compareRuns': (run?: RunRow, selected?: RunRow[]) => void;
  'rolloutLab.openRuns': OfRun;
  'rolloutLab.openEvaluations': OfRun;
  'rolloutLab.export': (node?: RolloutNode) => void;
  /** Of the store of a folder, by its row of the tree. The copy's path. */
  'rolloutLab.backUpStore': (folder?: RolloutNode) => string | null;
  'rolloutLab.checkStore': () => StoreCheck;
  'rolloutLab.restoreStore': (folder?: vscode.Uri) => void;
  'rolloutLab.rescueStore': (folder?: vscode.Uri) => void;
  'rolloutLab.refresh': (folder?: RolloutNode | vscode.Uri) => void;
  'rolloutLab.setUpTensorFlow': () => TensorFlowSetup;
  'rolloutLab.setUpTorch': () => TorchSetup;
  'rolloutLab.loadMore': (parent: RolloutNode) => void;
}

/** What each command takes and gives. */
export type Commands = { [Id in CommandId]: Id extends keyof Signatures ? Signatures[Id] : () => void };
export type Arguments<Id extends CommandId> = Parameters<Commands[Id]>;
export type Result<Id extends CommandId> = ReturnType<Commands[Id]>;
