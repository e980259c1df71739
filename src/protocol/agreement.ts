/** What the Agreement page and its host say to each other. The host owns the figures; the page owns what is looked at. */
import * as v from 'valibot';
import { progressFigures } from '../domain/annotator-progress.ts';
import { phaseColours } from '../domain/phase.ts';
import { judgementMetrics } from '../domain/judgement-agreement.ts';
import { agreementMetrics } from '../domain/agreement.ts';
import type { Protocol } from './message.ts';

const metric = v.picklist(agreementMetrics);
const value = v.nullable(v.number());
const figure = v.strictObject({ value, low: value, high: value });

const scopeAgreement = {
  rollouts: v.number(),
  figures: v.strictObject(v.entriesFromList(agreementMetrics, figure)),
};
const pair = { a: v.string(), b: v.string() };

const agreement = v.strictObject({
  annotators: v.array(v.string()),
  pairs: v.array(v.strictObject({ ...pair, ...scopeAgreement })),
  people: v.strictObject(scopeAgreement),
});

const judgementScope = {
  rollouts: v.number(),
  figures: v.strictObject(v.entriesFromList(judgementMetrics, figure)),
};
/** On steps that both judged. */
const judgements = v.strictObject({
  pairs: v.array(v.strictObject({ ...pair, ...judgementScope })),
  people: v.strictObject(judgementScope),
  errors: v.array(v.strictObject({ error: v.string(), ...judgementScope })),
});

/** Two annotators, or all people. */
const scope = v.nullable(v.strictObject(pair));

const snapshot = v.variant('status', [
  v.strictObject({
    status: v.literal('measured'),
    agreement,
    judgements,
    /** The project’s; none without a store. */
    phases: v.array(v.object({ name: v.string(), colour: v.picklist(phaseColours) })),
  }),
  v.strictObject({ status: v.literal('failed'), message: v.string() }),
]);
export type AgreementSnapshot = v.InferOutput<typeof snapshot>;

const progress = {
  ...v.entriesFromList(progressFigures, v.number()),
  medianMs: value,
};
/** How far each annotator has come, with all datasets and each. */
const annotators = v.array(
  v.strictObject({
    annotator: v.string(),
    all: v.strictObject(progress),
    datasets: v.array(v.strictObject({ dataset: v.string(), ...progress })),
  }),
);

/** Each annotator who submitted gold items, against gold. */
const gold = v.array(
  v.strictObject({
    annotator: v.string(),
    labels: v.strictObject(scopeAgreement),
    judgements: v.strictObject(judgementScope),
  }),
);

const progressed = v.strictObject({ annotators, gold });
export type AgreementProgress = v.InferOutput<typeof progressed>;

/** A rollout of the list: what was labelled, and how far that agrees. */
const disagreement = v.strictObject({
  rolloutId: v.string(),
  question: v.string(),
  /** Of its completion in UTF-16 units. */
  length: v.number(),
  /** None while one's own label must come first. */
  labels: v.array(v.strictObject({ annotator: v.string(), boundaries: v.array(v.number()) })),
  values: v.strictObject(v.entriesFromList(agreementMetrics, value)),
});
export type DisagreementItem = v.InferOutput<typeof disagreement>;

const nothing = v.null();
const noParams = v.strictObject({});

export const agreementProtocol = {
  requests: {
    /** The rollouts on which a scope agrees least, worst first. */
    disagreements: { params: v.strictObject({ scope, metric }), result: v.array(disagreement) },
    review: { params: v.strictObject({ rolloutId: v.string() }), result: nothing },
    /** Opens what there is to label. */
    label: { params: noParams, result: nothing },
    /** Shows the setting that says under which name labels are saved. */
    chooseAnnotator: { params: noParams, result: nothing },
    exportCsv: { params: noParams, result: nothing },
    retry: { params: noParams, result: nothing },
  },
  events: { snapshot, progress: progressed },
} satisfies Protocol;
export type AgreementProtocol = typeof agreementProtocol;

/** What the page keeps over a reload. */
export const agreementPageState = v.strictObject({ version: v.literal(1), metric, scope });
