/** What Markdown and maths make of a completion: looks of stretches and of lines. The text itself stays as it is, so every offset does. Pure. */
import { parser, Strikethrough, Table } from '@lezer/markdown';
import type { Mark } from '../label/pieces.ts';
import type { TextRange } from '../label/text-range.ts';
import { mathsIn, met } from './maths.ts';

/** Looks of a stretch, as names of classes. */
export interface Look extends TextRange {
  look: string;
}

/** A line of a table, cut before each of these places. */
export interface Row extends TextRange {
  cuts: readonly number[];
}

export interface Markdown {
  /** In order, not overlapping. */
  looks: readonly Look[];
  /** Of the lines in which they begin or which they go over; in the order they begin. */
  lines: readonly Look[];
  rows: readonly Row[];
  /** Formulas that are drawn, in order. */
  maths: readonly TextRange[];
}

/** Markdown as models write it: no HTML, no links, and no code or heading that is known by what stands around it alone. */
const models = parser.configure([
  Table,
  Strikethrough,
  { remove: ['HTMLBlock', 'HTMLTag', 'IndentedCode', 'SetextHeading', 'LinkReference', 'Link', 'Image', 'LinkEnd'] },
]);

const lookOf: Readonly<Record<string, string>> = {
  StrongEmphasis: 'strong',
  Emphasis: 'em',
  Strikethrough: 'struck',
  InlineCode: 'code',
  EmphasisMark: 'sign',
  StrikethroughMark: 'sign',
  CodeMark: 'sign',
  CodeInfo: 'sign',
  HeaderMark: 'sign',
  QuoteMark: 'sign',
  TableDelimiter: 'sign',
  ListMark: 'bullet',
};

const lineOf: Readonly<Record<string, string>> = {
  FencedCode: 'fenced',
  Blockquote: 'quoted',
  HorizontalRule: 'rule',
  TableHeader: 'row head',
  TableRow: 'row',
};

/** `marks` are those of the text: what is a tag or a control character is no maths. */
export function markdownOf(text: string, marks: readonly Mark[]): Markdown {
  const kept = marks.flatMap(({ kind, start, end }) => (kind === 'time' ? [] : { from: start, to: end }));
  const formulas = mathsIn(text).filter(({ from, to }) => !met(kept, from, to));
  const edges: { at: number; look: string; open: boolean }[] = [];
  const [lines, rows, code]: [Look[], Row[], TextRange[]] = [[], [], []];
  models.parse(masked(text, formulas)).iterate({
    enter: ({ name, from, to, node }) => {
      const look = lookOf[name];
      if (look) edges.push({ at: from, look, open: true }, { at: to, look, open: false });
      if (name === 'InlineCode' || name === 'FencedCode') code.push({ from, to });
      const line = lineOf[name];
      if (line) lines.push({ from, to, look: line });
      if (name === 'ListMark') lines.push({ from, to, look: 'item' });
      if (name.startsWith('ATXHeading')) lines.push({ from, to, look: `heading heading-${name.at(-1)}` });
      if (name === 'TableRow' || name === 'TableHeader') {
        const bars = node.getChildren('TableDelimiter').map((bar) => bar.from);
        const inner = bars.filter((bar) => bar > from && text.slice(bar + 1, to).trim() !== '');
        rows.push({ from, to, cuts: inner });
      }
    },
  });
  const maths = formulas.filter(({ from, to }) => !met(code, from, to));
  return { looks: flattened(edges), lines, rows, maths };
}

/** Quotes and lists within one another on one line, deeper than anybody means them: signs like any others. */
const deep = /^[>\-*+\d.) \t]{60,}/gmu;

/** The text with a word in place of each formula, as long, so that its signs are none of Markdown; and of what is nested too deep. */
function masked(text: string, formulas: readonly TextRange[]): string {
  let end = 0;
  const parts = formulas.map(({ from, to }) => {
    const part = text.slice(end, from) + 'x'.repeat(to - from);
    end = to;
    return part;
  });
  return (parts.join('') + text.slice(end)).replaceAll(deep, (signs) => 'x'.repeat(signs.length));
}

/** Stretches between the edges of looks that nest or overlap, each with all of its looks. */
function flattened(edges: { at: number; look: string; open: boolean }[]): Look[] {
  const looks: Look[] = [];
  const open: string[] = [];
  let from = 0;
  for (const { at, look, open: opens } of edges.sort((a, b) => a.at - b.at || Number(a.open) - Number(b.open))) {
    if (at > from && open.length > 0) looks.push({ from, to: at, look: [...new Set(open)].join(' ') });
    from = at;
    if (opens) open.push(look);
    else open.splice(open.lastIndexOf(look), 1);
  }
  return looks;
}

/** `marks` with the formulas among them, in place of the times within them. */
export function withMaths(marks: readonly Mark[], maths: readonly TextRange[]): Mark[] {
  const drawn = maths.map(({ from, to }): Mark => ({ start: from, end: to, kind: 'maths' }));
  const left = marks.filter(({ start, end }) => !met(maths, start, end));
  return [...left, ...drawn].sort((a, b) => a.start - b.start);
}
