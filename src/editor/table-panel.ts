/** The Rollouts table: every rollout as a row, filtered by one line, sorted by any column. One a window. */
import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { errorText } from '../domain/error-text.ts';
import {
  blockSize,
  tableProtocol,
  type ShownHistogram,
  type ShownPrompt,
  type ShownRow,
  type Stretch,
  type TableChoice,
  type TableProtocol,
} from '../protocol/table.ts';
import type { PromptSelection } from '../domain/run-prompts.ts';
import type { StoreClient } from '../store/client.ts';
import type { RunRow, TableQuery } from '../store/store.ts';
import { runCommand } from './commands.ts';
import { Panel } from './panel.ts';
import { PanelSlot } from './panel-slot.ts';
import * as plain from './plain-window.ts';
import { queryOfNode } from './query-of-node.ts';
import { exportRows, flag, rolloutsOf, selectedIn, selectionOf, tag, type SelectedRows } from './selected-rows.ts';
import { TableMemory } from './table-memory.ts';
import { queryOf, readPrompts, readRollouts, readSpreads, sortOf, type TableOrder } from './table-view.ts';
import { changesViewer, viewer } from './viewer.ts';
import type { Stores } from './stores.ts';
import type { StoreParts, WorkspaceStore } from './workspace-store.ts';

export interface TableParts {
  stores: Stores;
  /** The dist folder. */
  dist: string;
  log: vscode.LogOutputChannel;
  /** The dist folder. */
  assets: vscode.Uri;
  /** Of the folder: what was chosen. */
  memory: vscode.Memento;
  /** Shows a rollout of a store in Review, which goes on through these row numbers. */
  review: (store: WorkspaceStore, rolloutId: string, order: Int32Array) => Promise<void>;
  /** Asks how a run on these prompts of a store is to be, and starts it. */
  startRun: (store: WorkspaceStore, selection: PromptSelection) => Promise<void>;
}

const noneOf = (store: WorkspaceStore): Omit<TableOrder, 'turn'> => {
  const first = new Int32Array();
  return { store, line: '', shows: 'rollouts', total: 0, first, numbers: Promise.resolve(first) };
};

export class TablePanel {
  static readonly #slot = new PanelSlot<TablePanel>('table', t('Rollouts'));

  readonly #parts: TableParts;
  readonly #memory: TableMemory;
  readonly #panel: Panel<TableProtocol>;
  readonly #refresh: () => void;
  #choice: TableChoice;
  #shown: TableOrder;
  /** What the view is of; empty until all of it is read. */
  #read = '';
  /** How often somebody asked to read it anew. */
  #refreshes = 0;
  /** What the parts of rewards were told of: they are told after the rows, for they take as long. */
  #partsOf = '';
  #changed = false;
  #failed = false;

  /** Shows what was shown before; of a dataset or a run, its rollouts. */
  static async show(parts: TableParts, target: unknown, runs: readonly RunRow[]): Promise<void> {
    const line = queryOfNode(target, runs);
    const open = await TablePanel.#slot.reveal();
    const choice = open ? open.#choice : new TableMemory(parts.memory).choice;
    const wanted: TableChoice = line === null ? choice : { ...choice, line, sort: null, shows: 'rollouts' };
    if (!open) TablePanel.#slot.open((view) => new TablePanel(parts, view, wanted));
    else if (line !== null) {
      open.#panel.publish('choice', wanted);
      await open.#ask(wanted);
    }
  }

