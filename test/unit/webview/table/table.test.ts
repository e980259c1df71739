import { describe, expect, it } from 'vitest';
import { histogramOf } from '../../../../src/domain/histogram.ts';
import { parseQuery, type QueryTerm } from '../../../../src/domain/rollout-query.ts';
import { blockSize, type ShownHistogram, type ShownRow } from '../../../../src/protocol/table.ts';
import { allColumns, moved, shownColumns } from '../../../../webview/table/columns.ts';
import { promptColumns, shownPromptColumns } from '../../../../webview/table/prompt-columns.ts';
import { readyMade } from '../../../../webview/table/ready-made.ts';
import {
  rowHeight,
  rowsAbove,
  rowsDrawn,
  scrollHeight,
  scrollTopOf,
  scrollTopToSee,
} from '../../../../webview/table/row-window.ts';
import { RowBlocks } from '../../../../webview/table/row-blocks.ts';
import {
  isSelected,
  selectedCount,
  toggled,
  withStretch,
  grown,
  type Selection,
} from '../../../../webview/table/selection.ts';
import { isBarIn, rangeOf } from '../../../../webview/table/spread.ts';
import fc from '../../fc.ts';

describe('the rows that are seen', () => {
  it.each([10, 1000, 1_000_000, 10_000_000])('are all rows of %i, from the first to the last', (count) => {
    const window = { count, viewport: 500 };
    const end = Math.max(0, scrollHeight(count) - window.viewport);
    expect(scrollHeight(count)).toBeLessThan(17_000_000);
    expect(rowsDrawn(0, window).first).toBe(0);
    expect(rowsDrawn(end, window).end).toBe(count);
    for (const row of [0, 1, Math.floor(count / 3), count - 1]) {
      const top = scrollTopToSee(row, scrollTopOf((count / 2) * rowHeight, window), window);
      const above = rowsAbove(top, window);
      // Whole, to within what a px of the scroll bar is of the rows.
      expect(above - 1e-3).toBeLessThanOrEqual(row * rowHeight);
      expect(above + window.viewport + 1e-3).toBeGreaterThanOrEqual((row + 1) * rowHeight);
    }
  });

  it.each([5, 1000, 10_000_000])('are drawn, and wherever one is as many, of %i', (count) => {
    const window = { count, viewport: 500 };
    const drawn = rowsDrawn(0, window);
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: Math.max(0, scrollHeight(count) - window.viewport), noNaN: true }),
        (top) => {
          const { first, end } = rowsDrawn(top, window);
          const above = rowsAbove(top, window);
          expect(end - first).toBe(drawn.end - drawn.first);
          expect(first * rowHeight).toBeLessThanOrEqual(above);
          expect(end * rowHeight).toBeGreaterThanOrEqual(Math.min(above + window.viewport, count * rowHeight));
        },
      ),
    );
  });

  it('stay where they are when the row is seen already', () => {
    expect(scrollTopToSee(12, 200, { count: 1000, viewport: 500 })).toBe(200);
  });
});

describe('a selection', () => {
  const act = fc.oneof(
    fc.nat(20).map((place) => ({ place, to: null })),
    fc.tuple(fc.nat(20), fc.integer({ min: 1, max: 6 })).map(([place, more]) => ({ place, to: place + more })),
  );

  it('is the places that were toggled and spanned, as few stretches', () => {
    fc.assert(
      fc.property(fc.array(act), (acts) => {
        let selection: Selection = [];
        const places = new Set<number>();
        for (const { place, to } of acts) {
          selection = to === null ? toggled(selection, place) : withStretch(selection, place, to);
          if (to !== null) for (let one = place; one < to; one += 1) places.add(one);
          else if (!places.delete(place)) places.add(place);
        }
        const all = Array.from({ length: 30 }, (_, place) => place);
        expect(all.filter((place) => isSelected(selection, place))).toEqual(all.filter((place) => places.has(place)));
        expect(selectedCount(selection)).toBe(places.size);
        for (const [i, [from, to]] of selection.entries()) {
          expect(from).toBeLessThan(to);
          if (i > 0) expect(from).toBeGreaterThan(selection[i - 1][1]);
        }
      }),
    );
  });
});

describe('a selection made before all rows are counted', () => {
  it('is of all of them when it was of all that were known, and else of what was selected', () => {
    expect(grown([[0, 100]], 100, 5000)).toEqual([[0, 5000]]);
    expect(grown([[99, 100]], 100, 5000)).toEqual([[99, 100]]);
    expect(grown([], 100, 5000)).toEqual([]);
  });
});

describe('a bar', () => {
  /** Whether a query of this range keeps a value, as the store has it. */
  const keeps = (value: number, { from, to, isToOpen }: ReturnType<typeof rangeOf>): boolean =>
    (from === null || value >= from) && (to === null || (isToOpen ? value < to : value <= to));

  it.each([
    ['reward', false],
    ['tokens', true],
  ] as const)('of %s keeps just what it counts', (field, isWhole) => {
    const value = isWhole ? fc.nat(5000) : fc.integer({ min: -300, max: 300 }).map((hundredths) => hundredths / 100);
    fc.assert(
      fc.property(fc.array(value, { minLength: 1 }), fc.nat(), fc.nat(), (values, a, b) => {
        const shown: ShownHistogram = { field, histogram: histogramOf(values, isWhole)! };
        const { counts } = shown.histogram;
        const [first, last] = [a % counts.length, b % counts.length].sort((one, other) => one - other);
        const range = rangeOf(shown, first, last);
        const counted = counts.slice(first, last + 1).reduce((sum, count) => sum + count, 0);
        expect(values.filter((one) => keeps(one, range)).length).toBe(counted);
        const kept = [...counts.keys()].filter((bar) => isBarIn(shown, bar, range));
        expect([kept[0], kept.at(-1)]).toEqual([first, last]);
      }),
    );
  });
});

describe('columns', () => {
  const all = allColumns(['accuracy', 'format']);

  it('have one for each part of the reward', () => {
    const row = { rewards: { accuracy: 1 }, characters: 12_345 } as Partial<ShownRow> as ShownRow;
    const text = (name: string): string => all.find((one) => one.name === name)!.text(row);
    expect([text('reward.accuracy'), text('reward.format'), text('characters')]).toEqual(['1.00', '', '12,345']);
  });

  it('are the chosen ones in their order, else those that tell most', () => {
    const names = (chosen: string[] | null): string[] =>
      shownColumns(all, chosen, ['reward', 'characters']).map(({ name }) => name);
    expect(names(['reward', 'gone', 'correct'])).toEqual(['reward', 'correct']);
    expect(names(null)).toContain('characters');
    expect(names(null)).not.toContain('tokens');
    expect(names(null)).not.toContain('iteration');
  });

  it('of prompts are chosen alike; that of a policy which is not there any more is left out', () => {
    const all = promptColumns(['a v0', 'b v1']);
    const names = (chosen: string[] | null): string[] => shownPromptColumns(all, chosen).map(({ name }) => name);
    expect(names(null)).toEqual(all.map(({ name }) => name).slice(0, -2));
    expect(names(['id', 'pass.gone v3', 'pass.b v1', 'question'])).toEqual(['id', 'pass.b v1', 'question']);
    expect(names(['pass.gone v3'])).toEqual(names(null));
  });

  it('move, but not beyond the ends', () => {
    expect(moved(['a', 'b', 'c'], 'a', 1)).toEqual(['b', 'a', 'c']);
    expect(moved(['a', 'b', 'c'], 'c', -1)).toEqual(['a', 'c', 'b']);
    expect(moved(['a', 'b'], 'b', 1)).toEqual(['a', 'b']);
  });
});

it('every ready-made filter can be read', () => {
  for (const { line } of readyMade('tokens')) expect(() => parseQuery(line) satisfies QueryTerm[]).not.toThrow();
});

describe('rows that come in blocks', () => {
  function made(first: ShownRow[] = []) {
    const asked: number[] = [];
    const answers: ((rows: (ShownRow | null)[]) => void)[] = [];
    let came = 0;
    const blocks = new RowBlocks(
      first,
      (from) => {
        asked.push(from);
        return new Promise((resolve) => answers.push(resolve));
      },
      () => (came += 1),
    );
    const answer = async (id: string): Promise<void> => {
      answers.shift()!(Array.from({ length: blockSize }, () => ({ id }) as ShownRow));
      await Promise.resolve();
    };
    return { blocks, asked, answer, came: () => came };
  }

  it('are asked for once, few at a time, and are there when they came', async () => {
    const { blocks, asked, answer, came } = made();
    blocks.need(50, 450);
    blocks.need(50, 450);
    expect(asked).toEqual([0, 100]);
    expect(blocks.at(60)).toBeUndefined();
    await answer('first');
    expect(blocks.at(60)).toEqual({ id: 'first' });
    expect(came()).toBe(1);
    blocks.need(50, 450);
    expect(asked).toEqual([0, 100, 200]);
  });

  it('are not asked for where they came with the view', () => {
    const { blocks, asked } = made([{ id: 'first' } as ShownRow]);
    blocks.need(0, 1);
    expect([blocks.at(0), asked]).toEqual([{ id: 'first' }, []]);
  });

  it('stay while they are read anew', async () => {
    const { blocks, asked, answer } = made();
    blocks.need(0, 10);
    await answer('old');
    blocks.refresh();
    expect(blocks.at(3)).toEqual({ id: 'old' });
    blocks.need(0, 10);
    expect(asked).toEqual([0, 0]);
    await answer('new');
    expect(blocks.at(3)).toEqual({ id: 'new' });
  });
});

it('the columns of prompts have a pass rate of each version of a policy', () => {
  const prompt = {
    ...{ id: 'p', question: 'Which?', dataset: 'clips', stage: null, split: 'train', groups: 2, rollouts: 1200 },
    ...{ pass: 0.5, passBy: { 'tiny v0': 0.25 }, mean: null, spread: 0.125, vanishing: 1 },
  };
  const cells = promptColumns(['tiny v0', 'tiny v1']).map(({ title, text }) => `${title}: ${text(prompt)}`);
  expect(cells.slice(1, 7)).toEqual([
    ...['rollouts: 1,200', 'pass rate: 0.50', 'pass: tiny v0: 0.25', 'pass: tiny v1: '],
    ...['mean reward: ', 'spread: 0.13'],
  ]);
  const vanishing = promptColumns([]).find(({ name }) => name === 'vanishing')!;
  expect(vanishing.text(prompt)).toBe('1 of 2');
  expect([0, 1].map((count) => vanishing.text({ ...prompt, groups: 1, vanishing: count }))).toEqual(['', 'yes']);
});
