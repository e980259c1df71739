import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { errorText } from '../domain/error-text.ts';
import { activeStatuses, resumableStatuses, stopAfter, type RunConfig, type RunStatus } from '../domain/run.ts';
import type { StoreClient } from '../store/client.ts';
import type { MetricRow, RunRow } from '../store/store.ts';
import { RunHost, type ProcessEnd, type RunHostParts } from '../training/host/run-host.ts';
import { runCommand } from './commands.ts';
import { needNamedJudge } from './judge-key.ts';
import * as plain from './plain-window.ts';
import { needNamedRay } from './ray-cluster.ts';
import { divergedBatch } from './run-form.ts';
import { showBeginning } from './run-upload.ts';
import { setUpTorchFor } from './set-up.ts';
import type { Stores } from './stores.ts';
import type { WorkspaceStore } from './workspace-store.ts';

/** How often the runs are looked at while one is active. */
const pollMs = 1_000;

/** Iterations kept of each active run, for its reward and the time left. */
const recentIterations = 25;

export interface SupervisorParts {
  stores: Stores;
  /** Starts a process on a run of a store, as `RunHostParts.launch` does. */
  launch: (run: RunRow, store: WorkspaceStore) => ReturnType<RunHostParts['launch']>;
  /** Remembers which deaths the user has been told of. */
  memory: vscode.Memento;
  log: vscode.LogOutputChannel;
}

export function isActive(run: Pick<RunRow, 'status'>): boolean {
  return activeStatuses.includes(run.status);
}

export function isResumable(run: Pick<RunRow, 'status'>): boolean {
  return resumableStatuses.includes(run.status);
}

/** The runs of a store, newest first, and why they cannot be read, if so. */
export interface StoreRuns {
  runs: readonly RunRow[];
  /** The last iterations of each that is active, in order, by its id. */
  recent: ReadonlyMap<string, readonly MetricRow[]>;
  failure: string | null;
}

/**
 * Starts runs, and follows all of the store that is worked on and of those that are watched, whoever started them. The store is the bus: this reads rows and writes requests, so a
 * run goes on without this window, and another window may take over.
 */
