/** Which prompts a run trains on, and what a store has of them. */
import { createHash } from 'node:crypto';
import type { Split, Stage } from './rollout.ts';
import type { RunConfig } from './run.ts';

/** Prompts of a dataset, or of all, and of a split, or of all. */
export interface PromptPart {
  dataset: string | null;
  split: Split | null;
  /** Of this split these alone, by their ids. */
  selected?: { split: Split; ids: readonly string[] } | null;
}

/** The prompts that a run needs: those it trains on, and those of other splits, on which it is measured. */
export function partOfRun({ dataset, split, prompts }: Pick<RunConfig, 'dataset' | 'split' | 'prompts'>): PromptPart {
  return { dataset, split: null, selected: prompts && { split, ids: prompts } };
}

/** Prompts that a person chose, as a run's configuration has them, and the dataset that all are of; null where they are of several. */
export interface PromptSelection {
  prompts: string[];
  dataset: string | null;
}

/** What a store has of a run's prompts. */
export interface RunPrompts {
  /** Ids of its selection that the store has not. */
  unknown: string[];
  /** Prompts of its selection that are of another dataset, split or stage than it trains on. */
  left: number;
  /** Of each of its stages in order: prompts, those with an answer, and, where it makes no rollouts, those with a stored one. */
  stages: { stage: Stage | null; prompts: number; answered: number; learnt: number }[];
}

type Choice = Pick<RunConfig, 'dataset' | 'prompts' | 'split'> & { stage: Stage | null };

/** "12 selected prompts"; null of a run that is on no selection, and of rows from before there were any. */
export function selectedText({ prompts }: { prompts?: readonly string[] | null }): string | null {
  if (!prompts) return null;
  return prompts.length === 1 ? '1 selected prompt' : `${prompts.length.toLocaleString('en')} selected prompts`;
}

/** The same with a mark by which it is told from another selection of as many: "12 selected prompts (9c1e4a)". */
export function selectionMark({ prompts }: { prompts?: readonly string[] | null }): string | null {
  if (!prompts) return null;
  const digest = createHash('sha256').update(JSON.stringify(prompts)).digest('hex');
  return `${selectedText({ prompts })} (${digest.slice(0, 6)})`;
}

/** A configuration as it is told, without thousands of ids. */
export const toldConfig = (config: RunConfig): object => ({ ...config, prompts: selectionMark(config) });

/** "dataset tones, stage visual, split train", or "the store, 12 selected prompts, split train". */
export function choiceText(choice: Choice): string {
  const { dataset, stage, split } = choice;
  return [
    dataset ? `dataset ${dataset}` : 'the store',
    selectedText(choice),
    stage && `stage ${stage}`,
    `split ${split}`,
  ]
    .filter(Boolean)
    .join(', ');
}

/** How many ids an error names. */
const mostNamed = 5;

/** Why a run has no prompts of a stage, or not all of its selection; null where it has. */
export function missingFault(config: Omit<Choice, 'stage'>, { unknown, stages }: RunPrompts): string | null {
  if (unknown.length > 0) {
    const named = unknown.slice(0, mostNamed).join(', ') + (unknown.length > mostNamed ? ', …' : '');
    return `${unknown.length} of the ${selectedText(config)} ${unknown.length === 1 ? 'is' : 'are'} not in this store: ${named}. Import them, or leave them out`;
  }
  const bare = stages.find(({ prompts }) => prompts === 0);
  return bare
    ? `no prompts to train on: ${choiceText({ ...config, stage: bare.stage })} has none${config.prompts ? '' : ' in this store: import its dataset, or choose another split'}`
    : null;
}

/** Why a run cannot learn from its prompts; null where it may: whether their media are there is seen when it begins. */
export function promptFault(
  config: Omit<Choice, 'stage'> & Pick<RunConfig, 'onPolicy' | 'storedRollouts'>,
  found: RunPrompts,
): string | null {
  const missing = missingFault(config, found);
  if (missing !== null) return missing;
  const bare = found.stages.find(({ answered, learnt }) => (config.onPolicy === 0 ? learnt : answered) === 0);
  if (!bare) return null;
  const choice = { ...config, stage: bare.stage };
  return config.onPolicy === 0 ? noRolloutsText(choice) : noAnswersText(bare.prompts);
}

export const noRolloutsText = (choice: Choice & Pick<RunConfig, 'storedRollouts'>): string =>
  `an offline run learns from stored rollouts, and ${choiceText(choice)} has none of the kind '${choice.storedRollouts}': import some, or choose another preset`;

export const noAnswersText = (prompts: number): string =>
  `none of the ${prompts} prompts has an answer to score by: import the dataset file that holds them`;

/** "3 of the 12 selected prompts are of another dataset, split or stage: the run leaves them out"; null where it leaves none out. */
export function leftText(config: Pick<RunConfig, 'prompts'>, { left }: RunPrompts): string | null {
  if (left === 0) return null;
  return `${left} of the ${selectedText(config)} ${left === 1 ? 'is' : 'are'} of another dataset, split or stage: the run leaves ${left === 1 ? 'it' : 'them'} out`;
}
