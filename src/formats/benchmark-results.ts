/** What the three benchmarks' own programs leave of an evaluation: MMVU, OmniBench, Video-Holmes. */
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import * as v from 'valibot';
import { choices, kind, lettered, mmvu, videoHolmes } from './benchmarks.ts';
import { isRow, type Row } from './columns.ts';
import type { FileContext, Format, PromptDraft, RecordsOf } from './draft.ts';
import { prediction } from './prediction.ts';
import { textual, valid } from './valid.ts';

const response = v.union([v.string(), v.array(v.string())], 'no text: nothing was generated');
const mmvuJudged = v.looseObject({
  id: textual,
  question: v.string(),
  choices,
  response,
  ground_truth_answer: v.optional(textual),
  answer: v.optional(textual),
  extracted_answer: v.nullish(v.string()),
  correct: v.nullish(v.boolean(), null),
});

/** Whom MMVU's program asks unless it is changed (utils/eval_utils.py, `engine_name`); its files name nobody. */
const mmvuJudge = { endpoint: 'MMVU acc_evaluation.py', model: 'gpt-4o' };

/**
 * `outputs/{split}_{cot|direct-output}/{model}_{1fps|Nframe}.json`, the dataset's rows with `response`, and the same under
 * `processed_outputs` when a language model has judged them: `id`, `question`, `choices`, `response`, `ground_truth_answer`,
 * `extracted_answer`, `correct` (MMVU main.py, acc_evaluation.py). Each is read with the other, so that both give the same rollouts.
 */
export const mmvuOutputs: Format = {
  name: 'mmvu-outputs',
  title: 'MMVU outputs, judged or not (JSON)',
  container: 'json',
  detects: (record) =>
    ['question', 'choices', 'response'].every((key) => key in record) &&
    (mmvu.detects!(record) || 'ground_truth_answer' in record),
  survey: { of: twinOf, read: rowsById },
  rows(record, { survey }) {
    if (!isRow(record)) return [record];
    const twin = (survey as ReadonlyMap<string, Row>).get(String(record.id));
    const row = twin && isAlike(twin.response, record.response) ? { ...twin, ...record } : record;
    return Array.isArray(row.response) ? row.response.map((one: unknown) => ({ ...row, response: one })) : [row];
  },
  parse(record, context) {
    const row = valid(mmvuJudged, record);
    const { policy, evaluation } = mmvuPlace(context);
    // The judge's program writes this where its request failed.
    const isJudged = row.correct !== null && !(row.extracted_answer === '' && !row.correct);
    if (row.correct !== null && !isJudged)
      context.note('of replies from which the judge took no answer it is not known whether they are right');
    if (isJudged)
      context.note(`the judge is taken for ${mmvuJudge.model}, which MMVU’s program asks: the file names none`);
    const draft = prediction(context, {
      evaluation,
      groupName: evaluation,
      prompt: {
        ...(mmvu.detects!(row) ? promptOf(mmvu, row, context) : bareMmvu(row)),
        dataset: 'mmvu',
      },
      policy,
      completion: row.response as string,
      correct: isJudged ? row.correct : null,
    });
    if (draft.kind !== 'prompt' || !isJudged) return draft;
    return { ...draft, verdict: { ...mmvuJudge, extracted: row.extracted_answer ?? '', correct: row.correct! } };
  },
};

const bareMmvu = (
  row: v.InferOutput<typeof mmvuJudged>,
): Pick<PromptDraft, 'sourceId' | 'question' | 'options' | 'answer' | 'problemType'> => {
  const options = lettered(row.choices);
  const problemType = options.length > 0 ? 'multiple-choice' : 'free-form';
  return { sourceId: row.id, question: row.question, options, answer: row.ground_truth_answer ?? null, problemType };
};

/** The prompt of a row that a benchmark's format reads. */
function promptOf(format: Format, row: unknown, context: FileContext): PromptDraft {
  const draft = format.parse(row, context);
  if (draft.kind !== 'prompt') throw new Error('no prompt');
  return draft.prompt;
}

const isAlike = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

function mmvuPlace({ file, dataset }: FileContext): { policy: string; evaluation: string } {
  const [, policy, frames] = /^(.+)_(1fps|-?\d+frame)$/u.exec(dataset) ?? [null, dataset, ''];
  return { policy, evaluation: ['mmvu', basename(dirname(file)), frames].filter((part) => part !== '').join(' ') };
}

