/** A run that is a job of a Ray cluster, from here: it is packaged, submitted and followed, and what it did is written into the store. */
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseRunConfig } from '../domain/preset.ts';
import { openTokenWarning } from '../domain/ray-address.ts';
import type { RayConfig, RunRequest } from '../domain/run.ts';
import type { LogRow, RemoteJob, RunChange, RunRow, Store } from '../store/store.ts';
import { RayError, RayJobs, type JobInfo, type RayCluster } from './jobs.ts';
import { codePackage, jobFolder, runPackage } from './package.ts';
import { checkpointFolder, digestOf, openParcel, parcelFile, type Parcel } from './parcel.ts';

/** The process that has the run's row. */
export interface RunHolder {
  readonly run: RunRow;
  /** Aborts where the row is another's by now. */
  readonly signal: AbortSignal;
  log: (level: LogRow['level'], message: string) => void;
  request: () => RunRequest;
  pause: () => Promise<RunRequest>;
}

export interface FollowOptions {
  store: Store;
  holder: RunHolder;
  /** Null where the cluster asks for none. */
  token: string | null;
  /** The judge that the user names; its key the cluster must have itself. */
  judge: string | null;
  /** The folder of the built bundles. */
  dist: string;
  /** Where a prompt's medium is here; null where it is not. */
  find: (path: string) => Promise<string | null>;
  /** Makes the folder of a checkpoint that `fill` fills: whole, or not at all. */
  lay: (iteration: number, fill: (folder: string) => Promise<void>) => Promise<void>;
  /** Removes checkpoints that are not needed any more. */
  prune: () => Promise<void>;
}

/** How often a job is looked at, and how long a cluster may be silent until the run fails (ms). */
const lookMs = 1_000;
const silenceMs = 30_000;
/** How long a job that waits for resources may take to stop: Ray does not end one before it began (ms). */
const pendingMs = 10_000;
/** How long a job may wait until the log tells so (ms). */
const patienceMs = 5_000;
/** How often a run goes on after its job died without a word. */
const mostLosses = 3;
/** How often a checkpoint's file is fetched until it is what it should be. */
const mostTries = 3;
/** Seconds that a job asked to stop has until it is killed: the rest of an iteration, and a checkpoint. */
const stopSeconds = 600;
/** Of the line in which a job says why it cannot begin (rollout_lab_job). */
const mark = /^rollout-lab: (.+)$/mu;

const over: readonly JobInfo['status'][] = ['STOPPED', 'FAILED', 'SUCCEEDED'];

/** How a job ended: as the run in it says, or without a word of it. */
type JobEnd = NonNullable<Parcel['end']> | { status: 'died'; error: string };

/** The id of a run's job at Ray, and the name of its folder among the logs there. */
export const jobName = (runId: string, attempt: number): string => `rollout-lab-${runId}-${attempt}`;

/**
 * Follows the run's job where it lives, or submits one that goes on from the latest checkpoint, until the run is finished or was asked to stop.
 * A pause ends the job, too, and a new one goes on after it. Throws an error that says in a line what went wrong.
 */
export async function followRun(options: FollowOptions): Promise<'finished' | 'stopped'> {
  const { holder } = options;
  const config = parseRunConfig(holder.run.config).ray!;
  const jobs = new RayJobs(config.address, options.token);
  const warning = options.token === null ? null : openTokenWarning(config.address);
  if (warning !== null) holder.log('warn', warning);
  const follower = new Follower(options, config, jobs);
  const former = await follower.former();
  // What it said before it ended is taken; then it is as if it had never been followed.
  if (former?.isOver && (await follower.follow(former.job)).end.status === 'finished') return 'finished';
  let living = former && !former.isOver ? former.job : null;
  for (let losses = 0; ;) {
    const job = living ?? (await follower.submit());
    living = null;
    if (job === null) {
      if (await follower.rests(holder.request())) return 'stopped';
      continue;
    }
    const { end, asked } = await follower.follow(job);
    if (end.status === 'finished') return 'finished';
    if (end.status === 'failed') throw new Error(end.error ?? 'the job failed');
    if (asked !== null || end.status === 'stopped') {
      if (await follower.rests(asked ?? 'stop')) return 'stopped';
    } else if (losses++ === mostLosses || job.taken === 0) throw new Error(end.error ?? 'the job ended');
    else holder.log('warn', `The run goes on from its last checkpoint in a new job, for ${end.error}`);
  }
}

class Follower {
  readonly #options: FollowOptions;
  readonly #config: RayConfig;
  readonly #jobs: RayJobs;

  constructor(options: FollowOptions, config: RayConfig, jobs: RayJobs) {
    this.#options = options;
    this.#config = config;
    this.#jobs = jobs;
  }

