/** Where a boundary may stand: between tokens or where sentences start, and never inside a grapheme cluster. Pure. */
import { beginning, readText } from '../../../src/domain/suggestion/sentences.ts';
import type { BoundaryStops } from '../../../src/protocol/review.ts';

const clusters = new Intl.Segmenter('und', { granularity: 'grapheme' });
/** UTF-16 units looked back for a place where a cluster surely starts. */
const lookBack = 64;

/** The grapheme cluster that holds the character at `offset`: [start, end) in UTF-16 units. Empty at the text's end. */
export function clusterAt(text: string, offset: number): { start: number; end: number } {
  const from = Math.max(text.lastIndexOf(' ', offset - 1), text.lastIndexOf('\n', offset - 1), offset - lookBack, 0);
  const cluster = clusters.segment(text.slice(from, offset + lookBack)).containing(offset - from);
  if (!cluster) return { start: text.length, end: text.length };
  return { start: from + cluster.index, end: from + cluster.index + cluster.segment.length };
}

/** `offset`, or the start of the cluster that it would cut. */
export function wholeCluster(text: string, offset: number): number {
  // Two plain letters are never one cluster; this spares most offsets of a long text the segmenter.
  const plain = (at: number): boolean => text.charCodeAt(at) >= 0x20 && text.charCodeAt(at) < 0x7f;
  return plain(offset - 1) && plain(offset) ? offset : clusterAt(text, offset).start;
}

/**
 * Ascending UTF-16 offsets at which a boundary may stand. `starts` are those of the tokens; a phase begins with the white
 * space before its first word, but on its own line.
 */
export function stopsOf(text: string, starts: readonly number[], at: BoundaryStops): number[] {
  const read = at === 'sentence' ? readText(text) : null;
  const begins = read ? read.sentences.map(({ from }) => read.starts[from]) : starts;
  return [...new Set(begins.map((start) => wholeCluster(text, beginning(text, start))))].sort((a, b) => a - b);
}
