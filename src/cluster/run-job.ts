/** A run as a job of a cluster: what it is sent, what it tells in the job, and what becomes of that here. */
import { copyFile, link, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { parseRunConfig } from '../domain/preset.ts';
import type { RayConfig } from '../domain/run.ts';
import { partOfRun } from '../domain/run-prompts.ts';
import type { CheckpointRow, RemoteJob, RunChange, RunRow, Store } from '../store/store.ts';
import type { Fetch, Work } from './follow.ts';
import type { Source } from './outbox.ts';
import { jobFolder, jobPackage, type JobPackage } from './package.ts';
import { checkpointFolder, digestOf, openRunParcel, type CheckpointFile, type JobEnd, type RunNews } from './parcel.ts';

export interface RunJobOptions {
  store: Store;
  run: RunRow;
  /** The judge that the user names. */
  judge: string | null;
  /** Whether that asks for a key, which the cluster must then have itself. */
  judgeKey: boolean;
  /** Where a prompt's medium is, as a package takes it (`Luggage`). */
  find: (path: string) => Promise<string | null>;
  /** Makes the folder of a checkpoint that `fill` fills: whole, or not at all. */
  lay: (iteration: number, fill: (folder: string) => Promise<void>) => Promise<void>;
  /** Removes checkpoints and rollouts that are not kept any more. */
  prune: () => Promise<void>;
}

/** How often a checkpoint's file is fetched until it is what it should be. */
const mostTries = 3;

export class RunJob implements Work {
  readonly noun = 'run';
  readonly goesOn = 'from its last checkpoint';
  readonly id: string;
  readonly ray: RayConfig;
  readonly words: readonly string[];
  readonly needs: readonly string[];
  readonly #options: RunJobOptions;

  constructor(options: RunJobOptions) {
    const { store, run, judge, judgeKey } = options;
    this.#options = options;
    this.id = run.id;
    this.ray = parseRunConfig(run.config).ray!;
    this.words = [
      ...['--db', `${jobFolder}/${basename(store.file)}`, '--run', run.id],
      ...(judge === null ? [] : ['--judge', judge]),
    ];
    this.needs = judgeKey ? ['--judge-key'] : [];
  }

  get remote(): RemoteJob | null {
    return this.#options.store.runs.get(this.id)!.remote;
  }

  remember(remote: RemoteJob): void {
    this.#options.store.runs.update(this.id, { remote });
  }

  pack(job: string): Promise<JobPackage> {
    const { store, run, find } = this.#options;
    const checkpoint = store.runs.latestCheckpoint(run.id);
    store.runs.truncate(run.id, checkpoint?.iteration ?? 0);
    const config = parseRunConfig(run.config);
    const { policy, adapter } = config;
    const folder = dirname(store.file);
    return jobPackage({
      ...{ noun: this.noun, job, files: this.ray.files, find },
      policy: resolve(folder, policy),
      adapter: adapter === null ? null : resolve(folder, adapter),
      media: store.promptMedia(partOfRun(config)),
      // With the mark that says which run made it.
      checkpoint: checkpoint && { folder: checkpoint.path, name: `runs/${run.id}/${basename(checkpoint.path)}` },
      extract: { name: basename(store.file), write: (path, change) => store.extractRun(run.id, path, change) },
    });
  }

  async take(number: number, text: string, fetch: Fetch): Promise<JobEnd | null> {
    const { store, prune } = this.#options;
    const { checkpoint, change, end, ...news } = openRunParcel(text, this.id);
    const laid = checkpoint && (await this.#lay(fetch, checkpoint)) ? checkpoint.iteration : null;
    store.runs.receive(this.id, number, { ...news, change: this.#here(change), checkpoint: laid });
    if (laid !== null) await prune();
    return end;
  }

  /** What a run came to names its last checkpoint, which is here by now. */
  #here(change: RunChange): RunChange {
    const { store } = this.#options;
    const { summary } = change;
    if (!summary || !('checkpoint' in summary)) return change;
    return { ...change, summary: { ...summary, checkpoint: store.runs.latestCheckpoint(this.id)?.path ?? null } };
  }

  /** Fetches a checkpoint. False where the job has replaced it by now: a newer one follows. */
  async #lay(fetch: Fetch, { iteration, files }: NonNullable<RunNews['checkpoint']>): Promise<boolean> {
    const gone = new Error('gone');
    try {
      await this.#options.lay(iteration, async (folder) => {
        for (const { name, bytes, sha256 } of files) {
          const there = `${checkpointFolder(iteration)}/${name}`;
          const file = join(folder, name);
          // Where the job removes a file while Ray reads it, its status is 200 all the same.
          for (let tries = 1; ; tries += 1) {
            if (!(await fetch(there, file, bytes))) throw gone;
            if ((await digestOf(file)) === sha256) break;
            if (tries === mostTries) throw new Error(`${there} of the job did not arrive as it was sent`);
          }
        }
      });
      return true;
    } catch (error) {
      if (error === gone) return false;
      throw error;
    }
  }
}