  /** Brings the panel back after a reload of the window. */
  static bringBack(parts: TableParts): vscode.Disposable {
    return TablePanel.#slot.bringBack(
      async () => (view) => new TablePanel(parts, view, new TableMemory(parts.memory).choice),
    );
  }

  private constructor(parts: TableParts, view: vscode.WebviewPanel, choice: TableChoice) {
    this.#parts = parts;
    this.#memory = new TableMemory(parts.memory);
    this.#choice = choice;
    const { stores } = parts;
    this.#shown = { turn: Date.now(), ...noneOf(stores.current) };
    this.#panel = new Panel({
      panel: view,
      assets: parts.assets,
      page: 'table',
      protocol: tableProtocol,
      log: parts.log,
      handlers: {
        ask: (choice) => {
          this.#panel.keep('choice', choice);
          return this.#ask(choice);
        },
        rows: async ({ turn, from, count }) => {
          const shown = this.#of(turn);
          const isFirst = from + count <= shown.first.length;
          return this.#rows(shown, (isFirst ? shown.first : await shown.numbers).subarray(from, from + count));
        },
        review: async ({ turn, place }) => {
          const { store, shows, numbers } = this.#of(turn);
          if (shows === 'rollouts') return this.#review(store, await numbers, place);
          return this.#queue(turn, [[place, place + 1]]);
        },
        queue: ({ turn, stretches }) => this.#queue(turn, stretches),
        flag: async ({ turn, stretches, raised }) =>
          this.#changing(flag(...(await this.#selected(turn, stretches)), raised)),
        tag: async ({ turn, stretches, on }) => this.#changing(tag(...(await this.#selected(turn, stretches)), on)),
        export: async ({ turn, stretches }) => {
          await exportRows(...(await this.#selected(turn, stretches)));
          return null;
        },
        startRun: async ({ turn, stretches }) => {
          const [own, rows] = await this.#selected(turn, stretches);
          await parts.startRun(own.store, await selectionOf(own, rows));
          return null;
        },
        saveView: () => this.#saveView(),
        forgetView: async ({ name }) => {
          await this.#memory.forgetView(name);
          this.#panel.publish('saved', this.#memory.views);
          return null;
        },
        import: () => runCommand('rolloutLab.importRollouts').then(() => null),
        refresh: async () => {
          this.#refreshes += 1;
          if (this.#failed) await stores.current.reopen();
          this.#refresh();
          return null;
        },
      },
    });
    this.#panel.publish('choice', choice);
    this.#panel.publish('saved', this.#memory.views);
    this.#refresh = this.#panel.refresher(() => this.#publish());
    const changed = (): void => {
      this.#changed = true;
      this.#refresh();
    };
    this.#panel.own(
      stores.onDidChange(changed),
      view.onDidChangeViewState(this.#refresh),
      { dispose: () => void this.#shown.store.endReading() },
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (changesViewer(change)) changed();
      }),
    );
    this.#refresh();
  }

  async #ask(choice: TableChoice): Promise<null> {
    this.#choice = choice;
    this.#refresh();
    await this.#memory.keepChoice(choice);
    return null;
  }

  async #saveView(): Promise<null> {
    const name = await plain.showInputBox({
      prompt: t('Name of the view: its query, order and columns are kept in this folder'),
      value: this.#choice.line,
      validateInput: (text) => (text.trim() === '' ? t('Type a name.') : null),
    });
    if (name === undefined) return null;
    await this.#memory.saveView(name.trim(), this.#choice);
    this.#panel.publish('saved', this.#memory.views);
    return null;
  }

  /**
   * Reads the view that is asked for: its first rows, then which all are; unless something else is asked for meanwhile. One that is there stays while the store changes, for nothing moves under a reader: what changed is told.
   */
  async #publish(): Promise<void> {
    const store = this.#parts.stores.current;
    const choice = this.#choice;
    const wanted = this.#wanted(choice);
    try {
      const client = await store.existing();
      const isChanged = this.#changed;
      this.#changed = false;
      const { turn, total } = this.#shown;
      if (wanted === this.#read && total > 0) {
        const table = choice.shows === 'prompts' ? client?.promptTable : client?.table;
        if (isChanged) this.#panel.publish('changed', { turn, total: (await table?.total()) ?? 0 });
        return;
      }
      if (wanted === this.#read && !isChanged) return;
      this.#read = '';
      const isWhole = client ? await this.#publishView(store, client, choice) : this.#publishNone(store);
      this.#failed = false;
      if (isWhole) this.#read = wanted;
    } catch (error) {
      this.#read = '';
      this.#failed = true;
      this.#panel.publish('view', { status: 'failed', message: errorText(error) });
    }
  }

  /** What is to be read for a choice. */
  #wanted(choice: TableChoice): string {
    return JSON.stringify([
      this.#parts.stores.current.file,
      choice.line,
      choice.shows,
      sortOf(choice),
      viewer(),
      this.#refreshes,
    ]);
  }

  /** Where there is no store. */
  #publishNone(store: WorkspaceStore): true {
    const { turn } = this.#show(noneOf(store));
    const none = { status: 'read', turn, line: '', sort: null, count: 0, total: 0, prompts: 0 } as const;
    this.#panel.publish('view', { ...none, shows: 'rollouts', rows: [] });
    return true;
  }

  /** Returns whether it was published to its end. */
  async #publishView(store: WorkspaceStore, client: StoreClient, choice: TableChoice): Promise<boolean> {
    const { reader } = store;
    const { line, shows } = choice;
    const by = viewer();
    const query = queryOf(choice, by);
    const wanted = this.#wanted(choice);
    const isOver = (): boolean => this.#panel.signal.aborted || this.#wanted(this.#choice) !== wanted;
    const table = shows === 'prompts' ? reader.promptTable : reader.table;
    const [first, policies, total, prompts] = await Promise.all([
      table.order(query, blockSize),
      shows === 'prompts' ? reader.promptTable.policies(query) : [],
      (shows === 'prompts' ? client.promptTable : client.table).total(),
      client.promptTable.total(),
    ]);
    if (isOver()) return false;
    const isAll = first.length < blockSize;
    const numbers = isAll ? Promise.resolve(first) : table.order(query);
    // It is awaited below, and by who asks for rows meanwhile.
    numbers.catch(() => undefined);
    const rows =
      shows === 'prompts'
        ? { shows, policies, rows: await readPrompts(client, first) }
        : { shows, rows: await readRollouts(client, first, by) };
    if (isOver()) return false;
    const { turn } = this.#show({ store, line, shows, total, first, numbers });
    const view = { status: 'read', turn, line, sort: query.sort, total, prompts, ...rows } as const;
    this.#panel.publish('view', { ...view, count: isAll ? first.length : null });
    const all = await numbers;
    if (isOver()) return false;
    // Where somebody wrote in between.
    if (first.some((n, place) => n !== all[place])) return this.#publishView(store, client, choice);
    this.#panel.keep('view', { ...view, count: all.length });
    this.#panel.tell('counted', { turn, count: all.length });
    if (shows === 'rollouts') void this.#publishParts(store, total);
    void this.#publishSpreads(reader, query, turn, isOver);
    return true;
  }

  /** How its numbers spread: nobody's next view waits for it. */
  async #publishSpreads(reader: StoreClient, query: TableQuery, turn: number, isOver: () => boolean): Promise<void> {
    try {
      let histograms: ShownHistogram[] = [];
      for await (histograms of readSpreads(reader, query)) {
        if (isOver() || turn !== this.#shown.turn) return;
        this.#panel.publish('spreads', { turn, histograms, isAll: false });
      }
      this.#panel.publish('spreads', { turn, histograms, isAll: true });
    } catch (error) {
      // Those of a view that is gone are nobody’s loss.
      if (turn === this.#shown.turn) this.#read = '';
      this.#parts.log.error('Cannot read how the numbers spread:', error);
    }
  }

  /** The next view. */
  #show(order: Omit<TableOrder, 'turn'>): TableOrder {
    const { store, turn } = this.#shown;
    if (order.store !== store) void store.endReading();
    this.#shown = { ...order, turn: turn + 1 };
    return this.#shown;
  }

  /** On a thread of its own, for it takes longer than all the rest. */
  async #publishParts(store: WorkspaceStore, total: number): Promise<void> {
    const partsOf = JSON.stringify([store.file, total]);
    if (partsOf === this.#partsOf) return;
    this.#partsOf = partsOf;
    try {
      this.#panel.publish('parts', await store.apart((own) => own.table.rewardParts()));
    } catch (error) {
      this.#partsOf = '';
      this.#parts.log.error('Cannot read the parts of rewards:', error);
    }
  }

  #rows({ store, shows }: TableOrder, numbers: Int32Array): Promise<(ShownRow | null)[] | (ShownPrompt | null)[]> {
    const { client } = store;
    return shows === 'prompts' ? readPrompts(client, numbers) : readRollouts(client, numbers, viewer());
  }

  /** The view with this turn. */
  #of(turn: number): TableOrder {
    if (turn !== this.#shown.turn) throw new Error(t('The table shows something else by now.'));
    return this.#shown;
  }

  /** Rows of the view with this turn, and what a command on them is made of: they are of its store, whichever is worked on before it ends. */
  async #selected(turn: number, stretches: readonly Stretch[]): Promise<[StoreParts, SelectedRows]> {
    const shown = this.#of(turn);
    return [{ store: shown.store, dist: this.#parts.dist }, await selectedIn(shown, stretches)];
  }

  /** Shows what a change makes of the rows. */
  async #changing(change: Promise<void>): Promise<null> {
    await change;
    this.#changed = true;
    this.#refresh();
    return null;
  }

  async #queue(turn: number, stretches: readonly Stretch[]): Promise<null> {
    const [own, rows] = await this.#selected(turn, stretches);
    return this.#review(own.store, await rolloutsOf(own, rows), 0);
  }

  async #review(store: WorkspaceStore, order: Int32Array, place: number): Promise<null> {
    const [id] = await store.client.table.ids([...order.subarray(place, place + 1)]);
    if (!id) throw new Error(t('This rollout is in the store no more: read the table anew.'));
    await this.#parts.review(store, id, order);
    return null;
  }
}
