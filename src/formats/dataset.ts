/** Datasets of prompts: our own rows, and those of Video-R1 and AVATAR. */
import * as v from 'valibot';
import type { ProblemType } from '../domain/rollout.ts';
import type { Draft, Format } from './draft.ts';
import { promptSchema } from './rollout-lab.ts';
import { textual, valid } from './valid.ts';

/** A line of our dataset.jsonl: the fields of a prompt. */
export const dataset: Format = {
  name: 'dataset',
  title: 'Rollout Lab dataset (JSON, JSONL)',
  container: 'json',
  detects: (record) => 'question' in record && ['problemType', 'video', 'audio'].some((key) => key in record),
  parse(record, context): Draft {
    const prompt = valid(promptSchema, record);
    return {
      kind: 'prompt',
      prompt: { ...prompt, dataset: prompt.dataset ?? context.dataset },
      rollout: null,
      labels: [],
    };
  },
};

const media = v.object({ video: v.optional(v.string()), image: v.optional(v.string()), audio: v.optional(v.string()) });
const problem = v.looseObject({
  problem_id: v.optional(v.nullable(textual)),
  problem: v.string(),
  data_type: v.optional(v.nullable(v.string())),
  problem_type: v.optional(v.nullable(v.string())),
  options: v.optional(v.nullable(v.array(v.string())), []),
  solution: v.optional(v.nullable(textual)),
  path: v.optional(v.nullable(v.union([v.string(), media]))),
  hint: v.optional(v.nullable(v.string())),
});

const problemTypeNames: Record<string, ProblemType> = {
  'multiple choice': 'multiple-choice',
  numerical: 'numerical',
  regression: 'regression',
  ocr: 'ocr',
  'free-form': 'free-form',
};

/** Rows with `problem_id`, `problem`, `data_type`, `problem_type`, `options`, `solution`, `path`. */
export const videoR1: Format = {
  name: 'video-r1',
  title: 'Video-R1 or AVATAR dataset (JSON, JSONL)',
  container: 'json',
  detects: (record) => 'problem' in record && ['solution', 'path', 'problem_id'].some((key) => key in record),
  parse(record, context): Draft {
    const row = valid(problem, record);
    const type = row.problem_type?.toLowerCase().replaceAll('_', ' ') ?? '';
    const path = typeof row.path === 'string' ? { video: row.path } : (row.path ?? {});
    return {
      kind: 'prompt',
      prompt: {
        sourceId: row.problem_id ?? null,
        dataset: context.dataset,
        question: row.problem,
        options: row.options ?? [],
        answer: answerOf(row.solution ?? null),
        problemType: problemTypeNames[type] ?? 'free-form',
        video: path.video ?? null,
        audio: path.audio ?? null,
        hint: row.hint ?? null,
        split: 'train',
        stage: path.audio === undefined ? 'visual' : 'audio-visual',
      },
      rollout: null,
      labels: [],
    };
  },
};

/** Solutions are written as completions end: "<answer>B</answer>". */
function answerOf(solution: string | null): string | null {
  return solution === null ? null : (/<answer>(.*?)<\/answer>/su.exec(solution)?.[1].trim() ?? solution);
}
