/** The Rollouts table: every rollout as a row, filtered by one line, sorted by any column. One a window. */
import * as v from 'valibot';
import * as vscode from 'vscode';
import { errorText } from '../domain/error-text.ts';
import { marksText, seenMarks, type Viewer } from '../domain/review.ts';
import { printQuery, type NameField } from '../domain/rollout-query.ts';
import {
  tableChoice,
  tableProtocol,
  type ShownRow,
  type Stretch,
  type TableChoice,
  type TableProtocol,
} from '../protocol/table.ts';
import type { RunRow, TableRow } from '../store/store.ts';
import { runCommand } from './commands.ts';
import { exportSelected } from './export-command.ts';
import { Panel } from './panel.ts';
import { PanelSlot } from './panel-slot.ts';
import * as plain from './plain-window.ts';
import { conclusion, counted } from './rollout-label.ts';
import type { RolloutNode } from './rollout-node.ts';
import { annotator, changesViewer, viewer } from './viewer.ts';
import type { StoreParts } from './workspace-store.ts';

export interface TableParts extends StoreParts {
  log: vscode.LogOutputChannel;
  /** The dist folder. */
  assets: vscode.Uri;
  /** Of the folder: what was chosen. */
  memory: vscode.Memento;
  /** Shows a rollout in Review, which goes on through these row numbers. */
  review: (rolloutId: string, order: Int32Array) => Promise<void>;
}

const choiceKey = 'table.choice';

/** Rollouts that are flagged at a time, and whose ids go into an export at most. */
const mostFlagged = 10_000;
const mostExported = 100_000;

export class TablePanel {
  static readonly #slot = new PanelSlot<TablePanel>('table', 'Rollouts');

  readonly #parts: TableParts;
  readonly #panel: Panel<TableProtocol>;
  readonly #refresh: () => void;
  #choice: TableChoice;
  /** The view that is shown, as row numbers of the store. */
  #numbers: Int32Array = new Int32Array();
  /** Another one with every view, after a reload of the window too. */
  #turn = Date.now();
  #line = '';
  #total = 0;
  /** What the view is of; empty while it is to be read anew. */
  #read = '';
  /** What the parts of rewards were told of: they are told after the rows, for they take as long. */
  #partsOf = '';
  #changed = false;
  #failed = false;

  /** Shows what was shown before; of a dataset or a run, its rollouts. */
  static async show(parts: TableParts, target: unknown, runs: readonly RunRow[]): Promise<void> {
    const line = lineOf(target, runs);
    const open = await TablePanel.#slot.reveal();
    const choice = open ? open.#choice : storedChoice(parts);
    const wanted = line === null ? choice : { ...choice, line, sort: null };
    if (!open) TablePanel.#slot.open((view) => new TablePanel(parts, view, wanted));
    else if (line !== null) {
      open.#panel.publish('choice', wanted);
      await open.#ask(wanted);
    }
  }

  /** Brings the panel back after a reload of the window. */
  static bringBack(parts: TableParts): vscode.Disposable {
    return TablePanel.#slot.bringBack(async () => (view) => new TablePanel(parts, view, storedChoice(parts)));
  }

