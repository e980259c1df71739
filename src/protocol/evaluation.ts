/** What the Evaluation page and its host say to each other. The host owns what is looked at and its figures. */
import * as v from 'valibot';
import type { Protocol } from './message.ts';

/** As the list shows it. */
const item = v.strictObject({
  id: v.string(),
  name: v.string(),
  /** The policy and its version, in words. */
  policy: v.string(),
  dataset: v.nullable(v.string()),
  split: v.nullable(v.string()),
  /** Replies that are there, and that it is to have. */
  done: v.number(),
  total: v.number(),
  status: v.string(),
  /** What made it: a backend, or an engine; null of an imported one. */
  engine: v.nullable(v.string()),
  /** Its cluster and its job there, in words. */
  cluster: v.nullable(v.string()),
  createdAt: v.string(),
  error: v.nullable(v.string()),
});
export type EvaluationItem = v.InferOutput<typeof item>;

/** Who says what a reply is worth: what was recorded with it, or a rule. */
const reader = v.strictObject({ name: v.string(), title: v.string(), source: v.string() });
export type Reader = v.InferOutput<typeof reader>;

const list = v.variant('status', [
  v.strictObject({
    status: v.literal('read'),
    /** Newest first. */
    evaluations: v.array(item),
    /** All there are. */
    readers: v.array(reader),
    /** False in Restricted Mode: no policy may be evaluated. */
    trusted: v.boolean(),
  }),
  v.strictObject({ status: v.literal('failed'), message: v.string() }),
]);
export type EvaluationList = v.InferOutput<typeof list>;

/** One evaluation, or two to compare: the second against the first. */
const ids = v.pipe(v.array(v.string()), v.maxLength(2));

const by = {
  /** The reader that is asked for first; null while none was. */
  reader: v.nullable(v.string()),
  /** By every rule, and not by those for their benchmark alone. */
  all: v.boolean(),
};

const looking = v.strictObject({
  ids,
  ...by,
  /** Of the scoring that goes on. */
  progress: v.nullable(v.strictObject({ done: v.number(), total: v.number() })),
  /** Why there are no figures: what failed, or that the user cancelled. */
  problem: v.nullable(v.string()),
});
export type Looking = v.InferOutput<typeof looking>;

const estimate = v.strictObject({ value: v.number(), low: v.number(), high: v.number(), n: v.number() });
export type ShownEstimate = v.InferOutput<typeof estimate>;

const kindReport = v.strictObject({ name: v.string(), accuracy: estimate, unread: v.nullable(v.number()) });

const lengthReport = v.strictObject({
  unit: v.picklist(['tokens', 'words']),
  right: v.nullable(v.number()),
  wrong: v.nullable(v.number()),
  fifths: v.array(v.strictObject({ from: v.number(), to: v.number(), accuracy: estimate })),
});
export type ShownLength = v.InferOutput<typeof lengthReport>;

const readerReport = v.strictObject({
  reader: v.string(),
  /** The models that were asked. */
  judges: v.array(v.string()),
  accuracy: estimate,
  passAt: v.array(v.strictObject({ k: v.number(), accuracy: estimate })),
  replies: v.number(),
  unread: v.nullable(v.number()),
  by: v.array(v.strictObject({ dimension: v.string(), kinds: v.array(kindReport) })),
  length: lengthReport,
});
export type ShownReader = v.InferOutput<typeof readerReport>;

/** The first rows of a list, and how many there are. */
const listed = <Row extends v.GenericSchema>(row: Row) => v.strictObject({ rows: v.array(row), count: v.number() });

const disagreement = v.strictObject({
  rolloutId: v.string(),
  promptId: v.string(),
  question: v.string(),
  reads: v.record(
    v.string(),
    v.strictObject({ score: v.number(), extracted: v.nullable(v.string()), judge: v.optional(v.string()) }),
  ),
});
export type ShownDisagreement = v.InferOutput<typeof disagreement>;

const one = v.strictObject({
  kind: v.literal('one'),
  id: v.string(),
  /** That of the length chart, of the evaluations beside and of the prompts that all fail. */
  reader: v.string(),
  report: v.strictObject({
    prompts: v.number(),
    replies: v.number(),
    readers: v.array(readerReport),
    disagreements: listed(disagreement),
  }),
  /** The evaluations of the same dataset, this one too; none where it is alone. */
  beside: v.array(v.strictObject({ id: v.string(), accuracy: estimate })),
  failed: listed(v.strictObject({ rolloutId: v.string(), question: v.string() })),
  /** Percent, where the dataset is one of the paper's benchmarks. */
  paper: v.nullable(v.strictObject({ benchmark: v.string(), base: v.number(), avatar: v.number() })),
});
export type OneShown = v.InferOutput<typeof one>;

const difference = {
  prompts: v.number(),
  first: estimate,
  second: estimate,
  difference: estimate,
  fixed: v.number(),
  broken: v.number(),
  bothRight: v.number(),
  bothWrong: v.number(),
  p: v.number(),
};
export type ShownDifference = v.InferOutput<v.StrictObjectSchema<typeof difference, undefined>>;

const flip = v.strictObject({
  kind: v.picklist(['fixed', 'broken']),
  promptId: v.string(),
  question: v.string(),
  category: v.nullable(v.string()),
  /** Rollouts. */
  first: v.string(),
  second: v.string(),
});
export type ShownFlip = v.InferOutput<typeof flip>;

const two = v.strictObject({
  kind: v.literal('two'),
  ids: v.tuple([v.string(), v.string()]),
  readers: v.array(v.string()),
  reader: v.string(),
  /** Null where they have no prompt in common. */
  comparison: v.nullable(
    v.strictObject({
      reader: v.string(),
      judges: v.array(v.string()),
      onlyFirst: v.number(),
      onlySecond: v.number(),
      overall: v.strictObject(difference),
      by: v.array(
        v.strictObject({
          dimension: v.string(),
          kinds: v.array(v.strictObject({ name: v.string(), ...difference })),
        }),
      ),
    }),
  ),
  flips: listed(flip),
});
export type TwoShown = v.InferOutput<typeof two>;

const view = v.variant('kind', [one, two]);
export type EvaluationView = v.InferOutput<typeof view>;

const nothing = v.null();
const noParams = v.strictObject({});

export const evaluationProtocol = {
  requests: {
    select: { params: v.strictObject({ ids, ...by }), result: nothing },
    /** Ends the scoring that goes on. */
    cancel: { params: noParams, result: nothing },
    /** Opens a reply in Review; of two, the first beside the second. */
    review: {
      params: v.strictObject({ rolloutIds: v.pipe(v.array(v.string()), v.minLength(1), v.maxLength(2)) }),
      result: nothing,
    },
    /** Writes the tables of what is shown, in a format that the user chooses. */
    save: { params: noParams, result: nothing },
    /** Asks for files of predictions. */
    import: { params: noParams, result: nothing },
    /** Asks which policy is to answer which prompts. */
    evaluate: { params: noParams, result: nothing },
    retry: { params: noParams, result: nothing },
  },
  events: { list, looking, view },
} satisfies Protocol;
export type EvaluationProtocol = typeof evaluationProtocol;

/** What the page keeps over a reload; the host's serializer reads it. */
export const evaluationPageState = v.strictObject({ version: v.literal(1), ids, ...by });
