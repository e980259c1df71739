/** Rollouts as TRL logs its completions (see trl.ts). */
import { fileWriter, parquetWriteRows } from 'hyparquet-writer';
import { loggedPrompt } from '../domain/prompt-text.ts';
import type { Rollout } from '../domain/rollout.ts';
import { writeWhole } from './whole-file.ts';
import type { Written } from './written.ts';

/** Names that are no reward function's in TRL's file. */
const columns = new Set(['step', 'prompt', 'completion', 'solution', 'problem_id', 'advantage']);

/** One parquet file with a column for every reward named in any row; `rows` is read twice, a row group in memory. */
export async function writeTrl(out: string, rows: () => Iterable<Written>): Promise<void> {
  const rewardNames = new Set<string>();
  for (const { rollout } of rows()) for (const name of Object.keys(rewardsOf(rollout))) rewardNames.add(name);
  function* records(): Generator<Record<string, unknown>> {
    for (const { prompt, rollout } of rows()) {
      const rewards = rewardsOf(rollout);
      yield {
        step: rollout.policyVersion,
        prompt: loggedPrompt(prompt, rollout),
        completion: rollout.completion,
        ...Object.fromEntries([...rewardNames].map((name) => [name, rewards[name] ?? null])),
        solution: prompt.answer,
        problem_id: prompt.sourceId ?? prompt.id,
        advantage: rollout.advantage,
      };
    }
  }
  await writeWhole(out, async (file) =>
    parquetWriteRows({
      writer: fileWriter(file),
      rows: records(),
      columns: [
        { name: 'step', type: 'INT32' },
        { name: 'prompt', type: 'STRING' },
        { name: 'completion', type: 'STRING' },
        ...[...rewardNames].map((name) => ({ name, type: 'DOUBLE' as const, nullable: true })),
        { name: 'solution', type: 'STRING', nullable: true },
        { name: 'problem_id', type: 'STRING' },
        { name: 'advantage', type: 'DOUBLE', nullable: true },
      ],
    }),
  );
}

/** The parts; the whole reward where a rollout has no parts. */
function rewardsOf({ rewards, reward }: Rollout): Record<string, number> {
  const parts = Object.entries(rewards).filter(([name]) => !columns.has(name));
  return parts.length > 0 || reward === null ? Object.fromEntries(parts) : { reward };
}
