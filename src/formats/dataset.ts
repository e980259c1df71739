/** Datasets of prompts: our own rows, those of Video-R1 and AVATAR, and ms-swift's. */
import * as v from 'valibot';
import { promptMedia } from '../domain/rollout.ts';
import { answerOf, chat, questionOf } from './chat.ts';
import { guessColumns } from './column-guess.ts';
import type { Row } from './columns.ts';
import { promptDraft, type Draft, type FileContext, type Format, type PromptDraft } from './draft.ts';
import { rolloutOf, turnsOf } from './mapped.ts';
import { filePaths, mediaBeside, mediaOf } from './media.ts';
import { optionsApart, problemTypeOf, stageOf } from './problem.ts';
import { promptSchema } from './rollout-lab.ts';
import { splitOfPrompt, splitOfRow } from './split.ts';
import { textual, valid } from './valid.ts';

const ours = v.object({ ...promptSchema.entries, id: v.optional(textual) });

/** A line of our dataset.jsonl: the fields of a prompt. An `id` that the store did not give is its source's. */
export const dataset: Format = {
  name: 'dataset',
  title: 'Rollout Lab dataset (JSON, JSONL)',
  // Hugging Face's names too, with or without shards.
  writtenAs: /^(?:dataset|train|test|validation|\w+-\d+-of-\d+)$/u,
  container: 'json',
  isDataset: true,
  detects: (record) => 'question' in record && ['problemType', 'video', 'audio'].some((key) => key in record),
  parse(record, context): Draft {
    const { id, ...prompt } = valid(ours, record);
    return {
      kind: 'prompt',
      prompt: {
        ...prompt,
        ...(prompt.media && promptMedia(prompt.media)),
        ...(id?.startsWith('p-') ? { id } : { sourceId: prompt.sourceId ?? id ?? null }),
        dataset: prompt.dataset ?? context.dataset,
      },
      rollout: null,
      labels: [],
    };
  },
};

const media = v.object({ video: filePaths, image: filePaths, audio: filePaths });
const problem = v.looseObject({
  problem_id: v.optional(v.nullable(textual)),
  problem: v.string(),
  data_type: v.optional(v.nullable(v.string())),
  problem_type: v.optional(v.nullable(v.string())),
  options: v.optional(v.nullable(v.array(v.string())), []),
  solution: v.optional(v.nullable(textual)),
  path: v.nullish(
    v.union([
      v.pipe(
        filePaths,
        v.transform((video) => ({ video, image: [], audio: [] })),
      ),
      media,
    ]),
    [],
  ),
  hint: v.optional(v.nullable(v.string())),
});

/** Rows with `problem_id`, `problem`, `data_type`, `problem_type`, `options`, `solution`, `path`. */
export const videoR1: Format = {
  name: 'video-r1',
  title: 'Video-R1 or AVATAR dataset (JSON, JSONL)',
  container: 'json',
  isDataset: true,
  detects: (record) => 'problem' in record && ['solution', 'path', 'problem_id'].some((key) => key in record),
  parse: (record, context): Draft => ({
    kind: 'prompt',
    prompt: {
      ...problemOf(record, context),
      ...splitOfPrompt(record as Row, context),
      sourceRow: record as Row,
    },
    rollout: null,
    labels: [],
  }),
};

/** The prompt of such a row. */
export function problemOf(record: unknown, context: FileContext): PromptDraft {
  const row = valid(problem, record);
  const [options, answer] = [row.options ?? [], answerOf(row.solution)];
  const { video, image, audio } = row.path;
  return promptDraft(context, {
    sourceId: row.problem_id ?? null,
    question: row.problem,
    options,
    answer,
    problemType: problemTypeOf(row.problem_type, { options, answer }, context),
    media: [...mediaOf('video', video), ...mediaOf('image', image), ...mediaOf('audio', audio)],
    hint: row.hint ?? null,
    stage: audio.length === 0 ? 'visual' : 'audio-visual',
  });
}

/** AVATAR's trainer gives several as lines of one. */
const hints = v.pipe(
  v.array(v.string()),
  v.transform((all) => all.join('\n')),
);
const conversation = v.looseObject({
  messages: chat,
  videos: filePaths,
  audios: filePaths,
  images: filePaths,
  solution: v.optional(v.unknown()),
  hint: v.optional(v.nullable(v.union([v.string(), hints])), null),
  problem_id: v.optional(v.nullable(textual), null),
  prompt_id: v.optional(v.nullable(textual), null),
  problem_type: v.optional(v.nullable(v.string()), null),
  options: v.optional(v.nullable(v.array(v.string())), null),
  stage: v.optional(v.nullable(textual), null),
});

/**
 * ms-swift's rows: `messages` with `<video>` and `<audio>` tags, `videos`, `audios`, and what its rewards read. Messages that end with an
 * assistant's turn are a rollout, with the rewards and the group that stand beside them by name.
 */
export const swiftDataset: Format = {
  name: 'ms-swift-dataset',
  title: 'messages: ms-swift dataset, or rollouts that end with the assistant (JSON, JSONL)',
  container: 'json',
  isDataset: true,
  detects: ({ messages }) => Array.isArray(messages),
  parse(record, context): Draft {
    const given = valid(conversation, record);
    const { messages, videos, audios, images, hint } = given;
    const row = record as Row;
    const { prompt, completion } = turnsOf(messages);
    const asked = questionOf(prompt);
    return {
      kind: 'prompt',
      prompt: promptDraft(context, {
        sourceId: given.problem_id ?? given.prompt_id,
        ...problemIn(asked.text, given, context),
        media: mediaBeside(
          [...mediaOf('video', videos), ...mediaOf('image', images), ...mediaOf('audio', audios)],
          asked.media,
        ),
        hint: hint ?? asked.hint,
        // Of a row without a completion, it is the prompt's own.
        ...(completion === null && { system: asked.system }),
        stage: stageOf(given.stage, context),
        ...(completion === null ? splitOfPrompt(row, context) : splitOfRow(row)),
        sourceRow: completion === null ? row : null,
      }),
      rollout: rolloutOf(
        completion,
        row,
        guessColumns([row]),
        { hinted: asked.hint !== null, system: asked.system },
        context,
      ),
      labels: [],
    };
  },
};

/** The question, its options, which stand in a column or at the end of the text, its answer and how that is scored. */
function problemIn(
  text: string,
  { solution, problem_type, options }: v.InferOutput<typeof conversation>,
  context: FileContext,
): Pick<PromptDraft, 'question' | 'options' | 'answer' | 'problemType'> {
  const answer = answerOf(solution);
  const apart = options?.length ? { question: text, options } : optionsApart(text);
  const problemType = problemTypeOf(problem_type, { options: apart.options, answer }, context);
  const chosen = problemType === 'multiple-choice';
  return { ...(chosen ? apart : { question: text, options: options ?? [] }), answer, problemType };
}
