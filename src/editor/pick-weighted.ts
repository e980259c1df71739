import { namesText, seenMarks } from '../domain/review.ts';
import { sourceText, type WeightSource } from '../domain/weight-source.ts';
import type { StoreClient } from '../store/client.ts';
import type { RunRow } from '../store/store.ts';
import * as plain from './plain-window.ts';
import { counted, rolloutOutcome } from './rollout-label.ts';
import { viewer } from './viewer.ts';

/** Rollouts shown at most; the command line lists all. */
const shown = 200;

/** One of the rollouts whose weights the run takes from `source`; null when the user picked none. */
export async function pickWeighted(store: StoreClient, run: RunRow, source: WeightSource): Promise<string | null> {
  const { rows, next } = await store.rollouts.page({ weighted: { runId: run.id, source }, limit: shown });
  const questions = new Map(
    await Promise.all(
      [...new Set(rows.map(({ promptId }) => promptId))].map(
        async (id) => [id, (await store.prompts.get(id))?.question] as const,
      ),
    ),
  );
  const chosen = await plain.showQuickPick(
    rows.map((row) => ({
      label: rolloutOutcome(row),
      detail: questions.get(row.promptId),
      description:
        row.labelledBy.length > 0 ? `now labelled by ${namesText(seenMarks(row, viewer()).labelledBy)}` : undefined,
      rolloutId: row.id,
    })),
    {
      title: `${run.name}: weights by ${sourceText(source)}, ${next === null ? counted(rows.length, 'rollout') : `the first ${rows.length} rollouts`}`,
      placeHolder: 'Choose a rollout to review',
      matchOnDetail: true,
    },
  );
  return chosen?.rolloutId ?? null;
}
