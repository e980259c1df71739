import { basename, join } from 'node:path';
import { t } from '@vscode/l10n';
import * as v from 'valibot';
import * as vscode from 'vscode';
import { errorText } from '../domain/error-text.ts';
import type { Zoom } from '../domain/run-curves.ts';
import type { WeightSource } from '../domain/weight-source.ts';
import {
  runsPageState,
  runsProtocol,
  type RunsProtocol,
  type RunsSnapshot,
  type SelectedRun,
} from '../protocol/runs.ts';
import { runFiles } from '../store/run-files.ts';
import type { RunRow } from '../store/store.ts';
import { runCommand } from './commands.ts';
import { Panel } from './panel.ts';
import { PanelSlot } from './panel-slot.ts';
import { pickWeighted } from './pick-weighted.ts';
import { divergedBatch } from './run-form.ts';
import { itemOf, readSelected } from './run-snapshot.ts';
import type { RunSupervisor } from './run-supervisor.ts';
import { saveText } from './save-text.ts';
import type { Stores } from './stores.ts';

export interface RunsParts {
  /** The dist folder. */
  assets: vscode.Uri;
  stores: Stores;
  supervisor: RunSupervisor;
  log: vscode.LogOutputChannel;
}

/** What is looked at: runs in drawing order, an iteration (null: the newest), and a stretch of the charts (null: all). */
interface Selection {
  runs: string[];
  iteration: number | null;
  zoom: Zoom | null;
}

/** The Runs panel: curves, advantages, samples and log of the selected runs. One a window. */
export class RunsPanel {
  static readonly #slot = new PanelSlot<RunsPanel>('runs', t('Runs'));

  readonly #parts: RunsParts;
  readonly #panel: Panel<RunsProtocol>;
  #selection: Selection;
  readonly #refresh: () => void;
  #published = '';

  /** Shows these runs; none means what was shown before, else the newest. */
  static async show(parts: RunsParts, runs: string[]): Promise<void> {
    const open = await RunsPanel.#slot.reveal();
    if (!open) RunsPanel.#slot.open((view) => new RunsPanel(parts, view, { runs, iteration: null, zoom: null }));
    else if (runs.length > 0) open.#select({ runs, iteration: null, zoom: null });
  }

  /** Brings the panel back after a reload of the window, with what it showed. */
  static bringBack(parts: RunsParts): vscode.Disposable {
    return RunsPanel.#slot.bringBack(async (state) => {
      const parsed = v.safeParse(runsPageState, state);
      const { selected: runs, iteration } = parsed.success ? parsed.output : { selected: [], iteration: null };
      return (view) => new RunsPanel(parts, view, { runs, iteration, zoom: null });
    });
  }

  private constructor(parts: RunsParts, view: vscode.WebviewPanel, selection: Selection) {
    this.#parts = parts;
    this.#selection = selection;
    const { supervisor, stores } = parts;
    const run = (id: string) => {
      const found = supervisor.runs.find((one) => one.id === id);
      if (!found) throw new Error(t('This run is no longer in the store.'));
      return found;
    };
    this.#panel = new Panel({
      panel: view,
      assets: parts.assets,
      page: 'runs',
      protocol: runsProtocol,
      log: parts.log,
      handlers: {
        select: (chosen) => this.#select(chosen),
        pause: ({ id }) => supervisor.pause(run(id)).then(() => null),
        stop: ({ id }) => supervisor.stop(run(id)).then(() => null),
        resume: ({ id }) => runCommand('rolloutLab.resumeRun', run(id)).then(() => null),
        start: () => runCommand('rolloutLab.startRun').then(() => null),
        startAfter: ({ id }) => runCommand('rolloutLab.startRunAfter', run(id)).then(() => null),
        showBatch: ({ id }) => showBatch(run(id), stores.current.file!),
        retry: () => stores.current.reopen().then(() => null),
        review: ({ rolloutId }) => runCommand('rolloutLab.openReview', rolloutId).then(() => null),
        chooseWeighted: ({ id, source }) => this.#reviewWeighted(run(id), source as WeightSource),
        saveTable: ({ runs }) => this.#saveTable(runs),
        save: ({ name, content }) => saveText(stores.current, name, content),
      },
    });
    this.#refresh = this.#panel.refresher(() => this.#publish());
    this.#panel.own(
      supervisor.onDidChange(this.#refresh),
      stores.onDidChange(this.#refresh),
      // Its runs are of the store that was.
      stores.onDidMove(() => this.#select({ runs: [], iteration: null, zoom: null })),
      vscode.workspace.onDidGrantWorkspaceTrust(this.#refresh),
      view.onDidChangeViewState(this.#refresh),
    );
    this.#refresh();
  }

  async #reviewWeighted(run: RunRow, source: WeightSource): Promise<null> {
    const rolloutId = await pickWeighted(await this.#parts.stores.current.open(), run, source);
    if (rolloutId !== null) await runCommand('rolloutLab.openReview', rolloutId);
    return null;
  }

  async #saveTable(runs: string[]): Promise<boolean> {
    const store = this.#parts.stores.current;
    return saveText(store, 'runs.csv', await store.apart((client) => client.runs.curvesTable(runs)));
  }

  #select(selection: Selection): null {
    this.#selection = selection;
    this.#refresh();
    return null;
  }

  async #publish(): Promise<void> {
    const { supervisor } = this.#parts;
    let failure = supervisor.failure;
    const selected = await this.#read().catch((error: unknown) => {
      failure ??= errorText(error);
      return [];
    });
    // The rows read may be newer than the supervisor's list; a run it does not know yet waits for its next look.
    const known = new Set(supervisor.runs.map(({ id }) => id));
    const snapshot: RunsSnapshot = {
      runs: supervisor.runs.map((run) => itemOf(run, supervisor.recentMetrics(run.id))),
      selected: selected.filter(({ id }) => known.has(id)),
      iteration: this.#selection.iteration,
      zoom: this.#selection.zoom,
      trusted: vscode.workspace.isTrusted,
      failure,
    };
    // Most changes of the store change nothing here.
    const text = JSON.stringify(snapshot);
    if (text === this.#published) return;
    this.#published = text;
    this.#panel.publish('snapshot', snapshot);
  }

  async #read(): Promise<SelectedRun[]> {
    const { supervisor, stores } = this.#parts;
    await supervisor.ready;
    const newest = supervisor.active()[0] ?? supervisor.runs[0];
    const { runs, iteration, zoom } = this.#selection;
    const ids = runs.length > 0 ? runs : newest ? [newest.id] : [];
    const client = await stores.current.existing();
    if (!client) return [];
    const read = await Promise.all(ids.map((id) => readSelected(client, id, iteration, zoom)));
    return read.filter((one) => one !== null);
  }
}

/** Opens the rollouts on which a run's policy diverged: a file of the run's own folder, whatever its row says. */
async function showBatch(run: RunRow, storeFile: string): Promise<null> {
  const batch = divergedBatch(run);
  if (batch === null) throw new Error(t('The policy of this run has not diverged.'));
  const file = join(runFiles(storeFile, run.id).folder, basename(batch));
  await vscode.window.showTextDocument(vscode.Uri.file(file), { viewColumn: vscode.ViewColumn.Beside });
  return null;
}
