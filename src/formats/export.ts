/** Takes rollouts and labels out of a store. */
import { dirname, resolve } from 'node:path';
import { csvLine } from '../domain/csv-line.ts';
import { defaultLambda } from '../domain/tas.ts';
import type { Prompt } from '../domain/rollout.ts';
import type { PromptQuery, RolloutQuery, Store } from '../store/store.ts';
import { agreementRows } from './agreement.ts';
import { writeCorrections, type Corrected, type CorrectionExport } from './correction-write.ts';
import { writeJudgements, type JudgementCount, type JudgementExport, type Judged } from './judgement-write.ts';
import { writeLabels, type LabelExport } from './label-write.ts';
import { writeMetrics, type MetricExport } from './metrics-write.ts';
import { writePreferences, type PreferenceCount, type PreferenceExport, type Preferred } from './preference-write.ts';
import { promptWriters, type PromptExport } from './prompt-write.ts';
import { tokenTextOf } from './token-text.ts';
import type { Shaper, SourceCounts } from './training-row.ts';
import { writeTraining, type TrainingExport } from './training-write.ts';
import { placed, writeLines, writeRollouts, type RolloutExport } from './write.ts';
import type { Left } from './write-kept.ts';
import type { Written } from './written.ts';

/** Which rollouts go out. */
export type ExportQuery = Omit<RolloutQuery, 'limit' | 'after' | 'sort'>;

/** How weights are made: whose labels shape them, the first who has one, or as a run has it when it names none. */
export type TrainingWeights = Pick<Shaper, 'scheme' | 'lambda' | 'normalise' | 'annotators'>;

/** Asked before each row: what it throws ends the export. */
export type ExportStop = Pick<AbortSignal, 'throwIfAborted'>;

/** A run's defaults. */
export const defaultWeights: TrainingWeights = {
  scheme: 'phase-warped',
  lambda: defaultLambda,
  normalise: false,
  annotators: [],
};

/** Writes the rollouts that `query` keeps to `out` and returns how many. This and the others write a file whole or not at all. */
export async function exportRollouts(
  store: Store,
  out: string,
  format: RolloutExport,
  query: ExportQuery = {},
  stop?: ExportStop,
): Promise<number> {
  let count = 0;
  await writeRollouts(out, format, function* () {
    count = 0;
    for (const row of written(store, query, stop)) {
      count += 1;
      yield row;
    }
  });
  return count;
}

/** What training sets are made with beside weights. */
export interface TrainingFolders {
  /** Of the files of Python that go beside the data: dist/trainers. */
  trainers: string;
  /** Of the tokenizer of rollouts that have no tokens, or none whose places in the text are known. */
  tokenizer?: string;
}

/**
 * Writes the rollouts that `query` keeps with the weights of their tokens and returns how many, and what shaped them. Those of evaluations are
 * not for training: they are left out, and counted, unless `query` names one.
 */
export async function exportTraining(
  store: Store,
  out: string,
  format: TrainingExport,
  query: ExportQuery,
  weights: TrainingWeights,
  { trainers, tokenizer }: TrainingFolders,
  stop?: ExportStop,
): Promise<{ rollouts: number; sources: SourceCounts; left: Left[] }> {
  let rollouts = 0;
  let evaluated = 0;
  const text = tokenizer === undefined ? null : await tokenTextOf(tokenizer, tokenizer);
  function* counted(): Generator<Written> {
    for (const { rollout, ...row } of written(store, query, stop)) {
      if (row.evaluation !== undefined && query.evaluationId === undefined) {
        evaluated += 1;
        continue;
      }
      rollouts += 1;
      const tokens = text ? text.tokensOf(rollout.completion, rollout.tokens) : rollout.tokens;
      yield { ...row, rollout: { ...rollout, tokens }, labels: store.suggestions.segmentations(rollout.id) };
    }
  }
  const phaseWeights = store.phases.get().map(({ weight }) => weight);
  const shaper: Shaper = { ...weights, fallback: 'parabolic', cues: null, phaseWeights };
  const sources = await writeTraining(out, format, counted(), shaper, trainers);
  const left = evaluated === 0 ? [] : [{ count: evaluated, reason: 'replies of evaluations are not for training' }];
  return { sources, rollouts, left };
}

/** Writes the prompts that `query` keeps as rows of a dataset (`promptWriters`), in the order they came in, and returns how many. */
export async function exportPrompts(
  store: Store,
  out: string,
  format: PromptExport = 'dataset',
  query: Pick<PromptQuery, 'dataset' | 'where' | 'ids' | 'rolloutIds'> = {},
  stop?: ExportStop,
): Promise<number> {
  let count = 0;
  function* prompts(): Generator<Prompt> {
    let after: string | null = null;
    do {
      const page = store.prompts.page({ ...query, limit: 500, after });
      for (const prompt of page.rows) {
        stop?.throwIfAborted();
        count += 1;
        yield placed(prompt, dirname(resolve(out)));
      }
      after = page.next;
    } while (after !== null);
  }
  await writeLines(out, prompts(), promptWriters[format]);
  return count;
}

/** Writes every label of every annotator (see `writeLabels`) and returns how many. */
export async function exportLabels(
  store: Store,
  out: string,
  format: LabelExport = 'rollout-lab',
  stop?: ExportStop,
): Promise<number> {
  let count = 0;
  function* labelled(): Generator<Written> {
    for (const row of written(store, { filter: 'labelled' }, stop)) {
      count += row.labels.length;
      yield row;
    }
  }
  await writeLabels(out, format, labelled(), store.phases.get());
  return count;
}

