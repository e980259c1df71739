/** The completion cut into pieces to draw: tags, time mentions and plain text, each within one phase. */
import { timeMentions } from '../../src/domain/time-mention.ts';
import { spans } from '../../src/domain/phase.ts';

/** Something in the text that is more than text. [start, end) in UTF-16 units. */
export interface Mark {
  start: number;
  end: number;
  kind: 'tag' | 'time';
  /** Of a time. */
  seconds?: number;
}

export interface Piece {
  start: number;
  end: number;
  /** Null while there is no segmentation. */
  phase: number | null;
  kind: 'text' | Mark['kind'];
  seconds?: number;
}

const tag = /<\/?[a-z][\w-]*>/giu;

/** Tags (<think>, </answer> …) and time mentions of `text`, in order, not overlapping. */
export function marksOf(text: string): Mark[] {
  const tags: Mark[] = [...text.matchAll(tag)].map((match) => ({
    start: match.index,
    end: match.index + match[0].length,
    kind: 'tag',
  }));
  const times: Mark[] = timeMentions(text).map((mention) => ({ ...mention, kind: 'time' }));
  return [...tags, ...times].sort((a, b) => a.start - b.start);
}

/** Pieces that tile a text of `length` UTF-16 units; a boundary inside a mark cuts it. */
export function pieces(length: number, marks: readonly Mark[], boundaries: readonly number[] | null): Piece[] {
  const kinds: Omit<Piece, 'phase'>[] = [];
  let position = 0;
  for (const mark of marks) {
    if (mark.start > position) kinds.push({ start: position, end: mark.start, kind: 'text' });
    kinds.push(mark);
    position = mark.end;
  }
  if (position < length) kinds.push({ start: position, end: length, kind: 'text' });
  if (!boundaries) return kinds.map((piece) => ({ ...piece, phase: null }));
  const phases = spans(length, boundaries);
  return kinds.flatMap((piece) =>
    phases
      .map(({ phase, start, end }) => ({
        ...piece,
        phase,
        start: Math.max(start, piece.start),
        end: Math.min(end, piece.end),
      }))
      .filter(({ start, end }) => start < end),
  );
}
