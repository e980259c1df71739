/** What the Rollouts table's page and its host say to each other. The host owns what is asked and the view of it; rows are fetched by place. */
import * as v from 'valibot';
import { spreadFields } from '../domain/query-fields.ts';
import { isQuery } from '../domain/rollout-query.ts';
import type { Protocol } from './message.ts';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** `by` is a column's name. */
const sort = v.nullable(v.strictObject({ by: v.string(), descending: v.boolean() }));

/** What a person chose. */
export const tableChoice = v.strictObject({
  line: v.pipe(
    v.string(),
    v.check((line) => isQuery(line), 'the query line cannot be read'),
  ),
  /** Null of the order in which rollouts came in. */
  sort,
  /** Names of columns in order; null of those that are shown unless others are chosen. */
  columns: v.nullable(v.array(v.string())),
  /** What the rows are: rollouts, or the prompts of such rollouts, which have an order and columns of their own. */
  shows: v.optional(v.picklist(['rollouts', 'prompts']), 'rollouts'),
  promptSort: v.optional(sort, null),
  promptColumns: v.optional(v.nullable(v.array(v.string())), null),
});
export type TableChoice = v.InferOutput<typeof tableChoice>;

/** What a person chose and gave a name. */
export const savedViews = v.array(v.strictObject({ name: v.string(), ...tableChoice.entries }));
export type SavedView = v.InferOutput<typeof savedViews>[number];

const histogram = v.strictObject({
  field: v.picklist(spreadFields),
  histogram: v.strictObject({ from: v.number(), width: v.number(), counts: v.array(count) }),
});
export type ShownHistogram = v.InferOutput<typeof histogram>;

const people = v.array(v.nullable(v.string()));

const row = v.strictObject({
  id: v.string(),
  question: v.string(),
  answer: v.nullable(v.string()),
  /** The last sentence of its reasoning. */
  conclusion: v.string(),
  correct: v.nullable(v.strictObject({ right: v.boolean(), by: v.string() })),
  reward: v.nullable(v.number()),
  rewards: v.record(v.string(), v.number()),
  advantage: v.nullable(v.number()),
  tokens: v.nullable(v.number()),
  characters: v.number(),
  words: v.nullable(v.number()),
  pass: v.nullable(v.number()),
  finish: v.nullable(v.string()),
  /** With its version. */
  policy: v.string(),
  iteration: v.nullable(v.number()),
  entropy: v.nullable(v.number()),
  logprob: v.nullable(v.number()),
  gap: v.nullable(v.number()),
  mismatch: v.nullable(v.number()),
  ratio: v.nullable(v.number()),
  stage: v.nullable(v.string()),
  split: v.string(),
  dataset: v.string(),
  run: v.nullable(v.string()),
  evaluation: v.nullable(v.string()),
  hinted: v.boolean(),
  /** Null is somebody who must not be named. */
  labelledBy: people,
  flaggedBy: people,
  tags: v.array(v.string()),
  /** "submitted by ana" */
  said: v.array(v.string()),
  openComments: v.number(),
});
export type ShownRow = v.InferOutput<typeof row>;

const promptRow = v.strictObject({
  id: v.string(),
  question: v.string(),
  dataset: v.string(),
  stage: v.nullable(v.string()),
  split: v.string(),
  groups: count,
  rollouts: count,
  pass: v.nullable(v.number()),
  /** Of each version of a policy, by name. */
  passBy: v.record(v.string(), v.nullable(v.number())),
  mean: v.nullable(v.number()),
  spread: v.nullable(v.number()),
  vanishing: count,
});
export type ShownPrompt = v.InferOutput<typeof promptRow>;

/** Rows that are read at a time, and that come with a view. */
export const blockSize = 100;

const readEntries = {
  status: v.literal('read'),
  /** Another one with every view: places are of one. */
  turn: count,
  /** What it is of. */
  line: v.string(),
  sort,
  /** Rows that the line keeps: null until they are counted, of which `counted` tells. */
  count: v.nullable(count),
  /** Rows that there are. */
  total: count,
  /** Prompts in the store. */
  prompts: count,
};

/** With the first rows, so that the table is not seen empty. */
const view = v.variant('status', [
  v.strictObject({ status: v.literal('failed'), message: v.string() }),
  v.variant('shows', [
    v.strictObject({ ...readEntries, shows: v.literal('rollouts'), rows: v.array(v.nullable(row)) }),
    v.strictObject({
      ...{ ...readEntries, shows: v.literal('prompts'), rows: v.array(v.nullable(promptRow)) },
      /** Names of the versions of policies that stand side by side. */
      policies: v.array(v.string()),
    }),
  ]),
]);
export type TableState = v.InferOutput<typeof view>;
export type ReadTable = Extract<TableState, { status: 'read' }>;

/** Places of a view, as stretches [from, to) that do not touch, in order. */
const places = { turn: count, stretches: v.pipe(v.array(v.tuple([count, count])), v.minLength(1)) };
export type Stretch = [from: number, to: number];

const nothing = v.null();
const noParams = v.strictObject({});

export const tableProtocol = {
  requests: {
    ask: { params: tableChoice, result: nothing },
    /** Null where one is there no more. An error where another view is shown by now; so of all that name a turn. */
    rows: {
      params: v.strictObject({ turn: count, from: count, count: v.pipe(count, v.maxValue(blockSize)) }),
      result: v.union([v.array(v.nullable(row)), v.array(v.nullable(promptRow))]),
    },
    /** Opens the row in Review, which goes on in the table's order; of a prompt its rollouts that the line keeps. */
    review: { params: v.strictObject({ turn: count, place: count }), result: nothing },
    /** Opens the first of these in Review, which goes through them. */
    queue: { params: v.strictObject(places), result: nothing },
    /** Raises the annotator's flag on these, or takes it down; of rollouts alone, as the tags. */
    flag: { params: v.strictObject({ ...places, raised: v.boolean() }), result: nothing },
    /** Puts a tag that the user chooses on these, or takes one of their own off. */
    tag: { params: v.strictObject({ ...places, on: v.boolean() }), result: nothing },
    /** Writes these in a format that the user chooses. */
    export: { params: v.strictObject(places), result: nothing },
    /** Opens the form of a run on these prompts, or on those of these rollouts. */
    startRun: { params: v.strictObject(places), result: nothing },
    /** Keeps what is chosen under a name that the user types. */
    saveView: { params: noParams, result: nothing },
    forgetView: { params: v.strictObject({ name: v.string() }), result: nothing },
    import: { params: noParams, result: nothing },
    /** Reads the table anew. */
    refresh: { params: noParams, result: nothing },
  },
  events: {
    choice: tableChoice,
    saved: savedViews,
    view,
    /** How many rows the line keeps; where the view did not say. */
    counted: v.strictObject({ turn: count, count }),
    /** How the numbers of what the line keeps spread: told again after each, until they are all. */
    spreads: v.strictObject({ turn: count, histograms: v.array(histogram), isAll: v.boolean() }),
    /** Names of all parts of rewards. */
    parts: v.array(v.string()),
    /** The store has changed since the view was read: rows may say something new, and there are this many now. */
    changed: v.strictObject({ turn: count, total: count }),
  },
} satisfies Protocol;
export type TableProtocol = typeof tableProtocol;

/** What the page keeps while it is hidden, and over a reload: where a person was in which view. What was chosen the host remembers. */
export const tablePageState = v.strictObject({
  version: v.literal(1),
  turn: count,
  /** Place of the row that the keys act on. */
  active: count,
  selection: v.array(v.tuple([count, count])),
});
