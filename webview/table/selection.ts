/** Which places of a list are selected: a million of them are one stretch. Pure. */
import type { Stretch } from '../../src/protocol/table.ts';

/** Stretches [from, to) in order, none of which touches another. */
export type Selection = readonly Stretch[];

export function isSelected(selection: Selection, place: number): boolean {
  return selection.some(([from, to]) => from <= place && place < to);
}

export function selectedCount(selection: Selection): number {
  return selection.reduce((sum, [from, to]) => sum + to - from, 0);
}

/** With the places from `from` to, but without, `to`. */
export function withStretch(selection: Selection, from: number, to: number): Selection {
  const touching = selection.filter(([start, end]) => start <= to && from <= end);
  const [first, last] = [
    Math.min(from, ...touching.map(([start]) => start)),
    Math.max(to, ...touching.map(([, end]) => end)),
  ];
  const others = selection.filter((stretch) => !touching.includes(stretch));
  return [...others, [first, last] satisfies Stretch].sort(([a], [b]) => a - b);
}

/** Without this place where it is selected, else with it. */
export function toggled(selection: Selection, place: number): Selection {
  if (!isSelected(selection, place)) return withStretch(selection, place, place + 1);
  return selection.flatMap(([from, to]): Stretch[] => {
    if (place < from || place >= to) return [[from, to]];
    const parts: Stretch[] = [
      [from, place],
      [place + 1, to],
    ];
    return parts.filter(([start, end]) => start < end);
  });
}

/** Once there turn out to be `count` places: who selected all of those known by then selected all. */
export function grown(selection: Selection, known: number, count: number): Selection {
  const [first] = selection as readonly (Stretch | undefined)[];
  return selection.length === 1 && first![0] === 0 && first![1] === known ? [[0, count]] : selection;
}
