import { t } from '@vscode/l10n';
import { counted } from '../domain/counted.ts';
import { namesText, seenMarks } from '../domain/review.ts';
import { sourceText, type WeightSource } from '../domain/weight-source.ts';
import type { StoreClient } from '../store/client.ts';
import type { RunRow } from '../store/store.ts';
import * as plain from './plain-window.ts';
import { rolloutOutcome } from './rollout-label.ts';
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
        row.labelledBy.length > 0
          ? t('now labelled by {0}', namesText(seenMarks(row, viewer()).labelledBy))
          : undefined,
      rolloutId: row.id,
    })),
    {
      title: t(
        '{0}: weights by {1}, {2}',
        run.name,
        sourceText(source),
        next === null ? counted(rows.length, 'rollout') : t('the first {0} rollouts', rows.length),
      ),
      placeHolder: t('Choose a rollout to review'),
      matchOnDetail: true,
    },
  );
  return chosen?.rolloutId ?? null;
}
