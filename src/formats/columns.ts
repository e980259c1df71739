/** Which column of a file that no trainer's format describes is the prompt, the completion, the reward …, as a person names them. */
export const roles = [
  'prompt',
  'completion',
  'reward',
  'answer',
  'group',
  'video',
  'audio',
  'advantage',
  'version',
] as const;
export type Role = (typeof roles)[number];

/** The columns of each part; only a reward has several, which keep their names. `outer.inner` is a column within a column. */
export type ColumnMap = Readonly<Partial<Record<Role, readonly string[]>>>;

/** What may be read of a file of no known format, if a person says so. */
export interface ColumnOffer {
  /** Every column, in the file's order; files of one shape have the same. */
  columns: string[];
  /** By the columns' names and what is in them; empty where nothing tells. */
  guess: ColumnMap;
  /** The first rows, as text by column, cut to a line. */
  rows: Record<string, string>[];
}

/** A record as its file has it. */
export type Row = Readonly<Record<string, unknown>>;

/** An object with more names than this, or in so many others, is no part of a table. */
const widest = 50;
const deepest = 3;

/** The columns of some rows, and of the objects within them. */
export function columnsOf(rows: readonly Row[]): string[] {
  const columns = new Set<string>();
  const gather = (row: Row, prefix: string, depth = 0): void => {
    for (const [name, value] of Object.entries(row)) {
      if (isRow(value) && depth < deepest && Object.keys(value).length <= widest)
        gather(value, `${prefix}${name}.`, depth + 1);
      else if (name !== '') columns.add(prefix + name);
    }
  };
  for (const row of rows) gather(row, '');
  return [...columns];
}

/** A column's value in a row; undefined when it has none. */
export function valueAt(row: Row, column: string): unknown {
  if (Object.hasOwn(row, column)) return row[column];
  for (let dot = column.indexOf('.'); dot > 0; dot = column.indexOf('.', dot + 1)) {
    const outer = row[column.slice(0, dot)];
    if (Object.hasOwn(row, column.slice(0, dot)) && isRow(outer)) return valueAt(outer, column.slice(dot + 1));
  }
  return undefined;
}

export function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** "prompt=question,reward=score,reward=format", as it is typed. */
export const columnsText = (map: ColumnMap): string =>
  roles.flatMap((role) => (map[role] ?? []).map((column) => `${role}=${column}`)).join(',');

/** The columns that such a text names. Throws when it names a part there is none of, one twice, or no prompt. */
export function columnsNamed(text: string): ColumnMap {
  const map: Partial<Record<Role, string[]>> = {};
  for (const pair of text.split(',')) {
    const [, name, column] = /^\s*([^=]*?)\s*=\s*(.+?)\s*$/u.exec(pair) ?? [];
    if (column === undefined) throw new Error(`“${pair}” names no column: write PART=COLUMN, such as prompt=question`);
    const role = roles.find((one) => one === name);
    if (!role) throw new Error(`there is no part “${name}”: use ${roles.join(', ')}`);
    if (map[role] && role !== 'reward') throw new Error(`${role} has two columns, and only reward may have several`);
    (map[role] ??= []).push(column);
  }
  if (!map.prompt) throw new Error('the column of the prompt is missing: prompt=COLUMN');
  return map;
}

/** What is wrong with a map for a file of these columns; null when they are all there. */
export function columnFault(map: ColumnMap, { columns }: ColumnOffer): string | null {
  const wrong = Object.values(map)
    .flat()
    .find((column) => !columns.includes(column));
  return wrong === undefined ? null : `there is no column “${wrong}”; its columns are ${columns.join(', ')}`;
}

/** The same for files of the same columns, in whatever order. */
export const shapeOf = ({ columns }: ColumnOffer): string => JSON.stringify(columns.toSorted());
