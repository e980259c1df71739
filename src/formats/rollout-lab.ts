/**
 * This project's own JSONL: one rollout a line with its prompt, tokens, log-probs, rewards and every annotator's label,
 * with what they say of its steps, of it against others and in its place, losslessly; a line may also be a prompt alone, a label alone, or an edit of a store's journal.
 */
import * as v from 'valibot';
import { commentChangeFault, commentChanges } from '../domain/comment.ts';
import { correctionFault } from '../domain/correction.ts';
import { editOf, formatTag } from '../domain/edit.ts';
import { stepSchema, stepsFault } from '../domain/judgement.ts';
import { preferenceSchema } from '../domain/preference.ts';
import { groundingFault, insideCodePoint, boundariesFault, ungrounded } from '../domain/phase.ts';
import {
  mediumKinds,
  problemTypes,
  promptMedia,
  splits,
  stages,
  type Prompt,
  type Rollout,
  type TokenTrace,
} from '../domain/rollout.ts';
import { suggestionSource } from '../domain/suggestion/suggestion.ts';
import { keptCurves, type KeptCurve } from '../domain/token-curve.ts';
import { tagFault } from '../domain/tag.ts';
import type { Draft, Format, LabelDraft } from './draft.ts';
import { int32s, longList, numeral, valid } from './valid.ts';
import type { Written } from './written.ts';

const nullable = <Schema extends v.GenericSchema>(schema: Schema) => v.optional(v.nullable(schema), null);
const logProb = v.union([v.number(), v.pipe(v.picklist(['-Infinity', 'Infinity', 'NaN']), v.transform(Number))]);
const logProbs = longList(logProb, Number.isFinite);
const identifier = v.pipe(v.string(), v.minLength(1), v.maxLength(200));

/** One that says nothing is none. */
const instruction = v.optional(
  v.nullable(
    v.pipe(
      v.string(),
      v.transform((text) => (text.trim() === '' ? null : text)),
    ),
  ),
);

const trueEventSchema = v.looseObject({
  kind: v.string(),
  start: v.number(),
  end: v.number(),
  colour: v.optional(v.string()),
  tone: v.optional(v.string()),
});

/** The fields of a prompt as our files have them; also a line of dataset.jsonl. */
export const promptSchema = v.object({
  id: v.optional(identifier),
  sourceId: nullable(identifier),
  dataset: v.optional(v.string()),
  question: v.string(),
  options: v.optional(v.array(v.string()), []),
  answer: nullable(v.string()),
  problemType: v.optional(v.picklist(problemTypes), 'free-form'),
  video: nullable(v.string()),
  audio: nullable(v.string()),
  media: v.nullish(v.array(v.object({ kind: v.picklist(mediumKinds), path: v.string() }))),
  hint: nullable(v.string()),
  system: instruction,
  split: v.optional(v.picklist(splits), 'train'),
  stage: nullable(v.picklist(stages)),
  category: v.nullish(v.string()),
  events: v.optional(v.nullable(v.array(trueEventSchema))),
  sourceRow: v.optional(v.nullable(v.record(v.string(), v.unknown()))),
});

const rolloutSchema = v.object({
  id: v.optional(identifier),
  group: v.optional(identifier),
  policy: v.string(),
  policyVersion: v.pipe(v.number(), v.integer()),
  completion: v.string(),
  rewards: v.optional(v.record(v.string(), v.number()), {}),
  reward: nullable(v.number()),
  advantage: nullable(v.number()),
  tokens: nullable(
    v.object({
      ids: int32s,
      offsets: nullable(int32s),
      logProbs: nullable(logProbs),
      tokenizer: nullable(v.string()),
      curves: v.optional(v.partial(v.strictObject(v.entriesFromList(keptCurves, logProbs)))),
    }),
  ),
  finish: v.nullish(v.string()),
  hinted: v.optional(v.boolean(), false),
  system: instruction,
  createdAt: v.optional(v.string()),
});