/** Of a file of outputs the one that is judged, and the other way round; the file itself where there is none. */
function twinOf(file: string): string {
  const folder = dirname(file);
  const outer = dirname(folder);
  const other = { outputs: 'processed_outputs', processed_outputs: 'outputs' }[basename(outer)];
  const twin = other && join(dirname(outer), other, basename(folder), basename(file));
  return twin !== undefined && existsSync(twin) ? twin : file;
}

async function rowsById(file: string, recordsOf: RecordsOf): Promise<ReadonlyMap<string, Row>> {
  const rows = new Map<string, Row>();
  for await (const record of await recordsOf(file))
    if ('value' in record && isRow(record.value)) rows.set(String(record.value.id), record.value);
  return rows;
}

const omniBenchRow = v.looseObject({
  index: textual,
  audio_type: kind,
  question: v.string(),
  options: v.union([v.string(), v.array(v.string())]),
  response: v.string(),
  correct_answer: v.nullish(textual, null),
  is_correct: v.nullish(v.boolean(), null),
});

/** `index`, `audio_type`, `question`, `options` (one text), `response`, `parsed_response`, `correct_answer`, `is_correct` (OmniBench inference/demo_api_call.py). */
export const omniBenchOutputs: Format = {
  name: 'omnibench-outputs',
  title: 'OmniBench outputs (JSONL)',
  container: 'json',
  detects: (record) =>
    ['index', 'question', 'response', 'parsed_response', 'correct_answer'].every((key) => key in record),
  parse(record, context) {
    const row = valid(omniBenchRow, record);
    return prediction(context, {
      evaluation: 'omnibench',
      prompt: {
        sourceId: `omnibench/${row.index}`,
        dataset: 'omnibench',
        question: row.question,
        options: Array.isArray(row.options) ? row.options : apart(row.options),
        answer: row.correct_answer,
        problemType: 'multiple-choice',
        category: row.audio_type,
        stage: 'audio-visual',
      },
      // By default results/{model}/{dataset}.json.
      policy: basename(dirname(context.file)),
      completion: row.response,
      correct: row.is_correct,
    });
  },
};

/** "A. Notes. B. Sleeping. …", on a line or several. */
const apart = (options: string): string[] =>
  /(A\..*?)(B\..*?)(C\..*?)(D\..*)/su
    .exec(options)
    ?.slice(1)
    .map((one) => one.trim()) ?? [];

const holmesRow = v.looseObject({
  'Predicr Answer': v.optional(v.string()),
  'Predict Answer': v.optional(v.string()),
  Thinking: v.nullish(v.string(), ''),
  Correct: v.nullish(v.boolean(), null),
});

/** What Video-Holmes writes in the place of what it did not find. */
const missing = 'WRONG';

/**
 * `Results-{model}.json`: the question's row with `GT`, "Predicr Answer" (so spelt), `Thinking` and `Correct`; its judge of reasoning adds "Answer
 * Type" and a reason (Video-Holmes evaluate.py, evaluate_reasoning.py). The reply itself is not kept, only what was read out of it.
 */
export const videoHolmesResults: Format = {
  name: 'video-holmes-results',
  title: 'Video-Holmes results (JSON)',
  container: 'json',
  detects: (record) =>
    'Question ID' in record && 'GT' in record && ('Predicr Answer' in record || 'Predict Answer' in record),
  parse(record, context) {
    const row = valid(holmesRow, record);
    const answer = row['Predicr Answer'] ?? row['Predict Answer'] ?? missing;
    const parts = [
      ['think', row.Thinking ?? missing],
      ['answer', answer],
    ].filter(([, text]) => text !== missing && text !== '');
    if (parts.length === 0)
      throw new Error(
        'Predicr Answer: WRONG, and no reasoning: nothing was generated, or nothing could be read, and the reply is not kept',
      );
    context.note(
      'Video-Holmes keeps the reasoning and the letter that it read, not the reply: they are put together again',
    );
    if ('Answer Type' in row)
      context.note('what its judge says of the reasoning, Answer Type and the reason, is left out');
    return prediction(context, {
      evaluation: 'video-holmes',
      prompt: { ...promptOf(videoHolmes, { ...row, Answer: row.GT }, context), dataset: 'video-holmes' },
      policy: context.dataset.replace(/^Results-/u, ''),
      completion: parts.map(([tag, text]) => `<${tag}>${text}</${tag}>`).join('\n'),
      correct: row.Correct,
    });
  },
};
