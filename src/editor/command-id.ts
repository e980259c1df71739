/** Every command of the extension. The manifest declares exactly these (tested) and `registerCommands` answers each (typed). */
export const commandIds = [
  'rolloutLab.openSampleProject',
  'rolloutLab.importRollouts',
  'rolloutLab.openReview',
  'rolloutLab.nextUnlabelled',
  'rolloutLab.undoLabel',
  'rolloutLab.redoLabel',
  'rolloutLab.submitAndNext',
  'rolloutLab.startRun',
  'rolloutLab.stopRun',
  'rolloutLab.pauseRun',
  'rolloutLab.resumeRun',
  'rolloutLab.compareRuns',
  'rolloutLab.openRuns',
  'rolloutLab.searchRollouts',
  'rolloutLab.filterRollouts',
  'rolloutLab.clearFilter',
  'rolloutLab.export',
  'rolloutLab.backUpStore',
  'rolloutLab.refresh',
  'rolloutLab.loadMore',
] as const;
export type CommandId = (typeof commandIds)[number];
