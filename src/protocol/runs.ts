/** What the Runs page and its host say to each other. The host owns the selection; the page owns axis and smoothing. */
import * as v from 'valibot';
import { axes } from '../domain/metric.ts';
import { stages } from '../domain/rollout.ts';
import { runStatuses } from '../domain/run.ts';
import type { Protocol } from './message.ts';

const values = v.record(v.string(), v.array(v.nullable(v.number())));

/** A run's metrics by column, as charts draw them (`DrawnCurves`). */
const columns = v.strictObject({ iterations: v.array(v.number()), values, stretch: v.number(), means: values });
export type Columns = v.InferOutput<typeof columns>;

/** A run as the list shows it. */
const runItem = v.strictObject({
  id: v.string(),
  name: v.string(),
  status: v.picklist(runStatuses),
  /** A pause or stop that the run has not seen yet. */
  pending: v.nullable(v.picklist(['pause', 'stop', 'end'])),
  preset: v.string(),
  /** "12 selected prompts"; null of a run that is on no selection. */
  selection: v.nullable(v.string()),
  backend: v.string(),
  seed: v.number(),
  iteration: v.number(),
  iterations: v.number(),
  /** The stages of its curriculum, each with its first iteration; empty without one. */
  stages: v.array(v.strictObject({ stage: v.picklist(stages), first: v.number() })),
  /** Milliseconds; null when not running or not yet known. */
  timeLeft: v.nullable(v.number()),
  /** The configuration in one line. */
  configuration: v.string(),
  /** Every setting, for the page's table: name and value as text. */
  settings: v.array(v.tuple([v.string(), v.string()])),
  /** Where a run of the authors' presets is not theirs, a sentence each. */
  deviations: v.array(v.string()),
  error: v.nullable(v.string()),
  /** True when it failed because its policy diverged: then the batch it diverged on can be shown. */
  diverged: v.boolean(),
});
export type RunItem = v.InferOutput<typeof runItem>;

const logLine = v.strictObject({
  at: v.number(),
  level: v.picklist(['info', 'warn', 'error']),
  message: v.string(),
});

/** A rollout of the scrubbed iteration. */
const sample = v.strictObject({
  rolloutId: v.string(),
  question: v.string(),
  completion: v.string(),
  reward: v.nullable(v.number()),
  hinted: v.boolean(),
});

/** Where its token weights come from, most rollouts first. */
const weights = v.strictObject({
  sources: v.array(v.strictObject({ source: v.string(), text: v.string(), rollouts: v.number() })),
  /** What is to be said of labels and suggestions that changed since the run took them; null when none did. */
  changed: v.nullable(v.string()),
});

const selectedRun = v.strictObject({
  id: v.string(),
  columns,
  /** Advantages of the scrubbed iteration, or of the newest that has some. */
  advantages: v.nullable(v.strictObject({ iteration: v.number(), values: v.array(v.number()) })),
  log: v.array(logLine),
  samples: v.array(sample),
  weights,
  /** Iteration of the latest checkpoint. */
  checkpoint: v.nullable(v.number()),
});
export type SelectedRun = v.InferOutput<typeof selectedRun>;

/** The iteration looked at; null follows the newest. */
const scrubbed = v.nullable(v.pipe(v.number(), v.integer(), v.minValue(0)));

/** The stretch of the charts' horizontal axis that is looked at; null for all of it. */
const zoom = v.nullable(
  v.pipe(
    v.strictObject({
      axis: v.picklist(axes),
      from: v.pipe(v.number(), v.finite()),
      to: v.pipe(v.number(), v.finite()),
    }),
    v.check(({ from, to }) => from <= to, 'from is after to'),
  ),
);

const snapshot = v.strictObject({
  runs: v.array(runItem),
  /** Ids; the page draws them in this order. */
  selected: v.array(selectedRun),
  iteration: scrubbed,
  zoom,
  /** False in Restricted Mode: no run may be started or resumed. */
  trusted: v.boolean(),
  /** Why there is nothing to show, when the store cannot be read. */
  failure: v.nullable(v.string()),
});
export type RunsSnapshot = v.InferOutput<typeof snapshot>;

/** The answer of a request that only does something; JSON has no undefined. */
const nothing = v.null();
const runId = v.strictObject({ id: v.string() });

export const runsProtocol = {
  requests: {
    select: {
      params: v.strictObject({ runs: v.pipe(v.array(v.string()), v.maxLength(8)), iteration: scrubbed, zoom }),
      result: nothing,
    },
    pause: { params: runId, result: nothing },
    stop: { params: runId, result: nothing },
    resume: { params: runId, result: nothing },
    start: { params: v.strictObject({}), result: nothing },
    /** A new run that goes on where this one ended. */
    startAfter: { params: runId, result: nothing },
    showBatch: { params: runId, result: nothing },
    retry: { params: v.strictObject({}), result: nothing },
    review: { params: v.strictObject({ rolloutId: v.string() }), result: nothing },
    /** Lets the user choose one of the rollouts whose weights come from a source, and opens it. */
    chooseWeighted: { params: v.strictObject({ id: v.string(), source: v.string() }), result: nothing },
    /** As `save`, of all that these runs measured, as CSV. */
    saveTable: { params: v.strictObject({ runs: v.array(v.string()) }), result: v.boolean() },
    /** Asks where to save and writes; answers false when the user thought better of it. */
    save: { params: v.strictObject({ name: v.string(), content: v.string() }), result: v.boolean() },
  },
  events: { snapshot },
} satisfies Protocol;
export type RunsProtocol = typeof runsProtocol;

/** What the page keeps over a reload; the selection is for the host's serializer. */
export const runsPageState = v.strictObject({
  version: v.literal(2),
  selected: v.array(v.string()),
  iteration: scrubbed,
  axis: v.picklist(axes),
  smoothing: v.pipe(v.number(), v.minValue(0), v.maxValue(0.99)),
});
