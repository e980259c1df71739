import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { counted } from '../domain/counted.ts';
import { durationText, timeLeft } from '../domain/progress.ts';
import { statusTexts, type RunStatus } from '../domain/run.ts';
import { selectedText } from '../domain/run-prompts.ts';
import type { RunRow } from '../store/store.ts';
import { commandOf } from './commands.ts';
import * as plain from './plain-window.ts';
import { setContext } from './rollouts-tree.ts';
import { isResumable, type RunSupervisor, type StoreRuns } from './run-supervisor.ts';
import type { Stores } from './stores.ts';
import type { WorkspaceStore } from './workspace-store.ts';

const icons: Record<RunStatus, [icon: string, colour?: string]> = {
  queued: ['clock'],
  running: ['pulse', 'charts.green'],
  paused: ['debug-pause', 'charts.yellow'],
  stopped: ['circle-slash'],
  finished: ['pass'],
  failed: ['error', 'list.errorForeground'],
  lost: ['debug-disconnect', 'list.warningForeground'],
};

/** A row of the view: a run, or where several stores are open the folder that its store is of. */
type RunsNode = FolderNode | RunNode;
interface FolderNode {
  kind: 'folder';
  store: WorkspaceStore;
}
type RunNode = RunRow & { parent: FolderNode | null };

const isFolder = (node: RunsNode): node is FolderNode => 'store' in node;

/**
 * The runs of a store, newest first, with what can be done to each in its row. Where several stores are open, those of each below its folder: one
 * that was not expanded has its store unopened.
 */
export class RunsTree implements vscode.TreeDataProvider<RunsNode>, vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly view: vscode.TreeView<RunsNode>;
  readonly #supervisor: RunSupervisor;
  readonly #stores: Stores;
  /** Those of folders that are expanded. */
  readonly #watched = new Map<WorkspaceStore, vscode.Disposable>();
  readonly #subscription: vscode.Disposable;

  constructor(supervisor: RunSupervisor, stores: Stores) {
    this.#supervisor = supervisor;
    this.#stores = stores;
    this.view = plain.createTreeView('rolloutLab.runs', { treeDataProvider: this, canSelectMany: true });
    const showFolder = (): void => {
      for (const store of this.#watched.keys()) if (!stores.all.includes(store)) this.#release(store);
      this.view.description = stores.currentName;
      this.#changed.fire();
    };
    this.#subscription = vscode.Disposable.from(
      this.#changed,
      supervisor.onDidChange(() => {
        this.#showState();
        this.#changed.fire();
      }),
      this.view.onDidCollapseElement(({ element }) => isFolder(element) && this.#release(element.store)),
      stores.onDidMove(showFolder),
      stores.onDidChangeList(showFolder),
    );
    showFolder();
  }

  dispose(): void {
    this.#subscription.dispose();
    for (const watched of this.#watched.values()) watched.dispose();
    this.view.dispose();
  }

  async getChildren(node?: RunsNode): Promise<RunsNode[]> {
    const { all, current } = this.#stores;
    if (node) return isFolder(node) ? this.#below(node) : [];
    if (all.length > 1) return all.map((store) => ({ kind: 'folder', store }));
    return (this.#supervisor.of(current)?.runs ?? []).map((run) => ({ ...run, parent: null }));
  }

  /** Follows the runs of a folder that is expanded. */
  async #below(parent: FolderNode): Promise<RunNode[]> {
    const { store } = parent;
    if (!this.#watched.has(store)) this.#watched.set(store, this.#supervisor.watch(store));
    if (!this.#supervisor.of(store)) await this.#supervisor.look();
    return (this.#supervisor.of(store)?.runs ?? []).map((run) => ({ ...run, parent }));
  }

  #release(store: WorkspaceStore): void {
    this.#watched.get(store)?.dispose();
    this.#watched.delete(store);
  }

  getTreeItem(node: RunsNode): vscode.TreeItem {
    return isFolder(node) ? this.#folderItem(node) : this.#runItem(node);
  }

  #folderItem({ store }: FolderNode): vscode.TreeItem {
    const { name, uri } = store.folder!;
    const isCurrent = store === this.#stores.current;
    const { Collapsed, Expanded } = vscode.TreeItemCollapsibleState;
    const item = new vscode.TreeItem(name, isCurrent ? Expanded : Collapsed);
    item.id = `folder ${uri.toString()}`;
    item.contextValue = 'folder';
    const known = this.#supervisor.of(store);
    item.description = known ? runsText(known) : '';
    item.tooltip = [store.file, known?.failure].filter(Boolean).join('\n');
    item.iconPath = new vscode.ThemeIcon(isCurrent ? 'folder-opened' : 'folder');
    item.accessibilityInformation = {
      label: [t('folder {0}', name), item.description, isCurrent && t('worked on')].filter(Boolean).join(', '),
    };
    return item;
  }

  #runItem(run: RunNode): vscode.TreeItem {
    const item = new vscode.TreeItem(run.name);
    item.id = [run.parent?.store.file, run.id].filter(Boolean).join(' ');
    item.contextValue = `run.${run.status}`;
    item.description = `${statusTexts[run.status]} · ${run.iteration}/${run.config.steps}`;
    const selected = selectedText(run.config);
    const [icon, colour] = icons[run.status];
    item.iconPath = new vscode.ThemeIcon(icon, colour ? new vscode.ThemeColor(colour) : undefined);
    const left = timeLeft(run.config.steps, this.#supervisor.recentMetrics(run.id, run.parent?.store));
    item.tooltip = [
      t('{0}: {1}, iteration {2} of {3}', run.name, statusTexts[run.status], run.iteration, run.config.steps),
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

/** "2 runs": what is known of those of a folder. */
function runsText({ runs, failure }: StoreRuns): string {
  if (failure !== null) return t('cannot be opened');
  return runs.length === 0 ? t('no run yet') : counted(runs.length, 'run');
}
