/** Starts the training process on a run and follows it through the store: this process may end, the run goes on. */
import { spanAt } from '../domain/curriculum.ts';
import { judgeFault } from '../domain/judge-endpoint.ts';
import { parseRunConfig } from '../domain/preset.ts';
import { durationText, timeLeft, type IterationTime } from '../domain/progress.ts';
import { clusterText, rayFault } from '../domain/ray-address.ts';
import type { RayConfig } from '../domain/run.ts';
import type { MetricRow, RemoteJob, RunRow, Store } from '../store/store.ts';
import { judgeKeyVariable, launchTraining, type NamedJudge, type NamedRay } from '../training/host/local.ts';
import { RunHost } from '../training/host/run-host.ts';
import { UsageError, type CommandContext } from './command.ts';

const pollMs = 250;
/** An iteration may take this long until the run does what it is asked for. */
const patienceMs = 120_000;

export const runNamed = (store: Store, id: string): RunRow => {
  const run = store.runs.get(id);
  if (!run) throw new Error(`there is no run ${id} in this store`);
  return run;
};

/** The judge whose address stands on the command line, with the key in the environment: no other is given that. */
export const judgeAt = (endpoint: string | undefined): NamedJudge | null =>
  endpoint === undefined ? null : { endpoint, key: process.env[judgeKeyVariable]?.trim() || null };

/** The cluster whose address stands on the command line, with the token in the environment, as Ray's own tools take it. */
export const rayAt = (address: string | undefined): NamedRay | null =>
  address === undefined ? null : { address, token: process.env.RAY_AUTH_TOKEN?.trim() || null };

/** What starts runs of the store in `file`. Who has closed the store follows them no more. */
export function hostOf(
  store: Store,
  file: string,
  { dist }: Pick<CommandContext, 'dist'>,
  judge: NamedJudge | null,
  ray: NamedRay | null = null,
): RunHost {
  return new RunHost({
    rows: () => (store.isOpen ? store.runs : null),
    launch: ({ id }) => launchTraining({ dist, store: file, runId: id, judge, ray }),
    allow: ({ config }) => {
      const named = parseRunConfig(config);
      const fault = judgeFault(named.judge, judge?.endpoint ?? null) ?? rayFault(named.ray, ray?.address ?? null);
      if (fault !== null) throw new UsageError(fault);
    },
  });
}

/** Lets a run go on, as `RunHost` does. Resolves once a process has it, or it has a new end. */
export async function resume(store: Store, host: RunHost, run: RunRow, signal: AbortSignal): Promise<RunRow> {
  await host.resume(run);
  const taken = (now: RunRow): boolean =>
    now.status === 'running' || (hasEnded(now) && now.endedAt !== null && now.endedAt !== run.endedAt);
  return until(store, run.id, taken, signal);
}

/** The run's row once it is as asked. Rejects when that takes longer than an iteration may, and with the signal's reason. */
export async function until(
  store: Store,
  id: string,
  there: (run: RunRow) => boolean,
  signal: AbortSignal,
): Promise<RunRow> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const run = runNamed(store, id);
    if (there(run)) return run;
    signal.throwIfAborted();
    if (Date.now() > deadline) throw new Error(`the run was asked, but is still ${run.status} after 2 minutes`);
    await new Promise((done) => setTimeout(done, 100));
  }
}

/**
 * Tells the run's log and metrics line by line until it has ended, and returns its row. When `signal` aborts, asks the run to stop
 * and waits until it has.
 */
export async function follow(
  store: Store,
  runId: string,
  { signal, progress }: Pick<CommandContext, 'signal' | 'progress'>,
): Promise<RunRow> {
  let seq = 0;
  const rows: MetricRow[] = [];
  const stop = (): void => {
    progress('Stopping after this iteration…');
    store.runs.request(runId, 'stop');
  };
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  try {
    for (;;) {
      // The row is read first: what it says has ended has nothing more to tell afterwards.
      const run = runNamed(store, runId);
      for (const line of store.runs.log(runId, seq)) {
        seq = line.seq;
        progress(line.level === 'info' ? line.message : `${line.level}: ${line.message}`);
      }
      for (const row of store.runs.metrics(runId, rows.at(-1)?.iteration ?? -1)) {
        rows.push(row);
        progress(iterationText(run, rows));
      }
      if (hasEnded(run)) return run;
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** True when no process trains the run, though one has. */
export function hasEnded({ status }: RunRow): boolean {
  return status === 'stopped' || status === 'finished' || status === 'failed' || status === 'lost';
}

function iterationText({ config }: RunRow, rows: readonly MetricRow[]): string {
  const { iteration, values } = rows[rows.length - 1];
  const shown = (
    [
      'reward',
      'accuracy/train',
      'accuracy/validation',
      'accuracy/test',
      'kl',
      'completions',
      'unreadableVerdicts',
    ] as const
  )
    .filter((name) => name in values)
    .map((name) => `${name} ${Number(values[name].toFixed(3))}`);
  if (config.stages.length > 0) shown.unshift(`stage ${spanAt(config, Math.max(iteration, 1)).stage}`);
  const left = timeLeft(config.steps, rows);
  if (left !== null && left > 0) shown.push(`${durationText(left)} left`);
  return [`${bar(iteration / config.steps)} iteration ${iteration}/${config.steps}`, ...shown].join(' · ');
}

/** How many of all are done, and how long the rest takes. */
export function countText({ done, total }: { done: number; total: number }, times: readonly IterationTime[]): string {
  const left = timeLeft(total, times);
  const words = [`${bar(done / total)} ${done}/${total}`];
  if (left !== null && left > 0) words.push(`${durationText(left)} left`);
  return words.join(' · ');
}

/** Where a run or an evaluation is that is on a cluster, of which it takes `ray`. */
export const remoteLine = (remote: RemoteJob, ray: RayConfig | null | undefined): string =>
  `  ${clusterText(remote, ray?.mediaUri)}`;

/** How much is done, drawn. */
function bar(share: number): string {
  const width = 16;
  const full = Math.round(width * share);
  return '█'.repeat(full) + '░'.repeat(width - full);
}