const label = v.object({
  annotator: v.pipe(v.string(), v.trim(), v.minLength(1)),
  boundaries: v.array(numeral),
  grounding: v.optional(v.array(v.nullable(v.object({ start: v.number(), end: v.number() })))),
  origin: v.optional(v.object({ source: suggestionSource, scores: v.array(v.nullable(v.number())) })),
});

const tag = v.object({
  annotator: v.pipe(v.string(), v.trim(), v.minLength(1)),
  tag: v.pipe(
    v.string(),
    v.check(
      (text) => tagFault(text) === null,
      ({ input }) => tagFault(input)!,
    ),
  ),
});

const commentChange = v.object({
  id: identifier,
  annotator: v.pipe(v.string(), v.trim(), v.minLength(1)),
  at: v.pipe(v.string(), v.isoTimestamp()),
  change: v.picklist(commentChanges),
  value: nullable(
    v.object({
      body: v.string(),
      text: nullable(v.object({ start: v.number(), end: v.number() })),
      video: nullable(v.object({ start: v.number(), end: v.number() })),
    }),
  ),
});

const judgement = v.object({
  annotator: v.pipe(v.string(), v.trim(), v.minLength(1)),
  savedAt: v.pipe(v.string(), v.isoTimestamp()),
  steps: v.array(stepSchema),
});

const preference = v.object({
  annotator: v.pipe(v.string(), v.trim(), v.minLength(1)),
  savedAt: v.pipe(v.string(), v.isoTimestamp()),
  ...preferenceSchema.entries,
});

const correction = v.object({
  annotator: v.pipe(v.string(), v.trim(), v.minLength(1)),
  savedAt: v.pipe(v.string(), v.isoTimestamp()),
  text: v.string(),
  boundaries: v.optional(v.nullable(v.array(v.number())), null),
});

const line = v.object({
  format: v.literal(formatTag, `this program reads ${formatTag}`),
  prompt: promptSchema,
  rollout: v.optional(rolloutSchema),
  /** Its name. */
  evaluation: v.optional(v.pipe(v.string(), v.minLength(1))),
  verdict: v.optional(
    v.object({ endpoint: v.string(), model: v.string(), extracted: v.nullable(v.string()), correct: v.boolean() }),
  ),
  labels: v.optional(v.array(label), []),
  comments: v.optional(v.array(commentChange), []),
  tags: v.optional(v.array(tag), []),
  judgements: v.optional(v.array(judgement), []),
  preferences: v.optional(v.array(preference), []),
  corrections: v.optional(v.array(correction), []),
});
const labelLine = v.object({
  format: v.literal(formatTag, `this program reads ${formatTag}`),
  label: v.object({ rollout: identifier, ...label.entries }),
});

