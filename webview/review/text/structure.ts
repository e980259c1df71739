/** The completion's outline: its elements such as <think> … </think>, and the blocks that it is drawn in. Pure. */
import type { Mark } from '../label/pieces.ts';
import { outside } from './maths.ts';
import type { TextRange } from '../label/text-range.ts';

/** An element that stands on its own in the text. Offsets in UTF-16 units. */
export interface Section {
  name: string;
  /** Of the whole element, tags included. */
  start: number;
  end: number;
  /** Between its tags. */
  inside: TextRange;
  /** Where the tag is at which it is folded: the one that opens it, where there is one. */
  tag: number;
  /** Sections it stands in. */
  depth: number;
}

/** A line, or a part of one between sections: [start, end). */
export interface Block {
  start: number;
  end: number;
  depth: number;
}

/**
 * Sections of `text`, in the order they open. A tag in the middle of a sentence is none; an element that is not closed goes to
 * the end, and one that is only closed begins where the text does (a chat template may have opened it).
 */
export function sectionsOf(text: string, marks: readonly Mark[]): Section[] {
  const sections: Section[] = [];
  const open: Section[] = [];
  const inline: string[] = [];
  let after = 0;
  for (const { start, end, kind } of marks) {
    if (kind !== 'tag') continue;
    const tag = text.slice(start, end);
    const name = tag.replaceAll(/[</>]/gu, '').toLowerCase();
    const before = text.slice(after, start);
    if (!tag.startsWith('</')) {
      const alone = before.trim() === '' || /\n[^\S\n]*$/u.test(before);
      if (alone) {
        const inside = { from: end, to: text.length };
        open.push({ name, start, end: text.length, inside, tag: start, depth: open.length });
        sections.push(open.at(-1)!);
      } else inline.push(name);
    } else if (inline.includes(name)) {
      inline.splice(inline.lastIndexOf(name), 1);
    } else {
      const opened = open.findLastIndex((section) => section.name === name);
      if (opened >= 0) {
        open[opened].end = end;
        open[opened].inside.to = start;
        // What was left open inside ends here too.
        for (const inner of open.slice(opened + 1)) inner.end = inner.inside.to = start;
        open.length = opened;
      } else if (after === 0) {
        sections.push({ name, start: 0, end, inside: { from: 0, to: start }, tag: start, depth: 0 });
      }
    }
    after = end;
  }
  return sections;
}

/** Blocks that tile `text`: each of its lines, cut where a section starts and where one ends; what is `whole` is in one. */
export function blocksOf(text: string, sections: readonly Section[], whole: readonly TextRange[] = []): Block[] {
  const cuts = new Set([0]);
  for (let newline = text.indexOf('\n'); newline >= 0; newline = text.indexOf('\n', newline + 1)) cuts.add(newline + 1);
  for (const { start, end } of sections) {
    cuts.add(start);
    // The rest of the line stays with the tag when it says nothing.
    cuts.add(end + /^[^\S\n]*\n?/u.exec(text.slice(end, end + 100))![0].length);
  }
  cuts.delete(text.length);
  const starts = [...cuts].filter((cut) => outside(whole, cut, 1) === cut).sort((a, b) => a - b);
  const open: Section[] = [];
  let next = 0;
  return starts.map((start, i) => {
    for (; next < sections.length && sections[next].start <= start; next += 1) open.push(sections[next]);
    const within = open.filter((section) => section.end > start);
    open.splice(0, open.length, ...within);
    return { start, end: starts[i + 1] ?? text.length, depth: within.length };
  });
}
