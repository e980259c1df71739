/** What Markdown's looks make of pieces and of lines. Pure. */
import { partitionPoint } from '../../../src/domain/partition-point.ts';
import type { Piece } from '../label/pieces.ts';
import type { Look, Markdown } from './markdown.ts';
import type { Block } from './structure.ts';

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
