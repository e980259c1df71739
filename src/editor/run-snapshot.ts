/** Reads what the Runs page shows. */
import { stageSpans } from '../domain/curriculum.ts';
import { timeLeft } from '../domain/progress.ts';
import { activeStatuses } from '../domain/run.ts';
import type { Zoom } from '../domain/run-curves.ts';
import { selectedText } from '../domain/run-prompts.ts';
import { changedPhasesText, sourceText } from '../domain/weight-source.ts';
import type { RunItem, SelectedRun } from '../protocol/runs.ts';
import type { StoreClient } from '../store/client.ts';
import type { MetricRow, RunRow } from '../store/store.ts';
import { rolloutOutcome } from './rollout-label.ts';
import { divergedBatch } from './run-form.ts';
import { configurationLine, settingLines } from './run-text.ts';

/** Log lines and samples shown at most; the store keeps all. */
const shownLines = 500;
const shownSamples = 16;

export function itemOf(run: RunRow, recent: readonly MetricRow[]): RunItem {
  return {
    id: run.id,
    name: run.name,
    status: run.status,
    pending: pendingOf(run),
    preset: run.config.preset,
    selection: selectedText(run.config),
    backend: run.backend ?? (run.config.engine === 'embedded' ? run.config.backend : run.config.engine),
    seed: run.config.seed,
    iteration: run.iteration,
    iterations: run.config.steps,
    stages: run.config.stages.map(({ stage }, i) => ({ stage, first: stageSpans(run.config)[i].first })),
    timeLeft: run.status === 'running' ? timeLeft(run.config.steps, recent) : null,
    configuration: configurationLine(run),
    settings: settingLines(run.config),
    deviations: run.provenance?.deviations ?? [],
    error: run.error,
    diverged: divergedBatch(run) !== null,
  };
}

/** What a run is asked for and has not done yet. One that has ended does nothing any more. */
function pendingOf({ status, request }: RunRow): RunItem['pending'] {
  const isMet = !activeStatuses.includes(status) || (status === 'paused' && request === 'pause');
  return request === 'run' || isMet ? null : request;
}

/**
 * One run's curves, closer where they are zoomed to, and log, and of `iteration` (null: the newest) its advantages and samples. Null when the run
 * is no longer in the store.
 */
export async function readSelected(
  store: StoreClient,
  id: string,
  iteration: number | null,
  zoom: Zoom | null = null,
): Promise<SelectedRun | null> {
  if (!(await store.runs.get(id))) return null;
  const [columns, advantages, log, weights, checkpoint] = await Promise.all([
    store.runs.drawnCurves(id, zoom),
    store.runs.advantages(id, iteration),
    store.runs.lastLog(id, shownLines),
    store.runs.weightSources(id),
    store.runs.latestCheckpoint(id),
  ]);
  return {
    id,
    ...{ columns, advantages },
    log: log.map((line) => ({ at: line.at, level: line.level, message: line.message })),
    samples: advantages ? await readSamples(store, id, advantages.iteration) : [],
    weights: {
      sources: weights.sources.map((row) => ({ ...row, text: sourceText(row.source) })),
      changed: changedPhasesText(weights),
    },
    checkpoint: checkpoint?.iteration ?? null,
  };
}

async function readSamples(store: StoreClient, runId: string, iteration: number): Promise<SelectedRun['samples']> {
  const { rows } = await store.rollouts.page({ runId, iteration, limit: shownSamples });
  const prompts = new Map(
    await Promise.all(
      [...new Set(rows.map(({ promptId }) => promptId))].map(
        async (id) => [id, (await store.prompts.get(id))?.question ?? ''] as const,
      ),
    ),
  );
  return rows.map((row) => ({
    rolloutId: row.id,
    question: prompts.get(row.promptId)!,
    completion: rolloutOutcome(row),
    reward: row.reward,
    hinted: row.hinted,
  }));
}
