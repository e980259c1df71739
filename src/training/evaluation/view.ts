/** What the Evaluation panel shows of one evaluation, or of two: plain data, with lists that are short enough to cross threads at once. */
import type { Estimate } from '../../domain/statistics.ts';
import { compare, type Comparison, type Flip } from '../../evaluation/compare.ts';
import { accuracyOf, neverRight, promptScores, report, type Report } from '../../evaluation/report.ts';
import { readerNames, usualReaders, type ReaderName, type Scored } from '../../evaluation/score.ts';
import type { EvaluationRow, Store } from '../../store/store.ts';
import { scoredReplies } from './scored.ts';

/** The evaluations looked at: one, or two to compare; and by whom. */
export interface Wanted {
  ids: readonly string[];
  /** The one that is asked for first. */
  reader: ReaderName | null;
  /** By every rule, and not by those for their benchmark alone. */
  all: boolean;
}

/** The first of many rows, and how many there are. */
export interface Listed<Row> {
  rows: Row[];
  count: number;
}

export interface OneView {
  kind: 'one';
  id: string;
  /** The one that was asked for where it reads some reply, else ours. */
  reader: ReaderName;
  report: Report;
  /** All evaluations of the same dataset by `reader`, each policy's versions in their order; one alone stands beside none. */
  beside: { id: string; accuracy: Estimate }[];
  /** Prompts that none of those has right by `reader`, with a reply of this one. */
  failed: Listed<{ rolloutId: string; question: string }>;
}

export interface TwoView {
  kind: 'two';
  ids: [string, string];
  /** Those that both have. */
  readers: ReaderName[];
  reader: ReaderName;
  /** Null where they have no prompt in common. */
  comparison: Omit<Comparison, 'flips'> | null;
  flips: Listed<Flip>;
}

export type View = OneView | TwoView;

export interface Scoring {
  /** Replies. */
  done: number;
  total: number;
}

/** Rows of a list, which the extension host takes over within 10 ms, and characters of a question in it. */
const listed = 300;
const longest = 200;

/** Scores what it needs by these readers; takes seconds of many replies. Throws when one of the evaluations is not there. */
export function viewOf(
  store: Store,
  { ids, reader, all: byAll }: Wanted,
  onProgress: (progress: Scoring) => void,
): View {
  const all = store.evaluations.all();
  const rows = ids.map((id) => {
    const row = all.find((one) => one.id === id);
    if (!row) throw new Error('This evaluation is no longer in the store.');
    return row;
  });
  const others = rows.length === 1 ? besides(all, rows[0]).filter(({ id }) => id !== rows[0].id) : [];
  const total = [...rows, ...others].reduce((sum, { done }) => sum + done, 0);
  let done = 0;
  const score = ({ id }: EvaluationRow, readers: readonly ReaderName[]): Scored[] =>
    scoredReplies(store, id, readers, undefined, (replies) => {
      done += replies;
      onProgress({ done, total });
    });
  const usual = new Set(rows.flatMap(({ dataset }) => usualReaders(dataset)));
  const readers = readerNames.filter((name) => byAll || usual.has(name));
  const replies = rows.map((row) => score(row, readers));
  if (replies.length === 2) return twoOf([ids[0], ids[1]], replies, reader);
  const whole = report(replies[0], listed);
  const chosen = chosenOf(
    whole.readers.map((one) => one.reader),
    reader,
  );
  const { rows: disagreements, count } = whole.disagreements;
  const scores = new Map([[ids[0], replies[0]], ...others.map((row) => [row.id, score(row, [chosen])] as const)]);
  const accuracies = besides(all, rows[0]).map(({ id }) => ({
    id,
    accuracy: accuracyOf([...promptScores(scores.get(id)!, chosen).values()]),
  }));
  return {
    kind: 'one',
    id: ids[0],
    reader: chosen,
    report: { ...whole, disagreements: { rows: disagreements.map(shortened), count } },
    beside: others.length === 0 ? [] : accuracies.filter(({ accuracy }) => accuracy.n > 0),
    failed: failedOf([replies[0], ...others.map(({ id }) => scores.get(id)!)], chosen),
  };
}

/** The evaluations of the same dataset, this one too, each policy's versions in their order. */
function besides(all: readonly EvaluationRow[], { id, dataset }: EvaluationRow): EvaluationRow[] {
  return all
    .filter((one) => one.id === id || (dataset !== null && one.dataset === dataset))
    .sort((a, b) => a.policy.localeCompare(b.policy, 'en') || a.policyVersion - b.policyVersion);
}

/** The reader that is asked for, else ours, else the first there is. */
function chosenOf(readers: readonly ReaderName[], asked: ReaderName | null): ReaderName {
  return [asked, 'ours' as const].find((one) => one !== null && readers.includes(one)) ?? readers[0] ?? 'ours';
}

/**
 * The prompts that `replies` and every other evaluation of the same dataset has, and none has right, by `ours` or else the first of
 * `readers` that says anything of them; `among` counts those evaluations.
 */
export function failedByAll(
  store: Store,
  row: EvaluationRow,
  replies: readonly Scored[],
  readers: readonly ReaderName[],
): { reader: ReaderName; among: number; prompts: { promptId: string; question: string }[] } {
  const reader = chosenOf(
    readers.filter((name) => replies.some(({ reads }) => reads[name])),
    null,
  );
  const others = besides(store.evaluations.all(), row).filter(({ id }) => id !== row.id);
  const scored = others.map(({ id }) => scoredReplies(store, id, [reader]));
  return { reader, among: 1 + others.length, prompts: neverRight([replies, ...scored], reader) };
}

function failedOf(evaluations: readonly (readonly Scored[])[], reader: ReaderName): OneView['failed'] {
  const replies = new Map(evaluations[0].map(({ promptId, rolloutId }) => [promptId, rolloutId]));
  const failed = neverRight(evaluations, reader);
  const rows = failed.slice(0, listed).map(({ promptId, question }) => {
    return shortened({ rolloutId: replies.get(promptId)!, question });
  });
  return { rows, count: failed.length };
}

function twoOf(ids: [string, string], [first, second]: Scored[][], asked: ReaderName | null): TwoView {
  const has = (replies: readonly Scored[], reader: ReaderName): boolean => replies.some(({ reads }) => reads[reader]);
  const readers = readerNames.filter((reader) => has(first, reader) && has(second, reader));
  const reader = chosenOf(readers, asked);
  const compared = compare(first, second, reader);
  if (!compared) return { kind: 'two', ids, readers, reader, comparison: null, flips: { rows: [], count: 0 } };
  const { flips, ...comparison } = compared;
  const rows = flips.slice(0, listed).map(shortened);
  return { kind: 'two', ids, readers, reader, comparison, flips: { rows, count: flips.length } };
}

function shortened<Row extends { question: string }>(row: Row): Row {
  const letters = [...row.question];
  return letters.length > longest ? { ...row, question: `${letters.slice(0, longest - 1).join('')}…` } : row;
}
