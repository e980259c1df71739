/** Runs: their rows, who is training them, and what they measure. */
import { randomUUID } from 'node:crypto';
import { dirname, relative } from 'node:path';
import { storedRunConfig } from '../domain/preset.ts';
import { curvesTable, drawnCurves, type Curves, type DrawnCurves, type Zoom } from '../domain/run-curves.ts';
import type { RunConfig, RunRequest } from '../domain/run.ts';
import type { Rollout } from '../domain/rollout.ts';
import { needsPhases } from '../domain/tas.ts';
import { cuesSource, shapingOf, type WeightSource, type WeightSources } from '../domain/weight-source.ts';
import type { Connection } from './connection.ts';
import { MetricColumns } from './metric-columns.ts';
import { limitOf, pageOf, parseCursor } from './page.ts';
import { isDue } from './remote-job.ts';
import { addRollouts, isSparse, thinRollouts, truncateRollouts } from './rollout-writes.ts';
import { runNumber } from './row-numbers.ts';
import { isRunId, lastError, runFiles } from './run-files.ts';
import { Holders, unsaidEnd } from './run-holder.ts';
import type { RunLocks } from './run-locks.ts';
import { segmentations } from './suggestions.ts';
import type {
  CheckpointRow,
  LogRow,
  MetricRow,
  Page,
  PageQuery,
  RunChange,
  RunParcel,
  RunRow,
  SnapshotRow,
} from './rows.ts';

interface Row {
  n: number;
  id: string;
  name: string;
  config: string;
  status: RunRow['status'];
  request: RunRequest;
  pid: number | null;
  claims: number;
  step: number;
  created_at: string;
  started_at: string | null;
  ended_at: string | null;
  measured: string | null;
  backend: string | null;
  error: string | null;
  summary: string | null;
  provenance: string | null;
  remote: string | null;
}

/** A rollout of a run's snapshot, with one of the segmentations it has now, if any; boundaries as JSON. */
interface SegmentedRow {
  rolloutId: string;
  boundaries: string | null;
  source: WeightSource;
  completion: string;
  annotator: string | null;
  current: string | null;
  savedAt: string | null;
}

/** Rollouts deleted in one transaction at most. */
const mostThinned = 500;

export class Runs {
  readonly #db: Connection;
  readonly #holders: Holders;
  /** The store's file. */
  readonly #file: string;
  readonly #columns: MetricColumns;

  constructor(db: Connection, file: string, locks: RunLocks) {
    this.#db = db;
    this.#holders = new Holders(db, 'runs', locks);
    this.#file = file;
    this.#columns = new MetricColumns(db);
  }

