/** What TRL and ms-swift log of a batch: reward functions' columns and advantages, and neither the rewards nor the functions' weights. */
import {
  fitRewards,
  groupsUnder,
  likelyGroups,
  rewardOf,
  type RewardFit,
  type RewardWeights,
  type ScoredBatch,
} from '../domain/reward-fit.ts';
import { rewardsOf } from './chat.ts';

export type LoggedRow = Readonly<Record<string, unknown>>;

/** Completions that were scored together. */
export interface LoggedBatch {
  rows: readonly LoggedRow[];
  /** Columns that may be reward functions', as they stand. */
  names: readonly string[];
  /** Columns that are certainly none, and not read. */
  others: readonly string[];
  /** The column of the advantages. */
  advantage: 'advantage' | 'advantages';
}

/** A completion of a batch, and what the batch tells of it. */
export interface ScoredRow {
  row: LoggedRow;
  /** By reward function; by every column that may be one where that cannot be told. */
  rewards: Record<string, number>;
  /** Null where no function scored it, or where the weights cannot be told. */
  reward: number | null;
  /** How many groups of the same prompt stand before its own in the batch. */
  nth: number;
}

/** So many completions tell a run's weights. */
const enough = 4096;

/** The weights of a run, from the batches that it logged. */
export class RunWeights {
  readonly #batches = new Map<string, ScoredBatch[]>();
  readonly #fits = new Map<string, RewardFit>();
  #rows = 0;

  /** False once more batches would tell no more. */
  get wantsMore(): boolean {
    return this.#rows < enough;
  }

  add(logged: LoggedBatch): void {
    const batch = scoredBatch(logged);
    if (!batch) return;
    const key = JSON.stringify(logged.names);
    const known = this.#batches.get(key);
    if (known) known.push(batch);
    else this.#batches.set(key, [batch]);
    this.#rows += batch.parts.length;
  }

  of(names: readonly string[]): RewardFit {
    const key = JSON.stringify(names);
    const fit = this.#fits.get(key) ?? fitRewards(this.#batches.get(key) ?? [], names);
    this.#fits.set(key, fit);
    return fit;
  }
}

/** A batch's completions under the weights of its run, else under its own; `note` is told what a person is to know of them. */
export function scoredRows(logged: LoggedBatch, run: RunWeights, note: (text: string) => void): ScoredRow[] {
  const { rows, names, others } = logged;
  if (others.length > 0) note(`logged beside the rewards, and not taken in: ${others.join(', ')}`);
  const told = (
    rewards: readonly string[],
    reward: (i: number) => number | null,
    nth: readonly number[],
  ): ScoredRow[] =>
    rows.map((row, i) => ({
      row,
      rewards: rewardsOf(Object.fromEntries(rewards.map((name) => [name, row[name]]))),
      reward: reward(i),
      nth: nth[i] ?? 0,
    }));
  // The first column is a reward function's, for there is one always; alone it has nothing to be weighed against.
  const alone = (i: number): number | null => rewardsOf({ reward: rows[i][names[0]] }).reward ?? null;
  const batch = scoredBatch(logged);
  if (!batch) {
    if (names.length === 1) return told(names, alone, []);
    if (names.length > 1)
      note(`the whole reward is not known, only its parts: no advantages tell the weights of ${names.join(', ')}`);
    return told(names, () => null, []);
  }
  const ofRun = run.of(names);
  for (const fit of [ofRun, fitRewards([batch], names)]) {
    const groups = 'known' in fit ? groupsUnder(fit.known, batch) : null;
    if (!('known' in fit) || !groups) continue;
    noteWeights(fit.known, names, note);
    return told(
      names.filter((_, i) => fit.known.weights[i] !== 0),
      (i) => rewardOf(batch.parts[i], fit.known),
      repeats(batch, groups, note),
    );
  }
  if (names.length === 1) return told(names, alone, repeats(batch, likelyGroups(batch), note));
  const reason = 'unknown' in ofRun ? ofRun.unknown : 'the weights of the rest of the run do not give these advantages';
  note(`the whole reward is not known, only its parts: ${reason}`);
  return told(names, () => null, repeats(batch, likelyGroups(batch), note));
}

/** Null when a value is missing that a trainer writes: then nothing is told by it. */
function scoredBatch({ rows, names, advantage }: LoggedBatch): ScoredBatch | null {
  const advantages = rows.map((row) => row[advantage]);
  const parts = rows.map((row) => names.map((name) => row[name] ?? Number.NaN));
  const isNumber = (value: unknown): value is number => typeof value === 'number';
  if (names.length === 0 || !advantages.every(isNumber) || !parts.every((row) => row.every(isNumber))) return null;
  return { parts, advantages, prompts: rows.map(({ prompt, problem_id }) => JSON.stringify([prompt, problem_id])) };
}

function noteWeights(
  { weights, functions }: RewardWeights,
  names: readonly string[],
  note: (text: string) => void,
): void {
  if (weights.every((weight) => weight === 1)) return;
  const terms = names
    .slice(0, functions)
    .flatMap((name, i) =>
      weights[i] === 0 ? [] : [weights[i] === 1 ? name : `${Number(weights[i].toPrecision(4))} × ${name}`],
    );
  const others = names.filter((_, i) => weights[i] === 0);
  const rest = others.length > 0 ? `; ${others.join(', ')} stands beside it and is no part of it` : '';
  note(`the whole reward is ${terms.join(' + ')}, as the advantages tell${rest}`);
}

/** By completion, how many groups of its prompt stand before its own. */
function repeats(
  { prompts }: ScoredBatch,
  groups: readonly (readonly number[])[],
  note: (text: string) => void,
): number[] {
  const seen = new Map<string, number>();
  const nth: number[] = [];
  for (const group of groups) {
    const prompt = prompts[group[0]];
    const before = seen.get(prompt) ?? 0;
    seen.set(prompt, before + 1);
    if (before > 0)
      note('a question that is asked twice in one batch counts as two prompts: their media are not in the file');
    for (const i of group) nth[i] = before;
  }
  return nth;
}
