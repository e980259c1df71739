/** Stored rollouts for verl: a row of verl's dataset for each group, and beside it the rollouts with their weights and the trainer that takes them. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { shortest } from './rollout-lab.ts';
import { withTokens } from './token-needed.ts';
import type { Weighed } from './training-row.ts';
import { verlPrompt } from './verl-training.ts';
import { writeFolder } from './whole-file.ts';
import { writeLines } from './write.ts';

/** A line of rollouts.jsonl, as tas_stored.py reads it; lists have a place for each token. */
interface StoredRow {
  rollout: string;
  group: string;
  completion: string;
  token_ids: number[];
  /** In nats; null where they are not recorded. */
  log_probs: number[] | null;
  reward: number | null;
  tas_weights: number[];
  weight_source: string;
}

const trainer = 'tas_stored.py';

/** Fills the new folder `out`. A group is asked what its first rollout was. Rejects when a rollout has no tokens. */
export async function writeVerlStored(out: string, rows: Iterable<Weighed>, trainers: string): Promise<void> {
  await writeFolder(out, async (folder) => {
    const groups = openSync(join(folder, 'groups.jsonl'), 'w');
    const seen = new Set<string>();
    const line = (one: Weighed & { ids: number[] }): string => {
      const { group } = one.training;
      if (!seen.has(group)) writeSync(groups, groupLine(one));
      seen.add(group);
      return rolloutLine(one);
    };
    try {
      await writeLines(join(folder, 'rollouts.jsonl'), withTokens(rows), line);
    } finally {
      closeSync(groups);
    }
    await copyFile(join(trainers, trainer), join(folder, trainer));
  });
}

function groupLine({ row: { prompt, rollout }, training: { group } }: Weighed): string {
  const asking = { system: rollout.system ?? null, hint: rollout.hinted ? prompt.hint : null };
  return `${JSON.stringify({ ...verlPrompt(prompt, asking), agent_name: 'tas_stored', group })}\n`;
}

function rolloutLine({ training, ids }: Weighed & { ids: number[] }): string {
  const { rollout, group, completion, log_probs, reward, tas_weights, weight_source } = training;
  const row: StoredRow = {
    ...{ rollout, group, completion, token_ids: ids },
    log_probs: log_probs?.every(Number.isFinite) ? log_probs.map(shortest) : null,
    ...{ reward, tas_weights: tas_weights.map(shortest), weight_source },
  };
  return `${JSON.stringify(row)}\n`;
}
