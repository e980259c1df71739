import { resolve } from 'node:path';
import { backendNames } from '../../domain/backend.ts';
import { engineNames } from '../../domain/engine.ts';
import type { IterationTime } from '../../domain/progress.ts';
import { splits } from '../../domain/rollout.ts';
import { report, type Report } from '../../evaluation/report.ts';
import { tablesText } from '../../evaluation/table.ts';
import { failedTable, reportTables } from '../../evaluation/tables.ts';
import type { EvaluationRow, Store } from '../../store/store.ts';
import { isLive, planEvaluation, unfinished, type EvaluationChoice } from '../../training/evaluation/plan.ts';
import { scoredReplies } from '../../training/evaluation/scored.ts';
import { failedByAll } from '../../training/evaluation/view.ts';
import { launchEvaluation } from '../../training/host/local.ts';
import { RunHost } from '../../training/host/run-host.ts';
import { UsageError, type Arguments, type Command, type CommandContext } from '../command.ts';
import { readerOption, readersOf } from '../evaluations.ts';
import { countText, rayAt, remoteLine } from '../follow.ts';
import { engineOption, policyOptions } from '../open-policy.ts';
import { storeOption, withStore } from '../open-store.ts';
import { rayOf, rayOptions, rayUsage } from '../ray-options.ts';

interface Evaluated {
  evaluation: EvaluationRow;
  report: Report;
  failed: ReturnType<typeof failedByAll>;
}

const pollMs = 250;

export const evaluateCommand: Command = {
  name: 'evaluate',
  usage: `--db FILE --policy DIR [--adapter DIR] (--benchmark NAME | --dataset NAME --split ${splits.join('|')}) [--rule RULE]… [--n N --temperature T] [--top-p P] [--seed N] [--max-new-tokens N] [--engine ${engineNames.join('|')}] ${rayUsage} [--backend NAME] [--name NAME]`,
  summary:
    'Has a policy answer the prompts of a dataset’s split (a benchmark’s is test), greedily unless told otherwise, and reports accuracy by what is recorded, by the rule ours and by those for the benchmark, or by each RULE that is named. Ctrl+C stops it; the same command goes on with what is missing.',
  options: {
    ...storeOption,
    ...policyOptions,
    ...engineOption,
    ...rayOptions,
    ...readerOption,
    benchmark: { type: 'string' },
    dataset: { type: 'string' },
    split: { type: 'string' },
    n: { type: 'string' },
    temperature: { type: 'string' },
    'top-p': { type: 'string' },
    seed: { type: 'string' },
    'max-new-tokens': { type: 'string' },
    backend: { type: 'string' },
    name: { type: 'string' },
  },
  run(context) {
    const { options } = context;
    const choice = choiceOf(options);
    const readers = readersOf(options, choice.dataset);
    return withStore(options, async (store): Promise<Evaluated> => {
      needDataset(store, choice.dataset);
      const evaluation = await evaluated(store, choice, context);
      const replies = scoredReplies(store, evaluation.id, readers);
      return { evaluation, report: report(replies), failed: failedByAll(store, evaluation, replies, readers) };
    });
  },
  print: ({ evaluation, report: found, failed: { prompts, reader, among } }: Evaluated) => {
    const tables = [...reportTables(evaluation, found), ...failedTable(prompts, reader, among)];
    return [evaluationText(evaluation), tablesText(tables, 'markdown').trimEnd()].join('\n\n');
  },
  failed: ({ evaluation: { status } }: Evaluated) => status === 'failed' || status === 'lost',
};

