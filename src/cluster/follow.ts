/** A job of a Ray cluster, from here: what it is for is packaged, submitted and followed, and what it tells is taken. */
import { setTimeout as sleep } from 'node:timers/promises';
import { openTokenWarning } from '../domain/ray-address.ts';
import type { RayConfig, RunRequest } from '../domain/run.ts';
import type { LogRow, RemoteJob } from '../store/store.ts';
import { RayError, RayJobs, type JobInfo, type RayCluster } from './jobs.ts';
import { codePackage, type JobPackage } from './package.ts';
import { parcelFile, type JobEnd } from './parcel.ts';

/** The process that has what the job is for. */
export interface Holder {
  /** Aborts where that is another's by now. */
  readonly signal: AbortSignal;
  log: (level: LogRow['level'], message: string) => void;
  request: () => RunRequest;
  /** Waits while a pause is asked for; left out where nothing asks for one. */
  pause?: () => Promise<RunRequest>;
}

/** Fetches a file beside a job's parcels, of so many bytes, to a path. False where it is not there. */
export type Fetch = (name: string, path: string, bytes: number) => Promise<boolean>;

/** What a job is for: its row here, what it is sent, and what becomes of what it tells. */
export interface Work {
  /** As people read it. */
  readonly noun: string;
  /** Where a job goes on that follows one that died. */
  readonly goesOn: string;
  /** Jobs are named after it. */
  readonly id: string;
  readonly ray: RayConfig;
  /** What the training process is given in the job. */
  readonly words: readonly string[];
  /** What the cluster must have for it, as words of what begins the job (rollout_lab_job). */
  readonly needs?: readonly string[];
  /** Its last job. */
  readonly remote: RemoteJob | null;
  remember(remote: RemoteJob): void;
  pack(job: string): Promise<JobPackage>;
  /** Keeps the text of a parcel, once; returns how the job ended where it says so. */
  take(number: number, text: string, fetch: Fetch): Promise<JobEnd | null>;
}

export interface FollowOptions {
  work: Work;
  holder: Holder;
  /** Null where the cluster asks for none. */
  token: string | null;
  /** The folder of the built bundles. */
  dist: string;
}

/** How often a job is looked at, and how long a cluster may be silent until that fails (ms). */
const lookMs = 1_000;
const silenceMs = 30_000;
/** How long a job that waits for resources may take to stop: Ray does not end one before it began (ms). */
const pendingMs = 10_000;
/** How long a job may wait until the log tells so (ms). */
const patienceMs = 5_000;
/** How often work goes on after its job died without a word. */
const mostLosses = 3;
/** Seconds that a job asked to stop has until it is killed: the rest of an iteration, and a checkpoint. */
const stopSeconds = 600;
/** Of the line in which a job says why it cannot begin (rollout_lab_job). */
const mark = /^rollout-lab: (.+)$/mu;

const over: readonly JobInfo['status'][] = ['STOPPED', 'FAILED', 'SUCCEEDED'];

/** How a job ended: as what it did says, or without a word of that. */
type End = JobEnd | { status: 'died'; error: string };

/** The id of a job at Ray, and the name of its folder among the logs there. */
export const jobName = (id: string, attempt: number): string => `rollout-lab-${id}-${attempt}`;

/**
 * Follows the job where it lives, or submits one that goes on from what is here, until it is finished or was asked to stop.
 * A pause ends the job, too, and a new one goes on after it. Throws an error that says in a line what went wrong.
 */