  /** The run's last job where its cluster still knows it. */
  async former(): Promise<{ job: RemoteJob; isOver: boolean } | null> {
    const { holder } = this.#options;
    const remote = this.#remote;
    if (remote === null || remote.address !== this.#config.address) return null;
    const { session } = await this.#jobs.version(holder.signal);
    if (session !== remote.session) {
      holder.log('warn', 'The cluster was started anew since, and has forgotten the run’s job.');
      return null;
    }
    const info = await this.#jobs.info(this.#id(remote), holder.signal);
    return info && { job: remote, isOver: over.includes(info.status) };
  }

  /** Sends what the run needs and submits a job; null where the run was asked to pause or stop meanwhile. */
  async submit(): Promise<RemoteJob | null> {
    const { store, holder, dist, find, judge } = this.#options;
    const { run, signal } = holder;
    const cluster = await this.#jobs.cluster(signal);
    this.#warnOfLack(cluster);
    const attempt = (this.#remote?.attempt ?? 0) + 1;
    const id = jobName(run.id, attempt);
    store.runs.truncate(run.id, store.runs.latestCheckpoint(run.id)?.iteration ?? 0);
    holder.log('info', 'Packaging what the run needs.');
    const { zip, text } = await runPackage({ store, run, job: id, find });
    if (holder.request() !== 'run') return null;
    holder.log('info', `Sending ${text} to ${this.#config.address}.`);
    const code = await this.#jobs.upload(codePackage(dist), signal);
    const files = await this.#jobs.upload(zip, signal);
    if (holder.request() !== 'run') return null;
    const { address, workers, gpusPerWorker, resources } = this.#config;
    const { version, session } = cluster;
    const remote: RemoteJob = { address, version, session, attempt, taken: 0 };
    // Before the job is there: a process that dies here finds none of the name, and submits the next.
    store.runs.update(run.id, { remote });
    const words = ['--db', `${jobFolder}/${basename(store.file)}`, '--run', run.id];
    if (judge !== null) words.push('--judge', judge);
    const { CPU: cpus, ...others } = resources;
    await this.#jobs.submit(
      {
        entrypoint: `exec python -u -m rollout_lab_job --session ${quoted(session)} --job ${id} -- ${words.map(quoted).join(' ')}`,
        submission_id: id,
        runtime_env: {
          working_dir: files,
          py_modules: [code],
          env_vars: { RAY_JOB_STOP_WAIT_TIME_S: String(stopSeconds) },
        },
        metadata: { run: run.id },
        // One worker is the job's own process; more have places of their own.
        ...(workers === 1 && {
          entrypoint_num_gpus: gpusPerWorker,
          entrypoint_num_cpus: cpus ?? 0,
          entrypoint_resources: others,
        }),
      },
      signal,
    );
    holder.log('info', `Submitted to Ray ${version} as the job ${id}.`);
    return remote;
  }

  /** Takes what the job tells until it has ended, and relays what the run is asked for; `asked` is what that was. */
  async follow(job: RemoteJob): Promise<{ end: JobEnd; asked: RunRequest | null }> {
    const { holder } = this.#options;
    const id = this.#id(job);
    const began = Date.now();
    let [asked, askedAt, waits]: [RunRequest | null, number, boolean] = [null, 0, false];
    let end: JobEnd | null = null;
    for (;;) {
      holder.signal.throwIfAborted();
      const request = holder.request();
      if (request !== 'run' && asked === null) {
        await this.#reach(() => this.#jobs.stop(id, holder.signal));
        [asked, askedAt] = [request, Date.now()];
        holder.log('info', 'The job ends after its iteration.');
      }
      const info = await this.#reach(() => this.#jobs.info(id, holder.signal));
      if (info === null)
        throw new Error(`the cluster at ${job.address} was started anew, and has forgotten the run’s job`);
      if (info.driver_node_id !== null) end ??= await this.#take(job, info.driver_node_id);
      if (over.includes(info.status)) return { end: end ?? (await this.#silentEnd(id, info)), asked };
      if (info.status === 'PENDING') {
        if (asked !== null && Date.now() - askedAt > pendingMs) {
          holder.log('warn', `The job ${id} waits for resources, and ends when it would begin.`);
          return { end: { status: 'stopped', error: null }, asked };
        }
        if (!waits && Date.now() - began > patienceMs) {
          waits = true;
          holder.log('info', `The job waits: ${info.message ?? 'the cluster does not say for what'}`);
        }
      }
      await sleep(lookMs, undefined, { signal: holder.signal }).catch(() => undefined);
    }
  }

  /** After a job was ended on request: true where the run is to stop, false where it goes on after its pause. */
  async rests(asked: RunRequest): Promise<boolean> {
    if (asked === 'run') return false;
    return asked === 'stop' || (await this.#options.holder.pause()) === 'stop';
  }

  get #remote(): RemoteJob | null {
    const { store, holder } = this.#options;
    return store.runs.get(holder.run.id)!.remote;
  }

  #id({ attempt }: RemoteJob): string {
    return jobName(this.#options.holder.run.id, attempt);
  }

  /** All parcels that are there and not taken yet; the job's end where one tells it. */
  async #take(job: RemoteJob, node: string): Promise<Parcel['end']> {
    try {
      for (;;) {
        const parcel = await this.#next(job, node);
        if (parcel === null || parcel.end) return parcel && parcel.end;
      }
    } catch (error) {
      // The job's node may be gone, or busy: what has become of the job says whether to ask again.
      if (error instanceof RayError && isPassing(error)) return null;
      throw error;
    }
  }

  /** Takes the next parcel; null where it is not there yet. */
  async #next(job: RemoteJob, node: string): Promise<Parcel | null> {
    const { store, holder, prune } = this.#options;
    const { id } = holder.run;
    const number = job.taken + 1;
    const text = await this.#jobs.file(node, `${this.#id(job)}/${parcelFile(number)}`, holder.signal);
    // Where Ray fails in the middle of an answer, or before its first byte, its status is 200 all the same.
    if (!text?.endsWith('\n')) return null;
    const parcel = openParcel(text, id);
    const { checkpoint, change } = parcel;
    const laid = checkpoint && (await this.#lay(job, node, checkpoint)) ? checkpoint.iteration : null;
    holder.signal.throwIfAborted();
    store.runs.receive(id, number, { ...parcel, change: this.#here(change), checkpoint: laid });
    job.taken = number;
    if (laid !== null) await prune();
    return parcel;
  }

  /** What a run came to names its last checkpoint, which is here by now. */
  #here(change: RunChange): RunChange {
    const { store, holder } = this.#options;
    const { summary } = change;
    if (!summary || !('checkpoint' in summary)) return change;
    return { ...change, summary: { ...summary, checkpoint: store.runs.latestCheckpoint(holder.run.id)?.path ?? null } };
  }

  /** Fetches a checkpoint. False where the job has replaced it by now: a newer one follows. */
  async #lay(job: RemoteJob, node: string, { iteration, files }: NonNullable<Parcel['checkpoint']>): Promise<boolean> {
    const { signal } = this.#options.holder;
    const gone = new Error('gone');
    try {
      await this.#options.lay(iteration, async (folder) => {
        for (const { name, bytes, sha256 } of files) {
          const there = `${this.#id(job)}/${checkpointFolder(iteration)}/${name}`;
          const file = join(folder, name);
          // Where the job removes a file while Ray reads it, its status is 200 all the same.
          for (let tries = 1; ; tries += 1) {
            if (!(await this.#jobs.download(node, there, file, bytes, signal))) throw gone;
            if ((await digestOf(file)) === sha256) break;
            if (tries === mostTries) throw new Error(`${there} did not arrive as it was sent`);
          }
        }
      });
      return true;
    } catch (error) {
      if (error === gone) return false;
      throw error;
    }
  }

  /** Asks again while the cluster is silent. Throws what it says, or that it has been silent for long. */
  async #reach<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    const { holder } = this.#options;
    const { signal } = holder;
    for (let since: number | null = null; ;) {
      try {
        const answer = await ask();
        if (since !== null) holder.log('info', 'The cluster answers again.');
        return answer;
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof RayError) || !isPassing(error)) throw error;
        if (since === null) holder.log('warn', `${error.message}; asking again for ${silenceMs / 1000} s.`);
        since ??= Date.now();
        if (Date.now() - since > silenceMs) throw error;
        await sleep(lookMs, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  /** Why a job ended that left no word of its run. */
  async #silentEnd(id: string, { status, message }: JobInfo): Promise<JobEnd> {
    if (status === 'STOPPED') return { status: 'stopped', error: null };
    const logs = await this.#jobs.logs(id, this.#options.holder.signal).catch(() => '');
    const said = mark.exec(logs)?.at(1);
    if (said !== undefined) return { status: 'failed', error: said };
    const last = message?.trim().split('\n').at(-1) || 'Ray does not say why';
    const code = /^Job entrypoint command failed with exit code (-?\d+)/u.exec(message ?? '')?.at(1);
    const why = code === undefined ? last : `exit code ${code}, and last said: ${last}`;
    return { status: 'died', error: `the job ${id} ended before its run did: ${why}` };
  }

  /** A cluster may grow, so that this ends nothing. */
  #warnOfLack({ resources: had }: RayCluster): void {
    const { workers, gpusPerWorker, resources } = this.#config;
    const wanted = Object.entries({ GPU: gpusPerWorker, ...resources });
    const lacks = wanted.filter(([name, amount]) => amount * workers > (had[name] ?? 0));
    for (const [name, amount] of lacks)
      this.#options.holder.log(
        'warn',
        `The run takes ${amount * workers} ${name}, and the cluster has ${had[name] ?? 0}: its job waits until there are more.`,
      );
  }
}

/** Whether the same question may be answered later: nothing answers, or what answers for a node does not. */
const isPassing = ({ status }: RayError): boolean => status === null || status >= 500;

/** A word for a POSIX shell. */
const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;
