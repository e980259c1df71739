/** In the job: what is new in the run's store goes into parcels, which the follower of the run fetches through Ray's dashboard. */
import { copyFile, link, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CheckpointRow, RunRow, Store } from '../store/store.ts';
import { checkpointFolder, digestOf, packParcel, parcelFile, type CheckpointFile, type Parcel } from './parcel.ts';

/** How often the store is looked at (ms). */
const lookMs = 500;
/** Iterations of one parcel at most, so that it stays small. */
const mostIterations = 16;
/** Checkpoints kept for the follower: it may be away, and then needs the newest alone. */
const keptCheckpoints = 2;

export class Outbox {
  readonly #store: Store;
  readonly #run: string;
  readonly #folder: string;
  readonly #ended = new AbortController();
  readonly #loop: Promise<void>;
  #number = 0;
  #iteration: number;
  #checkpoint: number;
  #logged = 0;
  #snapshot = new Set<string>();
  #told = '';

  /** `folder` is empty; the run's row is as it is before its process has claimed it. */
  constructor(store: Store, runId: string, folder: string) {
    this.#store = store;
    this.#run = runId;
    this.#folder = folder;
    // The measurement of iteration 0 is one, too. What came along in the extract is known to the follower.
    const checkpoint = store.runs.latestCheckpoint(runId);
    this.#iteration = checkpoint?.iteration ?? -1;
    this.#checkpoint = checkpoint?.iteration ?? -1;
    if (checkpoint) for (const { rolloutId } of store.runs.snapshot(runId)) this.#snapshot.add(rolloutId);
    this.#loop = this.#look();
  }

  /** Tells what is left, and how the run ended. */
  async close(end: NonNullable<Parcel['end']>): Promise<void> {
    this.#ended.abort();
    await this.#loop;
    while (await this.#tell(null));
    await this.#tell(end);
  }

  async #look(): Promise<void> {
    while (!this.#ended.signal.aborted) {
      await this.#tell(null);
      await sleep(lookMs, undefined, { signal: this.#ended.signal }).catch(() => undefined);
    }
  }

  /** Writes the next parcel, if there is something in it; returns whether there was. */
  async #tell(end: Parcel['end']): Promise<boolean> {
    const { runs, rollouts } = this.#store;
    const run = runs.get(this.#run)!;
    const metrics = runs.metrics(this.#run, this.#iteration).slice(0, mostIterations);
    const log = runs.log(this.#run, this.#logged);
    const snapshot = runs.snapshot(this.#run).filter(({ rolloutId }) => !this.#snapshot.has(rolloutId));
    const newest = runs.latestCheckpoint(this.#run);
    // A checkpoint goes after the iterations that it is of.
    const of = metrics.at(-1)?.iteration ?? this.#iteration;
    const due = newest && newest.iteration > this.#checkpoint && newest.iteration <= of ? newest : null;
    const change = changeOf(run);
    const told = JSON.stringify(change);
    const isNew = metrics.length + log.length + snapshot.length > 0 || due !== null || told !== this.#told;
    if (!isNew && end === null) return false;
    const parcel: Parcel = {
      iterations: metrics.map((metric) => ({
        metric,
        rollouts: runs.madeIn(this.#run, metric.iteration).map((id) => rollouts.get(id)!),
      })),
      snapshot,
      log: log.map(({ at, level, message }) => ({ at, level, message })),
      change,
      checkpoint: due && (await this.#lay(due)),
      end,
    };
    this.#number += 1;
    const file = join(this.#folder, parcelFile(this.#number));
    await writeFile(`${file}.unfinished`, `${packParcel(parcel)}\n`);
    await rename(`${file}.unfinished`, file);
    this.#iteration = of;
    this.#checkpoint = due?.iteration ?? this.#checkpoint;
    this.#logged = log.at(-1)?.seq ?? this.#logged;
    for (const { rolloutId } of snapshot) this.#snapshot.add(rolloutId);
    this.#told = told;
    return true;
  }

  /** Puts a checkpoint's files beside the parcels, where the run's own cleaning does not reach. Null where that was quicker. */
  async #lay({ iteration, path }: CheckpointRow): Promise<Parcel['checkpoint']> {
    const folder = join(this.#folder, checkpointFolder(iteration));
    try {
      await mkdir(folder);
      const files: CheckpointFile[] = [];
      for (const name of (await readdir(path)).filter((one) => !one.startsWith('.'))) {
        const [from, to] = [join(path, name), join(folder, name)];
        // On one disk it takes no room.
        await link(from, to).catch(() => copyFile(from, to));
        files.push({ name, bytes: (await stat(to)).size, sha256: await digestOf(to) });
      }
      const old = checkpointFolder(0).slice(0, -1);
      const laid = (await readdir(this.#folder)).filter((name) => name.startsWith(old));
      const byAge = laid.sort((a, b) => Number(b.slice(old.length)) - Number(a.slice(old.length)));
      for (const name of byAge.slice(keptCheckpoints)) await rm(join(this.#folder, name), { recursive: true });
      return { iteration, files };
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
      await rm(folder, { recursive: true, force: true });
      return null;
    }
  }
}

const changeOf = ({
  measured,
  backend,
  summary,
  provenance,
}: RunRow): Pick<RunRow, 'measured' | 'backend' | 'summary' | 'provenance'> => ({
  measured,
  backend,
  summary,
  provenance,
});