/** Iterations of one parcel at most, so that it stays small. */
const mostIterations = 16;
/** Checkpoints kept for the follower: it may be away, and then needs the newest alone. */
const keptCheckpoints = 2;

/** In the job: what is new in the run's store. */
export class RunSource implements Source {
  readonly #store: Store;
  readonly #run: string;
  readonly #folder: string;
  #iteration: number;
  #checkpoint: number;
  #logged = 0;
  #snapshot = new Set<string>();
  #told = '';

  /** `folder` is the outbox's; the run's row is as it is before its process has claimed it. */
  constructor(store: Store, runId: string, folder: string) {
    this.#store = store;
    this.#run = runId;
    this.#folder = folder;
    // The measurement of iteration 0 is one, too. What came along in the extract is known to the follower.
    const checkpoint = store.runs.latestCheckpoint(runId);
    this.#iteration = checkpoint?.iteration ?? -1;
    this.#checkpoint = checkpoint?.iteration ?? -1;
    if (checkpoint) for (const { rolloutId } of store.runs.snapshot(runId)) this.#snapshot.add(rolloutId);
  }

  async news(last: boolean): Promise<RunNews | null> {
    const { runs } = this.#store;
    const { measured, backend, summary, provenance } = runs.get(this.#run)!;
    const change = { measured, backend, summary, provenance };
    const metrics = runs.metrics(this.#run, this.#iteration).slice(0, mostIterations);
    const log = runs.log(this.#run, this.#logged);
    const kept = runs.snapshot(this.#run);
    const snapshot = kept.filter(({ rolloutId }) => !this.#snapshot.has(rolloutId));
    const newest = runs.latestCheckpoint(this.#run);
    // A checkpoint goes after the iterations that it is of.
    const of = metrics.at(-1)?.iteration ?? this.#iteration;
    const due = newest && newest.iteration > this.#checkpoint && newest.iteration <= of ? newest : null;
    const told = JSON.stringify(change);
    const isNew = metrics.length + log.length + snapshot.length > 0 || due !== null || told !== this.#told;
    if (!isNew && !last) return null;
    const news: RunNews = {
      iterations: metrics.map((metric) => ({
        metric,
        rollouts: runs.madeIn(this.#run, metric.iteration).map((id) => this.#store.curves.measured(id)!),
      })),
      snapshot,
      log: log.map(({ at, level, message }) => ({ at, level, message })),
      change,
      checkpoint: due && (await this.#lay(due)),
    };
    this.#iteration = of;
    this.#checkpoint = due?.iteration ?? this.#checkpoint;
    this.#logged = log.at(-1)?.seq ?? this.#logged;
    this.#snapshot = new Set(kept.map(({ rolloutId }) => rolloutId));
    this.#told = told;
    return news;
  }

  /** Puts a checkpoint's files beside the parcels, where the run's own cleaning does not reach. Null where that was quicker. */
  async #lay({ iteration, path }: CheckpointRow): Promise<RunNews['checkpoint']> {
    const folder = join(this.#folder, checkpointFolder(iteration));
    try {
      await mkdir(folder);
      const files: CheckpointFile[] = [];
      const there = await readdir(path, { withFileTypes: true });
      // A policy may have folders of companions, which the one that it came from has, too.
      for (const { name } of there.filter((one) => one.isFile() && !one.name.startsWith('.'))) {
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
      await rm(folder, { recursive: true, force: true });
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
      return null;
    }
  }
}
