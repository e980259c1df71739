/** Runs, and one of them with what it measured. */
import * as v from 'valibot';
import { selectedText, toldConfig } from '../../domain/run-prompts.ts';
import type { RunRow, Store } from '../../store/store.ts';
import { cut, cutOrNull, fewOf, from, id, stretch, toolOf } from '../tool.ts';

const mostRuns = 50;

export const listRuns = toolOf({
  name: 'list_runs',
  title: 'List runs',
  description:
    'Lists training runs, newest first, with status and how far each is. read_run has settings and metrics of one.',
  input: v.strictObject({ from }),
  answer(store, { from }) {
    const { rows, next } = stretch(store.runs.all(), from, mostRuns);
    return { next, runs: rows.map(shown) };
  },
});

/** Iterations in one answer, evenly spread; the last is always among them. */
const mostPoints = 40;
const mostMetrics = 12;
const logLines = 20;
const longestConfig = 8000;

export const readRun = toolOf({
  name: 'read_run',
  title: 'Read a run',
  description:
    'Reads one training run: its settings, what its token weights came from, its metrics by iteration (at most 40 points of each) and the last lines of its log. Without `metrics` it gives reward, accuracies, KL, clipped and vanishing fractions; `metricNames` lists all there are.',
  input: v.strictObject({
    run: id('Id or name of the run.'),
    metrics: v.optional(
      v.pipe(
        v.array(v.pipe(v.string(), v.maxLength(200))),
        v.maxLength(mostMetrics),
        v.description('Names of metrics, as metricNames of an answer lists them.'),
      ),
    ),
  }),
  answer(store, { run: name, metrics }) {
    const run = named(store, name);
    const { iterations, values } = store.runs.curves(run.id);
    const names = Object.keys(values).sort();
    const strange = metrics?.find((one) => !names.includes(one));
    if (strange !== undefined)
      throw new RangeError(`the run has no metric ${strange}: metricNames of an answer without \`metrics\` lists them`);
    const usual = names.filter((one) => /^(?:reward|kl|clipFraction|vanishingFraction|accuracy\/[^/]+)$/u.test(one));
    const step = Math.max(1, Math.ceil(iterations.length / mostPoints));
    const isShown = (i: number): boolean => (iterations.length - 1 - i) % step === 0;
    return {
      ...shown(run),
      checkpoints: store.runs
        .checkpoints(run.id)
        .slice(0, mostPoints)
        .map(({ iteration }) => iteration),
      iterations: iterations.filter((_, i) => isShown(i)),
      untrusted: {
        ...shown(run).untrusted,
        metricNames: names.slice(0, 200).map((one) => cut(one, 80)),
        metrics: fewOf(
          Object.fromEntries(
            (metrics ?? usual.slice(0, mostMetrics)).map((one) => [one, values[one].filter((_, i) => isShown(i))]),
          ),
        ),
        weightSources: store.runs
          .weightSources(run.id)
          .sources.slice(0, 50)
          .map((one) => ({ ...one, source: cut(one.source) })),
        log: store.runs.lastLog(run.id, logLines).map(({ level, message }) => `${level}: ${cut(message)}`),
        settings: cut(JSON.stringify(toldConfig(run.config)), longestConfig),
      },
    };
  },
});

function shown(run: RunRow) {
  return {
    ...{ id: run.id, status: run.status, iteration: run.iteration, iterations: run.config.steps },
    ...{ createdAt: run.createdAt, startedAt: run.startedAt, endedAt: run.endedAt },
    untrusted: {
      ...{ name: cut(run.name), policy: cut(run.config.policy), dataset: cutOrNull(run.config.dataset) },
      selection: selectedText(run.config),
      ...{ preset: cut(run.config.preset), backend: cutOrNull(run.backend), error: cutOrNull(run.error) },
    },
  };
}

/** A run by its id, or by its name where one alone has it. */
function named(store: Store, name: string): RunRow {
  const found = store.runs.all().filter((run) => run.id === name || run.name === name);
  if (found.length === 1) return found[0];
  throw new Error(
    found.length === 0
      ? `there is no run ${name} in this store: list_runs shows them`
      : `${found.length} runs are called ${name}: name one by its id, as list_runs gives it`,
  );
}
