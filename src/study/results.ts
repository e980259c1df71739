/** Runs of the study, each trained once: its result is kept under what it depends on, so that a study goes on where it was. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { advantageBins, type AdvantageCounts, type Answers, type StudyRun } from './measured.ts';
import { binCounts } from '../domain/statistics.ts';
import { writeWhole } from '../formats/whole-file.ts';
import { Store, type MetricRow, type RunRow } from '../store/store.ts';
import { removeRun } from '../training/avatar/checkpoint.ts';
import type { CommandContext } from '../cli/command.ts';
import { follow, hostOf, resume, runNamed } from '../cli/follow.ts';
import type { Examiner } from './exam.ts';
import { makeStore, projectFiles, removeStore, type Project } from './material.ts';
import { configOf, type Job } from './plan.ts';

/** How often a run is gone on with before the study gives up. */
const mostTries = 4;

type Context = Pick<CommandContext, 'signal' | 'dist'>;

/** In a study's folder, results/ is what it has measured and work/ what it needs until it is done. */
export class Results {
  readonly #folder: string;
  readonly #project: Project;
  readonly #examiner: Examiner;
  /** Runs of the study.json that was in the folder: a key says of which policy, data, trainer and configuration a run is. */
  readonly earlier: readonly StudyRun[];
  /** Jobs being trained, by key: the teacher's may be waited for by several. */
  readonly #training = new Map<string, Promise<StudyRun>>();
  /** Stores that runs begin with, being made. */
  readonly #starts = new Map<string, Promise<void>>();

  private constructor(folder: string, project: Project, examiner: Examiner, earlier: readonly StudyRun[]) {
    this.#folder = folder;
    this.#project = project;
    this.#examiner = examiner;
    this.earlier = earlier;
  }

  /** Throws an Error that names a study.json which is none. */
  static async open(folder: string, project: Project, examiner: Examiner): Promise<Results> {
    return new Results(folder, project, examiner, await earlierRuns(dataFile(folder)));
  }

