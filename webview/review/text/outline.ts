/** The outline of a completion: its phases, and within them the headings of its Markdown. Pure. */
import { counted } from '../../../src/domain/counted.ts';
import { partitionPoint } from '../../../src/domain/partition-point.ts';
import { spans, type Phase } from '../../../src/domain/phase.ts';
import type { Markdown } from './markdown.ts';

/** A place that the outline names, from which it holds until the next begins. */
export interface Place {
  /** In UTF-16 units. */
  start: number;
  name: string;
  /** From 1. */
  level: number;
  /** The phase that begins here, with how long it is; null of a heading. */
  phase: { index: number; length: string } | null;
}

/** How a completion is cut. */
export interface Cut {
  phases: readonly Phase[];
  /** Null without phases. */
  boundaries: readonly number[] | null;
  units: { starts: readonly number[]; source: string };
}

/** In the order of the text; a phase before the headings within it. Phases without text are left out. */
export function outlineOf(text: string, { lines, looks }: Markdown, { phases, boundaries, units }: Cut): Place[] {
  const inPhases = boundaries ? spans(text.length, boundaries).filter(({ start, end }) => end > start) : [];
  const begun = inPhases.map(({ phase, start, end }): Place => {
    const [first, last] = [start, end].map((at) => partitionPoint(units.starts, (unit) => unit < at));
    return {
      start,
      name: phases[phase].name,
      level: 1,
      phase: { index: phase, length: lengthText(last - first, units) },
    };
  });
  const headings = lines.flatMap(({ from, to, look }) => {
    const depth = /heading-(\d)/u.exec(look)?.[1];
    if (depth === undefined) return [];
    const signs = looks.filter((one) => one.from < to && one.to > from && one.look.split(' ').includes('sign'));
    const name = without(text, from, to, signs);
    return name === '' ? [] : { start: from, name, depth: Number(depth) };
  });
  const least = Math.min(...headings.map(({ depth }) => depth));
  const outer = begun.length > 0 ? 1 : 0;
  const within = headings.map(({ start, name, depth }): Place => {
    return { start, name, level: outer + 1 + depth - least, phase: null };
  });
  return [...begun, ...within].sort((a, b) => a.start - b.start);
}

/** The place that holds at `offset`; −1 before the first. */
export function placeAt(places: readonly Place[], offset: number): number {
  return partitionPoint(places, ({ start }) => start <= offset) - 1;
}

/** What [from, to) of a text says between these stretches of it. */
function without(text: string, from: number, to: number, cuts: readonly { from: number; to: number }[]): string {
  const edges = [from, ...cuts.flatMap((cut) => [cut.from, cut.to]), to];
  const parts = edges.flatMap((edge, i) => (i % 2 === 0 ? text.slice(edge, edges[i + 1]) : []));
  return parts.join('').trim();
}

/** "12 tokens", "1 word" */
const lengthText = (count: number, { source }: Cut['units']): string =>
  counted(count, source === 'words' ? 'word' : 'token');
