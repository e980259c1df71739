/** Makes suggestions for a store's rollouts: by the rules, or by a tagger that learns from its labels first. */
import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { Random } from '../../domain/random.ts';
import { rulesFault, suggestByRules } from '../../domain/suggestion/rules.ts';
import type { SuggestionSource } from '../../domain/suggestion/suggestion.ts';
import { exampleOf, suggestByTagger, trainTagger, type Example, type Tagger } from '../../domain/suggestion/tagger.ts';
import type { LabelledCompletion, NewSuggestion, RolloutText, Store } from '../../store/store.ts';

/** 'best' is the tagger where there are labels enough for it, else the rules. */
export const suggesters = ['best', 'rules', 'tagger'] as const;
export type Suggester = (typeof suggesters)[number];

/** Labels from which the tagger goes before the rules. */
export const enoughLabels = 10;
/** Labels that a tagger learns from at most, drawn at random: more would take minutes and change little. */
const mostLabels = 1000;
const seed = 1;
/** Each rises with any change of what is suggested by it. */
const versions = { rules: 1, tagger: 2 };
const pageSize = 500;

export interface SuggestOptions {
  suggester: Suggester;
  signal?: AbortSignal;
  /** In words, now and then. */
  onProgress?: (text: string) => void;
}

export interface SuggestReport {
  source: SuggestionSource;
  model: string;
  /** Labels the tagger learned from; 0 of the rules. */
  labels: number;
  /** Rollouts it has a suggestion for. */
  rollouts: number;
}

/**
 * Stores a suggestion for every rollout. For one that somebody has labelled too, as a second annotator wants one: a tagger's is then by
 * one that learned from labels of other prompts alone, so that it tells nothing of a label which is still hidden from who sees it; where
 * there are no such labels, there is none. Synchronous work between two rests of the thread is seconds long: not for a thread that
 * someone waits for. Rejects with the signal's reason when aborted; what was stored stays.
 */
export async function makeSuggestions(store: Store, options: SuggestOptions): Promise<SuggestReport> {
  const { suggester, signal, onProgress } = options;
  const maker = makerOf(store, suggester, onProgress);
  let rollouts = 0;
  for (let after: string | null = null; ;) {
    await setImmediate();
    signal?.throwIfAborted();
    const page = store.rollouts.texts({ after, limit: pageSize });
    const suggestions = page.rows.flatMap((row) => maker.suggest(row) ?? []);
    store.suggestions.add(suggestions);
    rollouts += suggestions.length;
    onProgress?.(`${rollouts} rollouts`);
    if (page.next === null) break;
    after = page.next;
  }
  return { source: maker.source, model: maker.model, labels: maker.labels, rollouts };
}

interface Maker {
  source: SuggestionSource;
  model: string;
  labels: number;
  suggest(rollout: RolloutText): NewSuggestion | null;
}

function makerOf(store: Store, suggester: Suggester, onProgress?: (text: string) => void): Maker {
  const labelled = suggester === 'rules' ? [] : store.labels.texts();
  if (suggester === 'tagger' && labelled.length === 0) {
    throw new Error('the tagger learns from labels, and there are none: label some rollouts, or use the rules');
  }
  const phases = store.phases.get();
  if (suggester === 'tagger' || labelled.length >= enoughLabels) return tagger(labelled, phases.length, onProgress);
  const names = phases.map(({ name }) => name);
  const fault = rulesFault(names);
  if (fault !== null) throw new Error(fault);
  const model = `rules ${versions.rules}`;
  return {
    source: 'rules',
    model,
    labels: 0,
    suggest: ({ rolloutId, text }) => ({ rolloutId, model, ...suggestByRules(text, names)! }),
  };
}

function tagger(labelled: readonly LabelledCompletion[], phases: number, onProgress?: (text: string) => void): Maker {
  const drawn =
    labelled.length > mostLabels ? Random.seeded(seed, 'labels').shuffled(labelled).slice(0, mostLabels) : labelled;
  onProgress?.(`learning from ${drawn.length} labels`);
  const labels = drawn.map((label) => ({ ...label, example: exampleOf({ ...label, text: label.completion }) }));
  const whole = learned(labels, phases);
  const prompts = Random.seeded(seed, 'halves').shuffled([...new Set(drawn.map(({ promptId }) => promptId))]);
  const halfOf = new Map(prompts.map((prompt, i) => [prompt, i % 2]));
  const ofOthers = [0, 1].map((half) => {
    const others = labels.filter(({ promptId }) => halfOf.get(promptId) !== half);
    return others.length > 0 ? learned(others, phases) : null;
  });
  return {
    source: 'tagger',
    model: whole.model,
    labels: drawn.length,
    suggest({ rolloutId, promptId, text, labelled }) {
      const half = labelled ? halfOf.get(promptId) : undefined;
      const by = half === undefined ? whole : ofOthers[half];
      return by && { rolloutId, model: by.model, ...suggestByTagger(by.tagger, text) };
    },
  };
}

type Lesson = Pick<LabelledCompletion, 'rolloutId' | 'annotator' | 'boundaries'> & { example: Example };

/** A tagger, named by what it learned from. */
function learned(labels: readonly Lesson[], phases: number): { tagger: Tagger; model: string } {
  const tagger = trainTagger(
    labels.map(({ example }) => example),
    { phases, seed },
  );
  const what = labels.map(({ rolloutId, annotator, boundaries }) => [rolloutId, annotator, boundaries]);
  const hash = createHash('sha256').update(JSON.stringify([versions.tagger, seed, what]));
  return { tagger, model: `tagger ${hash.digest('hex').slice(0, 12)}` };
}