export class RunSupervisor implements vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<void>();
  /** Fires when a run appeared, moved on or changed its status. */
  readonly onDidChange = this.#changed.event;

  readonly #parts: SupervisorParts;
  readonly #subscription: vscode.Disposable;
  /** Beside the store that is worked on. */
  readonly #watched = new Set<WorkspaceStore>();
  /** What was last read of each. */
  #read = new Map<WorkspaceStore, StoreRuns>();
  /** The store that was worked on then. */
  #current: WorkspaceStore;
  /** The store of each run that was ever read: a copied folder has runs of the same ids. */
  readonly #storeOf = new WeakMap<Pick<RunRow, 'id'>, WorkspaceStore>();
  /** By the store's file and the run's id. */
  #statuses = new Map<string, RunStatus>();
  #seen = '';
  #looking: Promise<void> | null = null;
  readonly #timer: NodeJS.Timeout;
  /** Resolves when the runs have been read once. */
  readonly ready: Promise<void>;

  constructor(parts: SupervisorParts) {
    this.#parts = parts;
    this.#current = parts.stores.current;
    this.#subscription = vscode.Disposable.from(
      parts.stores.onDidChange(() => void this.look()),
      parts.stores.onDidChangeAny((store) => this.#watched.has(store) && void this.look()),
    );
    // A dead process writes nothing, so the store's changes alone would never show that it is gone.
    this.#timer = setInterval(() => {
      if (this.#all().some(isActive)) void this.look();
    }, pollMs);
    this.ready = this.look();
  }

  /** All runs of the store that is worked on, newest first. */
  get runs(): readonly RunRow[] {
    return this.of(this.#current)?.runs ?? [];
  }

  /** Why they cannot be read, if so. */
  get failure(): string | null {
    return this.of(this.#current)?.failure ?? null;
  }

  /** Those that are queued, running or paused, newest first. */
  active(): RunRow[] {
    return this.runs.filter(isActive);
  }

  /** What was last read of a store; null of one that is neither worked on nor watched. */
  of(store: WorkspaceStore): StoreRuns | null {
    return this.#read.get(store) ?? null;
  }

  /** Follows the runs of a store that may not be the one that is worked on, and holds it, until this is disposed of. */
  watch(store: WorkspaceStore): vscode.Disposable {
    const held = store.hold();
    this.#watched.add(store);
    const left = new vscode.Disposable(() => {
      this.#watched.delete(store);
      if (store !== this.#current) this.#read.delete(store);
    });
    return vscode.Disposable.from(held, left);
  }

  /** The run that a command's argument names: a row of the view, or the id of one of the store that is worked on. */
  named(argument: unknown): RunRow | undefined {
    const id = typeof argument === 'object' && argument !== null && 'id' in argument ? argument.id : argument;
    return this.of(this.#parts.stores.of(argument))?.runs.find((run) => run.id === id);
  }

  /** The last iterations of an active run of a store, in order. */
  recentMetrics(runId: string, store = this.#current): readonly MetricRow[] {
    return this.of(store)?.recent.get(runId) ?? [];
  }

  /** Writes the run's row into a store and starts a process on it. */
  async start(store: WorkspaceStore, name: string, config: RunConfig): Promise<RunRow> {
    needTrust();
    needNamed(config);
    const client = await store.open();
    const run = await client.runs.create(name, config);
    this.#storeOf.set(run, store);
    const ended = this.#hostOf(run).start(run);
    this.#follow(run, ended);
    this.#show(client, run, ended);
    await this.look();
    return run;
  }

  async pause(run: RunRow): Promise<void> {
    await this.#hostOf(run).request(run.id, 'pause');
    await this.look();
  }

  /** Asks a live run to stop after its iteration, and one that was asked to end now, if that is meant; one whose process is gone is stopped already. */
  async stop(run: Pick<RunRow, 'id'>): Promise<void> {
    const client = await this.#of(run).open();
    const now = await client.runs.get(run.id);
    const request = stopAfter(now?.request ?? 'run');
    if (now && request === 'end' && !(await this.#endsNow(client, now))) return;
    await this.#hostOf(run).request(run.id, request);
    await this.look();
  }

  /** Asks whether a run that stops after its iteration is to end now. */
  async #endsNow(client: StoreClient, { id, name, iteration }: RunRow): Promise<boolean> {
    const checkpoint = (await client.runs.latestCheckpoint(id))?.iteration ?? 0;
    const now = t('End Now');
    const what = t(
      'It stops by itself after iteration {0}, with a checkpoint. Ended now, it goes on from iteration {1} when it is resumed.',
      iteration + 1,
      checkpoint,
    );
    return (await plain.ask(t('End {0} now?', name), what, now)) === now;
  }

  /** Lets a paused process go on, or starts a new one from the last checkpoint. */
  async resume(run: RunRow): Promise<void> {
    needTrust();
    const client = await this.#of(run).open();
    const now = await client.runs.get(run.id);
    if (!now) throw new Error(t('The run {0} is no longer in the store.', run.name));
    this.#storeOf.set(now, this.#of(run));
    const started = await this.#hostOf(run).resume(now);
    if (started) this.#follow(now, started.ended);
    this.#show(client, now, started?.ended ?? null);
    await this.look();
  }

  /** Reads the runs now; calls that come while it reads share one further reading. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => (this.#looking = null));
    return this.#looking;
  }

  dispose(): void {
    clearInterval(this.#timer);
    this.#subscription.dispose();
    this.#changed.dispose();
  }

  async #look(): Promise<void> {
    const { current } = this.#parts.stores;
    const stores = new Set([current, ...this.#watched]);
    this.#read = new Map(
      await Promise.all([...stores].map(async (store) => [store, await this.#readOf(store)] as const)),
    );
    this.#current = current;
    // Whoever asked after another one became that, or is watched, shares this reading.
    if ([this.#parts.stores.current, ...this.#watched].some((store) => !stores.has(store))) return this.#look();
    this.#tellChanges();
  }

  async #readOf(store: WorkspaceStore): Promise<StoreRuns> {
    try {
      const client = await store.existing();
      const runs = (await client?.runs.all()) ?? [];
      for (const run of runs) this.#storeOf.set(run, store);
      const recent = new Map<string, MetricRow[]>();
      for (const { id, iteration } of runs.filter(isActive))
        recent.set(id, (await client?.runs.metrics(id, iteration - recentIterations)) ?? []);
      return { runs, recent, failure: null };
    } catch (error) {
      return { runs: [], recent: new Map(), failure: errorText(error) };
    }
  }

  #all(): RunRow[] {
    return [...this.#read.values()].flatMap(({ runs }) => runs);
  }

  /** The store that a run is of. */
  #of(run: Pick<RunRow, 'id'>): WorkspaceStore {
    return this.#storeOf.get(run) ?? this.#parts.stores.current;
  }

  #hostOf(run: Pick<RunRow, 'id'>): RunHost {
    const store = this.#of(run);
    return new RunHost({
      rows: async () => (await store.existing())?.runs ?? null,
      launch: (run) => this.#parts.launch(run, store),
      allow: ({ config }) => needNamed(config),
    });
  }

  #tellChanges(): void {
    for (const run of this.#all()) {
      const key = `${this.#of(run).file} ${run.id}`;
      const before = this.#statuses.get(key);
      this.#statuses.set(key, run.status);
      if (before !== undefined && before !== run.status) {
        this.#parts.log.info(`Run ${run.name}: ${before} → ${run.status} at iteration ${run.iteration}`);
      }
      if (run.status === 'lost' || (run.status === 'failed' && before && before !== 'failed')) this.#tellEnd(run);
    }
    const seen = JSON.stringify(
      [...this.#read].map(([{ file }, { runs, failure }]) => [
        file,
        failure,
        runs.map(({ id, status, request, iteration, error, backend }) => [
          id,
          status,
          request,
          iteration,
          error,
          backend,
        ]),
      ]),
    );
    if (seen === this.#seen) return;
    this.#seen = seen;
    this.#changed.fire();
  }

  /** Says once that a run died, also when it did while no window was there to see it. */
  #tellEnd(run: RunRow): void {
    const end = `${this.#of(run).file} ${run.id} ${run.status} ${run.claims}`;
    const told = this.#parts.memory.get<string[]>('endsTold', []);
    if (told.includes(end)) return;
    void this.#parts.memory.update('endsTold', [...told.slice(-50), end]);
    void this.#offerResume(run);
  }

  async #offerResume(run: RunRow): Promise<void> {
    const text =
      run.status === 'lost' && run.startedAt === null
        ? t('The run {0} never began: the window that started it was closed too soon. It can be resumed.', run.name)
        : run.status === 'lost'
          ? t(
              'The training process of {0} is gone (iteration {1} of {2}): {3}. It can go on from its last checkpoint.',
              run.name,
              run.iteration,
              run.config.steps,
              run.error!.replace(/\.$/u, ''),
            )
          : t(
              'The run {0} failed at iteration {1}: {2}',
              run.name,
              run.iteration,
              run.error ?? t('no reason was given'),
            );
    const setUp = setUpTorchFor(run.error);
    // Resumed, a policy that diverged would diverge again.
    const [cure, command] =
      divergedBatch(run) === null
        ? ([t('Resume'), 'rolloutLab.resumeRun'] as const)
        : ([t('New Run at a Lower Rate…'), 'rolloutLab.startRunAfter'] as const);
    const choice = await plain.showWarningMessage(text, ...setUp, cure, t('Open Runs'));
    if (choice === cure || choice === t('Open Runs')) await this.#parts.stores.choose(this.#of(run));
    if (choice === cure) await runCommand(command, run.id);
    else if (choice === t('Open Runs')) await runCommand('rolloutLab.openRuns', run.id);
    else if (choice !== undefined) await runCommand('rolloutLab.setUpTorch');
  }

  /** Where its store is closed meanwhile, nothing more is to be shown. */
  #show(client: StoreClient, run: RunRow, ended: Promise<ProcessEnd> | null): void {
    if (run.config.engine === 'ray')
      void showBeginning(client, run, ended, () => this.stop(run)).catch(() => undefined);
  }

  #follow({ name, id }: RunRow, ended: Promise<ProcessEnd>): void {
    const { log } = this.#parts;
    log.info(`Starting a training process for ${name} (${id})`);
    void ended.then(({ code, output }) => {
      log.info(`The training process of ${name} ended with code ${code}`);
      if (code !== 0 && output) log.error(output);
      return this.look();
    });
  }
}

/** A run goes to no judge and to no cluster that the user's settings do not name. */
function needNamed(config: RunConfig): void {
  needNamedJudge(config);
  needNamedRay(config);
}

/** Restricted Mode starts no process: what it trains, and on what, comes from the folder. */
export function needTrust(
  why = t('Trust this folder to start or resume runs and evaluations: each is a process of its own.'),
): void {
  if (!vscode.workspace.isTrusted) throw new Error(why);
}
