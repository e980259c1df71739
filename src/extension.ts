/** Builds the parts and joins them; nothing else. */
import { dirname, join } from 'node:path';
import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import './editor/language.ts';
import { registerAgents } from './editor/agent-tools.ts';
import { AgreementPanel } from './editor/agreement-panel.ts';
import { backUpStore } from './editor/back-up-store.ts';
import { chooseFolder } from './editor/choose-folder.ts';
import { registerCommands } from './editor/commands.ts';
import { previewDumpCommand, registerPreview } from './editor/dump-preview.ts';
import { evaluatePolicy } from './editor/evaluate-command.ts';
import { EvaluationPanel } from './editor/evaluation-panel.ts';
import { exportCommand } from './editor/export-command.ts';
import { FollowedFolders } from './editor/follow-folders.ts';
import { forgetSuggestions } from './editor/forget-suggestions.ts';
import { importRollouts } from './editor/import-command.ts';
import { judgeEvaluation } from './editor/judge-command.ts';
import { JudgeKeys } from './editor/judge-key.ts';
import { PhaseFile } from './editor/phase-file.ts';
import { pickFilter } from './editor/pick-filter.ts';
import { runFor, runsToCompare } from './editor/pick-run.ts';
import { RayTokens } from './editor/ray-cluster.ts';
import { ReviewOrder } from './editor/review-order.ts';
import { ReviewPanel, type ReviewParts } from './editor/review-panel.ts';
import { rolloutFor } from './editor/rollout-for.ts';
import { rescueStore, tellOfLost } from './editor/rescue-store.ts';
import { checkStore, restoreStore, tellTrouble } from './editor/restore-store.ts';
import { RolloutsTree } from './editor/rollouts-tree.ts';
import { isActive, isResumable, needTrust, RunSupervisor } from './editor/run-supervisor.ts';
import { RunsPanel } from './editor/runs-panel.ts';
import { RunsTree } from './editor/runs-tree.ts';
import { openSampleProject } from './editor/sample-project.ts';
import { pickRollout } from './editor/search-rollouts.ts';
import { setUpTensorFlowCommand, setUpTorchCommand } from './editor/set-up.ts';
import { startRun, startRunAfter } from './editor/start-run.ts';
import { StatusBar } from './editor/status-bar.ts';
import { SteadyMemento } from './editor/steady-memento.ts';
import { Stores } from './editor/stores.ts';
import { suggestPhasesByModel } from './editor/suggest-by-model.ts';
import { suggestPhases } from './editor/suggest-command.ts';
import { TablePanel, type TableParts } from './editor/table-panel.ts';
import { tellOnce } from './editor/told-once.ts';
import { UnsavedEdits } from './editor/unsaved-edits.ts';
import { annotator } from './editor/viewer.ts';
import { welcome } from './editor/welcome.ts';
import type { WorkspaceStore } from './editor/workspace-store.ts';
import type { RunRow } from './store/store.ts';
import { launchTraining } from './training/host/local.ts';

