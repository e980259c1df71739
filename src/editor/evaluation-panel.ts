/** The Evaluation panel: how often a policy is right, by whose rule, and what became of each prompt from one policy to another. One a window. */
import { join } from 'node:path';
import { t } from '@vscode/l10n';
import * as v from 'valibot';
import * as vscode from 'vscode';
import { errorText } from '../domain/error-text.ts';
import { paperAccuracy } from '../evaluation/paper.ts';
import { rules } from '../evaluation/rule.ts';
import { readerNames, readerText, type ReaderName } from '../evaluation/score.ts';
import { tablesText, type TableFormat } from '../evaluation/table.ts';
import { comparisonTables, reportTables } from '../evaluation/tables.ts';
import {
  evaluationPageState,
  evaluationProtocol,
  type EvaluationProtocol,
  type Looking,
  type Reader,
} from '../protocol/evaluation.ts';
import { runFiles } from '../store/run-files.ts';
import type { EvaluationRow, RunRow } from '../store/store.ts';
import { viewInWorker } from '../training/evaluation/client.ts';
import type { View, Wanted } from '../training/evaluation/view.ts';
import { runCommand } from './commands.ts';
import { itemOf } from './evaluation-item.ts';
import { evaluationOfRun } from './evaluation-of-run.ts';
import { Panel } from './panel.ts';
import { PanelSlot } from './panel-slot.ts';
import * as plain from './plain-window.ts';
import { saveText } from './save-text.ts';
import type { Stores } from './stores.ts';

export interface EvaluationParts {
  stores: Stores;
  /** The dist folder. */
  dist: string;
  log: vscode.LogOutputChannel;
  /** The dist folder. */
  assets: vscode.Uri;
}

/** All readers, with the models that judge some of these evaluations. */
function readersOf(rows: readonly EvaluationRow[]): Reader[] {
  const models = [...new Set(rows.flatMap(({ judge }) => judge?.model ?? []))];
  return readerNames.map((name) => ({
    name,
    title: readerText(name, name === 'mmvu-judge' ? models : []),
    source: sourceOf(name),
  }));
}

function sourceOf(name: ReaderName): string {
  if (name === 'recorded') return t('What was recorded with each reply: its accuracy, or its whole reward.');
  if (name === 'mmvu-judge')
    return t(
      'What a language model says that reads the question, the correct answer and the reply, as MMVU’s own script asks one. Judge Evaluation… asks yours.',
    );
  return rules[name].source;
}

const readerNamed = (name: string | null): ReaderName | null => readerNames.find((one) => one === name) ?? null;

export class EvaluationPanel {
  static readonly #slot = new PanelSlot<EvaluationPanel>('evaluation', t('Evaluations'));

  readonly #parts: EvaluationParts;
  readonly #panel: Panel<EvaluationProtocol>;
  readonly #refresh: () => void;
  #wanted: Wanted;
  #rows: EvaluationRow[] = [];
  /** What is shown. */
  #view: View | null = null;
  /** The list as it was told last, and what the view is made of. */
  #told = '';
  #looked = '';
  /** Ends the scoring that goes on. */
  #scoring = new AbortController();

  /** Shows these, at most two; none means what was shown before, else the newest. */
  static async show(parts: EvaluationParts, ids: readonly string[]): Promise<void> {
    const open = await EvaluationPanel.#slot.reveal();
    if (!open)
      EvaluationPanel.#slot.open((view) => new EvaluationPanel(parts, view, { ids, reader: null, all: false }));
    else if (ids.length > 0) open.#select({ ...open.#wanted, ids });
  }

  /** Shows the newest evaluation of a run's checkpoints: its others stand beside it. */
  static async showOfRun(parts: EvaluationParts, { id, name }: RunRow): Promise<void> {
    const store = parts.stores.current;
    const rows = (await (await store.existing())?.evaluations.all()) ?? [];
    const found = evaluationOfRun(rows, runFiles(store.file!, id).folder);
    if (!found)
      throw new Error(
        t('No checkpoint of {0} has been evaluated yet: Evaluate Policy… in its menu evaluates one.', name),
      );
    await EvaluationPanel.show(parts, [found.id]);
  }