  private constructor(parts: TableParts, view: vscode.WebviewPanel, choice: TableChoice) {
    this.#parts = parts;
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
        rows: async ({ turn, from, count }) => {
          const by = viewer();
          const rows = await store.client.table.rows([...this.#of(turn).subarray(from, from + count)]);
          return rows.map((row) => row && shownOf(row, by));
        },
        review: ({ turn, place }) => this.#review(this.#of(turn), place),
        queue: ({ turn, stretches }) => this.#review(this.#selected(turn, stretches), 0),
        flag: ({ turn, stretches, raised }) => this.#flag(this.#selected(turn, stretches), raised),
        export: async ({ turn, stretches }) => {
          const numbers = this.#selected(turn, stretches);
          const isAll = numbers.length === this.#numbers.length;
          if (!isAll && numbers.length > mostExported)
            throw new Error(
              `At most ${mostExported} selected rollouts go into a file; all that the query keeps may be more.`,
            );
          await exportSelected(
            parts,
            isAll
              ? { where: this.#line }
              : { ids: (await store.client.table.ids([...numbers])).filter((id) => id !== null) },
          );
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
    await this.#parts.memory.update(choiceKey, choice);
    return null;
  }

  /** Reads the view that is asked for. One that is there stays while the store changes, for nothing moves under a reader: what changed is told. */
  async #publish(): Promise<void> {
    const { store } = this.#parts;
    const { line, sort } = this.#choice;
    const by = viewer();
    const wanted = JSON.stringify([store.file, line, sort]);
    try {
      const client = await store.existing();
      const isChanged = this.#changed;
      this.#changed = false;
      if (wanted === this.#read && this.#total > 0) {
        if (isChanged) this.#panel.publish('changed', { total: (await client?.table.total()) ?? 0 });
        return;
      }
      if (wanted === this.#read && !isChanged) return;
      const query = { line, sort, blindFor: by.blindFirstPass ? by.annotator : null };
      const view = client
        ? await store.apart((own) => own.table.view(query))
        : { numbers: new Int32Array(), total: 0, histograms: [] };
      this.#read = wanted;
      this.#failed = false;
      this.#line = line;
      this.#numbers = view.numbers;
      this.#total = view.total;
      this.#turn += 1;
      this.#panel.publish('view', {
        ...{ status: 'read', turn: this.#turn, line, sort, count: view.numbers.length, total: view.total },
        histograms: view.histograms,
      });
      this.#panel.publish('changed', { total: view.total });
      const partsOf = JSON.stringify([store.file, view.total]);
      if (partsOf === this.#partsOf) return;
      this.#panel.publish('parts', client ? await store.apart((own) => own.table.rewardParts()) : []);
      this.#partsOf = partsOf;
    } catch (error) {
      this.#read = '';
      this.#failed = true;
      this.#panel.publish('view', { status: 'failed', message: errorText(error) });
    }
  }

  /** The row numbers of the view with this turn. */
  #of(turn: number): Int32Array {
    if (turn !== this.#turn) throw new Error('The table shows something else by now.');
    return this.#numbers;
  }

  #selected(turn: number, stretches: readonly Stretch[]): Int32Array {
    const numbers = this.#of(turn);
    const chosen = new Int32Array(stretches.reduce((sum, [from, to]) => sum + Math.max(0, to - from), 0));
    let at = 0;
    for (const [from, to] of stretches) {
      chosen.set(numbers.subarray(from, to), at);
      at += to - from;
    }
    return chosen;
  }

  async #review(order: Int32Array, place: number): Promise<null> {
    const [id] = await this.#parts.store.client.table.ids([...order.subarray(place, place + 1)]);
    if (!id) throw new Error('This rollout is in the store no more: read the table anew.');
    await this.#parts.review(id, order);
    return null;
  }

  async #flag(numbers: Int32Array, raised: boolean): Promise<null> {
    if (numbers.length > mostFlagged) throw new Error(`Flag at most ${mostFlagged} rollouts at a time.`);
    const { client } = this.#parts.store;
    const ids = (await client.table.ids([...numbers])).filter((id) => id !== null);
    const changed = await client.statuses.flagAll(ids, annotator(), raised);
    this.#changed = true;
    this.#refresh();
    void plain.showInformationMessage(
      `${raised ? 'Flagged' : 'Took your flag from'} ${counted(changed, 'rollout')}${changed < ids.length ? `; the others ${raised ? 'had' : 'did not have'} it` : ''}.`,
    );
    return null;
  }
}

function storedChoice({ memory }: TableParts): TableChoice {
  const { success, output } = v.safeParse(tableChoice, memory.get(choiceKey));
  return success ? output : { line: '', sort: null, columns: null };
}

/** The query line of a row of the trees; null of anything else. */
function lineOf(target: unknown, runs: readonly RunRow[]): string | null {
  const node = target as RolloutNode | RunRow | undefined;
  if (node === undefined) return null;
  const named = (field: NameField, name: string): string =>
    printQuery([{ not: false, kind: 'names', field, names: [name] }]);
  if ('kind' in node) {
    if (node.kind === 'dataset') return named('dataset', node.dataset);
    return node.kind === 'run' ? runLine(node.runId, node.name) : null;
  }
  return 'config' in node ? runLine(node.id, node.name) : null;

  function runLine(id: string, name: string): string {
    const isClear = runs.filter((run) => run.name === name).length < 2 && !name.endsWith('*');
    return named('run', isClear ? name : id);
  }
}

/** A row as the viewer may see it. */
function shownOf(row: TableRow, by: Viewer): ShownRow {
  const { id, question, answer, correct, reward, rewards, advantage, tokens, characters, pass, finish } = row;
  const { iteration, stage, split, dataset, run, evaluation, hinted, openComments, ending, policyVersion } = row;
  const marks = seenMarks(row, by);
  return {
    ...{ id, question, answer, correct, reward, rewards, advantage, tokens, characters, pass, finish },
    ...{ iteration, stage, split, dataset, run, evaluation, hinted, openComments },
    policy: `${row.policy} v${policyVersion}`,
    conclusion: conclusion(ending),
    labelledBy: marks.labelledBy,
    flaggedBy: marks.flaggedBy,
    said: marksText({ ...marks, flaggedBy: [] }),
  };
}
