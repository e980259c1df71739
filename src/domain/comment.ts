/** Comments of people on places of a rollout. */
import { insideCodePoint, type MediaSpan } from './phase.ts';

/** What a comment says, and of what; of the rollout as a whole when it names no place. */
export interface CommentValue {
  body: string;
  /** [start, end) of the completion in UTF-16 units. */
  text: { start: number; end: number } | null;
  /** In seconds; a moment ends where it starts. */
  video: MediaSpan | null;
}

/** What can be done to a comment. Each is kept; the latest word stands, but nothing stands after 'delete'. */
export const commentChanges = ['add', 'edit', 'resolve', 'reopen', 'delete'] as const;
export type CommentChange = (typeof commentChanges)[number];

/** Says why this cannot be done to a comment on `completion`, or null when it can. */
export function commentChangeFault(
  completion: string,
  { change, value }: { change: CommentChange; value: CommentValue | null },
): string | null {
  const says = change === 'add' || change === 'edit';
  if (says !== (value !== null)) return `“${change}” ${says ? 'needs' : 'has no'} value`;
  return value && commentFault(completion, value);
}

/** Says why this cannot be a comment on `completion`, or null when it can. */
export function commentFault(completion: string, { body, text, video }: CommentValue): string | null {
  if (body.trim() === '') return 'a comment must say something';
  if (text) {
    const { start, end } = text;
    if (!Number.isInteger(start) || !Number.isInteger(end) || start < 0 || end < start || end > completion.length)
      return `a comment cannot be on ${start} to ${end}: the completion has 0 to ${completion.length} UTF-16 units`;
    for (const offset of [start, end])
      if (insideCodePoint(completion, offset)) return `offset ${offset} is inside a code point; use ${offset - 1}`;
  }
  if (video && !(video.start >= 0 && video.end >= video.start && video.end < Infinity))
    return `a comment cannot be on ${video.start} s to ${video.end} s of the video`;
  return null;
}
