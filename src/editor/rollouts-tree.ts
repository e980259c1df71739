import { setTimeout as passed } from 'node:timers/promises';
import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { counted } from '../domain/counted.ts';
import { errorText } from '../domain/error-text.ts';
import type { Filter } from '../store/store.ts';
import { commandOf, runCommand } from './commands.ts';
import { editorText } from './editor-text.ts';
import { curesOf, FolderRows, type ReadStore } from './folder-rows.ts';
import * as plain from './plain-window.ts';
import {
  folderDescription,
  groupDescription,
  isVanishingGroup,
  labelIcon,
  labelText,
  promptDescription,
  promptTitle,
  rolloutDescription,
  rolloutIcon,
  rolloutSaid,
  rolloutTitle,
  rolloutTooltip,
} from './rollout-label.ts';
import type { RolloutNode, Row } from './rollout-node.ts';
import { RolloutRows, rowOf, type Reading } from './rollout-rows.ts';
import type { Stores } from './stores.ts';
import { changesViewer, viewer } from './viewer.ts';
import type { WorkspaceStore } from './workspace-store.ts';

/** Changes of the store are shown at most this often: a run writes every second. */
const refreshMs = 2_000;

/** How often a reveal is asked for, and how long one may take. */
const mostReveals = 5;
const revealMs = 500;

const fileList = 'text/uri-list';

/** Files and folders that are dropped onto the view are imported, into the store of the folder below whose row they are dropped. */
const filesToImport: vscode.TreeDragAndDropController<RolloutNode> = {
  dropMimeTypes: [fileList],
  dragMimeTypes: [],
  async handleDrop(target, dropped) {
    const list = (await dropped.get(fileList)?.asString()) ?? '';
    const files = list.split(/\r?\n/u).filter((line) => line !== '' && !line.startsWith('#'));
    const uris = files.map((line) => vscode.Uri.parse(line, true));
    if (uris.length > 0) await runCommand('rolloutLab.importRollouts', target ?? uris[0], uris);
  },
};

export type RolloutFilter = Filter;

/**
 * Dataset → prompt → group → rollout; and every run that made rollouts, under its name, with the same below it. Where several stores are open, all
 * that is below the folders they are of: a folder that was not expanded has its store unopened.
 */
