/** The cold-start policy's own rollouts of the sample's prompts, as files of this project and of two trainers. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { groupAdvantages } from '../../src/domain/advantage.ts';
import type { Prompt, Rollout } from '../../src/domain/rollout.ts';
import { labelLineOf } from '../../src/formats/rollout-lab.ts';
import { type RolloutExport, writeRollouts } from '../../src/formats/write.ts';
import type { Written } from '../../src/formats/written.ts';
import { groupId, promptId, rolloutId } from '../../src/domain/identity.ts';
import { Scoring } from '../../src/training/avatar/scoring.ts';
import type { Backend } from '../../src/training/backends/backend.ts';
import type { Policy } from '../../src/training/policy/policy.ts';
import type { DatasetRow } from './dataset.ts';
import { type Answer, type Task, answer } from './exam.ts';
import { goldBoundaries } from './phases.ts';

export const policyName = 'sample-cold-start';
/** Completions a prompt. */
const groupSize = 8;
/** Log-probs are kept to four decimals, so that the files stay small. */
const precision = 1e4;
/** A made-up time: the files must not depend on when they are made. */
const createdAt = '2026-11-22T00:00:00.000Z';

/** Where the rollouts go, under the sample's folder. The dumps lie where their trainers would write them. */
export const dumps: Record<RolloutExport, string> = {
  'rollout-lab': 'rollouts/sample.rollouts.jsonl',
  trl: 'rollouts/trl/completions/completions_00000.parquet',
  verl: 'rollouts/verl/0.jsonl',
};

/** A group of completions of each task at temperature 1, scored and given advantages. */
export async function sampleRollouts(
  policy: Policy,
  backend: Backend,
  tasks: readonly Task[],
  seed: number,
): Promise<Written[]> {
  const answers = await answer(policy, backend, tasks, { count: groupSize, temperature: 1, seed });
  const scoring = new Scoring({ rewardRule: 'ours', rewardWeights: null }, () => null);
  const written: Written[] = [];
  for (const [i, { row }] of tasks.entries()) {
    const prompt = promptOf(row);
    const group = groupId(prompt.id, policyName, 0, 'sample');
    const completions = answers.slice(i * groupSize, (i + 1) * groupSize);
    const scores = await scoring.group(
      prompt,
      completions.map(({ completion }) => completion),
    );
    const advantages = groupAdvantages(scores.map(({ total }) => total));
    for (const [j, one] of completions.entries()) {
      const rollout: Omit<Rollout, 'id'> = {
        promptId: prompt.id,
        groupId: group,
        runId: null,
        policy: policyName,
        policyVersion: 0,
        completion: one.completion,
        rewards: scores[j].parts,
        reward: rounded(scores[j].total),
        advantage: rounded(advantages[j]),
        tokens: tokensOf(policy, one),
        hinted: false,
        source: policyName,
        createdAt,
      };
      written.push({ prompt, rollout: { id: rolloutId(rollout, j), ...rollout }, labels: [] });
    }
  }
  return written;
}

/** Writes the rollouts in every format, and their gold phases as labels apart. */
export async function writeSampleRollouts(folder: string, rows: readonly Written[]): Promise<void> {
  for (const [format, path] of Object.entries(dumps) as [RolloutExport, string][]) {
    const file = join(folder, path);
    await mkdir(join(file, '..'), { recursive: true });
    await writeRollouts(file, format, () => rows);
  }
  const labels = rows.flatMap(({ rollout: { id, completion } }) => {
    const boundaries = goldBoundaries(completion);
    return boundaries ? [labelLineOf(id, { annotator: 'gold', boundaries })] : [];
  });
  await writeFile(join(folder, 'gold.labels.jsonl'), labels.join(''));
}

/** The prompt with the id that importing dataset.jsonl gives it, and its video as seen from the rollouts' folder. */
function promptOf(row: DatasetRow): Prompt {
  const { sourceId, dataset, question, options, answer, problemType, hint, split, stage } = row;
  const text = { sourceId, dataset, question, options, answer, problemType, hint, split, stage };
  return { ...text, id: promptId(row), video: `../${row.video}`, audio: null };
}

function tokensOf({ tokenizer }: Policy, { ids, logProbs, completion }: Answer): Rollout['tokens'] {
  return { ids, offsets: tokenizer.starts(ids, completion), logProbs: logProbs.map(rounded), tokenizer: policyName };
}

const rounded = (value: number): number => Math.round(value * precision) / precision;
