/** What the preview of a dump and its host say to each other. */
import * as v from 'valibot';
import type { Protocol } from './message.ts';

const snapshot = v.variant('status', [
  /** What was read before, if anything was, stays shown meanwhile. */
  v.strictObject({ status: v.literal('reading'), name: v.string() }),
  v.strictObject({
    status: v.literal('read'),
    name: v.string(),
    /** What people call the format; null of a file that is not read, with the reason. */
    title: v.nullable(v.string()),
    reason: v.nullable(v.string()),
    /** Whether it is read once a person names its columns. */
    isOffered: v.boolean(),
    /** What is imported of each, in words: of a file that is only offered, a guess. Null where no record tells. */
    columns: v.array(v.strictObject({ name: v.string(), becomes: v.nullable(v.array(v.string())) })),
    /** The first records, a cell a column. */
    rows: v.array(v.array(v.string())),
    /** Of the whole file; null where only reading it to the end would tell. */
    count: v.nullable(v.number()),
    looked: v.number(),
    made: v.strictObject({ rollouts: v.number(), prompts: v.number(), others: v.number() }),
    rejected: v.array(v.strictObject({ line: v.number(), reason: v.string() })),
    notes: v.array(v.string()),
  }),
  v.strictObject({ status: v.literal('failed'), name: v.string(), message: v.string() }),
]);
export type PreviewSnapshot = v.InferOutput<typeof snapshot>;

/** What became of the file since the preview was opened, and when that was seen. */
const fate = v.strictObject({ became: v.picklist(['changed', 'deleted']), at: v.number() });
export type FileFate = v.InferOutput<typeof fate>;

const nothing = v.null();
const noParams = v.strictObject({});

export const previewProtocol = {
  requests: {
    /** Imports the file. */
    open: { params: noParams, result: nothing },
    readAgain: { params: noParams, result: nothing },
  },
  events: { snapshot, fate },
} satisfies Protocol;
export type PreviewProtocol = typeof previewProtocol;
