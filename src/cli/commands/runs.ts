import { resolve } from 'node:path';
import { stopAfter } from '../../domain/run.ts';
import { changedPhasesText, sourceText, type WeightSources } from '../../domain/weight-source.ts';
import type { RunRow, Store } from '../../store/store.ts';
import { UsageError, type Command, type CommandContext } from '../command.ts';
import { hasEnded, hostOf, judgeAt, rayAt, resume, runNamed, until } from '../follow.ts';
import { storeOption, withStore } from '../open-store.ts';
import { deviationLines, runText } from './train.ts';

function command(
  verb: string,
  summary: string,
  run: (store: Store, run: RunRow, context: CommandContext) => Promise<unknown>,
): Command {
  return {
    name: `runs ${verb}`,
    usage: '--db FILE ID',
    summary,
    options: storeOption,
    run(context) {
      const [id, ...rest] = context.positionals;
      if (id === undefined || rest.length > 0) throw new UsageError('name one run by its id (list runs shows them)');
      return withStore(context.options, (store) => run(store, runNamed(store, id), context));
    },
    print: runText,
    failed: ({ status }: RunRow) => status === 'failed' || status === 'lost',
  };
}

type Shown = RunRow & { weights: WeightSources };

export const runsShow: Command = {
  ...command(
    'show',
    'Shows a run: its row, where its token weights come from, its measurements and its log.',
    async (store, run) => ({
      ...run,
      weights: store.runs.weightSources(run.id),
      labels: store.runs.snapshot(run.id),
      metrics: store.runs.metrics(run.id, -1),
      checkpoint: store.runs.latestCheckpoint(run.id),
      log: store.runs.log(run.id, 0),
    }),
  ),
  print: ({ weights, ...run }: Shown) =>
    [runText(run), ...weightLines(weights), ...deviationLines(run.provenance?.deviations ?? [])].join('\n'),
  failed: () => false,
};

function weightLines(weights: WeightSources): string[] {
  const counts = weights.sources.map(({ source, rollouts }) => `${sourceText(source)} ${rollouts}`);
  const changed = changedPhasesText(weights);
  return [...(counts.length > 0 ? [`  weights: ${counts.join(', ')}`] : []), ...(changed === null ? [] : [changed])];
}

export const runsPause = command('pause', 'Pauses a run after its iteration.', async (store, run, { signal }) => {
  if (run.status !== 'running' && run.status !== 'queued') throw new Error(`the run is ${run.status}, not running`);
  store.runs.request(run.id, 'pause');
  return until(store, run.id, (now) => now.status === 'paused' || hasEnded(now), signal);
});

export const runsStop = command(
  'stop',
  'Stops a run after its iteration, with a checkpoint; a second time, at once: what it did since its last checkpoint is lost.',
  async (store, run, { signal, progress }) => {
    if (hasEnded(run)) return run;
    const request = stopAfter(run.request);
    store.runs.request(run.id, request);
    progress(request === 'stop' ? 'Stopping after this iteration; the same command again ends it now…' : 'Ending…');
    return until(store, run.id, hasEnded, signal);
  },
);

export const runsResume: Command = {
  ...command(
    'resume',
    'Resumes a paused run, or one that ended early from its last checkpoint; --judge names the endpoint of its judge, --address its Ray cluster.',
    async (store, run, context) => {
      const { options } = context;
      const host = hostOf(
        store,
        resolve(options.required('db')),
        context,
        judgeAt(options.text('judge')),
        rayAt(options.text('address')),
      );
      return resume(store, host, run, context.signal);
    },
  ),
  usage: '--db FILE ID [--judge URL] [--address URL]',
  options: { ...storeOption, judge: { type: 'string' }, address: { type: 'string' } },
};
