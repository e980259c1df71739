/**
 * lmms-eval's logged samples: `{output}/{model}/{date}_samples_{task}.jsonl`, a question a line with `doc_id`, `target`, `input` (the
 * prompt's text), `filtered_resps`, `resps` where it differs (before reasoning was taken off), and each metric by name (0.7.3,
 * evaluation_tracker.py, `save_results_samples`; evaluator.py, `_process_document_results`). The question's own row is taken out.
 */
import { basename, dirname } from 'node:path';
import * as v from 'valibot';
import { letterOf } from './benchmarks.ts';
import { isRow, type Row } from './columns.ts';
import type { FileContext, Format } from './draft.ts';
import { prediction, verdictOf } from './prediction.ts';
import { askedIn } from './problem.ts';
import { textual, valid } from './valid.ts';

const sample = v.looseObject({
  doc_id: textual,
  target: v.nullish(textual, null),
  input: v.string(),
  reply: v.string(),
  replies: v.number(),
});

const known = new Set(
  ['doc_id', 'target', 'input', 'input_media', 'resps', 'filtered_resps', 'token_counts', 'doc_hash', 'reply', 'replies'], // prettier-ignore
);

export const lmmsEval: Format = {
  name: 'lmms-eval',
  title: 'lmms-eval samples (JSONL)',
  container: 'json',
  detects: (record) => ['doc_id', 'doc_hash', 'filtered_resps', 'input'].every((key) => key in record),
  rows(record): unknown[] {
    if (!isRow(record)) return [record];
    const replies = repliesOf(record.resps ?? record.filtered_resps);
    return replies.map((reply) => ({ ...record, reply, replies: replies.length }));
  },
  parse(record, context) {
    const { doc_id, target, input, reply, replies } = valid(sample, record);
    const { task, policy, evaluation } = originOf(context);
    const { question, options } = askedIn(input);
    const metrics = metricsOf(record as Row);
    if (replies > 1 && metrics.length > 0)
      context.note('of several replies to one question lmms-eval logs one score: theirs are not known');
    const [first, ...others] =
      replies > 1 ? [] : metrics.toSorted((a, b) => Number(isVerdict(b)) - Number(isVerdict(a)));
    const scores = first ? [first, ...others.filter(({ isPlain }) => isPlain)] : [];
    const isIndex = task.startsWith('omni_bench') && /^\d$/u.test(target ?? '');
    return prediction(context, {
      prompt: {
        // A row's number: alone it would be taken for some other dataset's.
        sourceId: metrics.find(({ id }) => id !== null)?.id ?? `${task}/${doc_id}`,
        dataset: benchmarks.find(([start]) => task.startsWith(start))?.[1] ?? task,
        question,
        options,
        answer: isIndex ? letterOf(Number(target)) : target,
        problemType: options.length > 0 ? 'multiple-choice' : 'free-form',
      },
      evaluation,
      groupName: task,
      policy,
      completion: reply,
      ...verdictOf(scores.map(({ name, value }) => [name, value] as const)),
    });
  },
};

/** Tasks of benchmarks that are datasets here, by how their names begin. */
const benchmarks = [
  ['mmvu', 'mmvu'],
  ['omni_bench', 'omnibench'],
  ['video_holmes', 'video-holmes'],
] as const;

/** A text a reply: alone, or in a list of its own. Of tasks that weigh options there are pairs of log-likelihood and greediness. */
function repliesOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  const listed: unknown[] = Array.isArray(value) ? value : [];
  const each = listed.map((one): unknown => (Array.isArray(one) && one.length === 1 ? one[0] : one));
  if (each.length === 0 || !each.every((one) => typeof one === 'string'))
    throw new Error('filtered_resps: no texts: lmms-eval weighed options by their likelihood, so there is no reply');
  return each;
}

/** The model by the folder's name, in which `__` stands for a slash; task and date, which tells one evaluation from the next, by the file's. */
function originOf({ file, dataset }: FileContext): { task: string; policy: string; evaluation: string } {
  const [, date = '', task = dataset] = /^(.*?)_?samples_(.+)$/u.exec(dataset) ?? [];
  return { task, policy: basename(dirname(file)).replaceAll('__', '/'), evaluation: `${task} ${date}`.trim() };
}

const isVerdict = ({ value }: Metric): boolean => value === 0 || value === 1;

interface Metric {
  name: string;
  value: number;
  /** What the task calls the question; null where it does not tell. */
  id: string | null;
  isPlain: boolean;
}

/** A metric is a number, or an object that its task counts: by `correct`, `score`, `overall`, or by whether answer and prediction agree. */
function metricsOf(row: Row): Metric[] {
  return Object.entries(row).flatMap(([name, given]) => {
    if (known.has(name)) return [];
    const inner = isRow(given) ? given : null;
    const told = inner ? (inner.correct ?? inner.score ?? inner.overall ?? agreement(inner)) : given;
    const value = typeof told === 'boolean' ? Number(told) : told;
    const id = v.is(textual, inner?.question_id) ? v.parse(textual, inner.question_id) : null;
    return typeof value === 'number' && Number.isFinite(value) ? [{ name, value, id, isPlain: !inner }] : [];
  });
}

const agreement = ({ pred_answer, answer }: Row): boolean | null =>
  typeof pred_answer === 'string' && typeof answer === 'string' ? pred_answer === answer : null;
