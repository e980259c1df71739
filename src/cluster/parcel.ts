/** What a job tells from time to time: a numbered file of JSON, written whole. What comes from a cluster is checked. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import * as v from 'valibot';
import type { EvaluationSettings } from '../domain/evaluation.ts';
import type { Rollout } from '../domain/rollout.ts';
import { faultText } from '../domain/schema-fault.ts';
import { keptCurves } from '../domain/token-curve.ts';
import { weightSourcePattern, type WeightSource } from '../domain/weight-source.ts';
import type { EvaluationRow, RunParcel } from '../store/store.ts';

/** A file of a checkpoint, whose folder lies beside the parcels (`checkpointFolder`). */
export interface CheckpointFile {
  name: string;
  bytes: number;
  /** In hexadecimal digits. */
  sha256: string;
}

/** How what a job does ended. */
export interface JobEnd {
  status: 'finished' | 'stopped' | 'failed';
  error: string | null;
}

/** What is new since the parcel before. */
export type Parcel<News> = News & {
  /** In a job's last parcel. */
  end: JobEnd | null;
};

/** Of a run. */
export interface RunNews extends Omit<RunParcel, 'checkpoint'> {
  /** The newest checkpoint, where it is a new one. */
  checkpoint: { iteration: number; files: readonly CheckpointFile[] } | null;
}

/** Of an evaluation. */
export interface EvaluationNews {
  rollouts: readonly Rollout[];
  change: Pick<EvaluationRow, 'total' | 'error'> & Pick<EvaluationSettings, 'policyHash'>;
}

/** The name of a job's parcel; they are numbered from 1. */
export const parcelFile = (number: number): string => `${String(number).padStart(6, '0')}.json`;

/** SHA-256 of a file, in hexadecimal digits. */
export async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const part of createReadStream(file)) hash.update(part as Buffer);
  return hash.digest('hex');
}

export const checkpointFolder = (iteration: number): string => `step-${iteration}`;

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const bytes = v.pipe(v.string(), v.base64());

const floats = v.pipe(
  bytes,
  v.transform((text) => new Float32Array(decoded(text))),
);

const tokens = v.strictObject({
  ids: v.pipe(
    bytes,
    v.transform((text) => new Int32Array(decoded(text))),
  ),
  offsets: v.nullable(
    v.pipe(
      bytes,
      v.transform((text) => new Int32Array(decoded(text))),
    ),
  ),
  logProbs: v.nullable(floats),
  tokenizer: v.nullable(v.string()),
  curves: v.optional(v.partial(v.strictObject(v.entriesFromList(keptCurves, floats)))),
});

const rolloutEntries = {
  id: v.string(),
  promptId: v.string(),
  groupId: v.string(),
  policy: v.string(),
  policyVersion: count,
  completion: v.string(),
  rewards: v.record(v.string(), v.number()),
  reward: v.nullable(v.number()),
  advantage: v.nullable(v.number()),
  tokens: v.nullable(tokens),
  finish: v.optional(v.nullable(v.string())),
  hinted: v.boolean(),
  system: v.optional(v.nullable(v.string())),
  source: v.string(),
  createdAt: v.string(),
};
const ofRun = v.strictObject({ ...rolloutEntries, runId: v.string() }) satisfies v.GenericSchema<unknown, Rollout>;
const ofEvaluation = v.strictObject({
  ...rolloutEntries,
  ...{ runId: v.null(), evaluationId: v.string() },
}) satisfies v.GenericSchema<unknown, Rollout>;

const values = v.record(v.string(), v.number());

const end = v.nullable(
  v.strictObject({ status: v.picklist(['finished', 'stopped', 'failed']), error: v.nullable(v.string()) }),
);

const runParcel = v.strictObject({
  iterations: v.array(
    v.strictObject({
      metric: v.strictObject({ iteration: count, at: v.number(), values, advantages: v.array(v.number()) }),
      rollouts: v.array(ofRun),
    }),
  ),
  snapshot: v.array(
    v.strictObject({
      rolloutId: v.string(),
      boundaries: v.nullable(v.array(count)),
      source: v.pipe(
        v.string(),
        v.regex(weightSourcePattern),
        v.transform((source) => source as WeightSource),
      ),
    }),
  ),
  log: v.array(v.strictObject({ at: v.number(), level: v.picklist(['info', 'warn', 'error']), message: v.string() })),
  change: v.strictObject({
    measured: v.nullable(values),
    backend: v.nullable(v.string()),
    summary: v.nullable(v.record(v.string(), v.nullable(v.union([v.number(), v.string()])))),
    provenance: v.nullable(v.record(v.string(), v.union([v.string(), v.array(v.string())]))),
  }),
  checkpoint: v.nullable(
    v.strictObject({
      iteration: count,
      files: v.array(
        v.strictObject({
          // It becomes the name of a file here.
          name: v.pipe(v.string(), v.regex(/^\w[\w.-]*$/u)),
          bytes: count,
          sha256: v.pipe(v.string(), v.regex(/^[\da-f]{64}$/u)),
        }),
      ),
    }),
  ),
  end,
}) satisfies v.GenericSchema<unknown, Parcel<RunNews>>;

const evaluationParcel = v.strictObject({
  rollouts: v.array(ofEvaluation),
  change: v.strictObject({ total: count, error: v.nullable(v.string()), policyHash: v.nullable(v.string()) }),
  end,
}) satisfies v.GenericSchema<unknown, Parcel<EvaluationNews>>;

const answerParcel = v.strictObject({ answer: v.optional(v.unknown()), end });

/** A parcel as JSON: arrays of tokens in base64, little endian. */
export function packParcel<News>(what: Parcel<News>): string {
  return JSON.stringify(what, (_, value: unknown) =>
    value instanceof Int32Array || value instanceof Float32Array
      ? Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')
      : value,
  );
}

/** Throws an error that says what is wrong with it. */
export function openRunParcel(text: string, runId: string): Parcel<RunNews> {
  const found = opened(runParcel, text, 'a run’s');
  const made = found.iterations.flatMap(({ rollouts }) => rollouts);
  if (made.some((one) => one.runId !== runId)) throw new Error('the job tells of the rollouts of another run');
  return found;
}

/** The same of an evaluation. */
export function openEvaluationParcel(text: string, evaluationId: string): Parcel<EvaluationNews> {
  const found = opened(evaluationParcel, text, 'an evaluation’s');
  if (found.rollouts.some((one) => one.evaluationId !== evaluationId))
    throw new Error('the job tells of the rollouts of another evaluation');
  return found;
}

/** The same of a question, whose answer is checked by whoever asked. */
export const openAnswer = (text: string): Parcel<{ answer?: unknown }> => opened(answerParcel, text, 'a question’s');

function opened<Schema extends v.GenericSchema>(schema: Schema, text: string, whose: string): v.InferOutput<Schema> {
  const found = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), text);
  if (!found.success) throw new Error(`the job tells what is none of ${whose}: ${faultText(found.issues[0])}`);
  return found.output;
}

function decoded(text: string): ArrayBuffer {
  const { buffer, byteOffset, byteLength } = Buffer.from(text, 'base64');
  return buffer.slice(byteOffset, byteOffset + byteLength - (byteLength % 4));
}
