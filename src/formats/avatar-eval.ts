/**
 * What the evaluation scripts of AVATAR's authors leave: MMVU and Video-Holmes as JSONL with `full_output` (the chat decoded with its prompt),
 * `prediction`, `gt`, `correct` and `variant` ("base" or "rl"), and their like of other benchmarks; OmniBench as one array of `index`, `question`,
 * `response`, `parsed_answer`, `is_correct` (AVATAR eval/eval_omni_mmvu.py, eval_omni_video_holmes.py, eval_omnibench.py). A question that
 * could not be evaluated is `id`, `error`, reward 0.
 */
import { basename } from 'node:path';
import * as v from 'valibot';
import { choices, holmesVideo, lettered, mmvuVideo } from './benchmarks.ts';
import type { Draft, FileContext, Format, PromptDraft } from './draft.ts';
import { prediction, replyIn, withoutBenchmark } from './prediction.ts';
import { askedIn } from './problem.ts';
import { score, textual, valid } from './valid.ts';

const replied = v.looseObject({
  id: textual,
  question: v.string(),
  processed_question: v.nullish(v.string(), ''),
  options: v.nullish(v.union([choices, v.array(v.string())])),
  problem_type: v.nullish(v.string(), null),
  gt: textual,
  full_output: v.string(),
  reward: score,
  correct: v.nullish(v.boolean(), null),
  video_path: v.nullish(v.string(), null),
  variant: v.nullish(v.string(), null),
});

const omniBench = v.looseObject({
  index: textual,
  question: v.string(),
  response: v.string(),
  is_correct: v.boolean(),
});

export const avatarEval: Format = {
  name: 'avatar-eval',
  title: 'AVATAR evaluations (JSONL, JSON)',
  container: 'json',
  detects: (record) =>
    ['full_output', 'prediction', 'gt'].every((key) => key in record) || isOmniBench(record) || isFailure(record),
  parse(record, context) {
    const row = record as Record<string, unknown>;
    if (isFailure(row)) throw new Error(`error: the evaluation failed on this question: ${String(row.error)}`);
    return isOmniBench(row) ? omniBenchDraft(row, context) : replyDraft(row, context);
  },
};

const isOmniBench = (row: Readonly<Record<string, unknown>>): boolean =>
  ['index', 'response', 'parsed_answer', 'is_correct'].every((key) => key in row) && !('options' in row);

const isFailure = (row: Readonly<Record<string, unknown>>): boolean =>
  ['id', 'error', 'reward'].every((key) => key in row) && row.correct === false && !('full_output' in row);

function omniBenchDraft(record: unknown, context: FileContext): Draft {
  const row = valid(omniBench, record);
  return prediction(context, {
    evaluation: 'omnibench',
    prompt: {
      sourceId: `omnibench/${row.index}`,
      dataset: 'omnibench',
      question: row.question,
      problemType: 'multiple-choice',
      stage: 'audio-visual',
    },
    policy: withoutBenchmark(context.dataset, /omni[\s_-]?bench/iu),
    completion: row.response,
    correct: row.is_correct,
  });
}

/** The benchmarks that are datasets here, as these scripts' files are named. */
const benchmarks = [
  { dataset: 'mmvu', name: /mmvu/iu },
  { dataset: 'video-holmes', name: /(?:video)?[\s_-]?holmes/iu },
];

/** Video-Holmes' types of questions. */
const holmesTypes = ['SR', 'IMC', 'TCI', 'TA', 'MHR', 'PAR', 'CTI'];

function replyDraft(record: unknown, context: FileContext): Draft {
  const row = valid(replied, record);
  const isHolmes = holmesTypes.includes(row.problem_type ?? '');
  const named = benchmarks.find(
    ({ dataset, name }) => name.test(context.dataset) || (isHolmes && dataset === 'video-holmes'),
  );
  const dataset = named?.dataset ?? context.dataset;
  const policy = named ? withoutBenchmark(context.dataset, named.name) : context.dataset;
  return prediction(context, {
    evaluation: dataset,
    prompt: {
      dataset,
      question: row.question,
      answer: row.gt,
      problemType: 'multiple-choice',
      ...placeOf(row, dataset),
    },
    policy: row.variant === null || policy.endsWith(row.variant) ? policy : `${policy}-${row.variant}`,
    ...replyIn(row.full_output),
    correct: row.correct,
    reward: row.reward,
  });
}

/** Options, medium and id as the benchmark's own rows have them, so that they are one prompt. */
function placeOf(
  { id, options: given, processed_question, problem_type, video_path }: v.InferOutput<typeof replied>,
  dataset: string,
): Partial<PromptDraft> {
  const options = Array.isArray(given) ? given : given ? lettered(given) : askedIn(processed_question).options;
  const video = dataset === 'mmvu' && video_path ? mmvuVideo(video_path) : video_path;
  if (dataset !== 'video-holmes' || video_path === null)
    // A clip without the options would make another prompt than the benchmark's row is.
    return {
      sourceId: dataset === 'mmvu' ? id : `${dataset}/${id}`,
      options,
      video: options.length > 0 ? video : null,
    };
  const clip = basename(video_path, '.mp4');
  return {
    // Questions are counted within their video.
    sourceId: `${clip}/${id}`,
    options,
    video: holmesVideo(clip),
    category: problem_type,
    stage: 'audio-visual',
  };
}