function choiceOf(options: Arguments): EvaluationChoice {
  const [benchmark, dataset, adapter] = [options.text('benchmark'), options.text('dataset'), options.text('adapter')];
  const engine = options.oneOf('engine', engineNames);
  const split = options.oneOf('split', splits) ?? (benchmark === undefined ? undefined : 'test');
  if ((benchmark === undefined) === (dataset === undefined))
    throw new UsageError('name a --benchmark, or a --dataset with its --split');
  if (split === undefined) throw new UsageError(`--split is missing: one of ${splits.join(', ')}`);
  return {
    policy: resolve(options.required('policy')),
    adapter: adapter === undefined ? null : resolve(adapter),
    ...{ dataset: (benchmark ?? dataset)!, split },
    ...{ n: options.integer('n'), temperature: options.number('temperature'), topP: options.number('top-p') },
    ...{ seed: options.integer('seed'), maxNewTokens: options.integer('max-new-tokens'), name: options.text('name') },
    ...{ engine, ray: rayOf(options, engine), backend: options.oneOf('backend', backendNames) },
  };
}

function needDataset(store: Store, dataset: string): void {
  const known = store.prompts.datasets().map((one) => one.dataset);
  if (known.includes(dataset)) return;
  throw new Error(
    `there is no dataset ${dataset} in this store; it has ${known.join(', ') || 'none'}: import the file of its prompts first, with the folder of its media (--media)`,
  );
}

/** The evaluation that was chosen, once its process has ended: a new one, or one that was cut off and goes on. */
async function evaluated(
  store: Store,
  choice: EvaluationChoice,
  { dist, signal, progress }: CommandContext,
): Promise<EvaluationRow> {
  const all = store.evaluations.all();
  const planned = await plannedOf(store, choice, all);
  const former = unfinished(planned, all);
  const { id } = former ?? planned;
  if (!former) store.evaluations.add(planned);
  progress(former ? `Going on with ${former.name} (${id})` : `Evaluation ${planned.name} (${id})`);
  const host = new RunHost<EvaluationRow>({
    rows: () => (store.isOpen ? store.evaluations : null),
    launch: () => launchEvaluation({ dist, store: store.file, evaluationId: id, ray: rayAt(choice.ray?.address) }),
    allow: () => undefined,
  });
  const started = former ? await host.resume(former) : { ended: host.start(rowOf(store, id)) };
  return follow(store, id, started?.ended ?? null, { signal, progress });
}

async function plannedOf(store: Store, choice: EvaluationChoice, evaluations: readonly EvaluationRow[]) {
  try {
    return await planEvaluation(choice, { file: store.file, runs: store.runs.all(), evaluations });
  } catch (error) {
    throw error instanceof RangeError ? new UsageError(error.message) : error;
  }
}

function rowOf(store: Store, id: string): EvaluationRow {
  const row = store.evaluations.get(id);
  if (!row) throw new Error(`evaluation ${id} is no longer in this store`);
  return row;
}

/** Tells how far it is until its process has `ended`, or another's. When `signal` aborts, asks it to stop and waits until it has. */
async function follow(
  store: Store,
  id: string,
  ended: Promise<unknown> | null,
  { signal, progress }: Pick<CommandContext, 'signal' | 'progress'>,
): Promise<EvaluationRow> {
  const stop = (): void => {
    progress('Stopping…');
    store.evaluations.request(id, 'stop');
  };
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  // One that goes on has its former end in its row until its process takes it.
  let over = ended === null;
  void ended?.then(() => (over = true));
  const times: IterationTime[] = [];
  let { said } = rowOf(store, id);
  try {
    for (;;) {
      const isOver = over;
      const row = rowOf(store, id);
      if (row.said !== null && row.said !== said) progress(row.said);
      said = row.said;
      if (row.done !== (times.at(-1)?.iteration ?? 0)) {
        times.push({ iteration: row.done, at: Date.now() });
        progress(countText(row, times));
      }
      if (isOver && !isLive(row)) return row;
      await new Promise((done) => setTimeout(done, pollMs));
    }
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** How an evaluation stands. */
export function evaluationText({ id, name, status, done, total, error, remote, settings }: EvaluationRow): string {
  const lines = [`${name} (${id}): ${status}, ${done} of ${total} replies`];
  if (error !== null) lines.push(error);
  if (remote) lines.push(remoteLine(remote, settings?.ray));
  return lines.join('\n');
}
