/** The completion cut into pieces to draw: tags, time mentions, control characters and plain text, each within one phase. */
import { partitionPoint } from '../../../src/domain/partition-point.ts';
import { controlsIn } from '../../../src/domain/plain-text.ts';
import { spans } from '../../../src/domain/phase.ts';
import { timeMentions } from '../../../src/domain/time-mention.ts';

/** Something in the text that is more than text. [start, end) in UTF-16 units. */
export interface Mark {
  start: number;
  end: number;
  kind: 'tag' | 'time' | 'control' | 'maths';
  /** Of a time. */
  seconds?: number;
}

/** [start, end) in UTF-16 units. */
interface Span {
  start: number;
  end: number;
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

/** Tags (<think>, </answer> …), time mentions and control characters of `text`, in order, not overlapping. */
export function marksOf(text: string): Mark[] {
  const tags: Mark[] = [...text.matchAll(tag)].map((match) => ({
    start: match.index,
    end: match.index + match[0].length,
    kind: 'tag',
  }));
  const times: Mark[] = timeMentions(text).map((mention) => ({ ...mention, kind: 'time' }));
  const controls: Mark[] = controlsIn(text).map((control) => ({ ...control, kind: 'control' }));
  return [...tags, ...times, ...controls].sort((a, b) => a.start - b.start);
}

/** Pieces that tile [start, end) of the text; a boundary inside a mark cuts it. `marks` are those of the whole text, in order. */
export function pieces({ start, end }: Span, marks: readonly Mark[], boundaries: readonly number[] | null): Piece[] {
  const kinds: Omit<Piece, 'phase'>[] = [];
  let position = start;
  for (let i = partitionPoint(marks, (mark) => mark.end <= start); i < marks.length && marks[i].start < end; i += 1) {
    const mark = marks[i];
    if (mark.start > position) kinds.push({ start: position, end: mark.start, kind: 'text' });
    kinds.push({ ...mark, start: Math.max(mark.start, start), end: Math.min(mark.end, end) });
    position = kinds.at(-1)!.end;
  }
  if (position < end) kinds.push({ start: position, end, kind: 'text' });
  if (!boundaries) return kinds.map((piece) => ({ ...piece, phase: null }));
  const phases = spans(Infinity, boundaries).filter((span) => span.start < end && span.end > start);
  return kinds.flatMap((piece) =>
    phases
      .map((span) => ({
        ...piece,
        phase: span.phase,
        start: Math.max(span.start, piece.start),
        end: Math.min(span.end, piece.end),
      }))
      .filter((cut) => cut.start < cut.end),
  );
}
