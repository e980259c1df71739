/** Where a text has LaTeX maths, and what of it is the formula. Pure. */
import { partitionPoint } from '../../../src/domain/partition-point.ts';
import type { TextRange } from '../label/text-range.ts';

/** Within its delimiters at most: a dollar without a partner must not make the rest of a long text one formula. */
const longest = 2000;

const formula = new RegExp(
  [
    // $$ … $$ and \[ … \], over lines but no empty one.
    String.raw`\$\$(?:[^$\\\n]|\\[^]|\n(?!\s*\n)){1,${longest}}?\$\$`,
    String.raw`\\\[(?:[^\\\n]|\\[^\]]|\n(?!\s*\n)){1,${longest}}?\\\]`,
    String.raw`\\\((?:[^\\\n]|\\[^)]|\n(?!\s*\n)){1,${longest}}?\\\)`,
    // $ … $ on a line, close around it: “$5 and $10” are prices, and so are “$5–$10”.
    String.raw`(?<![\\$\w])\$(?![\s$])(?:[^$\\\n\x60]|\\.){1,${longest}}?(?<!\s)\$(?![\w$])`,
  ].join('|'),
  'gu',
);

/** Formulas of `text` with their delimiters, in order. */
export function mathsIn(text: string): TextRange[] {
  return [...text.matchAll(formula)].map(({ index, 0: { length } }) => ({ from: index, to: index + length }));
}

/** A formula without its delimiters, and whether it stands on its own. */
export function texOf(formula: string): { tex: string; display: boolean } {
  const edge = formula.startsWith('$') && !formula.startsWith('$$') ? 1 : 2;
  return { tex: formula.slice(edge, -edge).trim(), display: formula.startsWith('$$') || formula.startsWith('\\[') };
}

/** The first of `ranges`, which are in order and apart, that shares something with [from, to). */
export function met<Range extends TextRange>(ranges: readonly Range[], from: number, to: number): Range | undefined {
  const first = ranges[partitionPoint(ranges, (range) => range.to <= from)] as Range | undefined;
  return first && first.from < to ? first : undefined;
}

/** `offset`, or the end of the formula that it is inside of which lies that way. */
export function outside(maths: readonly TextRange[], offset: number, direction: 1 | -1): number {
  const around = met(maths, offset, offset + 1);
  if (!around || around.from === offset) return offset;
  return direction === 1 ? around.to : around.from;
}
