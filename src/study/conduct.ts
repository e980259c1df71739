/** Trains what a study lacks: learning rates first, on validation, then every arm, some runs at a time. */
import { durationText } from '../domain/progress.ts';
import { bestRate, finalAccuracy, type StudyRun } from './measured.ts';
import type { CommandContext } from '../cli/command.ts';
import type { Family } from './arms.ts';
import { familiesOf, judgedJobs, nextRates, tuningJobs, workOf, type Job, type StudyChoice } from './plan.ts';
import type { Results } from './results.ts';

export interface StudyRuns {
  tuned: StudyRun[];
  judged: StudyRun[];
  /** The learning rate of each family; those without a tuning run are missing. */
  rates: Map<Family, number>;
  /** Jobs not trained yet, as far as they are known. */
  missing: Job[];
}

type Context = Pick<CommandContext, 'signal' | 'dist' | 'progress'>;

/** What has been trained of the choice so far. */
export async function runsSoFar(results: Results, choice: StudyChoice): Promise<StudyRuns> {
  const [tuned, judged, missing]: [StudyRun[], StudyRun[], Job[]] = [[], [], []];
  const rates = new Map<Family, number>();
  const take = async (jobs: readonly Job[], into: StudyRun[]): Promise<boolean> => {
    const found = await Promise.all(jobs.map((job) => results.known(job)));
    into.push(...found.filter((run) => run !== null));
    missing.push(...jobs.filter((_, i) => found[i] === null));
    return !found.includes(null);
  };
  for (const family of familiesOf(choice)) {
    const tried: number[] = [];
    const own: StudyRun[] = [];
    let whole = true;
    const best = (): number | undefined => choice.rate ?? bestRate(own);
    for (let next = choice.rate === null ? nextRates(family, tried, undefined) : []; whole && next.length > 0;) {
      for (const rate of next) whole = (await take(tuningJobs(family, rate, choice), own)) && whole;
      tried.push(...next);
      next = nextRates(family, tried, best());
    }
    tuned.push(...own);
    const rate = best();
    if (whole && rate !== undefined) rates.set(family, rate);
  }
  const jobs = judgedJobs(rates, choice);
  await take(
    jobs.filter(({ arm }) => rates.has(arm.family)),
    judged,
  );
  missing.push(...jobs.filter(({ arm }) => !rates.has(arm.family)));
  return { tuned, judged, rates, missing };
}

/**
 * Trains until nothing is missing, `parallel` runs at a time. Rejects when one fails, the others having been stopped, and with the
 * signal's reason after an abort; what is done stays done.
 */
export async function conduct(
  results: Results,
  choice: StudyChoice,
  parallel: number,
  context: Context,
): Promise<StudyRuns> {
  const clock = new Clock(context.progress);
  for (;;) {
    const runs = await runsSoFar(results, choice);
    if (runs.missing.length === 0) return runs;
    const tuning = runs.missing.filter(({ purpose }) => purpose === 'tune');
    const now = tuning.length > 0 ? tuning : runs.missing;
    clock.expect(runs.missing);
    await inParallel(now, parallel, context, async (job, within) => {
      clock.done(job, await results.of(job, within));
    });
  }
}

/** Does `work` for every item, `parallel` at a time; the first failure stops the others. */
async function inParallel<Item>(
  items: readonly Item[],
  parallel: number,
  context: Context,
  work: (item: Item, context: Context) => Promise<void>,
): Promise<void> {
  const failure = new AbortController();
  const within = { ...context, signal: AbortSignal.any([context.signal, failure.signal]) };
  const waiting = [...items];
  const worker = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
      within.signal.throwIfAborted();
      await work(item, within);
    }
  };
  const workers = Array.from({ length: parallel }, () =>
    worker().catch((error: unknown) => {
      failure.abort(error);
      throw error;
    }),
  );
  await Promise.allSettled(workers);
  await Promise.all(workers);
}

/** Tells what is done and how long the rest takes, by the work done since the beginning. */
class Clock {
  readonly #progress: (line: string) => void;
  readonly #started = performance.now();
  #left = new Set<Job>();
  #worked = 0;
  #done = 0;

  constructor(progress: (line: string) => void) {
    this.#progress = progress;
  }

  expect(jobs: readonly Job[]): void {
    this.#left = new Set(jobs);
  }

  done(job: Job, run: StudyRun): void {
    this.#left.delete(job);
    this.#worked += workOf(job);
    this.#done += 1;
    const speed = this.#worked / (performance.now() - this.#started);
    const left = [...this.#left].reduce((sum, waiting) => sum + workOf(waiting), 0) / speed;
    const accuracy = run.diverged ? 'diverged' : `${(100 * finalAccuracy(run)).toFixed(1)} %`;
    this.#progress(
      `${this.#done}/${this.#done + this.#left.size} ${run.purpose} ${run.setting} ${run.arm} lr ${run.learningRate} seed ${run.seed}: ` +
        `${accuracy}, ${run.seconds.toFixed(0)} s · about ${durationText(left)} left`,
    );
  }
}