export async function followJob(options: FollowOptions): Promise<'finished' | 'stopped'> {
  const { holder, work, token } = options;
  const { address } = work.ray;
  const jobs = new RayJobs(address, token);
  const warning = token === null ? null : openTokenWarning(address);
  if (warning !== null) holder.log('warn', warning);
  const follower = new Follower(options, jobs);
  const former = await follower.former();
  // What it said before it ended is taken; then it is as if it had never been followed.
  if (former?.isOver && (await follower.follow(former.job)).end.status === 'finished') return 'finished';
  let living = former && !former.isOver ? former.job : null;
  // By who followed it before: its end is none of what is to be done now.
  let wasAsked = living?.asked === true;
  if (wasAsked)
    holder.log('info', 'The job before was asked to end, and does after its iteration: what it leaves is taken first.');
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
    const isFormers = wasAsked && asked === null && end.status === 'stopped';
    wasAsked = false;
    if (isFormers) continue;
    if (asked !== null || end.status === 'stopped') {
      if (await follower.rests(asked ?? 'stop')) return 'stopped';
    } else if (losses++ === mostLosses || job.taken === 0) throw new Error(end.error ?? 'the job ended');
    else holder.log('warn', `The ${work.noun} goes on ${work.goesOn} in a new job, for ${end.error}`);
  }
}

class Follower {
  readonly #options: FollowOptions;
  readonly #jobs: RayJobs;

  constructor(options: FollowOptions, jobs: RayJobs) {
    this.#options = options;
    this.#jobs = jobs;
  }

  /** The last job where its cluster still knows it. */
  async former(): Promise<{ job: RemoteJob; isOver: boolean } | null> {
    const { holder, work } = this.#options;
    const { remote } = work;
    if (remote === null || remote.address !== work.ray.address) return null;
    const { session } = await this.#jobs.version(holder.signal);
    if (session !== remote.session) {
      holder.log('warn', `The cluster was started anew since, and has forgotten the ${work.noun}’s job.`);
      return null;
    }
    const info = await this.#jobs.info(this.#id(remote), holder.signal);
    return info && { job: remote, isOver: over.includes(info.status) };
  }

