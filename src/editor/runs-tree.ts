import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { counted } from '../domain/counted.ts';
import { durationText, timeLeft } from '../domain/progress.ts';
import type { RunStatus } from '../domain/run.ts';
import { selectedText } from '../domain/run-prompts.ts';
import type { RunRow } from '../store/store.ts';
import { commandOf } from './commands.ts';
import * as plain from './plain-window.ts';
import { isResumable, type RunSupervisor } from './run-supervisor.ts';
import { setContext } from './rollouts-tree.ts';
import type { Stores } from './stores.ts';

const icons: Record<RunStatus, [icon: string, colour?: string]> = {
  queued: ['clock'],
  running: ['pulse', 'charts.green'],
  paused: ['debug-pause', 'charts.yellow'],
  stopped: ['circle-slash'],
  finished: ['pass'],
  failed: ['error', 'list.errorForeground'],
  lost: ['debug-disconnect', 'list.warningForeground'],
};

/** The runs of the store that is worked on, newest first, with what can be done to each in its row. */
export class RunsTree implements vscode.TreeDataProvider<RunRow>, vscode.Disposable {
  readonly onDidChangeTreeData: vscode.Event<void>;
  readonly view: vscode.TreeView<RunRow>;
  readonly #supervisor: RunSupervisor;
  readonly #subscription: vscode.Disposable;

  constructor(supervisor: RunSupervisor, stores: Stores) {
    this.#supervisor = supervisor;
    this.onDidChangeTreeData = supervisor.onDidChange;
    this.view = plain.createTreeView('rolloutLab.runs', { treeDataProvider: this, canSelectMany: true });
    const showFolder = (): void => void (this.view.description = stores.currentName);
    this.#subscription = vscode.Disposable.from(
      supervisor.onDidChange(() => this.#showState()),
      stores.onDidMove(showFolder),
      stores.onDidChangeList(showFolder),
    );
    showFolder();
  }

  dispose(): void {
    this.#subscription.dispose();
    this.view.dispose();
  }

  getChildren(run?: RunRow): RunRow[] {
    return run ? [] : [...this.#supervisor.runs];
  }

  getTreeItem(run: RunRow): vscode.TreeItem {
    const item = new vscode.TreeItem(run.name);
    item.id = run.id;
    item.contextValue = `run.${run.status}`;
    item.description = `${run.status} · ${run.iteration}/${run.config.steps}`;
    const selected = selectedText(run.config);
    const [icon, colour] = icons[run.status];
    item.iconPath = new vscode.ThemeIcon(icon, colour ? new vscode.ThemeColor(colour) : undefined);
    const left = timeLeft(run.config.steps, this.#supervisor.recentMetrics(run.id));
    item.tooltip = [
      t('{0}: {1}, iteration {2} of {3}', run.name, run.status, run.iteration, run.config.steps),
      ...(selected === null ? [] : [t('on {0}', selected)]),
      ...(run.status === 'running' && left !== null ? [t('about {0} left', durationText(left))] : []),
      ...(run.status === 'lost' ? [t('Its training process is gone; resume it from its last checkpoint.')] : []),
      ...(run.error === null ? [] : [run.error]),
    ].join('\n');
    item.accessibilityInformation = { label: `${run.name}, ${item.description}` };
    item.command = commandOf('rolloutLab.openRuns', t('Open Runs'), run);
    return item;
  }

  #showState(): void {
    const active = this.#supervisor.active().length;
    this.view.badge = active > 0 ? { value: active, tooltip: counted(active, 'active run') } : undefined;
    void setContext('activeRuns', active > 0);
    void setContext('resumableRuns', this.#supervisor.runs.some(isResumable));
  }
}
