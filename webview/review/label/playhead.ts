/** Between the video's time and the places of the text that speak of it. */
import { spans, type MediaSpan, type Span } from '../../../src/domain/phase.ts';
import type { TimeMention } from '../../../src/domain/time-mention.ts';

/** The mention that playback at `time` has reached: the latest second spoken of so far, its first mention. Null before any. */
export function reached(mentions: readonly TimeMention[], time: number): TimeMention | null {
  let best: TimeMention | null = null;
  for (const mention of mentions) {
    if (mention.seconds <= time && (!best || mention.seconds > best.seconds)) best = mention;
  }
  return best;
}

/** The sentence of `text` that holds `offset`, without its outer white space. */
export function sentenceAt(text: string, offset: number): { start: number; end: number } {
  // A line is a sentence too, and keeps the segmenter's work short in a long trace.
  const from = text.lastIndexOf('\n', offset - 1) + 1;
  const newline = text.indexOf('\n', offset);
  const line = text.slice(from, newline < 0 ? text.length : newline);
  const sentence = new Intl.Segmenter('und', { granularity: 'sentence' }).segment(line).containing(offset - from);
  if (!sentence) return { start: offset, end: offset };
  const lead = sentence.segment.length - sentence.segment.trimStart().length;
  const start = from + sentence.index + lead;
  return { start, end: start + sentence.segment.trim().length };
}

/**
 * Where in the video each phase looks by its text: from the first second it speaks of to the end of the last. Null for a phase
 * that speaks of no time.
 */
export function phaseTimes(
  mentions: readonly TimeMention[],
  length: number,
  boundaries: readonly number[],
  duration: number,
): (MediaSpan | null)[] {
  const inside = ({ start, end }: Span): number[] =>
    mentions.filter((mention) => mention.start >= start && mention.start < end).map(({ seconds }) => seconds);
  return spans(length, boundaries).map((span) => {
    const times = inside(span).filter((seconds) => seconds <= duration);
    const start = Math.min(...times);
    // "0:03" speaks of the whole third second.
    return start < duration ? { start, end: Math.min(Math.max(...times) + 1, duration) } : null;
  });
}

/** "0:03.20", or "1:02:03.20" from an hour on. */
export function clock(seconds: number): string {
  // Cut, not rounded: 59.999 is not a minute. What is added only undoes the error of a binary fraction.
  const hundredths = Math.floor(seconds * 100 + 1e-6);
  const minutes = Math.floor(hundredths / 6000);
  const rest = ((hundredths % 6000) / 100).toFixed(2).padStart(5, '0');
  const hours = Math.floor(minutes / 60);
  return hours > 0 ? `${hours}:${String(minutes % 60).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`;
}
