/** Accuracies as rows of kinds and columns of readers. Pure. */
import type { ShownEstimate, ShownReader } from '../../src/protocol/evaluation.ts';

/** By one reader, of one kind of prompt. */
export interface AccuracyCell {
  accuracy: ShownEstimate;
  /** Replies in which it read no answer; null of what was recorded. */
  unread: number | null;
}

export interface AccuracyRow {
  name: string;
  prompts: number;
  /** One for each reader; null where it is not defined for these. */
  cells: (AccuracyCell | null)[];
}

/** What tells prompts apart, with a row for each kind. */
export interface AccuracyTable {
  dimension: string;
  rows: AccuracyRow[];
}

/** All prompts first, then by each dimension that some reader has. */
export function accuracyTables(readers: readonly ShownReader[]): AccuracyTable[] {
  const row = (name: string, cells: (AccuracyCell | null)[]): AccuracyRow => ({
    ...{ name, cells },
    prompts: Math.max(0, ...cells.map((cell) => cell?.accuracy.n ?? 0)),
  });
  const all = { dimension: '', rows: [row('all', [...readers])] };
  const dimensions = [...new Set(readers.flatMap(({ by }) => by.map(({ dimension }) => dimension)))];
  const tables = dimensions.map((dimension) => {
    const kinds = readers.map(({ by }) => by.find((one) => one.dimension === dimension)?.kinds ?? []);
    const names = [...new Set(kinds.flat().map(({ name }) => name))].sort();
    return {
      dimension,
      rows: names.map((name) =>
        row(
          name,
          kinds.map((of) => of.find((kind) => kind.name === name) ?? null),
        ),
      ),
    };
  });
  return [all, ...tables];
}
