import { cp, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { writeFolder } from '../../formats/whole-file.ts';
import { UsageError, type Command } from '../command.ts';

export interface SampleCopy {
  folder: string;
  /** Where in it the prompts, the rollouts and the policy are. */
  dataset: string;
  rollouts: string;
  policy: string;
  clips: number;
}

export const sample: Command = {
  name: 'sample',
  usage: 'DIR',
  summary: 'Copies the sample project into a folder: clips, questions, a policy and its rollouts.',
  options: {},
  async run({ positionals, dist }): Promise<SampleCopy> {
    if (positionals.length !== 1) throw new UsageError('name the one folder to copy the sample project into');
    return copySample(resolve(dist, '../media/sample'), resolve(positionals[0]));
  },
  print: ({ folder, clips }: SampleCopy) => `The sample project with ${clips} clips is in ${folder}.`,
};

/** Copies the sample project at `from` into `folder`, new or empty: whole, or not at all. Throws when `folder` has files in it. */
export async function copySample(from: string, folder: string): Promise<SampleCopy> {
  await writeFolder(folder, (inner) => cp(from, inner, { recursive: true }));
  return {
    folder,
    dataset: join(folder, 'dataset.jsonl'),
    rollouts: join(folder, 'rollouts', 'sample.rollouts.jsonl'),
    policy: join(folder, 'policy'),
    clips: (await readdir(join(folder, 'clips'))).length,
  };
}
