/** What reports and comparisons say, as tables. Pure. */
import type { Comparison, Difference } from './compare.ts';
import type { ReaderReport, Report } from './report.ts';
import { readerText, type ReaderName } from './score.ts';
import type { Cell, Table } from './table.ts';

/** Of a list, to be read: JSON has all. */
const mostFailed = 20;

/** An evaluation as a table calls it. */
export interface Named {
  name: string;
  policy: string;
  policyVersion: number;
}

export const policyText = ({ policy, policyVersion }: Named): string => `${policy} v${policyVersion}`;

const textOf = ({ reader, judges }: ReaderReport): string => readerText(reader, judges);

/** One line for each evaluation, accuracy by each reader of any. */
export function evaluationsTable(evaluations: readonly (Named & { report: Report })[]): Table {
  const readers = [...new Set(evaluations.flatMap(({ report }) => report.readers.map(textOf)))];
  return {
    title: 'Accuracy in percent, with its 95 % interval',
    columns: ['evaluation', 'policy', 'prompts', 'replies', ...readers],
    rows: evaluations.map(({ report, ...named }) => [
      ...[named.name, policyText(named), report.prompts, report.replies],
      ...readers.map((reader) => report.readers.find((one) => textOf(one) === reader)?.accuracy ?? null),
    ]),
  };
}

/** Overall by each reader, and by each kind of prompt. */
export function reportTables(named: Named, { readers, prompts, replies, disagreements }: Report): Table[] {
  const passes = [...new Set(readers.flatMap(({ passAt }) => passAt.map(({ k }) => k)))];
  const overall: Table = {
    title: `${named.name}: ${prompts} prompts, ${replies} replies; readers disagree on ${disagreements.count}`,
    columns: ['reader', 'prompts', 'accuracy', ...passes.map((k) => `pass@${k}`), 'no answer read'],
    rows: readers.map((one): Cell[] => [
      ...[textOf(one), one.accuracy.n, one.accuracy],
      ...passes.map((k) => one.passAt.find((pass) => pass.k === k)?.accuracy ?? null),
      one.unread,
    ]),
  };
  const dimensions = new Set(readers.flatMap(({ by }) => by.map(({ dimension }) => dimension)));
  const byDimension = [...dimensions].map((dimension): Table => {
    const found = readers.flatMap((reader) => {
      const kinds = reader.by.find((one) => one.dimension === dimension)?.kinds;
      return kinds ? [{ name: textOf(reader), kinds }] : [];
    });
    const names = [...new Set(found.flatMap(({ kinds }) => kinds.map(({ name }) => name)))];
    return {
      title: `${named.name}, by ${dimension}`,
      columns: [dimension, 'prompts', ...found.map(({ name }) => name)],
      rows: names.map((name) => {
        const accuracies = found.map(({ kinds }) => kinds.find((kind) => kind.name === name)?.accuracy ?? null);
        return [name, Math.max(...accuracies.map((one) => one?.n ?? 0)), ...accuracies];
      }),
    };
  });
  return [overall, ...byDimension];
}

/** The prompts that every one of `among` evaluations fails; none where all are right once. */
export function failedTable(
  prompts: readonly { promptId: string; question: string }[],
  reader: ReaderName,
  among: number,
): Table[] {
  const whose = among === 1 ? 'it fails' : `all ${among} evaluations of the dataset fail`;
  const title = `Prompts that ${whose}, by ${readerText(reader, [])}: ${prompts.length}`;
  const rows = prompts.slice(0, mostFailed).map(({ promptId, question }) => [promptId, question]);
  return prompts.length === 0 ? [] : [{ title, columns: ['prompt', 'question'], rows }];
}

/** Overall and by each kind of prompt. */
export function comparisonTables(first: Named, second: Named, { overall, by, reader, judges }: Comparison): Table[] {
  const names = [first, second].map((one) => (first.name === second.name ? policyText(one) : one.name));
  const columns = [...names, 'difference', 'fixed', 'broken', 'both right', 'both wrong', 'p'];
  const cells = (of: Difference): Cell[] => [
    ...[of.prompts, of.first, of.second, of.difference],
    ...[of.fixed, of.broken, of.bothRight, of.bothWrong, of.p],
  ];
  const what = `${names[0]} → ${names[1]}, ${readerText(reader, judges)}`;
  return [
    { title: what, columns: ['', 'prompts', ...columns], rows: [['all', ...cells(overall)]] },
    ...by.map(({ dimension, kinds }) => ({
      title: `${what}, by ${dimension}`,
      columns: [dimension, 'prompts', ...columns],
      rows: kinds.map(({ name, ...of }) => [name, ...cells(of)]),
    })),
  ];
}
