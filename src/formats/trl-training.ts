/** Stored rollouts for TRL: rollouts.jsonl, and beside it the GRPO trainer that takes its completions from there and weighs their tokens. */
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promptMessages, type Message } from '../domain/prompt-text.ts';
import type { PromptMedium } from '../domain/rollout.ts';
import { allMedia } from './media.ts';
import { shortest } from './rollout-lab.ts';
import { withTokens } from './token-needed.ts';
import type { Weighed } from './training-row.ts';
import { writeFolder } from './whole-file.ts';
import { writeLines } from './write.ts';

const code = ['tas_grpo_trainer.py', 'stored_media.py'];

/** A line of rollouts.jsonl, as tas_grpo_trainer.py reads it; lists have a place for each token. */
interface TrlRow {
  rollout: string;
  group: string;
  prompt: Message[];
  /** Of the prompt, in order. */
  media: readonly PromptMedium[];
  token_ids: number[];
  /** In nats; null where they are not recorded. */
  log_probs: number[] | null;
  reward: number | null;
  tas_weights: number[];
  weight_source: string;
}

/** Fills the new folder `out`. Rejects when a rollout has no tokens. */
export async function writeTrlTraining(out: string, rows: Iterable<Weighed>, trainers: string): Promise<void> {
  await writeFolder(out, async (folder) => {
    await writeLines(join(folder, 'rollouts.jsonl'), withTokens(rows), trlLine);
    for (const file of code) await copyFile(join(trainers, file), join(folder, file));
  });
}

function trlLine({ row: { prompt, rollout }, training, ids }: Weighed & { ids: number[] }): string {
  const { log_probs, tas_weights, reward, group, weight_source } = training;
  const hint = rollout.hinted ? prompt.hint : null;
  const row: TrlRow = {
    rollout: rollout.id,
    group,
    prompt: promptMessages(prompt, { system: rollout.system ?? null, hint }),
    media: allMedia(prompt),
    token_ids: ids,
    log_probs: log_probs?.every(Number.isFinite) ? log_probs.map(shortest) : null,
    reward,
    tas_weights: tas_weights.map(shortest),
    weight_source,
  };
  return `${JSON.stringify(row)}\n`;
}