export class RolloutsTree implements vscode.TreeDataProvider<RolloutNode>, vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<RolloutNode | undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly view: vscode.TreeView<RolloutNode>;

  readonly #stores: Stores;
  readonly #memory: vscode.Memento;
  readonly #log: vscode.LogOutputChannel;
  readonly #subscriptions: vscode.Disposable[];
  readonly #rows = new RolloutRows();
  readonly #folders: FolderRows;
  /** The rollout that Review shows. */
  #reviewed: string | null = null;
  #refreshing: NodeJS.Timeout | null = null;

  constructor(stores: Stores, memory: vscode.Memento, log: vscode.LogOutputChannel) {
    this.#stores = stores;
    this.#folders = new FolderRows(stores, () => this.filter);
    this.#memory = memory;
    this.#log = log;
    this.view = plain.createTreeView('rolloutLab.rollouts', {
      treeDataProvider: this,
      showCollapseAll: true,
      dragAndDropController: filesToImport,
    });
    this.#subscriptions = [
      this.#folders,
      stores.onDidChangeAny(() => this.#refreshSoon()),
      stores.onDidMove(() => this.refresh()),
      stores.onDidChangeList(() => this.refresh()),
      this.view.onDidExpandElement(({ element }) => element.kind === 'folder' && this.#folders.hold(element.store)),
      this.view.onDidCollapseElement(
        ({ element }) => element.kind === 'folder' && this.#folders.release(element.store),
      ),
      this.view.onDidChangeVisibility(() => this.follow(this.#reviewed)),
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (changesViewer(change)) this.refresh();
      }),
    ];
    this.#showFilter();
  }

  get filter(): RolloutFilter | null {
    return this.#memory.get<RolloutFilter | null>('filter', null);
  }

  async setFilter(filter: RolloutFilter | null): Promise<void> {
    await this.#memory.update('filter', filter);
    this.#showFilter();
    this.#folders.forget(true);
    this.refresh();
  }

  refresh(): void {
    this.#folders.forget();
    this.#changed.fire(undefined);
  }

  /** Shows one more page below the node of a "load more" row. */
  loadMore(parent: RolloutNode): void {
    this.#rows.loadMore(parent);
    this.#changed.fire(parent);
  }

  /** Has the row of the rollout that Review shows revealed and selected, now or when the view is seen next; null when Review was closed. */
  follow(rolloutId: string | null): void {
    this.#reviewed = rolloutId;
    this.#revealUntilSelected().catch((error: unknown) =>
      this.#log.debug('Cannot show the row of the rollout in Review:', error),
    );
  }

  /** The editor gives a reveal up, without a word, where it reads the rows anew meanwhile. */
  async #revealUntilSelected(): Promise<void> {
    const rolloutId = this.#reviewed;
    const before = this.view.selection.at(0)?.id;
    for (let tries = 0; tries < mostReveals && rolloutId === this.#reviewed; tries += 1) {
      const [selected] = this.view.selection;
      const isOfIt = this.#stores.of(selected) === this.#stores.current;
      if (selected?.kind === 'rollout' && selected.rollout.id === rolloutId && isOfIt) return;
      // A person has chosen another row since.
      if (selected?.id !== before) return;
      await this.#reveal(rolloutId, selected);
      await passed(revealMs);
    }
  }

  async #reveal(rolloutId: string | null, selected: RolloutNode | undefined): Promise<void> {
    const isWanted = vscode.workspace.getConfiguration('rolloutLab').get('autoReveal', true);
    // A view that is hidden would be brought up.
    if (rolloutId === null || !isWanted || !this.view.visible) return;
    const store = this.#stores.current;
    const roots = await this.#folders.roots(store);
    const row = await rowOf(rolloutId, roots, runAbove(selected), await this.#reading(store));
    if (!row || rolloutId !== this.#reviewed || !this.view.visible) return;
    if (this.#rows.show(row)) this.refresh();
    await this.view.reveal(row, { select: true, focus: false });
  }

  async #reading(store: WorkspaceStore): Promise<Reading> {
    return { client: await store.open(), filter: this.filter ?? undefined, viewer: viewer() };
  }

  dispose(): void {
    if (this.#refreshing) clearTimeout(this.#refreshing);
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.view.dispose();
    this.#changed.dispose();
  }

  async getChildren(node?: RolloutNode): Promise<RolloutNode[]> {
    if (node?.kind === 'folder') return this.#below(node);
    if (node) return this.#rows.below(node, await this.#reading(this.#stores.of(node)));
    const { current } = this.#stores;
    const read = await this.#folders.read(current);
    this.#show(current, read);
    if (this.#folders.areShown) return this.#folders.folders();
    // A view with a message shows no welcome: what can be done about it is rows.
    return read.about === 'failed' ? curesOf(current, read.error, null) : read.rows;
  }

  getParent(node: RolloutNode): RolloutNode | null {
    return 'parent' in node ? node.parent : null;
  }

  getTreeItem(node: RolloutNode): vscode.TreeItem {
    const item = itemOf(node);
    item.id = node.id;
    item.contextValue = node.kind === 'folder' && node.about === 'none' ? 'folder.none' : node.kind;
    return item;
  }

  async #below(folder: Row<'folder'>): Promise<RolloutNode[]> {
    const rows = await this.#folders.below(folder);
    if (!this.#folders.isNow(folder)) this.#refreshSoon(0);
    return rows;
  }

  /** Says what there is of the store that is worked on in the view's title and in its welcome. */
  #show(store: WorkspaceStore, { about, rows, error }: ReadStore): void {
    const holds = typeof about === 'string' ? null : about;
    const filtered =
      this.filter && holds ? t('{0}: {1} of {2}', this.filter, holds.kept ?? '', counted(holds.prompts, 'prompt')) : '';
    this.view.description = [this.#stores.currentName, filtered].filter(Boolean).join(' · ');
    const message = about === 'failed' ? editorText(errorText(error)) : store.readOnly;
    // Of several each says its own below its folder.
    this.view.message = this.#folders.areShown ? undefined : (message ?? undefined);
    const there = !holds || holds.prompts === 0 ? 'empty' : rows.length === 0 ? 'filtered' : 'ready';
    void setContext('state', about === 'failed' ? about : store.file === null ? 'noFolder' : there);
  }

  #refreshSoon(afterMs = refreshMs): void {
    this.#refreshing ??= setTimeout(() => {
      this.#refreshing = null;
      this.refresh();
    }, afterMs);
  }

  #showFilter(): void {
    void setContext('filtered', this.filter !== null);
  }
}

export function setContext(key: string, value: unknown): Thenable<unknown> {
  return vscode.commands.executeCommand('setContext', `rolloutLab.${key}`, value);
}

/** The run below which a row stands; null where it is below a dataset, and of none. */
function runAbove(node: RolloutNode | null | undefined): string | null {
  if (node?.kind === 'run') return node.runId;
  return node && 'parent' in node ? runAbove(node.parent) : null;
}

