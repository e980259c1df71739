/** Every command, in the order help lists them. */
import type { Command } from './command.ts';
import { agreement } from './commands/agreement.ts';
import { commentsAdd, commentsDelete, commentsList, commentsResolve } from './commands/comments.ts';
import { compareCommand, evaluationsCommand } from './commands/compare.ts';
import { doctor } from './commands/doctor.ts';
import { evaluateCommand } from './commands/evaluate.ts';
import {
  exportJudgementsCommand,
  exportPreferencesCommand,
  exportCorrectionsCommand,
  exportLabelsCommand,
  exportMetricsCommand,
  exportPolicyCommand,
  exportPromptsCommand,
  exportRolloutsCommand,
} from './commands/export.ts';
import { generate } from './commands/generate.ts';
import { importCommand } from './commands/import.ts';
import { judgeCommand } from './commands/judge.ts';
import { judgementsList, judgementsSet } from './commands/judgements.ts';
import { correctionsList, correctionsSet } from './commands/corrections.ts';
import { preferencesList, preferencesSet } from './commands/preferences.ts';
import {
  labelsHistory,
  labelsMark,
  labelsProgress,
  labelsReview,
  labelsSet,
  labelsShow,
  labelsTag,
} from './commands/labels.ts';
import { listPrompts, listRollouts, listRuns } from './commands/list.ts';
import { logprobs } from './commands/logprobs.ts';
import { mcp } from './commands/mcp.ts';
import { phasesSet, phasesShow } from './commands/phases.ts';
import { runsPause, runsResume, runsShow, runsStop } from './commands/runs.ts';
import { sample } from './commands/sample.ts';
import { setupTensorFlow, setupTorch } from './commands/setup.ts';
import { backupCommand, checkCommand, restoreCommand } from './commands/store.ts';
import { suggest } from './commands/suggest.ts';
import { tas } from './commands/tas.ts';
import { train } from './commands/train.ts';

export const commands: readonly Command[] = [
  sample,
  doctor,
  setupTensorFlow,
  setupTorch,
  importCommand,
  listRollouts,
  listPrompts,
  listRuns,
  labelsSet,
  labelsMark,
  labelsTag,
  labelsShow,
  labelsReview,
  labelsHistory,
  labelsProgress,
  commentsList,
  commentsAdd,
  commentsResolve,
  commentsDelete,
  judgementsSet,
  judgementsList,
  preferencesSet,
  preferencesList,
  correctionsSet,
  correctionsList,
  agreement,
  suggest,
  phasesShow,
  phasesSet,
  tas,
  train,
  runsShow,
  runsPause,
  runsStop,
  runsResume,
  evaluateCommand,
  judgeCommand,
  evaluationsCommand,
  compareCommand,
  generate,
  logprobs,
  exportRolloutsCommand,
  exportLabelsCommand,
  exportJudgementsCommand,
  exportPreferencesCommand,
  exportCorrectionsCommand,
  exportPromptsCommand,
  exportMetricsCommand,
  exportPolicyCommand,
  mcp,
  checkCommand,
  backupCommand,
  restoreCommand,
];
