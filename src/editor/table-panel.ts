/** The Rollouts table: every rollout as a row, filtered by one line, sorted by any column. One a window. */
import * as vscode from 'vscode';
import { errorText } from '../domain/error-text.ts';
import {
  blockSize,
  tableProtocol,
  type ShownPrompt,
  type ShownRow,
  type Stretch,
  type TableChoice,
  type TableProtocol,
} from '../protocol/table.ts';
import type { PromptSelection } from '../domain/run-prompts.ts';
import type { RunRow } from '../store/store.ts';
import { runCommand } from './commands.ts';
import { Panel } from './panel.ts';
import { PanelSlot } from './panel-slot.ts';
import * as plain from './plain-window.ts';
import { queryOfNode } from './query-of-node.ts';
import { exportRows, flag, rolloutsOf, selectionOf, tag, type SelectedRows } from './selected-rows.ts';
import { TableMemory } from './table-memory.ts';
import { readPrompts, readRollouts, readView, sortOf } from './table-view.ts';
import { changesViewer, viewer } from './viewer.ts';
import type { StoreParts } from './workspace-store.ts';

export interface TableParts extends StoreParts {
  log: vscode.LogOutputChannel;
  /** The dist folder. */
  assets: vscode.Uri;
  /** Of the folder: what was chosen. */
  memory: vscode.Memento;
  /** Shows a rollout in Review, which goes on through these row numbers. */
  review: (rolloutId: string, order: Int32Array) => Promise<void>;
  /** Asks how a run on these prompts is to be, and starts it. */
  startRun: (selection: PromptSelection) => Promise<void>;
}

export class TablePanel {
  static readonly #slot = new PanelSlot<TablePanel>('table', 'Rollouts');

  readonly #parts: TableParts;
  readonly #memory: TableMemory;
  readonly #panel: Panel<TableProtocol>;
  readonly #refresh: () => void;
  #choice: TableChoice;
  /** The view that is shown, as row numbers of the store. */
  #numbers: Int32Array = new Int32Array();
  /** Another one with every view, after a reload of the window too. */
  #turn = Date.now();
  #line = '';
  #shows: TableChoice['shows'] = 'rollouts';
  #total = 0;
  /** What the view is of; empty while it is to be read anew. */
  #read = '';
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
    const { store } = parts;
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
        rows: ({ turn, from, count }) => this.#rows(this.#of(turn).subarray(from, from + count)),
        review: async ({ turn, place }) => {
          if (this.#shows === 'rollouts') return this.#review(this.#of(turn), place);
          return this.#review(await rolloutsOf(parts, this.#selected(turn, [[place, place + 1]])), 0);
        },
        queue: async ({ turn, stretches }) => this.#review(await rolloutsOf(parts, this.#selected(turn, stretches)), 0),
        flag: ({ turn, stretches, raised }) => this.#changing(flag(parts, this.#selected(turn, stretches), raised)),
        tag: ({ turn, stretches, on }) => this.#changing(tag(parts, this.#selected(turn, stretches), on)),
        export: ({ turn, stretches }) => exportRows(parts, this.#selected(turn, stretches)).then(() => null),
        startRun: async ({ turn, stretches }) => {
          await parts.startRun(await selectionOf(parts, this.#selected(turn, stretches)));
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
          this.#read = '';
          if (this.#failed) await store.reopen();
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
      store.onDidChange(changed),
      view.onDidChangeViewState(this.#refresh),
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (!changesViewer(change)) return;
        this.#read = '';
        changed();
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
      prompt: 'Name of the view: its query, order and columns are kept in this folder',
      value: this.#choice.line,
      validateInput: (text) => (text.trim() === '' ? 'Type a name.' : null),
    });
    if (name === undefined) return null;
    await this.#memory.saveView(name.trim(), this.#choice);
    this.#panel.publish('saved', this.#memory.views);
    return null;
  }

  /** Reads the view that is asked for. One that is there stays while the store changes, for nothing moves under a reader: what changed is told. */
  async #publish(): Promise<void> {
    const { store } = this.#parts;
    const choice = this.#choice;
    const { line, shows } = choice;
    const by = viewer();
    const wanted = JSON.stringify([store.file, line, shows, sortOf(choice)]);
    try {
      const client = await store.existing();
      const isChanged = this.#changed;
      this.#changed = false;
      if (wanted === this.#read && this.#total > 0) {
        const table = shows === 'prompts' ? client?.promptTable : client?.table;
        if (isChanged) this.#panel.publish('changed', { total: (await table?.total()) ?? 0 });
        return;
      }
      if (wanted === this.#read && !isChanged) return;
      const { numbers, total, histograms, policies } = await readView(store, choice, by);
      const first = numbers.subarray(0, blockSize);
      const rows =
        shows === 'prompts'
          ? { shows, policies, rows: await readPrompts(store.client, first) }
          : { shows, rows: await readRollouts(store.client, first, by) };
      this.#read = wanted;
      this.#failed = false;
      this.#line = line;
      this.#shows = shows;
      this.#numbers = numbers;
      this.#total = total;
      this.#turn += 1;
      this.#panel.publish('view', {
        ...{ status: 'read', turn: this.#turn, line, sort: sortOf(choice), count: numbers.length, total, histograms },
        prompts: (await client?.promptTable.total()) ?? 0,
        ...rows,
      });
      this.#panel.publish('changed', { total });
      if (shows === 'prompts') return;
      const partsOf = JSON.stringify([store.file, total]);
      if (partsOf === this.#partsOf) return;
      this.#panel.publish('parts', client ? await store.apart((own) => own.table.rewardParts()) : []);
      this.#partsOf = partsOf;
    } catch (error) {
      this.#read = '';
      this.#failed = true;
      this.#panel.publish('view', { status: 'failed', message: errorText(error) });
    }
  }

  #rows(numbers: Int32Array): Promise<(ShownRow | null)[] | (ShownPrompt | null)[]> {
    const { client } = this.#parts.store;
    return this.#shows === 'prompts' ? readPrompts(client, numbers) : readRollouts(client, numbers, viewer());
  }

  /** The row numbers of the view with this turn. */
  #of(turn: number): Int32Array {
    if (turn !== this.#turn) throw new Error('The table shows something else by now.');
    return this.#numbers;
  }

  #selected(turn: number, stretches: readonly Stretch[]): SelectedRows {
    const numbers = this.#of(turn);
    const chosen = new Int32Array(stretches.reduce((sum, [from, to]) => sum + Math.max(0, to - from), 0));
    let at = 0;
    for (const [from, to] of stretches) {
      chosen.set(numbers.subarray(from, to), at);
      at += to - from;
    }
    return { shows: this.#shows, numbers: chosen, line: this.#line, isAll: chosen.length === numbers.length };
  }

  /** Shows what a change makes of the rows. */
  async #changing(change: Promise<void>): Promise<null> {
    await change;
    this.#changed = true;
    this.#refresh();
    return null;
  }

  async #review(order: Int32Array, place: number): Promise<null> {
    const [id] = await this.#parts.store.client.table.ids([...order.subarray(place, place + 1)]);
    if (!id) throw new Error('This rollout is in the store no more: read the table anew.');
    await this.#parts.review(id, order);
    return null;
  }
}
