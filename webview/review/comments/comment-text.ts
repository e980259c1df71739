/** Where comments stand, and in which order. Pure. */
import { t } from '@vscode/l10n';
import type { ReviewComment } from '../../../src/protocol/review.ts';
import { clock } from '../label/playhead.ts';
import type { TextRange } from '../label/text-range.ts';

/** What a comment is on. */
export type Place = Pick<ReviewComment, 'text' | 'video'>;

/** As one reads: those on the whole rollout, along the text, along the video; of one place, the oldest first. */
export function inOrder<One extends Place>(comments: readonly One[]): One[] {
  const key = ({ text, video }: Place): number[] => [text ? 1 : video ? 2 : 0, text?.start ?? video?.start ?? 0];
  return [...comments].sort((a, b) => key(a)[0] - key(b)[0] || key(a)[1] - key(b)[1]);
}

/** The stretches of text with a comment, joined where they overlap. */
export function commented(comments: readonly Place[]): TextRange[] {
  const ranges: TextRange[] = [];
  for (const { text } of inOrder(comments)) {
    if (!text) continue;
    const last = ranges.at(-1);
    if (last && text.start <= last.to) last.to = Math.max(last.to, text.end);
    else ranges.push({ from: text.start, to: text.end });
  }
  return ranges;
}

/** “At 0:03 the low tone”, on one line. */
export function quoted(completion: string, { start, end }: NonNullable<Place['text']>, length = 60): string {
  const words = completion.slice(start, end).replaceAll(/\s+/gu, ' ').trim();
  if (words === '') return t('before “{0}”', completion.slice(start, start + 24).trim());
  return `“${[...words].length > length ? `${[...words].slice(0, length).join('')}…` : words}”`;
}

/** "0:03.20", "0:03.20 to 0:04.00" */
export function spanText({ start, end }: NonNullable<Place['video']>): string {
  return end > start ? t('{0} to {1}', clock(start), clock(end)) : clock(start);
}

/** “At 0:03 the low tone” · 0:03.20 */
export function placeText(completion: string, { text, video }: Place): string {
  const parts = [text && quoted(completion, text), video && spanText(video)].filter(Boolean);
  return parts.length > 0 ? parts.join(' · ') : t('the whole rollout');
}

/** The beginning of what is said, to name a button. */
export function short(body: string): string {
  return body.length > 40 ? `${body.slice(0, 39)}…` : body;
}
