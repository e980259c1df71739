/** Lets a policy answer the sample's prompts about the real clips, and scores it. */
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { promptText } from '../../src/domain/prompt-text.ts';
import { Random } from '../../src/domain/random.ts';
import { ours } from '../../src/domain/rules/ours.ts';
import { type Features, readFeatures } from '../../src/video/features.ts';
import { mediaFile } from '../../src/video/media-file.ts';
import type { Backend } from '../../src/training/backends/backend.ts';
import { Generator } from '../../src/training/policy/generator.ts';
import type { Policy } from '../../src/training/policy/policy.ts';
import { deviceParameters } from '../../src/training/policy/scorer.ts';
import type { DatasetRow } from './dataset.ts';

/** The longest completions that the policy was taught, about the clips of 12 s, take some 90 tokens. */
export const maxNewTokens = 96;

/** A prompt with what the policy sees and hears of its clip. */
export interface Task {
  row: DatasetRow;
  features: Features;
}

export interface Answer {
  task: Task;
  completion: string;
  ids: Int32Array;
  logProbs: Float32Array;
  format: number;
  accuracy: number;
}

/** The prompts of `rows` with the features of their clips under `folder`; each clip is read once. */
export async function readTasks(rows: readonly DatasetRow[], folder: string): Promise<Task[]> {
  const read = new Map<string, Features>();
  const tasks: Task[] = [];
  for (const row of rows) {
    const features =
      read.get(row.video!) ?? (await readFeatures(await mediaFile(join(folder, row.video!), [await realpath(folder)])));
    read.set(row.video!, features);
    tasks.push({ row, features });
  }
  return tasks;
}

/** `count` completions of every task, in order, at `temperature` (0 is greedy). The same seed gives the same ones. */
export async function answer(
  policy: Policy,
  backend: Backend,
  tasks: readonly Task[],
  { count = 1, temperature = 0, seed = 0 } = {},
): Promise<Answer[]> {
  const { tokenizer } = policy;
  const requests = tasks.flatMap((task, i) => {
    const context = { promptIds: tokenizer.encode(promptText(task.row)), prefix: task.features };
    return Array.from({ length: count }, (_, j) => ({ ...context, task, random: Random.seeded(seed, 'answer', i, j) }));
  });
  const generator = new Generator(policy, backend);
  try {
    const sampling = { temperature, topP: 1, topK: 0, maxNewTokens };
    const completions = await generator.generate(deviceParameters(policy, backend), requests, sampling);
    return completions.map(({ ids, logProbs }, i) => {
      const { task } = requests[i];
      const completion = tokenizer.decode(ids);
      const prompt = { id: task.row.question, ...task.row };
      const format = ours.format(completion);
      return { task, completion, ids, logProbs, format, accuracy: ours.accuracy(completion, prompt).score };
    });
  } finally {
    await generator.dispose();
  }
}

/** The share of answers that earned `part`. */
export function share(answers: readonly Answer[], part: 'format' | 'accuracy'): number {
  return answers.reduce((sum, one) => sum + one[part], 0) / answers.length;
}