  /** Sends what the job needs and submits it; null where a pause or a stop is asked for meanwhile. */
  async submit(): Promise<RemoteJob | null> {
    const { work, holder, dist } = this.#options;
    const { noun } = work;
    const { signal } = holder;
    const cluster = await this.#jobs.cluster(signal);
    this.#warnOfLack(cluster);
    const attempt = (work.remote?.attempt ?? 0) + 1;
    const id = jobName(work.id, attempt);
    holder.log('info', `Packaging what the ${noun} needs.`);
    const { zip, text } = await work.pack(id);
    if (holder.request() !== 'run') return null;
    const { address, workers, gpusPerWorker, resources } = work.ray;
    holder.log('info', `Sending ${text} to ${address}.`);
    const code = await this.#jobs.upload(codePackage(dist), signal);
    const files = await this.#jobs.upload(zip, signal);
    if (holder.request() !== 'run') return null;
    const { version, session } = cluster;
    const remote: RemoteJob = { address, version, session, attempt, taken: 0 };
    // Before the job is there: a process that dies here finds none of the name, and submits the next.
    work.remember(remote);
    const { CPU: cpus, ...others } = resources;
    const words = ['--session', session, '--job', id, ...(work.needs ?? []), '--', ...work.words];
    await this.#jobs.submit(
      {
        entrypoint: ['exec python -u -m rollout_lab_job', ...words.map(quoted)].join(' '),
        submission_id: id,
        runtime_env: {
          working_dir: files,
          py_modules: [code],
          env_vars: { RAY_JOB_STOP_WAIT_TIME_S: String(stopSeconds) },
        },
        metadata: { [noun]: work.id },
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

  /** Takes what the job tells until it has ended, and relays what is asked for; `asked` is what that was. */
  async follow(job: RemoteJob): Promise<{ end: End; asked: RunRequest | null }> {
    const { holder, work } = this.#options;
    const id = this.#id(job);
    const began = Date.now();
    let [asked, askedAt, waits]: [RunRequest | null, number, boolean] = [null, 0, false];
    let end: End | null = null;
    for (;;) {
      holder.signal.throwIfAborted();
      const request = holder.request();
      if (request !== 'run' && asked === null) {
        await this.#reach(() => this.#jobs.stop(id, holder.signal));
        [asked, askedAt] = [request, Date.now()];
        job.asked = true;
        work.remember(job);
        holder.log('info', 'The job is asked to end.');
      }
      if (request === 'end') {
        holder.log(
          'info',
          `The job ${id} ends after its iteration, which is not waited for: what it leaves is taken when the ${work.noun} goes on.`,
        );
        return { end: { status: 'stopped', error: null }, asked: request };
      }
      const info = await this.#reach(() => this.#jobs.info(id, holder.signal));
      if (info === null)
        throw new Error(`the cluster at ${job.address} was started anew, and has forgotten the ${work.noun}’s job`);
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

  /** After a job was ended on request: true where that is all, false where it goes on after its pause. */
  async rests(asked: RunRequest): Promise<boolean> {
    if (asked === 'run') return false;
    return asked !== 'pause' || (await this.#options.holder.pause?.()) !== 'run';
  }

  #id({ attempt }: RemoteJob): string {
    return jobName(this.#options.work.id, attempt);
  }

  /** All parcels that are there and not taken yet; the job's end where one tells it. */
  async #take(job: RemoteJob, node: string): Promise<JobEnd | null> {
    try {
      for (;;) {
        const taken = await this.#next(job, node);
        if (taken === null || taken.end) return taken && taken.end;
      }
    } catch (error) {
      // The job's node may be gone, or busy: what has become of the job says whether to ask again.
      if (error instanceof RayError && isPassing(error)) return null;
      throw error;
    }
  }

  /** Takes the next parcel; null where it is not there yet. */
  async #next(job: RemoteJob, node: string): Promise<{ end: JobEnd | null } | null> {
    const { work, holder } = this.#options;
    const { signal } = holder;
    const number = job.taken + 1;
    const folder = this.#id(job);
    const text = await this.#jobs.file(node, `${folder}/${parcelFile(number)}`, signal);
    // Where Ray fails in the middle of an answer, or before its first byte, its status is 200 all the same.
    if (!text?.endsWith('\n')) return null;
    const fetch: Fetch = (name, path, bytes) => this.#jobs.download(node, `${folder}/${name}`, path, bytes, signal);
    signal.throwIfAborted();
    const end = await work.take(number, text, fetch);
    job.taken = number;
    return { end };
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

  /** Why a job ended that left no word of what it did. */
  async #silentEnd(id: string, { status, message }: JobInfo): Promise<End> {
    if (status === 'STOPPED') return { status: 'stopped', error: null };
    const logs = await this.#jobs.logs(id, this.#options.holder.signal).catch(() => '');
    const said = mark.exec(logs)?.at(1);
    if (said !== undefined) return { status: 'failed', error: said };
    const last = message?.trim().split('\n').at(-1) || 'Ray does not say why';
    const code = /^Job entrypoint command failed with exit code (-?\d+)/u.exec(message ?? '')?.at(1);
    const why = code === undefined ? last : `exit code ${code}, and last said: ${last}`;
    return { status: 'died', error: `the job ${id} ended before its ${this.#options.work.noun} did: ${why}` };
  }

  /** A cluster may grow, so that this ends nothing. */
  #warnOfLack({ resources: had }: RayCluster): void {
    const { work, holder } = this.#options;
    const { workers, gpusPerWorker, resources } = work.ray;
    const wanted = Object.entries({ GPU: gpusPerWorker, ...resources });
    const lacks = wanted.filter(([name, amount]) => amount * workers > (had[name] ?? 0));
    for (const [name, amount] of lacks)
      holder.log(
        'warn',
        `The ${work.noun} takes ${amount * workers} ${name}, and the cluster has ${had[name] ?? 0}: its job waits until there are more.`,
      );
  }
}

/** Whether the same question may be answered later: nothing answers, or what answers for a node does not. */
const isPassing = ({ status }: RayError): boolean => status === null || status >= 500;

/** A word for a POSIX shell. */
const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;