export const rolloutLab: Format = {
  name: 'rollout-lab',
  title: 'Rollout Lab JSONL',
  writtenAs: /^rollouts$/u,
  labels: /(?:labels|edits|judgements|preferences|corrections)\.jsonl$/u,
  container: 'json',
  detects: ({ format }) => typeof format === 'string' && format.startsWith('rollout-lab/'),
  parse(record, context): Draft {
    if (typeof record === 'object' && record !== null && 'label' in record) {
      const { rollout, ...label } = valid(labelLine, record).label;
      return { kind: 'label', rolloutId: rollout, label };
    }
    if (typeof record === 'object' && record !== null && 'edit' in record)
      return { kind: 'edit', edit: editOf(record) };
    if (typeof record === 'object' && record !== null && 'compacted' in record) return { kind: 'nothing' };
    const { prompt, rollout, evaluation, verdict, labels, comments, tags, judgements, preferences, corrections } =
      valid(line, record);
    return {
      kind: 'prompt',
      ...{ evaluation, verdict },
      prompt: {
        ...prompt,
        ...(prompt.media && promptMedia(prompt.media)),
        dataset: prompt.dataset ?? context.dataset,
      },
      rollout: rollout
        ? {
            ...rollout,
            groupId: rollout.group,
            groupName: '',
            runId: null,
            tokens: rollout.tokens && tokensOf(rollout.tokens, rollout.completion),
            source: `import:${context.file}`,
            createdAt: rollout.createdAt ?? context.modifiedAt,
          }
        : null,
      labels: labels.map((one) => {
        const fault =
          boundariesFault(rollout?.completion ?? '', one.boundaries, context.phases.length) ??
          (one.grounding && groundingFault(one.grounding, context.phases.length));
        if (fault) throw new Error(`label of ${one.annotator}: ${fault}`);
        return one;
      }),
      comments: comments.map((one) => {
        const fault = commentChangeFault(rollout?.completion ?? '', one);
        if (fault) throw new Error(`comment of ${one.annotator}: ${fault}`);
        return one;
      }),
      ...{ tags, preferences },
      corrections: corrections.map((one) => {
        const fault =
          correctionFault(rollout?.completion ?? '', one.text) ??
          (one.boundaries && boundariesFault(one.text, one.boundaries, context.phases.length));
        if (fault) throw new Error(`correction of ${one.annotator}: ${fault}`);
        return one;
      }),
      judgements: judgements.map((one) => {
        const fault = stepsFault(rollout?.completion ?? '', one.steps);
        if (fault) throw new Error(`judgement of ${one.annotator}: ${fault}`);
        return one;
      }),
    };
  },
};

function tokensOf(
  { ids, offsets, logProbs, tokenizer, curves = {} }: NonNullable<v.InferOutput<typeof rolloutSchema>['tokens']>,
  completion: string,
): TokenTrace {
  const numbers = { offsets, logProbs, ...mapped(curves, (values) => values) };
  for (const [name, values] of Object.entries(numbers)) {
    if (values && values.length !== ids.length) {
      throw new Error(`tokens.${name}: ${values.length} values for ${ids.length} tokens`);
    }
  }
  const wrong = offsets?.findIndex((offset, i) => offset < (offsets[i - 1] ?? 0) || offset > completion.length) ?? -1;
  if (wrong >= 0)
    throw new Error(`tokens.offsets.${wrong}: ${offsets![wrong]} is out of order or outside the completion`);
  const inside = offsets?.find((offset) => insideCodePoint(completion, offset));
  if (inside !== undefined) {
    throw new Error(
      `tokens.offsets: ${inside} is inside a code point: a token that completes a character starts where it does`,
    );
  }
  return {
    ids: new Int32Array(ids),
    offsets: offsets && new Int32Array(offsets),
    logProbs: logProbs && new Float32Array(logProbs),
    tokenizer,
    ...(Object.keys(curves).length > 0 && {
      curves: mapped(curves, (values) => new Float32Array(values)),
    }),
  };
}

const mapped = <From, To>(curves: Partial<Record<KeptCurve, From>>, to: (values: From) => To) =>
  Object.fromEntries(Object.entries(curves).map(([name, values]) => [name, to(values)]));

/** A rollout (or a prompt alone) as one line, newline included. Reading it gives the same 32 bits of every log-prob and curve. */
export function rolloutLine(
  prompt: Prompt,
  rollout: Rollout | null,
  {
    labels = [],
    comments = [],
    tags = [],
    judgements = [],
    preferences = [],
    corrections = [],
    evaluation,
    verdict,
  }: Partial<Omit<Written, 'labels'>> & { labels?: readonly LabelDraft[] } = {},
): string {
  return `${JSON.stringify({
    format: formatTag,
    prompt: promptOf(prompt),
    ...(rollout && { rollout: rolloutOf(rollout) }),
    ...(evaluation !== undefined && { evaluation }),
    ...(verdict && { verdict }),
    ...(labels.length > 0 && { labels: labels.map(labelOf) }),
    ...(comments.length > 0 && { comments }),
    ...(tags.length > 0 && { tags }),
    ...(judgements.length > 0 && {
      judgements: judgements.map(({ annotator, savedAt, steps }) => ({ annotator, savedAt, steps })),
    }),
    ...(corrections.length > 0 && {
      corrections: corrections.map(({ annotator, savedAt, text, boundaries }) => ({
        ...{ annotator, savedAt, text },
        ...(boundaries && { boundaries }),
      })),
    }),
    ...(preferences.length > 0 && {
      preferences: preferences.map(({ annotator, savedAt, other, verdict }) => ({
        annotator,
        savedAt,
        other,
        verdict,
      })),
    }),
  })}\n`;
}

