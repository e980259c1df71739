/**
 * VLMEvalKit's predictions: `{model}/…/{model}_{dataset}.xlsx`, or .tsv or .json: the dataset's columns (`index`, `question`, `answer`, options as
 * `candidates` or A, B, C …) with `prediction`, and `thinking` where it was told to split that off (vlmeval/smp/file.py, `dump`; inference.py).
 * `…_score` beside it is the same with `score` (dataset/video_holmes.py, `evaluate`).
 */
import { existsSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import * as v from 'valibot';
import { kind, letterOf } from './benchmarks.ts';
import { isRow, type Row } from './columns.ts';
import type { FileContext, Format, RecordsOf } from './draft.ts';
import { mediaOf } from './media.ts';
import { prediction } from './prediction.ts';
import { numeral, textual, valid } from './valid.ts';
import { longestCell } from './workbook-records.ts';

const row = v.looseObject({
  index: textual,
  question: v.nullish(textual, ''),
  answer: v.nullish(textual, null),
  candidates: v.optional(v.unknown()),
  prediction: v.nullish(textual, ''),
  thinking: v.nullish(textual, ''),
  score: v.optional(v.unknown()),
  video: kind,
  video_path: v.fallback(v.nullish(v.string()), null),
  image_path: v.fallback(v.nullish(v.string()), null),
  question_id: kind,
  question_type: kind,
});

const endings = ['.csv', '.json', '.xlsx', '.tsv'];

export const vlmEvalKit: Format = {
  name: 'vlmevalkit',
  title: 'VLMEvalKit predictions (xlsx, TSV, JSON)',
  container: 'table',
  detects: (record) => ['index', 'question', 'answer', 'prediction'].every((key) => key in record),
  survey: { of: scoredTwin, read: scoresOf },
  parse(record, context) {
    const given = valid(row, record);
    if (/^Failed to obtain answer/u.test(given.prediction)) throw new Error(`prediction: ${given.prediction}`);
    if (Math.max(given.prediction.length, given.thinking.length) === longestCell)
      context.note(
        `replies of ${longestCell} characters are cut off there, which is as much as a cell of a workbook holds`,
      );
    const { policy, evaluation } = placeOf(context);
    const dataset = benchmarks.find(({ name }) => name.test(evaluation))?.dataset;
    const options = optionsOf(record as Row, given.candidates);
    const verdict = given.score ?? (context.survey as ReadonlyMap<string, unknown>).get(given.index);
    const isHolmes = dataset === 'video-holmes' && given.video !== undefined && given.question_id !== undefined;
    return prediction(context, {
      evaluation,
      groupName: evaluation,
      prompt: {
        sourceId: isHolmes ? `${given.video}/${given.question_id}` : `${dataset ?? evaluation}/${given.index}`,
        dataset: dataset ?? evaluation,
        question: given.question,
        options,
        answer: given.answer,
        problemType: options.length > 0 ? 'multiple-choice' : 'free-form',
        category: given.question_type,
        // It takes apostrophes out of the benchmark's options: with the clip it would be another prompt than the benchmark's own.
        ...(dataset === undefined && {
          media: [
            ...mediaOf('video', given.video_path ? [given.video_path] : []),
            ...mediaOf('image', given.image_path ? [given.image_path] : []),
          ],
        }),
      },
      policy,
      completion:
        given.thinking && given.prediction ? `<think>${given.thinking}</think>\n${given.prediction}` : given.prediction,
      correct: v.is(verdictOf, verdict) ? v.parse(verdictOf, verdict) : null,
    });
  },
};

/** -1 is where no score could be had. */
const verdictOf = v.pipe(
  v.union([v.boolean(), numeral]),
  v.transform(Number),
  v.picklist([0, 1]),
  v.transform((value) => value === 1),
);

const benchmarks = [
  { dataset: 'mmvu', name: /mmvu/iu },
  { dataset: 'omnibench', name: /omni[\s_-]?bench/iu },
  { dataset: 'video-holmes', name: /video[\s_-]?holmes/iu },
];

/** The file's name is the model's, which a folder above has too, and the dataset's; what its evaluation adds is neither. */
function placeOf({ file, dataset: name }: FileContext): { policy: string; evaluation: string } {
  const told = name.replace(/_(?:score|result)$/u, '');
  const folders = [dirname(file), dirname(dirname(file))].map((folder) => basename(folder));
  const policy =
    folders.find((folder) => told.startsWith(`${folder}_`)) ??
    /^(.+?)_(?:video[\s_-]?holmes|mmvu|omni[\s_-]?bench)/iu.exec(told)?.[1];
  return policy === undefined
    ? { policy: told, evaluation: told }
    : { policy, evaluation: told.slice(policy.length + 1) };
}

/** A file of predictions has its scores in another beside it; that one is read by itself too, and gives the same. */
function scoredTwin(file: string): string {
  const stem = join(dirname(file), basename(file, extname(file)));
  return endings.map((ending) => `${stem}_score${ending}`).find((twin) => existsSync(twin)) ?? file;
}

async function scoresOf(file: string, recordsOf: RecordsOf): Promise<ReadonlyMap<string, unknown>> {
  const scores = new Map<string, unknown>();
  for await (const record of await recordsOf(file))
    if ('value' in record && isRow(record.value) && record.value.score !== undefined)
      scores.set(String(record.value.index), record.value.score);
  return scores;
}

/** A list, as JSON has it or as Python writes one in a cell; else the columns that are called by a letter, from A on. */
function optionsOf(record: Row, candidates: unknown): string[] {
  const listed = Array.isArray(candidates)
    ? candidates.map(String)
    : typeof candidates === 'string'
      ? pythonList(candidates)
      : [];
  if (listed.length > 0)
    return listed.map((option, i) => (/^\(?[A-Z][.):]/u.test(option) ? option : `${letterOf(i)}. ${option}`));
  const options: string[] = [];
  for (
    let letter = letterOf(0);
    v.is(textual, record[letter]) && record[letter] !== '';
    letter = letterOf(options.length)
  )
    options.push(`${letter}. ${v.parse(textual, record[letter])}`);
  return options;
}

/** The texts of a list as Python's repr writes it. */
function pythonList(text: string): string[] {
  if (!/^\s*\[.*\]\s*$/su.test(text)) return [];
  return [...text.matchAll(/'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"/gsu)].map(([, single, double]) =>
    (single ?? double).replaceAll(
      /\\(?:x([\da-f]{2})|u([\da-f]{4})|(.))/giu,
      (_, two?: string, four?: string, char?: string) =>
        char === undefined ? String.fromCharCode(parseInt((two ?? four)!, 16)) : (escapes[char] ?? char),
    ),
  );
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };
