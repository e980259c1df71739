/** What rows an iteration trains, and the parts of them that its gradient steps see. A slot is a drawn prompt's place in the iteration. */
import type { Random } from './random.ts';

export interface PlacedRow<Row> {
  row: Row;
  slot: number;
}

/**
 * Fresh rows, then the replayed ones, which are dealt to the `slots` in turn. Each replayed row takes the place of one of its slot's fresh
 * rows at random, until `least` of them are left (AVATAR's trainer; with groups of `least` nothing is left out and no random number drawn).
 */
export function mixed<Row>(
  groups: readonly (readonly Row[])[],
  replayed: readonly Row[],
  { slots, least }: { slots: number; least: number },
  random: Random,
): PlacedRow<Row>[] {
  const fresh = groups.flatMap((group, slot) => {
    const dealt = Math.ceil((replayed.length - slot) / slots);
    const kept = Math.max(group.length - dealt, Math.min(least, group.length));
    const places = kept === group.length ? [...group.keys()] : random.shuffled([...group.keys()]).slice(0, kept);
    return places.sort((a, b) => a - b).map((place) => ({ row: group[place], slot }));
  });
  return [...fresh, ...replayed.map((row, i) => ({ row, slot: i % slots }))];
}

/**
 * Splits the rows of an iteration, given the slot of each, into `count` disjoint parts of their places: each slot's rows in random order,
 * spread over the parts as evenly as they go. One part is all of them in order; no part is empty, so few rows make fewer parts.
 */
export function minibatches(slots: readonly number[], count: number, random: Random): number[][] {
  if (count === 1) return [[...slots.keys()]];
  const bySlot = Map.groupBy(slots.keys(), (row) => slots[row]);
  const shuffled = [...bySlot.values()].map((rows) => random.shuffled(rows));
  const deepest = Math.max(...shuffled.map(({ length }) => length));
  const order = Array.from({ length: deepest }, (_, place) => shuffled.flatMap((rows) => rows[place] ?? [])).flat();
  const parts = Math.min(count, order.length);
  const border = (part: number): number => Math.floor((part * order.length) / parts);
  return Array.from({ length: parts }, (_, part) => order.slice(border(part), border(part + 1)));
}
