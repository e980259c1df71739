/**
 * Results of ms-swift's `swift infer`: `{checkpoint}/infer_result/{time}.jsonl`, the dataset's rows with `response`, `labels` (the assistant's turn
 * that the dataset had), `logprobs`, and `messages` that end with the response (swift 4.6, pipelines/infer/infer.py). Columns that ms-swift
 * does not know are taken out, unless it is told not to.
 */
import { basename, dirname, extname } from 'node:path';
import * as v from 'valibot';
import { answerOf } from './chat.ts';
import { swiftDataset } from './dataset.ts';
import type { FileContext, Format } from './draft.ts';
import { prediction } from './prediction.ts';
import { valid } from './valid.ts';

const result = v.looseObject({
  response: v.string('no text'),
  labels: v.optional(v.unknown()),
  logprobs: v.optional(v.unknown()),
  dataset: v.fallback(v.optional(v.string()), undefined),
});

export const swiftInfer: Format = {
  name: 'swift-infer',
  title: 'swift infer results (JSONL)',
  container: 'json',
  detects: ({ response, messages }) => typeof response === 'string' && Array.isArray(messages),
  parse(record, context) {
    const { response, labels, logprobs, dataset: path } = valid(result, record);
    const draft = swiftDataset.parse(record, context);
    if (draft.kind !== 'prompt') throw new Error('no prompt');
    if (logprobs) context.note('log-probs of tokens that are told by their text, without ids, are left out');
    const { prompt, rollout } = draft;
    const dataset = path ? basename(path, extname(path)) : context.dataset;
    return prediction(context, {
      // A file has one for each time that it was asked for.
      evaluation: dataset === context.dataset ? dataset : `${dataset} ${context.dataset}`,
      prompt: { ...prompt, dataset, answer: prompt.answer ?? answerOf(labels), sourceRow: null },
      ...policyOf(context),
      completion: response,
      hinted: rollout?.hinted ?? false,
      system: rollout?.system ?? null,
    });
  },
};

/** By the folder around `infer_result`: a run's checkpoint, whose step is the version, or a model. */
function policyOf({ file }: FileContext): { policy: string; policyVersion: number } {
  const folder = dirname(file);
  const model = basename(folder) === 'infer_result' ? dirname(folder) : folder;
  const [, step] = /^checkpoint-(\d+)/u.exec(basename(model)) ?? [];
  return step === undefined
    ? { policy: basename(model), policyVersion: 0 }
    : { policy: basename(dirname(model)), policyVersion: Number(step) };
}
