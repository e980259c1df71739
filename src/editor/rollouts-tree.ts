import { setTimeout as passed } from 'node:timers/promises';
import * as vscode from 'vscode';
import { errorText } from '../domain/error-text.ts';
import type { PromptQuery } from '../store/store.ts';
import { commandOf, runCommand } from './commands.ts';
import { editorText } from './editor-text.ts';
import * as plain from './plain-window.ts';
import {
  counted,
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
import type { RolloutNode } from './rollout-node.ts';
import { RolloutRows, rowOf, type Reading } from './rollout-rows.ts';
import { changesViewer, viewer } from './viewer.ts';
import type { WorkspaceStore } from './workspace-store.ts';

/** Changes of the store are shown at most this often: a run writes every second. */
const refreshMs = 2_000;

/** How often a reveal is asked for, and how long one may take. */
const mostReveals = 5;
const revealMs = 500;

const fileList = 'text/uri-list';

/** Files and folders that are dropped onto the view are imported. */
const filesToImport: vscode.TreeDragAndDropController<RolloutNode> = {
  dropMimeTypes: [fileList],
  dragMimeTypes: [],
  async handleDrop(_target, dropped) {
    const list = (await dropped.get(fileList)?.asString()) ?? '';
    const files = list.split(/\r?\n/u).filter((line) => line !== '' && !line.startsWith('#'));
    const uris = files.map((line) => vscode.Uri.parse(line, true));
    if (uris.length > 0) await runCommand('rolloutLab.importRollouts', uris[0], uris);
  },
};

export type RolloutFilter = NonNullable<PromptQuery['filter']>;

/** Dataset → prompt → group → rollout; and every run that made rollouts, under its name, with the same below it. */
export class RolloutsTree implements vscode.TreeDataProvider<RolloutNode>, vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<RolloutNode | undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly view: vscode.TreeView<RolloutNode>;

  readonly #store: WorkspaceStore;
  readonly #memory: vscode.Memento;
  readonly #log: vscode.LogOutputChannel;
  readonly #subscriptions: vscode.Disposable[];
  readonly #rows = new RolloutRows();
  /** Datasets and runs as they were last read; null before that. */
  #top: RolloutNode[] | null = null;
  /** The rollout that Review shows. */
  #reviewed: string | null = null;
  #refreshing: NodeJS.Timeout | null = null;

  constructor(store: WorkspaceStore, memory: vscode.Memento, log: vscode.LogOutputChannel) {
    this.#store = store;
    this.#memory = memory;
    this.#log = log;
    this.view = plain.createTreeView('rolloutLab.rollouts', {
      treeDataProvider: this,
      showCollapseAll: true,
      dragAndDropController: filesToImport,
    });
    this.#subscriptions = [
      store.onDidChange(() => this.#refreshSoon()),
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
    this.refresh();
  }

  refresh(): void {
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
      if (selected?.kind === 'rollout' && selected.rollout.id === rolloutId) return;
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
    const roots = this.#top ?? (await this.getChildren());
    const row = await rowOf(rolloutId, roots, runAbove(selected), await this.#reading());
    if (!row || rolloutId !== this.#reviewed || !this.view.visible) return;
    if (this.#rows.show(row)) this.refresh();
    await this.view.reveal(row, { select: true, focus: false });
  }

  async #reading(): Promise<Reading> {
    return { client: await this.#store.open(), filter: this.filter ?? undefined, viewer: viewer() };
  }

  dispose(): void {
    if (this.#refreshing) clearTimeout(this.#refreshing);
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.view.dispose();
    this.#changed.dispose();
  }

  async getChildren(node?: RolloutNode): Promise<RolloutNode[]> {
    if (node) return this.#rows.below(node, await this.#reading());
    this.#top = await this.#roots();
    return this.#top;
  }

  getParent(node: RolloutNode): RolloutNode | null {
    return 'parent' in node ? node.parent : null;
  }

  getTreeItem(node: RolloutNode): vscode.TreeItem {
    const item = itemOf(node);
    item.id = node.id;
    item.contextValue = node.kind;
    return item;
  }

  async #roots(): Promise<RolloutNode[]> {
    try {
      const client = await this.#store.existing();
      const [datasets, runs] = client ? await Promise.all([client.prompts.datasets(), client.runs.all()]) : [[], []];
      const filter = this.filter ?? undefined;
      const any = async (query: PromptQuery): Promise<boolean> =>
        (await client!.prompts.page({ ...query, filter, limit: 1 })).rows.length > 0;
      const found = await Promise.all(datasets.map(({ dataset }) => any({ dataset })));
      const grown = await Promise.all(runs.map(({ id }) => any({ runId: id })));
      const kept = datasets.filter((_, i) => found[i]);
      const left = client && filter ? await client.prompts.kept(filter) : null;
      const filtered = left ? `${filter}: ${left.kept} of ${counted(left.of, 'prompt')}` : '';
      this.view.description = [this.#store.folderName, filtered].filter(Boolean).join(' · ');
      this.view.message = this.#store.readOnly ?? undefined;
      const empty = datasets.length === 0 ? 'empty' : kept.length === 0 ? 'filtered' : 'ready';
      void setContext('state', this.#store.file === null ? 'noFolder' : empty);
      return [
        ...kept.map((row): RolloutNode => ({ kind: 'dataset', id: `dataset ${row.dataset}`, ...row })),
        ...runs
          .filter((_, i) => grown[i])
          .map(({ id, name }): RolloutNode => ({ kind: 'run', id: `run ${id}`, runId: id, name })),
      ];
    } catch (error) {
      this.view.description = this.#store.folderName;
      this.view.message = editorText(errorText(error));
      void setContext('state', 'failed');
      // A view with a message shows no welcome: what can be done about it is rows.
      if (this.#store.replaced) {
        return [cure('save-as', commandOf('rolloutLab.rescueStore', 'Save to a New Store…'))];
      }
      const isDamaged = error instanceof Error && error.name === 'StoreDamaged';
      return [
        ...(isDamaged ? [cure('history', commandOf('rolloutLab.restoreStore', 'Restore Store…'))] : []),
        cure('refresh', commandOf('rolloutLab.refresh', 'Try Again')),
        cure('gear', {
          command: 'workbench.action.openSettings',
          title: 'Choose Another Store…',
          arguments: ['rolloutLab.store'],
        }),
      ];
    }
  }

  #refreshSoon(): void {
    this.#refreshing ??= setTimeout(() => {
      this.#refreshing = null;
      this.refresh();
    }, refreshMs);
  }

  #showFilter(): void {
    void setContext('filtered', this.filter !== null);
  }
}

export function setContext(key: string, value: unknown): Thenable<unknown> {
  return vscode.commands.executeCommand('setContext', `rolloutLab.${key}`, value);
}

/** The run below which a row stands; null where it is below a dataset, and of none. */
function runAbove(node: RolloutNode | undefined): string | null {
  if (node?.kind === 'run') return node.runId;
  return node && 'parent' in node ? runAbove(node.parent) : null;
}

function cure(icon: string, command: vscode.Command): RolloutNode {
  return { kind: 'cure', id: `cure ${command.command}`, icon, command };
}

const vanishing = (): vscode.ThemeIcon =>
  new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground'));

function itemOf(node: RolloutNode): vscode.TreeItem {
  const { None, Collapsed } = vscode.TreeItemCollapsibleState;
  switch (node.kind) {
    case 'dataset': {
      const item = new vscode.TreeItem(node.dataset, Collapsed);
      item.description = `${counted(node.prompts, 'prompt')} · ${counted(node.rollouts, 'rollout')}`;
      item.iconPath = new vscode.ThemeIcon('database');
      return item;
    }
    case 'run': {
      const item = new vscode.TreeItem(node.name, Collapsed);
      item.description = 'rollouts of this run';
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
        ...(prompt.answer === null ? [] : [`Answer: ${prompt.answer}`]),
        `${prompt.split}${prompt.stage === null ? '' : `, stage ${prompt.stage}`}: ${labelText(prompt.labelled, prompt.rollouts)}`,
        ...(prompt.passRate === null ? [] : [`${Math.round(100 * prompt.passRate)} % of its rollouts are right`]),
        ...(prompt.vanishingGroups > 0
          ? [`${prompt.vanishingGroups} of ${prompt.groups} groups vanish: all their rewards are the same`]
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
        ? 'A vanishing group: all its rewards are the same, so every advantage is 0 and it teaches nothing.'
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
      item.command = commandOf('rolloutLab.openReview', 'Open Review', node);
      return item;
    }
    case 'more': {
      const item = new vscode.TreeItem('Load more…', None);
      item.iconPath = new vscode.ThemeIcon('ellipsis');
      item.command = commandOf('rolloutLab.loadMore', 'Load More', node.parent);
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
