/** Measures suggestions against labels they were not made from: rules, the tagger as labels become more, agents and language models. */
import { setImmediate } from 'node:timers/promises';
import { boundarySimilarity, cutsOf } from '../../domain/agreement.ts';
import type { Phase } from '../../domain/phase.ts';
import { Random } from '../../domain/random.ts';
import { type Estimate, mean, meanEstimate } from '../../domain/statistics.ts';
import {
  calibrationBins,
  calibrationError,
  type CalibrationBin,
  type Prediction,
} from '../../domain/suggestion/calibration.ts';
import { rulesFault, suggestByRules } from '../../domain/suggestion/rules.ts';
import type { Suggestion, SuggestionSource } from '../../domain/suggestion/suggestion.ts';
import { exampleOf, suggestByTagger, trainTagger } from '../../domain/suggestion/tagger.ts';
import { unitBoundaries, unitsOf } from '../../domain/unit.ts';
import type { LabelledCompletion, SuggestionRow } from '../../store/store.ts';

/** Labels that taggers learn from. */
const sizes = [10, 30, 100];
const seeds = [1, 2, 3, 4, 5];
/** Each rollout is suggested once a seed, by a tagger whose labels are of other prompts. */
const foldCount = 5;

/** One source of suggestions. Means are over all rollouts; intervals are over seeds, so the rules have none. */
export interface Measured {
  /** Boundary Similarity with n_t = 2 over the rollout's units. */
  boundarySimilarity: Estimate;
  /** Share of rollouts with every boundary just where the label has it. */
  exact: Estimate;
  /** Of the boundaries' scores. */
  calibrationError: Estimate;
  /** Of all seeds together. */
  calibration: CalibrationBin[];
}

export interface SuggestionEvaluation {
  labels: number;
  prompts: number;
  seeds: number;
  /** Null for phases that have no rules. */
  rules: Measured | null;
  tagger: (Measured & { labels: number })[];
  /** Of each agent with a suggestion for a labelled rollout; labels that were taken from it do not count. */
  agents: MeasuredSource[];
  /** The same of each language model. */
  models: MeasuredSource[];
}

interface MeasuredSource extends Measured {
  source: SuggestionSource;
  /** Those that it was held to. */
  labels: number;
}

export interface EvaluateOptions {
  /** Agents' suggestions, those of one agent together. */
  agents: readonly (readonly SuggestionRow[])[];
  /** The same of language models. */
  models: readonly (readonly SuggestionRow[])[];
  signal?: AbortSignal;
  onProgress?: (text: string) => void;
}

/**
 * Cross-validation by prompt. Throws when the labels are of fewer prompts than there are folds; sizes beyond what the folds leave are
 * left out.
 */
export async function evaluateSuggestions(
  labelled: readonly LabelledCompletion[],
  phases: readonly Phase[],
  { agents, models, signal, onProgress }: EvaluateOptions,
): Promise<SuggestionEvaluation> {
  const prompts = [...new Set(labelled.map(({ promptId }) => promptId))];
  if (prompts.length < foldCount)
    throw new Error(`the labels are of ${prompts.length} prompts; an evaluation needs those of ${foldCount} or more`);
  const names = phases.map(({ name }) => name);
  const rules =
    rulesFault(names) === null
      ? [labelled.map((label) => outcomeOf(label, suggestByRules(label.completion, names)!))]
      : null;
  const examples = new Map(labelled.map((label) => [label, exampleOf({ ...label, text: label.completion })]));
  const tagger: SuggestionEvaluation['tagger'] = [];
  for (const size of sizes) {
    const runs: Outcome[][] = [];
    for (const seed of seeds) {
      onProgress?.(`${size} labels, seed ${seed} of ${seeds.length}`);
      const run: Outcome[] = [];
      for (const { seen, unseen } of foldsByPrompt(labelled, prompts, seed, size)) {
        await setImmediate();
        signal?.throwIfAborted();
        const learned = trainTagger(
          seen.map((label) => examples.get(label)!),
          { phases: names.length, seed },
        );
        run.push(...unseen.map((label) => outcomeOf(label, suggestByTagger(learned, label.completion))));
      }
      if (run.length === labelled.length) runs.push(run);
    }
    if (runs.length > 0) tagger.push({ labels: size, ...measured(runs) });
  }
  return {
    labels: labelled.length,
    prompts: prompts.length,
    seeds: seeds.length,
    rules: rules && measured(rules),
    tagger,
    agents: agents.flatMap((suggestions) => ofSource(labelled, suggestions)),
    models: models.flatMap((suggestions) => ofSource(labelled, suggestions)),
  };
}

/** Nothing of a source that suggested for no labelled rollout. */
function ofSource(labelled: readonly LabelledCompletion[], suggestions: readonly SuggestionRow[]): MeasuredSource[] {
  const byRollout = new Map(suggestions.map((one) => [one.rolloutId, one]));
  const run = labelled.flatMap((label) => {
    const suggestion = byRollout.get(label.rolloutId);
    return suggestion && label.takenFrom !== suggestion.source ? outcomeOf(label, suggestion) : [];
  });
  return run.length === 0 ? [] : [{ source: suggestions[0].source, labels: run.length, ...measured([run]) }];
}

/** Folds whose `seen` are `size` labels of other prompts; one that lacks as many is left out. */
function foldsByPrompt(
  labelled: readonly LabelledCompletion[],
  prompts: readonly string[],
  seed: number,
  size: number,
) {
  const random = Random.seeded(seed, 'evaluation', size);
  const foldOf = new Map(random.shuffled(prompts).map((prompt, i) => [prompt, i % foldCount]));
  return Array.from({ length: foldCount }, (_, fold) => {
    const others = labelled.filter(({ promptId }) => foldOf.get(promptId) !== fold);
    return {
      seen: random.shuffled(others).slice(0, size),
      unseen: labelled.filter(({ promptId }) => foldOf.get(promptId) === fold),
    };
  }).filter(({ seen }) => seen.length === size);
}

interface Outcome {
  /** Null when neither has a boundary inside the text. */
  similarity: number | null;
  predictions: Prediction[];
}

function outcomeOf(label: LabelledCompletion, { boundaries, scores }: Suggestion): Outcome {
  const units = unitsOf(label);
  const cuts = (offsets: readonly number[]): number[] => cutsOf(units.starts.length, unitBoundaries(units, offsets));
  return {
    similarity: boundarySimilarity(cuts(boundaries), cuts(label.boundaries)),
    predictions: boundaries.map((boundary, k) => ({ score: scores[k], right: boundary === label.boundaries[k] })),
  };
}

function measured(runs: readonly Outcome[][]): Measured {
  const predictions = runs.map((run) => run.flatMap((outcome) => outcome.predictions));
  return {
    boundarySimilarity: shareEstimate(runs.map((run) => mean(run.flatMap(({ similarity }) => similarity ?? [])))),
    exact: shareEstimate(
      runs.map((run) => mean(run.map((outcome) => Number(outcome.predictions.every(({ right }) => right))))),
    ),
    calibrationError: shareEstimate(predictions.map(calibrationError)),
    calibration: calibrationBins(predictions.flat()),
  };
}

/** Each of the three is between 0 and 1, and so is all that its interval says of it. */
function shareEstimate(values: readonly number[]): Estimate {
  const estimate = meanEstimate(values);
  return { ...estimate, low: Math.max(0, estimate.low), high: Math.min(1, estimate.high) };
}
