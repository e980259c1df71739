/** A text as it is drawn: its lines and pieces, and what Markdown's looks make of them. Pure. */
import { partitionPoint } from '../../../src/domain/partition-point.ts';
import { marksOf, pieces, type Mark, type Piece } from '../label/pieces.ts';
import { markdownOf, withMaths, type Look, type Markdown } from './markdown.ts';
import { blocksOf, sectionsOf, type Block, type Section } from './structure.ts';

/** A text, cut into the lines that it is drawn in. */
export interface TextLayout {
  text: string;
  /** With formulas among them where they are drawn. */
  marks: readonly Mark[];
  /** Null where the text is drawn as it is written. */
  markdown: Markdown | null;
  sections: readonly Section[];
  /** In order, and where each begins. */
  blocks: readonly Block[];
  starts: readonly number[];
  /** How each block looks. */
  lines: readonly Line[];
}

export function layoutOf(text: string, marks: readonly Mark[], markdown: Markdown | null): TextLayout {
  const sections = sectionsOf(text, marks);
  const blocks = blocksOf(text, sections, markdown?.maths);
  const starts = blocks.map(({ start }) => start);
  const lines = markdown ? lineLooks(markdown, blocks, starts) : blocks.map(() => ({ look: '' }));
  return { text, marks, markdown, sections, blocks, starts, lines };
}

/** A text as it is meant, or as it is written. */
export function textLayout(text: string, rendered: boolean): TextLayout {
  const marks = marksOf(text);
  const markdown = rendered ? markdownOf(text, marks) : null;
  return layoutOf(text, markdown ? withMaths(marks, markdown.maths) : marks, markdown);
}

/** The pieces of a line, or of the part [start, end) of it: in its cells where it is a row of a table, else in one. */
export function cellsOf(
  { marks, markdown }: TextLayout,
  part: Pick<Block, 'start' | 'end'>,
  { cuts = [] }: Line,
  boundaries: readonly number[] | null,
): Dressed[][] {
  const drawn = dressed(pieces(part, marks, boundaries), markdown?.looks ?? []);
  return [-Infinity, ...cuts].map((from, index) =>
    drawn.filter(({ start }) => start >= from && start < (cuts[index] ?? Infinity)),
  );
}

/** A piece of the text, and the names of classes that Markdown gives it. */
export interface Dressed extends Piece {
  look: string;
}

/** How a block looks. */
export interface Line {
  look: string;
  /** Where its cells but the first begin; undefined where it is no line of a table. */
  cuts?: readonly number[];
}

/** `pieces`, cut where looks begin and end. Both are in order, and apart. A formula is drawn as one. */
export function dressed(pieces: readonly Piece[], looks: readonly Look[]): Dressed[] {
  return pieces.flatMap((piece) => {
    const cut: Dressed[] = [];
    let { start } = piece;
    const first = partitionPoint(looks, ({ to }) => to <= start);
    for (let i = first; piece.kind === 'text' && i < looks.length && looks[i].from < piece.end; i += 1) {
      const { from, to, look } = looks[i];
      if (from > start) cut.push({ ...piece, start, end: from, look: '' });
      start = Math.min(to, piece.end);
      cut.push({ ...piece, start: Math.max(from, piece.start), end: start, look });
    }
    if (start < piece.end) cut.push({ ...piece, start, look: '' });
    return cut;
  });
}

/** How each block looks, in their order; `starts` are where they do. */
export function lineLooks(
  { lines, rows }: Pick<Markdown, 'lines' | 'rows'>,
  blocks: readonly Block[],
  starts: readonly number[],
): Line[] {
  const drawn: Line[] = blocks.map(() => ({ look: '' }));
  const at = (offset: number): number => Math.max(partitionPoint(starts, (start) => start <= offset) - 1, 0);
  for (const { from, to, look } of lines)
    for (let i = at(from); i < blocks.length && (blocks[i].start < to || i === at(from)); i += 1)
      drawn[i].look += ` ${look}`;
  for (const { from, cuts } of rows) drawn[at(from)].cuts = cuts;
  return drawn;
}
