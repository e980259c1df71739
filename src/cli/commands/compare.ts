import { compare, type Comparison } from '../../evaluation/compare.ts';
import { report, type Report } from '../../evaluation/report.ts';
import { readerTitle } from '../../evaluation/score.ts';
import { comparisonTables, evaluationsTable } from '../../evaluation/tables.ts';
import type { EvaluationRow } from '../../store/store.ts';
import { scoredReplies } from '../../training/evaluation/scored.ts';
import { UsageError, type Command } from '../command.ts';
import {
  evaluationNamed,
  readerOption,
  readersOf,
  readersText,
  tableOptions,
  tableUsage,
  writtenTables,
  writtenText,
  type Written,
} from '../evaluations.ts';
import { storeOption, withStore } from '../open-store.ts';

interface Compared extends Comparison, Written {
  evaluations: [EvaluationRow, EvaluationRow];
}

export const compareCommand: Command = {
  name: 'compare',
  usage: `A B --db FILE [--rule RULE] ${tableUsage}`,
  summary: `Compares two evaluations, by id or name, on the prompts that both have: fixed and broken ones, the exact McNemar test, the paired bootstrap interval of the difference, overall and by kind. RULE is one of ${readersText}; ours unless said.`,
  options: { ...storeOption, ...readerOption, ...tableOptions },
  run({ options, positionals, signal }) {
    if (positionals.length !== 2) throw new UsageError('name two evaluations (evaluations shows them)');
    const readers = options.texts('rule').length === 0 ? (['ours'] as const) : readersOf(options, null);
    if (readers.length !== 1) throw new UsageError('name one --rule to compare by');
    return withStore(options, async (store): Promise<Compared> => {
      const [first, second] = positionals.map((named) => evaluationNamed(store, named));
      const [a, b] = [first, second].map(({ id }) => scoredReplies(store, id, readers, signal));
      const comparison = compare(a, b, readers[0]);
      if (comparison === null)
        throw new Error(
          `${first.name} and ${second.name} have no prompt in common that ${readerTitle(readers[0])} can score: compare evaluations of one dataset`,
        );
      const written = await writtenTables(options, comparisonTables(first, second, comparison));
      return { evaluations: [first, second], ...comparison, ...written };
    });
  },
  print: writtenText,
};

interface Listed extends Written {
  evaluations: (EvaluationRow & { report: Report })[];
}

export const evaluationsCommand: Command = {
  name: 'evaluations',
  usage: `--db FILE [--rule RULE]… ${tableUsage}`,
  summary: `Lists evaluations, newest first, with accuracy by each rule and its interval. RULE is one of ${readersText}; unless said, what is recorded, ours and those for the benchmark.`,
  options: { ...storeOption, ...readerOption, ...tableOptions },
  run({ options, signal }) {
    readersOf(options, null);
    return withStore(options, async (store): Promise<Listed> => {
      const evaluations = store.evaluations.all().map((evaluation) => {
        const readers = readersOf(options, evaluation.dataset);
        const { disagreements, ...rest } = report(scoredReplies(store, evaluation.id, readers, signal));
        return { ...evaluation, report: { ...rest, disagreements: { ...disagreements, rows: [] } } };
      });
      return { evaluations, ...(await writtenTables(options, [evaluationsTable(evaluations)])) };
    });
  },
  print: ({ evaluations, ...written }: Listed) =>
    evaluations.length === 0
      ? 'There are no evaluations in this store: evaluate makes one, and import brings in others.'
      : writtenText(written),
};