  /** The job's result when it has been trained. */
  async known(job: Job): Promise<StudyRun | null> {
    const text = await readFile(this.#result(job), 'utf8').catch(() => null);
    if (text !== null) return JSON.parse(text) as StudyRun;
    const key = this.#key(job);
    return this.earlier.find((run) => run.key === key) ?? null;
  }

  /**
   * Trains the job, or goes on with it, in a process of its own; a known result is returned as it is, unless it is a teacher's whose
   * store is gone. Rejects when its run fails
   * for another reason than that the policy diverges, and with the signal's reason once the run has stopped after an abort.
   */
  async of(job: Job, context: Context): Promise<StudyRun> {
    const known = await this.known(job);
    if (known && (!job.isTeacher || existsSync(this.#store(job)))) return known;
    const key = this.#key(job);
    const training = this.#training.get(key) ?? this.#train(job, context).finally(() => this.#training.delete(key));
    this.#training.set(key, training);
    return training;
  }

  async #train(job: Job, context: Context): Promise<StudyRun> {
    if (job.teacher) await this.of(job.teacher, context);
    await this.#begin(job);
    const file = this.#store(job);
    const store = Store.open(file);
    try {
      const { config, name } = this.#run(job);
      const run = store.runs.all()[0] ?? store.runs.create(name, config);
      const ended = await this.#toItsEnd(store, file, run, context);
      const diverged = ended.error?.includes('diverged') ? ended.error : null;
      if (ended.status !== 'finished' && !diverged) {
        context.signal.throwIfAborted();
        throw new Error(`the run “${name}” ${ended.error ? `failed: ${ended.error}` : `is ${ended.status}`}`);
      }
      const checkpoint = store.runs.latestCheckpoint(run.id)?.path;
      const examined = job.purpose === 'judge' && !diverged && checkpoint !== undefined;
      const answers = examined ? await this.#examiner.examine(checkpoint, context.signal) : null;
      const result = resultOf(job, {
        metrics: store.runs.metrics(run.id, -1),
        key: this.#key(job),
        diverged,
        answers,
      });
      await mkdir(dirname(this.#result(job)), { recursive: true });
      await writeWhole(this.#result(job), `${JSON.stringify(result)}\n`);
      await removeRun(store, run.id);
      return result;
    } finally {
      store.close();
      if (!job.isTeacher && existsSync(this.#result(job))) await removeStore(file);
    }
  }

  /** Trains the run until it has ended by itself, from its last checkpoint where its process was killed or told to stop by another. */
  async #toItsEnd(store: Store, file: string, run: RunRow, { signal, dist }: Context): Promise<RunRow> {
    let row = run;
    const host = hostOf(store, file, { dist }, null);
    for (let tries = 0; tries < mostTries && row.status !== 'finished'; tries += 1) {
      signal.throwIfAborted();
      // Once it is taken, `follow` hears an abort and stops it.
      try {
        await resume(store, host, row, new AbortController().signal);
      } catch (error) {
        row = runNamed(store, run.id);
        // The process that an interrupted study left may have come to its end meanwhile.
        if (row.status === 'finished') break;
        throw error;
      }
      row = await follow(store, run.id, { signal, progress: () => undefined });
      if (row.status === 'failed') break;
    }
    return row;
  }

  /** Gives the job a copy of its setting's store for itself, unless it has begun. */
  async #begin(job: Job): Promise<void> {
    const file = this.#store(job);
    if (existsSync(file)) return;
    const start = join(dirname(file), `${this.#startKey(job)}.db`);
    const content = {
      material: job.setting.material,
      split: job.purpose === 'tune' ? 'validation' : 'test',
      teacher: job.teacher ? this.#store(job.teacher) : null,
    } as const;
    const making = this.#starts.get(start) ?? makeStore(start, this.#project, content);
    this.#starts.set(start, making);
    await making;
    const store = Store.open(start);
    store.backup(file);
    store.close();
  }

  #run(job: Job): Pick<RunRow, 'config' | 'name'> {
    const name = `${job.setting.name} ${job.arm.name} ${job.learningRate} seed ${job.seed}`;
    return { config: configOf(job, join(this.#project.folder, projectFiles.policy)), name };
  }

  /** What the job's store holds before it begins. */
  #startKey({ setting, purpose, teacher }: Job): string {
    const from = teacher ? this.#key(teacher) : digest(this.#project.fingerprint);
    return `${setting.material}-${purpose}-${from}`;
  }

  #key(job: Job): string {
    return digest([this.#project.fingerprint, this.#startKey(job), configOf(job, '')]);
  }

  #store(job: Job): string {
    return join(this.#folder, 'work', `${this.#key(job)}.db`);
  }

  #result(job: Job): string {
    return join(this.#folder, 'results', `${this.#key(job)}.json`);
  }
}

/** What a study has made, in its folder. */
export const dataFile = (folder: string): string => join(folder, 'study.json');

async function earlierRuns(file: string): Promise<StudyRun[]> {
  if (!existsSync(file)) return [];
  try {
    const runs = (JSON.parse(await readFile(file, 'utf8')) as { runs?: unknown } | null)?.runs;
    const isRun = (run: Partial<StudyRun> | null): boolean => typeof run?.key === 'string';
    if (Array.isArray(runs) && runs.every(isRun)) return runs as StudyRun[];
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new Error(`${file} does not hold a study’s runs: move it away, or name another folder with --out`);
}

/** Measurements of an iteration that a result keeps. */
const keptCurves = [
  'accuracy/train',
  'vanishingFraction',
  'kl',
  'clipFraction',
  'ess',
  'gradNorm',
  'replayed',
  'staleness',
];

function resultOf(
  job: Job,
  {
    metrics,
    key,
    diverged,
    answers,
  }: {
    metrics: readonly MetricRow[];
    key: string;
    diverged: string | null;
    answers: Answers | null;
  },
): StudyRun {
  const split = job.purpose === 'tune' ? 'accuracy/validation' : 'accuracy/test';
  const rounded = (value: number): number => Number(value.toPrecision(4));
  const evaluations = metrics.flatMap(({ values }) => {
    const { completions = 0, tokens = 0, [split]: accuracy } = values;
    return accuracy === undefined ? [] : [{ completions, tokens, accuracy }];
  });
  const iterations = metrics.filter(({ iteration }) => iteration > 0);
  const curves = keptCurves
    .map((name) => [name, iterations.flatMap(({ values }) => (name in values ? rounded(values[name]) : []))] as const)
    .filter(([, curve]) => curve.length > 0);
  const fresh = iterations.map(({ advantages, values }) => advantages.length - (values.replayed ?? 0));
  return {
    key,
    setting: job.setting.name,
    arm: job.arm.name,
    purpose: job.purpose,
    seed: job.seed,
    learningRate: job.learningRate,
    config: configOf(job, projectFiles.policy),
    seconds: rounded(iterations.reduce((sum, { values }) => sum + values.seconds, 0)),
    diverged,
    evaluations,
    curves: Object.fromEntries(curves),
    advantages: {
      fresh: counted(iterations.flatMap(({ advantages }, i) => advantages.slice(0, fresh[i]))),
      replayed: counted(iterations.flatMap(({ advantages }, i) => advantages.slice(fresh[i]))),
    },
    answers,
  };
}

function counted(advantages: readonly number[]): AdvantageCounts {
  const { low, high, count } = advantageBins;
  const zeros = advantages.filter((advantage) => advantage === 0).length;
  return { bins: binCounts(advantages, low, high, count), zeros, total: advantages.length };
}

const digest = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 20);