export function activate(context: vscode.ExtensionContext): void {
  const dist = __dirname;
  const assets = vscode.Uri.file(dist);
  const { workspaceState, globalState, subscriptions } = context;
  const log = vscode.window.createOutputChannel('Rollout Lab', { log: true });
  const ended = new AbortController();
  const stores = new Stores({ dist, log, memory: workspaceState });
  const judgeKeys = new JudgeKeys(context.secrets);
  const rayTokens = new RayTokens(context.secrets);
  const launch = async ({ id, config }: RunRow, store: WorkspaceStore) =>
    launchTraining({
      dist,
      store: store.file!,
      runId: id,
      judge: config.judge && (await judgeKeys.named()),
      ray: config.ray && (await rayTokens.named()),
    });
  const supervisor = new RunSupervisor({ stores, launch, memory: workspaceState, log });
  const phases = new PhaseFile(stores, log);
  const rollouts = new RolloutsTree(stores, workspaceState, log);
  const runs = new RunsTree(supervisor, stores);
  const rejections = vscode.languages.createDiagnosticCollection('rolloutLab.import');
  const kept = { dist, log, rejections, memory: workspaceState };
  /** For a command on the store that its argument is of, else on the one that is worked on: that stays its store, whatever is opened meanwhile. */
  const on = (target?: unknown) => ({ ...kept, store: stores.of(target) });
  const panels = { assets, stores, ...kept };
  const runsPanel = { ...panels, supervisor };
  const followed = new FollowedFolders({ stores, ...kept });

  const review: ReviewParts = {
    assets,
    stores,
    get mediaCache() {
      const store = stores.current;
      return join(store.readOnly === null ? dirname(store.file!) : context.globalStorageUri.fsPath, 'media');
    },
    get folder() {
      return stores.current.folder!.uri.fsPath;
    },
    preferences: new SteadyMemento(globalState),
    unsaved: new UnsavedEdits(workspaceState),
    order: new ReviewOrder(stores.client),
    onShown: (id) => rollouts.follow(id),
    log,
  };
  const showRun = async (store: WorkspaceStore, run: RunRow | null): Promise<void> => {
    if (!run) return;
    await stores.choose(store);
    await RunsPanel.show(runsPanel, [run.id]);
  };
  const table: TableParts = {
    ...panels,
    review: async (store, id, order) => {
      await stores.choose(store);
      await ReviewPanel.showInOrder(review, id, order);
    },
    startRun: async (store, selection) => {
      needTrust();
      await showRun(store, await startRun(store, supervisor, rayTokens, { selection }));
    },
  };
  const show = async (rolloutId: string | null, beside?: unknown): Promise<void> => {
    if (rolloutId !== null) await ReviewPanel.show(review, rolloutId, typeof beside === 'string' ? beside : null);
  };

  subscriptions.push(
    { dispose: () => ended.abort() },
    log,
    rejections,
    stores,
    // Its row numbers are of the store that was.
    stores.onDidMove(() => review.order.set(new Int32Array())),
    tellOfLost(stores),
    stores.onDidFindTrouble(({ store, text }) => tellTrouble(store, text)),
    stores.onDidFindNetwork(({ text }) => tellOnce(workspaceState, text)),
    supervisor,
    phases,
    rollouts,
    runs,
    new StatusBar(supervisor),
    followed,
    registerPreview(panels),
    registerAgents(panels, context.extension),
    RunsPanel.bringBack(runsPanel),
    AgreementPanel.bringBack(panels),
    EvaluationPanel.bringBack(panels),
    ReviewPanel.bringBack(review),
    TablePanel.bringBack(table),
    registerCommands(
      {
        'rolloutLab.openSampleProject': () => openSampleProject(context.extensionUri, dist),
        'rolloutLab.importRollouts': (...args) => importRollouts(on(args[0]), args),
        'rolloutLab.previewDump': (clicked) => previewDumpCommand(panels, clicked),
        'rolloutLab.followFolder': (clicked) => followed.start(clicked),
        'rolloutLab.stopFollowing': () => followed.stop(),
        'rolloutLab.openReview': async (target, beside) => {
          const store = stores.of(target);
          const rolloutId = await rolloutFor(store.client, target, annotator());
          // At once: else Review would look in this store for what it showed of another.
          await Promise.all([stores.choose(store), show(rolloutId, beside)]);
        },
        'rolloutLab.openTable': async (target) => {
          await stores.choose(stores.of(target));
          await supervisor.look();
          await TablePanel.show(table, target, supervisor.runs);
        },
        'rolloutLab.nextUnlabelled': () => ReviewPanel.next(review),
        'rolloutLab.undoLabel': () => ReviewPanel.command('undo'),
        'rolloutLab.redoLabel': () => ReviewPanel.command('redo'),
        'rolloutLab.submitAndNext': () => ReviewPanel.command('submit'),
        'rolloutLab.suggestPhases': () => suggestPhases(on()),
        'rolloutLab.suggestPhasesByModel': () => suggestPhasesByModel(on(), judgeKeys),
        'rolloutLab.forgetSuggestions': () => forgetSuggestions(stores.current),
        'rolloutLab.acceptSuggestion': () => ReviewPanel.command('accept'),
        'rolloutLab.refuseSuggestion': () => ReviewPanel.command('refuse'),
        'rolloutLab.findInReasoning': () => ReviewPanel.command('find'),
        'rolloutLab.showAgreement': () => AgreementPanel.show(panels),
        'rolloutLab.openEvaluations': async (run) => {
          await stores.choose(stores.of(run));
          const chosen = run === undefined ? null : await runFor(supervisor, run, () => false);
          await (chosen ? EvaluationPanel.showOfRun(panels, chosen) : EvaluationPanel.show(panels, []));
        },
        'rolloutLab.startRun': async () => {
          const store = stores.current;
          await showRun(store, await startRun(store, supervisor, rayTokens));
        },
        'rolloutLab.startRunAfter': async (ended) => {
          const store = stores.of(ended);
          const chosen = await runFor(supervisor, ended, (run) => !isActive(run));
          if (!chosen) throw new Error(t('There is no run that has ended yet.'));
          await showRun(store, await startRunAfter(store, supervisor, rayTokens, chosen));
        },
        'rolloutLab.evaluatePolicy': async (run) =>
          evaluatePolicy(on(run), rayTokens, run === undefined ? null : await runFor(supervisor, run, () => false)),
        'rolloutLab.judgeEvaluation': () => judgeEvaluation(on(), judgeKeys),
        'rolloutLab.stopRun': async (run) => {
          const chosen = await runFor(supervisor, run, isActive);
          if (chosen) await supervisor.stop(chosen);
        },
        'rolloutLab.pauseRun': async (run) => {
          const chosen = await runFor(supervisor, run, ({ status }) => status === 'running');
          if (chosen) await supervisor.pause(chosen);
        },
        'rolloutLab.resumeRun': async (run) => {
          const chosen = await runFor(supervisor, run, isResumable);
          if (chosen) await supervisor.resume(chosen);
        },
        'rolloutLab.compareRuns': async (run, selected) => {
          await stores.choose(stores.of(run));
          const compared = await runsToCompare(supervisor, [run, selected]);
          await RunsPanel.show(
            runsPanel,
            compared.map(({ id }) => id),
          );
        },
        'rolloutLab.openRuns': async (run) => {
          await stores.choose(stores.of(run));
          const chosen = run === undefined ? null : await runFor(supervisor, run, () => false);
          await RunsPanel.show(runsPanel, chosen ? [chosen.id] : []);
        },
        'rolloutLab.submitToRay': async () => {
          const store = stores.current;
          await showRun(store, await startRun(store, supervisor, rayTokens, { engine: 'ray' }));
        },
        'rolloutLab.setRayToken': () => rayTokens.set(),
        'rolloutLab.forgetRayToken': () => rayTokens.forget(),
        'rolloutLab.setJudgeKey': () => judgeKeys.set(),
        'rolloutLab.forgetJudgeKey': () => judgeKeys.forget(),
        'rolloutLab.searchRollouts': async () => show(await pickRollout(await stores.current.open())),
        'rolloutLab.filterRollouts': async () => rollouts.setFilter(await pickFilter(rollouts.filter)),
        'rolloutLab.clearFilter': () => rollouts.setFilter(null),
        'rolloutLab.export': (node) => exportCommand(on(node), node),
        'rolloutLab.editPhases': () => phases.edit(),
        'rolloutLab.backUpStore': (folder) => backUpStore(stores.of(folder)),
        'rolloutLab.checkStore': () => checkStore(stores.current),
        'rolloutLab.restoreStore': (folder) => restoreStore(stores.of(folder)),
        'rolloutLab.rescueStore': (folder) => rescueStore(stores.lostOf(folder)),
        'rolloutLab.setUpTensorFlow': () => setUpTensorFlowCommand({ dist, log, ended: ended.signal }),
        'rolloutLab.setUpTorch': () => setUpTorchCommand({ dist, log, ended: ended.signal }),
        'rolloutLab.chooseFolder': () => chooseFolder(stores),
        'rolloutLab.refresh': (folder) => stores.of(folder).reopen(),
        'rolloutLab.loadMore': (parent) => rollouts.loadMore(parent),
      },
      log,
    ),
  );
  welcome(stores.current, context.extension.id).catch((error: unknown) => log.error('welcome:', error));
}

/** The editor waits for it before it ends the extension, with which the store is closed. */
export const deactivate = (): Promise<void> => ReviewPanel.flush();
