/** Tables of evaluations for people, spreadsheets and papers. Pure. */
import { csvLine, type CsvField } from '../domain/csv-line.ts';
import type { Estimate } from '../domain/statistics.ts';

/** A share or a difference of shares, with its interval, is shown in percent. */
export type Cell = string | number | Estimate | null;

export interface Table {
  title: string;
  columns: string[];
  rows: Cell[][];
}

export const tableFormats = ['markdown', 'csv', 'latex'] as const;
export type TableFormat = (typeof tableFormats)[number];

/** All tables, with an empty line between two; as CSV an interval has columns of its own. LaTeX is for the package booktabs. */
export function tablesText(tables: readonly Table[], format: TableFormat): string {
  const write = { markdown, csv, latex }[format];
  return tables.map(write).join('\n');
}

const isEstimate = (cell: Cell): cell is Estimate => typeof cell === 'object' && cell !== null;

const percent = (share: number): string => (100 * share).toFixed(1);

function cellText(cell: Cell): string {
  if (isEstimate(cell)) return `${percent(cell.value)} [${percent(cell.low)}, ${percent(cell.high)}]`;
  if (typeof cell === 'number') return Number.isInteger(cell) ? String(cell) : numberText(cell);
  return cell ?? '–';
}

/** Three digits: a p may be small. */
const numberText = (value: number): string =>
  Math.abs(value) >= 0.001 ? String(Number(value.toPrecision(3))) : value.toExponential(1);

function markdown({ title, columns, rows }: Table): string {
  const text = [columns, ...rows.map((row) => row.map(cellText))].map((row) =>
    row.map((cell) => cell.replaceAll('|', '\\|').replaceAll(/\s+/gu, ' ')),
  );
  const widths = columns.map((_, i) => Math.max(3, ...text.map((row) => row[i].length)));
  const line = (row: string[]): string => `| ${row.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |\n`;
  const [head, ...body] = text.map(line);
  return `**${title}**\n\n${head}${line(widths.map((width) => '-'.repeat(width)))}${body.join('')}`;
}

function csv({ columns, rows }: Table): string {
  const estimates = columns.map((_, i) => rows.some((row) => isEstimate(row[i])));
  const spread = (cell: Cell, i: number): CsvField[] => {
    if (!estimates[i]) return [isEstimate(cell) ? cell.value : cell];
    return isEstimate(cell) ? [cell.value, cell.low, cell.high] : [cell, null, null];
  };
  const head = columns.flatMap((name, i) => (estimates[i] ? [name, `${name} low`, `${name} high`] : [name]));
  return [head, ...rows.map((row) => row.flatMap(spread))].map(csvLine).join('');
}

const latexMarks: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
  '–': '--',
  '−': '$-$',
  '→': '$\\rightarrow$',
  '<': '\\textless{}',
  '>': '\\textgreater{}',
};

const latexText = (text: string): string =>
  text.replaceAll(/\s+/gu, ' ').replaceAll(/[\\~^–−→<>#$%&_{}]/gu, (mark) => latexMarks[mark] ?? `\\${mark}`);

/** "-1.2" and "9.8e-4" as mathematics has them. */
const latexNumber = (text: string): string =>
  text.replace(/^(.*)e(.*)$/u, '$$$1 \\times 10^{$2}$$').replace(/^-/u, '$$-$$');

function latex({ title, columns, rows }: Table): string {
  const cell = (one: Cell): string => {
    if (typeof one === 'number') return latexNumber(cellText(one));
    if (!isEstimate(one)) return latexText(cellText(one));
    const [value, low, high] = [one.value, one.low, one.high].map((share) => latexNumber(percent(share)));
    return `${value} {\\scriptsize [${low}, ${high}]}`;
  };
  const line = (cells: string[]): string => `  ${cells.join(' & ')} \\\\\n`;
  const shape = columns.map((_, i) => (rows.every((row) => typeof row[i] === 'string') ? 'l' : 'r')).join('');
  return [
    `% ${title.replaceAll(/\s+/gu, ' ')}\n`,
    `\\begin{tabular}{${shape}}\n  \\toprule\n${line(columns.map(latexText))}  \\midrule\n`,
    ...rows.map((row) => line(row.map(cell))),
    '  \\bottomrule\n\\end{tabular}\n',
  ].join('');
}