const vanishing = (): vscode.ThemeIcon =>
  new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground'));

function itemOf(node: RolloutNode): vscode.TreeItem {
  const { None, Collapsed, Expanded } = vscode.TreeItemCollapsibleState;
  switch (node.kind) {
    case 'folder': {
      const { store, about, isCurrent } = node;
      const { name } = store.folder!;
      const item = new vscode.TreeItem(name, isCurrent ? Expanded : Collapsed);
      item.description = folderDescription(about);
      const icon = isCurrent ? 'folder-opened' : 'folder';
      item.iconPath =
        about === 'failed'
          ? new vscode.ThemeIcon('error', new vscode.ThemeColor('list.errorForeground'))
          : new vscode.ThemeIcon(icon);
      const worked = isCurrent ? t('Review, the table and the runs are of this folder') : '';
      item.tooltip = [store.file, worked].filter(Boolean).join('\n');
      item.accessibilityInformation = {
        label: [t('folder {0}', name), item.description, isCurrent ? t('worked on') : ''].filter(Boolean).join(', '),
      };
      return item;
    }
    case 'dataset': {
      const item = new vscode.TreeItem(node.dataset, Collapsed);
      item.description = `${counted(node.prompts, 'prompt')} · ${counted(node.rollouts, 'rollout')}`;
      item.iconPath = new vscode.ThemeIcon('database');
      return item;
    }
    case 'run': {
      const item = new vscode.TreeItem(node.name, Collapsed);
      item.description = t('rollouts of this run');
      item.iconPath = new vscode.ThemeIcon('beaker');
      return item;
    }
    case 'prompt': {
      const { prompt } = node;
      const item = new vscode.TreeItem(promptTitle(prompt), prompt.rollouts > 0 ? Collapsed : None);
      item.description = promptDescription(prompt);
      const vanishes = prompt.vanishingGroups > 0 && prompt.vanishingGroups === prompt.groups;
      item.iconPath = vanishes ? vanishing() : new vscode.ThemeIcon(labelIcon(prompt.labelled, prompt.rollouts));
      item.tooltip = [
        prompt.question,
        ...prompt.options,
        ...(prompt.answer === null ? [] : [t('Answer: {0}', prompt.answer)]),
        `${[prompt.split, ...(prompt.stage === null ? [] : [t('stage {0}', prompt.stage)])].join(', ')}: ${labelText(prompt.labelled, prompt.rollouts)}`,
        ...(prompt.passRate === null ? [] : [t('{0} % of its rollouts are right', Math.round(100 * prompt.passRate))]),
        ...(prompt.vanishingGroups > 0
          ? [t('{0} of {1} groups vanish: all their rewards are the same', prompt.vanishingGroups, prompt.groups)]
          : []),
      ].join('\n');
      return item;
    }
    case 'group': {
      const { group } = node;
      const item = new vscode.TreeItem(`${group.policy} v${group.policyVersion}`, Collapsed);
      item.description = `${node.runName === null ? '' : `${node.runName} · `}${groupDescription(group)}`;
      item.iconPath = isVanishingGroup(group)
        ? vanishing()
        : new vscode.ThemeIcon(labelIcon(group.labelled, group.rollouts));
      item.tooltip = isVanishingGroup(group)
        ? t('A vanishing group: all its rewards are the same, so every advantage is 0 and it teaches nothing.')
        : labelText(group.labelled, group.rollouts);
      return item;
    }
    case 'rollout': {
      const { rollout } = node;
      const item = new vscode.TreeItem(rolloutTitle(rollout, node.place), None);
      item.description = rolloutDescription(rollout);
      item.accessibilityInformation = { label: rolloutSaid(rollout, node.place) };
      item.iconPath = new vscode.ThemeIcon(rolloutIcon(rollout));
      item.tooltip = rolloutTooltip(rollout);
      item.command = commandOf('rolloutLab.openReview', t('Open Review'), node);
      return item;
    }
    case 'more': {
      const item = new vscode.TreeItem(t('Load more…'), None);
      item.iconPath = new vscode.ThemeIcon('ellipsis');
      item.command = commandOf('rolloutLab.loadMore', t('Load More'), node.parent);
      return item;
    }
    case 'note': {
      const item = new vscode.TreeItem(node.text, None);
      item.iconPath = new vscode.ThemeIcon(node.icon);
      item.tooltip = node.text;
      return item;
    }
    case 'cure': {
      const item = new vscode.TreeItem(node.command.title, None);
      item.iconPath = new vscode.ThemeIcon(node.icon);
      item.command = node.command;
      return item;
    }
  }
}
