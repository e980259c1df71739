/**
 * The rows of an Excel workbook's first sheet (.xlsx, ECMA-376 part 1, 18.3), by the names in its first row. It is read whole: a sheet may be as
 * long as a member of an archive (zip-archive.ts), and no cell is longer than 32,767 characters.
 */
import type { XmlElement } from '@rgrove/parse-xml';
import type { RawRecord } from './json-records.ts';
import { xmlRoot } from './xml.ts';
import { isZip, ZipArchive } from './zip-archive.ts';

/** Longer texts are cut off by what writes workbooks, or left out. */
export const longestCell = 32_767;

/** By its name: other archives may hold anything. */
export const isWorkbook = (file: string): boolean => /\.xlsx$/iu.test(file);

type Cell = string | number | boolean | null;

/** Yields the rows below the first, those that are empty left out. Throws when it is no workbook, or when two columns have one name. */
export async function* workbookRows(file: string, signal?: AbortSignal): AsyncGenerator<RawRecord> {
  if (!(await isZip(file))) throw new Error('no Excel workbook, whatever its name: such a one is a zip archive');
  const archive = await ZipArchive.open(file);
  try {
    const shared = archive.names.includes('xl/sharedStrings.xml')
      ? elements(await root(archive, 'xl/sharedStrings.xml'), 'si').map(textOf)
      : [];
    const rows = elements(elements(await root(archive, await firstSheet(archive)), 'sheetData')[0], 'row');
    const [head, ...below] = rows.map((row) => ({ line: Number(row.attributes.r), cells: cellsOf(row, shared) }));
    const names = new Map([...(head?.cells ?? [])].map(([column, name]) => [column, String(name ?? '')]));
    const twice = [...names.values()].find((name, i, all) => name !== '' && all.indexOf(name) < i);
    if (twice !== undefined) throw new Error(`two columns are named “${twice}”: rename one`);
    for (const { line, cells } of below) {
      signal?.throwIfAborted();
      const named = [...names]
        .filter(([, name]) => name !== '')
        .map(([column, name]) => [name, cells.get(column) ?? null]);
      if (named.some(([, cell]) => cell !== null)) yield { line, value: Object.fromEntries(named) };
    }
  } finally {
    archive.close();
  }
}

async function root(archive: ZipArchive, name: string): Promise<XmlElement> {
  const root = xmlRoot(await archive.text(name));
  if (!root) throw new Error(`${name}: it is empty`);
  return root;
}

const local = ({ name }: XmlElement): string => name.replace(/^.*:/u, '');

function elements(parent: XmlElement | undefined, name: string): XmlElement[] {
  const children = (parent?.children ?? []).filter((child): child is XmlElement => 'attributes' in child);
  return children.filter((child) => local(child) === name);
}

/** The member that the workbook's first sheet is in. */
async function firstSheet(archive: ZipArchive): Promise<string> {
  const [sheet] = elements(elements(await root(archive, 'xl/workbook.xml'), 'sheets')[0], 'sheet');
  const id = Object.entries(sheet?.attributes ?? {}).find(([name]) => name.endsWith(':id'))?.[1];
  const relation = elements(await root(archive, 'xl/_rels/workbook.xml.rels'), 'Relationship').find(
    ({ attributes }) => attributes.Id === id,
  );
  if (!relation) throw new Error('xl/workbook.xml: it names no sheet');
  const target = relation.attributes.Target;
  return target.startsWith('/') ? target.slice(1) : `xl/${target}`;
}

/** A text, whole or in runs of one look each; how it is pronounced is none of it. */
function textOf(parent: XmlElement | undefined): string {
  const plain = elements(parent, 't').map(({ text }) => text);
  const runs = elements(parent, 'r').map(textOf);
  return [...plain, ...runs]
    .join('')
    .replaceAll(/_x([\dA-F]{4})_/giu, (_, code: string) => String.fromCharCode(parseInt(code, 16)));
}

/** By the letters of their column. */
function cellsOf(row: XmlElement, shared: readonly string[]): Map<string, Cell> {
  return new Map(elements(row, 'c').map((cell) => [cell.attributes.r.replace(/\d+$/u, ''), valueOf(cell, shared)]));
}

function valueOf(cell: XmlElement, shared: readonly string[]): Cell {
  const { t: type = 'n' } = cell.attributes;
  if (type === 'inlineStr') return textOf(elements(cell, 'is')[0]);
  const text = elements(cell, 'v')[0]?.text;
  if (text === undefined || type === 'e') return null;
  if (type === 's') return shared[Number(text)] ?? null;
  if (type === 'b') return text === '1';
  return type === 'n' && String(Number(text)) === text ? Number(text) : text;
}
