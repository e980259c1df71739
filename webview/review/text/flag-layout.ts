/** Where the phases' flags sit so that none covers another: above their boundary, pushed aside only on a shared line. */

export interface Anchor {
  /** Pixels from the text's left edge. */
  left: number;
  /** Flags of one line have the same number. */
  line: number;
}

/** The left edge of each flag, in the anchors' order, within `width` pixels where they fit. */
export function layFlags(anchors: readonly Anchor[], widths: readonly number[], width: number): number[] {
  const gap = 2;
  const lefts = anchors.map(({ left }) => left);
  for (let i = 1; i < anchors.length; i += 1) {
    if (anchors[i].line === anchors[i - 1].line) lefts[i] = Math.max(lefts[i], lefts[i - 1] + widths[i - 1] + gap);
  }
  for (let i = anchors.length - 1; i >= 0; i -= 1) {
    const beside = i + 1 < anchors.length && anchors[i + 1].line === anchors[i].line;
    const right = beside ? lefts[i + 1] - gap : width;
    lefts[i] = Math.max(Math.min(lefts[i], right - widths[i]), 0);
  }
  return lefts;
}