  /** Brings the panel back after a reload of the window, with what it showed. */
  static bringBack(parts: EvaluationParts): vscode.Disposable {
    return EvaluationPanel.#slot.bringBack(async (state) => {
      const { success, output } = v.safeParse(evaluationPageState, state);
      const { ids, reader, all } = success ? output : { ids: [], reader: null, all: false };
      const wanted = { ids, reader: readerNamed(reader), all };
      return (view) => new EvaluationPanel(parts, view, wanted);
    });
  }

  private constructor(parts: EvaluationParts, view: vscode.WebviewPanel, wanted: Wanted) {
    this.#parts = parts;
    this.#wanted = wanted;
    const { stores } = parts;
    this.#panel = new Panel({
      panel: view,
      assets: parts.assets,
      page: 'evaluation',
      protocol: evaluationProtocol,
      log: parts.log,
      handlers: {
        select: ({ ids, reader, all }) => this.#select({ ids, reader: readerNamed(reader), all }),
        cancel: () => {
          this.#scoring.abort(new Error(t('You cancelled the scoring.')));
          return null;
        },
        review: ({ rolloutIds: [rolloutId, beside] }) =>
          runCommand('rolloutLab.openReview', rolloutId, beside).then(() => null),
        save: () => this.#save(),
        evaluate: () => runCommand('rolloutLab.evaluatePolicy').then(() => null),
        import: () => runCommand('rolloutLab.importRollouts').then(() => null),
        retry: async () => {
          this.#looked = '';
          await stores.current.reopen();
          return null;
        },
      },
    });
    this.#refresh = this.#panel.refresher(() => this.#publish());
    this.#panel.own(
      { dispose: () => this.#scoring.abort() },
      stores.onDidChange(this.#refresh),
      vscode.workspace.onDidGrantWorkspaceTrust(this.#refresh),
      view.onDidChangeViewState(this.#refresh),
    );
    this.#refresh();
  }

  #select(wanted: Wanted): null {
    this.#wanted = wanted;
    // What failed or was cancelled is tried again.
    if (!this.#view) this.#looked = '';
    this.#refresh();
    return null;
  }

  async #publish(): Promise<void> {
    const store = this.#parts.stores.current;
    try {
      this.#rows = (await (await store.existing())?.evaluations.all()) ?? [];
    } catch (error) {
      this.#told = '';
      this.#panel.publish('list', { status: 'failed', message: errorText(error) });
      return;
    }
    if (this.#panel.signal.aborted) return;
    const evaluations = this.#rows.map(itemOf);
    const trusted = vscode.workspace.isTrusted;
    const readers = readersOf(this.#rows);
    const told = JSON.stringify([evaluations, readers, trusted]);
    if (told !== this.#told) this.#panel.publish('list', { status: 'read', evaluations, readers, trusted });
    this.#told = told;
    this.#look();
  }

  /** Scores what is looked at, unless it is scored already or is being scored. */
  #look(): void {
    const there = this.#wanted.ids.filter((id) => this.#rows.some((row) => row.id === id));
    const ids = there.length > 0 ? there : this.#rows.slice(0, 1).map(({ id }) => id);
    const datasets = this.#rows.filter(({ id }) => ids.includes(id)).map(({ dataset }) => dataset);
    // An evaluation changes by what it has; a run changes the store every second.
    const madeOf = this.#rows
      .filter((row) => ids.includes(row.id) || datasets.includes(row.dataset))
      .map(({ id, done, changes }) => [id, done, changes]);
    const wanted = { ...this.#wanted, ids };
    const looked = JSON.stringify([this.#parts.stores.current.file, wanted, madeOf]);
    if (looked === this.#looked) return;
    this.#looked = looked;
    this.#scoring.abort();
    if (ids.length === 0) return;
    // A newer one that comes takes nothing away.
    this.#wanted = wanted;
    void this.#score(wanted);
  }

  async #score(wanted: Wanted): Promise<void> {
    const { stores, dist } = this.#parts;
    const scoring = new AbortController();
    this.#scoring = scoring;
    // Another scoring may have begun meanwhile, or the panel been closed.
    const isOver = (): boolean => this.#scoring !== scoring || this.#panel.signal.aborted;
    const tell = (change: Partial<Looking>): void => {
      if (isOver()) return;
      this.#panel.publish('looking', { ...wanted, ids: [...wanted.ids], progress: null, problem: null, ...change });
    };
    tell({ progress: { done: 0, total: 0 } });
    try {
      const follow = { signal: scoring.signal, onProgress: (progress: Looking['progress']) => tell({ progress }) };
      const view = await stores.current.beside((file) =>
        viewInWorker({ store: file, ...wanted }, follow, join(dist, 'score-worker.cjs')),
      );
      if (isOver()) return;
      this.#view = view;
      const paper = view.kind === 'one' ? paperAccuracy(this.#row(view.id)?.dataset ?? null) : null;
      this.#panel.publish('view', view.kind === 'one' ? { ...view, paper } : view);
      tell({});
    } catch (error) {
      if (!isOver()) this.#view = null;
      tell({ problem: errorText(error) });
    }
  }

  #row(id: string): EvaluationRow | undefined {
    return this.#rows.find((row) => row.id === id);
  }

  async #save(): Promise<null> {
    const view = this.#view;
    const rows = (view?.kind === 'two' ? view.ids : view ? [view.id] : []).map((id) => this.#row(id));
    const [first, second] = rows;
    if (!view || !first) throw new Error(t('There is nothing to export yet: choose an evaluation first.'));
    if (view.kind === 'two' && !view.comparison)
      throw new Error(t('There is nothing to export: these two have no prompt in common.'));
    const tables =
      view.kind === 'one'
        ? reportTables(first, view.report)
        : comparisonTables(first, second!, { ...view.comparison!, flips: view.flips.rows });
    const chosen = await plain.showQuickPick(formats, { placeHolder: t('In which format?') });
    const name = view.kind === 'one' ? 'evaluation' : 'comparison';
    if (chosen)
      await saveText(this.#parts.stores.current, `${name}.${chosen.ending}`, tablesText(tables, chosen.format));
    return null;
  }
}

const formats: (vscode.QuickPickItem & { format: TableFormat; ending: string })[] = [
  { label: 'Markdown', detail: t('Tables for a README or an issue'), format: 'markdown', ending: 'md' },
  { label: 'CSV', detail: t('For a spreadsheet: each interval in columns of its own'), format: 'csv', ending: 'csv' },
  { label: 'LaTeX', detail: t('For a paper, with the package booktabs'), format: 'latex', ending: 'tex' },
];
