/** Prompts of the benchmarks that AVATAR is measured on: MMVU, OmniBench, Video-Holmes, as their authors publish them. */
import * as v from 'valibot';
import { promptDraft, type Draft, type FileContext, type Format, type PromptDraft } from './draft.ts';
import { textual, valid } from './valid.ts';

export const choices = v.nullish(v.record(v.string(), v.nullable(textual)), {});

/** By what a benchmark's authors report accuracy: no row is refused for want of it. */
export const kind = v.fallback(v.optional(textual), undefined);

const mmvuRow = v.looseObject({
  id: textual,
  video: v.string(),
  question: v.string(),
  question_type: v.string(),
  choices,
  answer: textual,
  metadata: v.optional(v.fallback(v.looseObject({ subject: kind }), {}), {}),
});

/** Validation split: `id`, `video` (a web address), `question_type`, `question`, `choices` by letter, `answer`, `metadata`. */
export const mmvu: Format = {
  name: 'mmvu',
  title: 'MMVU (JSON, parquet)',
  container: 'json',
  isDataset: true,
  detects: (record) => ['question', 'question_type', 'choices', 'video'].every((key) => key in record),
  parse: (record, context) => {
    const row = valid(mmvuRow, record);
    return benchmarkPrompt(context, {
      sourceId: row.id,
      question: row.question,
      options: lettered(row.choices),
      answer: row.answer,
      problemType: row.question_type === 'multiple-choice' ? 'multiple-choice' : 'free-form',
      category: row.metadata.subject,
      video: mmvuVideo(row.video),
    });
  },
};

const omniBenchRow = v.looseObject({
  index: textual,
  question: v.string(),
  options: v.array(v.string()),
  answer: v.string(),
  'audio type': kind,
  audio_path: v.nullish(v.string()),
  image_path: v.nullish(v.string()),
  audio: v.nullish(v.string()),
  image: v.nullish(v.string()),
});

/**
 * `index`, `task type`, `audio type`, `question`, `options`, `answer` (an option's text), `audio_path`, `image_path`; in parquet the media
 * themselves as `audio` and `image`, with the names of their files: the files are looked for, as the bytes are no place.
 */
export const omniBench: Format = {
  name: 'omnibench',
  title: 'OmniBench (JSONL, parquet)',
  container: 'json',
  isDataset: true,
  detects: (record) =>
    ['index', 'question', 'options'].every((key) => key in record) &&
    (['audio_path', 'image_path'].every((key) => key in record) || ['audio', 'image'].every((key) => key in record)),
  parse: (record, context) => {
    const row = valid(omniBenchRow, record);
    const right = row.options.indexOf(row.answer);
    if (right < 0) throw new Error('answer: none of the options');
    return benchmarkPrompt(context, {
      // A row's number: alone it would be taken for some other dataset's.
      sourceId: `omnibench/${row.index}`,
      question: row.question,
      options: row.options.map((option, i) => `${letterOf(i)}. ${option}`),
      answer: letterOf(right),
      problemType: 'multiple-choice',
      video: placed('mm_data/image', row.image_path ?? row.image),
      audio: placed('mm_data/audio', row.audio_path ?? row.audio),
      category: row['audio type'],
      stage: 'audio-visual',
    });
  },
};

const holmesRow = v.looseObject({
  'video ID': textual,
  'Question ID': textual,
  'Question Type': kind,
  Question: v.string(),
  Options: choices,
  Answer: textual,
});

/** `video ID`, `Question ID` (counted within its video), `Question Type`, `Question`, `Options` by letter, `Answer`, `Explanation`. */
export const videoHolmes: Format = {
  name: 'video-holmes',
  title: 'Video-Holmes (JSON, parquet)',
  container: 'json',
  isDataset: true,
  detects: (record) => ['video ID', 'Question ID', 'Question', 'Answer'].every((key) => key in record),
  parse: (record, context) => {
    const row = valid(holmesRow, record);
    return benchmarkPrompt(context, {
      sourceId: `${row['video ID']}/${row['Question ID']}`,
      question: row.Question,
      options: lettered(row.Options),
      answer: row.Answer,
      problemType: 'multiple-choice',
      video: holmesVideo(row['video ID']),
      category: row['Question Type'],
      stage: 'audio-visual',
    });
  },
};

/** Its place in the dataset's repository, which a download has too. */
export const mmvuVideo = (path: string): string => path.replace(/^.*\/(?=videos\/)/u, '');

/** A clip's place by its name, as the dataset's archive has it. */
export const holmesVideo = (id: string): string => `videos/${id}.mp4`;

function benchmarkPrompt(context: FileContext, known: Partial<PromptDraft> & { question: string }): Draft {
  return { kind: 'prompt', prompt: promptDraft(context, { ...known, split: 'test' }), rollout: null, labels: [] };
}

/** Choices of an open question are there, and empty. */
export function lettered(options: Readonly<Record<string, string | null>> | null): string[] {
  return Object.entries(options ?? {})
    .filter(([, text]) => text)
    .map(([letter, text]) => `${letter}. ${text}`);
}

const placed = (folder: string, name: string | null | undefined): string | null => (name ? `${folder}/${name}` : null);

export function letterOf(index: number): string {
  return String.fromCharCode('A'.charCodeAt(0) + index);
}