  create(name: string, config: RunConfig): RunRow {
    const id = randomUUID();
    this.#db.run(
      `INSERT INTO runs (id, name, config, status, request, step, created_at) VALUES (?, ?, ?, 'queued', 'run', 0, ?)`,
      [id, name, JSON.stringify(config), new Date().toISOString()],
    );
    return this.get(id)!;
  }

  /** Status is 'lost' when it says running or paused and no process has it, or queued and no process took it for claimTimeoutMs. */
  get(id: string): RunRow | null {
    const row = this.#db.get<Row>('SELECT * FROM runs WHERE id = ?', [id]);
    return row ? this.#runOf(row) : null;
  }

  /** Newest first. */
  all(): RunRow[] {
    return this.#db.all<Row>('SELECT * FROM runs ORDER BY n DESC').map((row) => this.#runOf(row));
  }

  /** The same, a page at a time. */
  page(query: PageQuery = {}): Page<RunRow> {
    const limit = limitOf(query);
    const [before] = parseCursor(query.after, ['number']) ?? [Number.MAX_SAFE_INTEGER];
    const rows = this.#db.all<Row>('SELECT * FROM runs WHERE n < ? ORDER BY n DESC LIMIT ?', [before, limit + 1]);
    return pageOf(
      rows,
      limit,
      (row) => this.#runOf(row),
      ({ n }) => [n],
    );
  }

  /** Asks the run's loop for something; a stopped run is resumed by asking 'run' and starting a process on it. */
  request(id: string, request: RunRequest): void {
    this.#holders.request(id, request);
  }

  /** This process takes the run (status running) until it releases it, closes the store or ends. Throws when a process has it. */
  claim(id: string): RunRow {
    this.#holders.claim(id);
    return this.get(id)!;
  }

  /** Once the run's end is in its row. */
  release(id: string): void {
    this.#holders.release(id);
  }

  /** The process that claimed the run last; null when none has. */
  holder(id: string): number | null {
    return this.#holders.of(id);
  }

  /** What the user asks of the run that this process has. Throws RunTaken, and StoreReplaced as writes do: then it must stop writing. */
  asked(id: string): RunRequest {
    return this.#holders.asked(id);
  }

  update(id: string, change: RunChange): void {
    const json = (value: object | null | undefined): string | null | undefined => value && JSON.stringify(value);
    const values = {
      status: change.status,
      step: change.iteration,
      backend: change.backend,
      error: change.error,
      ended_at: change.endedAt,
      measured: json(change.measured),
      summary: json(change.summary),
      provenance: json(change.provenance),
      remote: json(change.remote),
    };
    const given = Object.entries(values).filter((entry): entry is [string, string | number | null] => {
      return entry[1] !== undefined;
    });
    if (given.length === 0) return;
    this.#holders.change(given.map(([name]) => `${name} = :${name}`).join(', '), { ...Object.fromEntries(given), id });
  }

  /** One iteration in one transaction: metrics, new rollouts, and how far the run is. What a resumed run writes again replaces. */
  addIteration(id: string, metric: MetricRow, rollouts: readonly Rollout[]): void {
    this.#db.transaction(() => {
      const n = runNumber(this.#db, id);
      this.#db.run('INSERT OR REPLACE INTO metrics (run_n, step, at, "values", advantages) VALUES (?, ?, ?, ?, ?)', [
        n,
        metric.iteration,
        metric.at,
        JSON.stringify(metric.values),
        JSON.stringify(metric.advantages),
      ]);
      addRollouts(this.#db, rollouts, metric.iteration);
      this.update(id, { iteration: metric.iteration });
    });
  }

  /** Deletes this run's metrics, checkpoints and rollouts after `iteration`, but rollouts that someone did something with or another run began with. For a resume. */
  truncate(id: string, iteration: number): void {
    this.#db.transaction(() => {
      const n = runNumber(this.#db, id);
      this.#db.run('DELETE FROM metrics WHERE run_n = ? AND step > ?', [n, iteration]);
      this.#db.run('DELETE FROM checkpoints WHERE run_n = ? AND step > ?', [n, iteration]);
      truncateRollouts(this.#db, n, iteration);
      this.update(id, { iteration });
    });
  }

  /**
   * Deletes this run's rollouts up to `iteration`, and what was kept of their advantages, but those of the first iteration and of every hundredth
   * after it, those with these ids, and those that someone did something with or another run began with. Returns how many. A few at a time, so
   * that others can write meanwhile.
   */
  thin(id: string, iteration: number, ids: readonly string[]): number {
    const n = runNumber(this.#db, id);
    this.#db.run(
      `UPDATE metrics SET advantages = '[]' WHERE run_n = :n AND step <= :iteration AND NOT ${isSparse('step')} AND step > coalesce(
         (SELECT step FROM metrics WHERE run_n = :n AND step <= :iteration AND NOT ${isSparse('step')} AND advantages = '[]'
          ORDER BY step DESC LIMIT 1), 0)`,
      { n, iteration },
    );
    let thinned = 0;
    const kept = JSON.stringify(ids);
    const some = (): number => this.#db.transaction(() => thinRollouts(this.#db, n, iteration, kept, mostThinned));
    for (let part = some(); part > 0; part = some()) thinned += part;
    return thinned;
  }

  metrics(id: string, afterIteration: number): MetricRow[] {
    return this.#db
      .all<{ iteration: number; at: number; values: string; advantages: string }>(
        `SELECT step AS iteration, at, "values", advantages FROM metrics
         WHERE run_n = (SELECT n FROM runs WHERE id = ?) AND step > ? ORDER BY step`,
        [id, afterIteration],
      )
      .map((row) => ({
        ...row,
        values: JSON.parse(row.values) as Record<string, number>,
        advantages: JSON.parse(row.advantages) as number[],
      }));
  }

  /** What `metrics` has without the advantages, by column: of a long run that crosses to another thread in a tenth of the time. */
  curves(id: string): Curves {
    return this.#columns.of(id);
  }

  /** As much of `curves` as charts show: of a long run that crosses in a fraction of the time. */
  drawnCurves(id: string, zoom: Zoom | null = null): DrawnCurves {
    return drawnCurves(this.curves(id), zoom);
  }

  /** All of the curves of those of these runs that are in the store, as CSV. */
  curvesTable(ids: readonly string[]): string {
    const runs = ids.map((id) => this.get(id)).filter((run) => run !== null);
    return curvesTable(runs.map(({ id, name }) => ({ name, curves: this.curves(id) })));
  }

  /** The advantages of an iteration, or of the last one before it that has some; of null, of the newest iteration that has some. */
  advantages(id: string, iteration: number | null): { iteration: number; values: number[] } | null {
    const row = this.#db.get<{ iteration: number; advantages: string }>(
      `SELECT step AS iteration, advantages FROM metrics WHERE run_n = (SELECT n FROM runs WHERE id = :id)
         AND step <= coalesce(:iteration, step) AND advantages <> '[]' ORDER BY step DESC LIMIT 1`,
      { id, iteration },
    );
    return row ? { iteration: row.iteration, values: JSON.parse(row.advantages) as number[] } : null;
  }

  /** Of this run's rollouts, those that it made in an iteration. */
  madeIn(id: string, iteration: number): string[] {
    return this.#db
      .all<{ id: string }>(
        'SELECT id FROM rollouts WHERE run_n = (SELECT n FROM runs WHERE id = ?) AND run_step = ? ORDER BY n',
        [id, iteration],
      )
      .map((row) => row.id);
  }

  /**
   * Keeps the parcel `number` of the job that the run is, in one transaction. One that is here already adds nothing. Throws where the one before
   * it is not.
   */
  receive(id: string, number: number, { iterations, snapshot, log, change, checkpoint }: RunParcel): void {
    this.#db.transaction(() => {
      const remote = this.get(id)?.remote ?? null;
      if (!isDue(remote, number, `run ${id}`)) return;
      for (const { metric, rollouts } of iterations) this.addIteration(id, metric, rollouts);
      this.addSnapshot(id, snapshot);
      for (const { level, message, at } of log) this.addLog(id, level, message, at);
      if (checkpoint !== null) this.addCheckpoint(id, checkpoint);
      this.update(id, { ...change, remote: { ...remote, taken: number } });
    });
  }

  addLog(id: string, level: LogRow['level'], message: string, at = Date.now()): void {
    this.#db.run('INSERT INTO run_log (run_n, at, level, message) VALUES (?, ?, ?, ?)', [
      runNumber(this.#db, id),
      at,
      level,
      message,
    ]);
  }

  /** The last lines of a run's log, oldest first. */
  lastLog(id: string, lines: number): LogRow[] {
    return this.#db
      .all<LogRow>(
        `SELECT seq, at, level, message FROM run_log
         WHERE run_n = (SELECT n FROM runs WHERE id = ?) ORDER BY seq DESC LIMIT ?`,
        [id, lines],
      )
      .reverse();
  }

  log(id: string, afterSeq: number): LogRow[] {
    return this.#db.all(
      `SELECT seq, at, level, message FROM run_log
       WHERE run_n = (SELECT n FROM runs WHERE id = ?) AND seq > ? ORDER BY seq`,
      [id, afterSeq],
    );
  }

  /** Keeps that there is a checkpoint of this iteration, in its place beside the store (`runFiles`). */
  addCheckpoint(id: string, iteration: number): void {
    const path = relative(dirname(this.#file), runFiles(this.#file, id).checkpoint(iteration));
    this.#db.run('INSERT OR REPLACE INTO checkpoints (run_n, step, path, created_at) VALUES (?, ?, ?, ?)', [
      runNumber(this.#db, id),
      iteration,
      path,
      new Date().toISOString(),
    ]);
  }

  latestCheckpoint(id: string): CheckpointRow | null {
    return this.checkpoints(id)[0] ?? null;
  }

  /** Latest first. Their paths are made of the run's id, never read: a copied store would name the original's, and another's store anything. */
  checkpoints(id: string): CheckpointRow[] {
    const rows = this.#db.all<{ iteration: number; createdAt: string }>(
      `SELECT step AS iteration, created_at AS createdAt FROM checkpoints
       WHERE run_n = (SELECT n FROM runs WHERE id = ?) ORDER BY step DESC`,
      [id],
    );
    return rows.map((row) => ({ ...row, runId: id, path: runFiles(this.#file, id).checkpoint(row.iteration) }));
  }

  /** Forgets a checkpoint whose files are gone. */
  removeCheckpoint(id: string, iteration: number): void {
    this.#db.run('DELETE FROM checkpoints WHERE run_n = ? AND step = ?', [runNumber(this.#db, id), iteration]);
  }

  /** Keeps the labels and suggestions as they are when the run starts, with where each rollout's weights come from. */
  addSnapshot(id: string, rows: readonly SnapshotRow[]): void {
    this.#db.transaction(() => {
      const n = runNumber(this.#db, id);
      for (const { rolloutId, boundaries, source } of rows) {
        this.#db.run(
          'INSERT OR REPLACE INTO label_snapshots (run_n, rollout_id, boundaries, source) VALUES (?, ?, ?, ?)',
          [n, rolloutId, boundaries && JSON.stringify(boundaries), source],
        );
      }
    });
  }

  snapshot(id: string): SnapshotRow[] {
    return this.#db
      .all<{ rolloutId: string; boundaries: string | null; source: WeightSource }>(
        `SELECT rollout_id AS rolloutId, boundaries, source FROM label_snapshots
         WHERE run_n = (SELECT n FROM runs WHERE id = ?) ORDER BY rollout_id`,
        [id],
      )
      .map((row) => ({
        ...row,
        boundaries: row.boundaries === null ? null : (JSON.parse(row.boundaries) as number[]),
      }));
  }

  /** What that snapshot comes to, and how many rollouts of it have other phases by now. */
  weightSources(id: string): WeightSources {
    const run = this.get(id);
    if (!run) throw new Error(`there is no run ${id} in this store`);
    const sources = this.#db.all<{ source: WeightSource; rollouts: number }>(
      `SELECT s.source, count(*) AS rollouts FROM label_snapshots s JOIN rollouts r ON r.id = s.rollout_id
       WHERE s.run_n = (SELECT n FROM runs WHERE id = ?) GROUP BY s.source ORDER BY rollouts DESC, s.source`,
      [id],
    );
    return { sources, changed: this.#changedPhases(run) };
  }

  /** Reads only the rollouts that have labels or suggestions now, or had one when the run took their weights: the others are as they were. */
  #changedPhases({ id, config }: RunRow): number {
    if (!needsPhases(config.tas.scheme)) return 0;
    const rows = this.#db.all<SegmentedRow>(
      `SELECT s.rollout_id AS rolloutId, s.boundaries, s.source, r.completion, g.annotator, g.boundaries AS current,
         g.saved_at AS savedAt
       FROM label_snapshots s JOIN rollouts r ON r.id = s.rollout_id LEFT JOIN ${segmentations} g ON g.rollout_n = r.n
       WHERE s.run_n = (SELECT n FROM runs WHERE id = :id)
         AND (g.annotator IS NOT NULL OR (s.boundaries IS NOT NULL AND s.source <> :cuesSource))`,
      { id, cuesSource },
    );
    const byRollout = Map.groupBy(rows, ({ rolloutId }) => rolloutId);
    return [...byRollout.values()].filter((segmented) => {
      const [{ completion, source, boundaries }] = segmented;
      const saved = segmented.flatMap(({ annotator, current, savedAt }) =>
        annotator === null ? [] : { annotator, boundaries: JSON.parse(current!) as number[], savedAt: savedAt! },
      );
      const now = shapingOf(completion, saved, config.tas);
      return now.source !== source || JSON.stringify(now.boundaries) !== (boundaries ?? 'null');
    }).length;
  }

  #runOf(row: Row): RunRow {
    const run = runOf(row, this.#holders.isLost(row));
    return run.status === 'lost' && run.error === null ? { ...run, error: this.#whyLost(run) } : run;
  }

  /** A process that could not write its end into the store has left it in its log. */
  #whyLost({ id, startedAt }: RunRow): string {
    if (startedAt === null) return 'no process has begun it: what started it was closed too soon';
    return (isRunId(id) && lastError(runFiles(this.#file, id).log)) || unsaidEnd;
  }
}

function runOf(row: Row, isLost: boolean): RunRow {
  const parse = (text: string | null): unknown => (text === null ? null : JSON.parse(text));
  return {
    id: row.id,
    name: row.name,
    config: storedRunConfig(row.config),
    status: isLost ? 'lost' : row.status,
    request: row.request,
    claims: row.claims,
    iteration: row.step,
    createdAt: row.created_at,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    measured: parse(row.measured) as RunRow['measured'],
    backend: row.backend,
    error: row.error,
    summary: parse(row.summary) as RunRow['summary'],
    provenance: parse(row.provenance) as RunRow['provenance'],
    remote: parse(row.remote) as RunRow['remote'],
  };
}