function rolloutOf({ tokens, groupId: group, ...rollout }: Rollout): v.InferInput<typeof rolloutSchema> {
  const { id, policy, policyVersion, completion, rewards, reward, advantage, finish, hinted, system, createdAt } =
    rollout;
  const written = tokens && {
    ids: Array.from(tokens.ids),
    offsets: tokens.offsets && Array.from(tokens.offsets),
    logProbs: tokens.logProbs && Array.from(tokens.logProbs, writtenLogProb),
    tokenizer: tokens.tokenizer,
    ...(Object.keys(tokens.curves ?? {}).length > 0 && {
      curves: mapped(tokens.curves!, (values) => Array.from(values, writtenLogProb)),
    }),
  };
  return {
    id,
    group,
    policy,
    policyVersion,
    completion,
    rewards,
    reward,
    advantage,
    tokens: written,
    ...(finish && { finish }),
    hinted,
    ...(system && { system }),
    createdAt,
  };
}

/** The shortest decimal that reads back as the same 32 bits; JSON has no infinities. */
function writtenLogProb(value: number): v.InferInput<typeof logProb> {
  return Number.isFinite(value) ? shortest(value) : (String(value) as 'NaN' | 'Infinity' | '-Infinity');
}

/** The shortest decimal of a finite 32-bit number. */
export function shortest(value: number): number {
  for (let digits = 1; ; digits += 1) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
}

/** A label's own fields; grounding and origin are left out where there is none. */
function labelOf({ annotator, boundaries, grounding, origin }: LabelDraft): v.InferInput<typeof label> {
  return {
    ...{ annotator, boundaries },
    ...(grounding?.some((span) => span !== null) && { grounding }),
    ...(origin && { origin }),
  };
}

/** A label alone as one line, newline included; it is read back onto the rollout of that id. */
export function labelLineOf(rolloutId: string, written: LabelDraft): string {
  return `${JSON.stringify({ format: formatTag, label: { rollout: rolloutId, ...labelOf(written) } })}\n`;
}

/** A label of that form, for formats that carry it beside times which people may change: grounding has a place for every phase. */
export function labelObject(record: unknown): {
  format: string;
  label: LabelDraft & Required<Pick<LabelDraft, 'grounding'>> & { rollout: string };
} {
  const { format, label } = valid(labelLine, record);
  return { format, label: { ...label, grounding: label.grounding ?? ungrounded(label.boundaries.length + 1) } };
}

/** The prompt's own fields, without what a store adds to them. */
function promptOf(prompt: Prompt): Prompt {
  const {
    id,
    sourceId,
    dataset,
    question,
    options,
    answer,
    problemType,
    video,
    audio,
    media,
    hint,
    split,
    stage,
    category,
    events,
    sourceRow,
    system,
  } = prompt;
  return {
    id,
    sourceId: sourceId ?? null,
    dataset,
    question,
    options,
    answer,
    problemType,
    video,
    audio,
    ...(media && { media }),
    hint,
    split,
    stage,
    ...(category && { category }),
    ...(events && { events }),
    ...(system && { system }),
    ...(sourceRow && { sourceRow }),
  };
}