/**
 * Writes what annotators, or those named, say of the steps of rollouts and returns how many rollouts they judged, with what was left out. What
 * is for training has nothing of evaluations.
 */
export async function exportJudgements(
  store: Store,
  out: string,
  format: JudgementExport = 'trl',
  annotators: readonly string[] = [],
  stop?: ExportStop,
): Promise<JudgementCount> {
  function* judged(): Generator<Judged> {
    for (const rolloutId of store.judgements.judged()) {
      stop?.throwIfAborted();
      const rollout = store.rollouts.get(rolloutId)!;
      if (rollout.evaluationId && format !== 'rollout-lab') continue;
      const prompt = store.prompts.get(rollout.promptId)!;
      for (const judgement of store.judgements.of(rolloutId))
        if (annotators.length === 0 || annotators.includes(judgement.annotator)) yield { prompt, rollout, judgement };
    }
  }
  return writeJudgements(out, format, judged());
}

/**
 * Writes what annotators, or those named, say of two rollouts of a prompt and returns how many of that, with what was left out. What is for
 * training has nothing of evaluations.
 */
export async function exportPreferences(
  store: Store,
  out: string,
  format: PreferenceExport = 'trl',
  annotators: readonly string[] = [],
  stop?: ExportStop,
): Promise<PreferenceCount> {
  function* preferred(): Generator<Preferred> {
    const written = new Set<string>();
    for (const rolloutId of store.preferences.compared()) {
      stop?.throwIfAborted();
      const rollout = store.rollouts.get(rolloutId)!;
      const prompt = store.prompts.get(rollout.promptId)!;
      for (const preference of store.preferences.of(rolloutId)) {
        if (written.has(preference.other)) continue;
        if (annotators.length > 0 && !annotators.includes(preference.annotator)) continue;
        const other = store.rollouts.get(preference.other)!;
        const isOfEvaluation = Boolean(rollout.evaluationId ?? other.evaluationId);
        if (!isOfEvaluation || format === 'rollout-lab') yield { prompt, rollout, other, preference };
      }
      // What is said of this one against later ones is not said again of those.
      written.add(rolloutId);
    }
  }
  return writePreferences(out, format, preferred());
}

/** Writes what annotators, or those named, write in place of completions and returns how many. What is for training has nothing of evaluations. */
export async function exportCorrections(
  store: Store,
  out: string,
  format: CorrectionExport = 'trl',
  annotators: readonly string[] = [],
  stop?: ExportStop,
): Promise<number> {
  let count = 0;
  const phases = store.phases.get();
  function* corrected(): Generator<Corrected> {
    for (const rolloutId of store.corrections.corrected()) {
      stop?.throwIfAborted();
      const rollout = store.rollouts.get(rolloutId)!;
      if (rollout.evaluationId && format !== 'rollout-lab') continue;
      const prompt = store.prompts.get(rollout.promptId)!;
      for (const correction of store.corrections.of(rolloutId)) {
        if (annotators.length > 0 && !annotators.includes(correction.annotator)) continue;
        count += 1;
        const labelled = store.labels.get(rolloutId, correction.annotator).boundaries;
        yield { prompt, rollout, correction, phases, labelled };
      }
    }
  }
  await writeCorrections(out, format, corrected());
  return count;
}

/** Writes what runs measured (`writeMetrics`), all of them or those of `ids`, oldest first, and returns how many. Rejects when there are none. */
export async function exportMetrics(
  store: Store,
  out: string,
  format: MetricExport,
  ids: readonly string[],
  stop?: ExportStop,
): Promise<number> {
  const runs = store.runs.all().filter(({ id }) => ids.length === 0 || ids.includes(id));
  if (runs.length === 0) throw new Error('there are no runs in this store, so nothing was measured');
  stop?.throwIfAborted();
  await writeMetrics(out, format, store, runs.reverse());
  return runs.length;
}

/** Writes how far annotators agree as CSV (`agreementRows`) and returns how many rollouts were compared. */
export async function exportAgreement(store: Store, out: string, stop?: ExportStop): Promise<number> {
  const measured = store.agreement.measured();
  stop?.throwIfAborted();
  await writeLines(out, agreementRows(measured, store.agreement.judgements(), store.gold.agreement()), csvLine);
  return measured.length;
}

function* written(store: Store, query: ExportQuery, stop?: ExportStop): Generator<Written> {
  let prompt = null as Prompt | null;
  const evaluations = new Map(store.evaluations.all().map((one) => [one.id, one]));
  for (const id of rolloutIds(store, query)) {
    stop?.throwIfAborted();
    const rollout = store.curves.measured(id);
    if (!rollout) continue;
    if (prompt?.id !== rollout.promptId) prompt = store.prompts.get(rollout.promptId)!;
    const evaluation = rollout.evaluationId ? evaluations.get(rollout.evaluationId) : undefined;
    const judge = evaluation?.judge;
    const verdict = judge && store.evaluations.verdict(judge, { prompt, completion: rollout.completion });
    yield {
      ...{ prompt, rollout, labels: store.labels.of(id), comments: store.comments.history(id) },
      tags: store.tags.of(id),
      judgements: store.judgements.of(id),
      preferences: store.preferences.of(id),
      corrections: store.corrections.of(id),
      ...(evaluation && { evaluation: evaluation.name }),
      ...(judge && verdict && { verdict: { ...judge, ...verdict } }),
    };
  }
}

function* rolloutIds(store: Store, query: ExportQuery): Generator<string> {
  let after: string | null = null;
  do {
    const page = store.rollouts.page({ ...query, limit: 500, after });
    for (const { id } of page.rows) yield id;
    after = page.next;
  } while (after !== null);
}
