/** What people do to rollouts, as lines of the journal that lies beside a store (docs/data.md, "The journal"). */
import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { commentChanges } from './comment.ts';
import { correctionActions } from './correction.ts';
import { errorTypesSchema, judgementActions, stepSchema } from './judgement.ts';
import { phaseSchema } from './phase-schema.ts';
import { revisionActions } from './phase.ts';
import { pairVerdicts, preferenceActions } from './preference.ts';
import { marks, reviewVerdicts } from './review.ts';
import { faultText } from './schema-fault.ts';
import { suggestionSource } from './suggestion/suggestion.ts';
import { tagChanges } from './tag.ts';

/** What each line of this project's own JSONL begins with. */
export const formatTag = 'rollout-lab/1';

const name = v.pipe(v.string(), v.regex(/\S/u, 'a name is needed'));
const identifier = v.pipe(v.string(), v.minLength(1), v.maxLength(200));
const span = v.object({ start: v.number(), end: v.number() });

/** Every time is written in one way, so that times compare as texts. */
const at = v.pipe(
  v.string(),
  v.isoTimestamp(),
  v.transform((text) => new Date(text).toISOString()),
);
const label = v.object({
  boundaries: v.array(v.number()),
  grounding: v.optional(v.array(v.nullable(span))),
  origin: v.optional(v.object({ source: suggestionSource, scores: v.array(v.nullable(v.number())) })),
});

/** The rollout, by its id and by its completion as it was then (`textHash`). */
const on = { at, rollout: identifier, text: v.string(), annotator: name };

const editSchema = v.variant('kind', [
  v.object({ kind: v.literal('label'), ...on, action: v.picklist(revisionActions), label: v.nullable(label) }),
  v.object({ kind: v.literal('review'), ...on, reviewer: name, verdict: v.picklist(reviewVerdicts), label }),
  v.object({ kind: v.literal('status'), ...on, change: v.picklist(marks), reason: v.nullable(v.string()) }),
  v.object({ kind: v.literal('tag'), ...on, change: v.picklist(tagChanges), tag: v.string() }),
  v.object({
    kind: v.literal('comment'),
    ...on,
    id: identifier,
    change: v.picklist(commentChanges),
    value: v.nullable(v.object({ body: v.string(), text: v.nullable(span), video: v.nullable(span) })),
  }),
  v.object({ kind: v.literal('judgement'), ...on, action: v.picklist(judgementActions), steps: v.array(stepSchema) }),
  v.object({
    kind: v.literal('preference'),
    ...on,
    action: v.picklist(preferenceActions),
    other: v.object({ rollout: identifier, text: v.string() }),
    verdict: v.nullable(v.picklist(pairVerdicts)),
  }),
  v.object({
    kind: v.literal('correction'),
    ...on,
    action: v.picklist(correctionActions),
    corrected: v.nullable(v.string()),
    boundaries: v.optional(v.nullable(v.array(v.number())), null),
  }),
  v.object({
    kind: v.literal('draft'),
    ...on,
    draft: v.nullable(v.string()),
    discarded: v.nullable(v.string()),
  }),
  v.object({ kind: v.literal('phases'), at, phases: phaseSchema }),
  v.object({ kind: v.literal('errorTypes'), at, types: errorTypesSchema }),
]);

const line = v.object({
  format: v.literal(formatTag, `this program reads ${formatTag}`),
  edit: editSchema,
});

/** One edit: of a label or a judgement, a review of a label, a preference, a correction or its draft, a change of a status, a flag, a tag or a comment, or other phases or error types for the project. */
export type Edit = v.InferOutput<typeof editSchema>;

/** An edit of a rollout. */
export type RolloutEdit = Exclude<Edit, { kind: 'phases' | 'errorTypes' }>;

/** The same without what says which rollout it is on. */
export type NewEdit = RolloutEdit extends infer One
  ? One extends unknown
    ? Omit<One, 'rollout' | 'text'>
    : never
  : never;

/** What tells one completion from another: the first 16 hexadecimal digits of its SHA-256. */
export const textHash = (completion: string): string =>
  createHash('sha256').update(completion).digest('hex').slice(0, 16);

/** An edit as a line, newline included. */
export const editLine = (edit: Edit): string => `${JSON.stringify({ format: formatTag, edit })}\n`;

/** An edit of a line's JSON. Throws an Error that names the first field that is wrong. */
export function editOf(record: unknown): Edit {
  const parsed = v.safeParse(line, record);
  if (parsed.success) return parsed.output.edit;
  throw new Error(faultText(parsed.issues[0]));
}

/** What an edit has the last word on: a later one of the same key says all that is still to be known. */
export function editKey(edit: Edit): string {
  switch (edit.kind) {
    case 'label':
    case 'judgement':
    case 'correction':
    case 'draft':
      return JSON.stringify([edit.kind, edit.rollout, edit.annotator]);
    case 'preference':
      return JSON.stringify([edit.kind, ...[edit.rollout, edit.other.rollout].sort(), edit.annotator]);
    case 'review':
      return JSON.stringify([edit.kind, edit.rollout, edit.annotator, edit.reviewer]);
    case 'status': {
      const isFlag = edit.change === 'flagged' || edit.change === 'unflagged';
      return JSON.stringify([isFlag ? 'flag' : edit.kind, edit.rollout, edit.annotator]);
    }
    case 'tag':
      return JSON.stringify([edit.kind, edit.rollout, edit.annotator, edit.tag]);
    case 'comment':
      return JSON.stringify([edit.kind, edit.id, edit.at, edit.change]);
    case 'phases':
    case 'errorTypes':
      return edit.kind;
  }
}
