import { describe, expect, it } from 'vitest';
import fc from '../fc.ts';
import type { Page, PageQuery } from '../../../src/store/store.ts';
import { makeGroup, makePrompt, openStore } from './fixture.ts';

function everyPage<Row>(list: (query: PageQuery) => Page<Row>, limit: number): Row[][] {
  const pages: Row[][] = [];
  let after: string | null = null;
  do {
    const page: Page<Row> = list({ limit, after });
    pages.push(page.rows);
    after = page.next;
  } while (after !== null);
  return pages;
}

const rows = fc.array(fc.record({ dataset: fc.constantFrom('a', 'b', 'ü'), size: fc.integer({ min: 0, max: 4 }) }), {
  maxLength: 12,
});

describe('pages', () => {
  it('of any size hold every row once, in one order, none of them empty but a lone first', () => {
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 7 }), (plan, limit) => {
        const store = openStore();
        for (const [i, { dataset, size }] of plan.entries()) {
          const prompt = makePrompt({ dataset, question: `${i}` });
          store.addRollouts([prompt], makeGroup(prompt, Array<number>(size).fill(1)));
        }
        for (const list of [
          (query: PageQuery) => store.prompts.page(query),
          (query: PageQuery) => store.rollouts.page(query),
        ]) {
          const pages = everyPage<{ id: string }>(list, limit);
          const all = list({ limit: 1000 }).rows.map(({ id }) => id);
          expect(pages.flat().map(({ id }) => id)).toEqual(all);
          expect(new Set(all).size).toBe(all.length);
          expect(pages.slice(0, -1).every((page) => page.length === limit)).toBe(true);
          expect(pages.length === 1 || pages.at(-1)!.length > 0).toBe(true);
        }
        expect(store.prompts.page({ limit: 1000 }).rows).toHaveLength(plan.length);
        expect(store.rollouts.page({ limit: 1000 }).rows).toHaveLength(plan.reduce((sum, { size }) => sum + size, 0));
      }),
      { numRuns: 25 },
    );
  });

  it('go on rightly when rows come in between', () => {
    const store = openStore();
    const add = (question: string) => store.addRollouts([makePrompt({ question })], []);
    ['1', '2', '3'].forEach(add);
    const first = store.prompts.page({ limit: 2 });
    add('4');
    const second = store.prompts.page({ limit: 5, after: first.next });
    expect([...first.rows, ...second.rows].map(({ question }) => question)).toEqual(['1', '2', '3', '4']);
  });

  it('have what people did with their own rollouts, whether these lie close together or far apart', () => {
    const store = openStore();
    const prompt = makePrompt();
    const ids = makeGroup(prompt, Array<number>(60).fill(1)).map(({ id }) => id);
    store.addRollouts([prompt], makeGroup(prompt, Array<number>(60).fill(1)));
    for (const id of ids) store.labels.set({ rolloutId: id, annotator: `of ${id}`, boundaries: [1, 2] });
    for (const id of [ids[0], ids[1], ids[59]]) {
      for (const annotator of ['eve', 'ann']) {
        store.statuses.set(id, annotator, 'skipped', 'made up');
        store.statuses.flag(id, annotator, true);
        store.tags.set([id], annotator, 'odd', true);
        store.comments.add(id, annotator, { body: 'Look.', text: null, video: null });
      }
      store.comments.resolve(store.comments.of(id)[0].id, 'ann', true);
    }
    const of = (some: string[]) => store.rollouts.page({ ids: some }).rows;
    const skipped = { status: 'skipped', reason: 'made up', at: expect.any(String) as string };
    for (const [one, other] of [
      [ids[0], ids[1]],
      [ids[0], ids[59]],
    ]) {
      const marked = (id: string) => ({
        ...{ id, labelledBy: [`of ${id}`], flaggedBy: ['ann', 'eve'], openComments: 1 },
        statuses: [
          { annotator: 'ann', ...skipped },
          { annotator: 'eve', ...skipped },
        ],
        tags: [
          { annotator: 'ann', tag: 'odd' },
          { annotator: 'eve', tag: 'odd' },
        ],
      });
      expect(of([one, other])).toEqual([one, other].map((id) => expect.objectContaining(marked(id)) as unknown));
    }
    const bare = { labelledBy: [`of ${ids[30]}`], flaggedBy: [], statuses: [], tags: [], openComments: 0 };
    expect(of([ids[30]])).toEqual([expect.objectContaining(bare)]);
  });

  it('refuse a cursor of another list and a limit that is none', () => {
    const store = openStore();
    ['1', '2'].forEach((question) => store.addRollouts([makePrompt({ question })], []));
    const { next } = store.prompts.page({ limit: 1 });
    expect(() => store.rollouts.page({ after: next })).toThrow('is not a cursor of this list');
    expect(() => store.prompts.page({ after: 'x' })).toThrow('is not a cursor of this list');
    expect(() => store.prompts.page({ limit: 0 })).toThrow('limit must be a positive integer');
  });
});

describe('lists', () => {
  it('narrow to a dataset, a split, a stage, a prompt and a group', () => {
    const store = openStore();
    const one = makePrompt({ question: 'one', dataset: 'x', split: 'test', stage: 'visual' });
    const two = makePrompt({ question: 'two', dataset: 'y', split: 'train', stage: null });
    const groups = [makeGroup(one, [1, 0], { name: 'a' }), makeGroup(one, [1], { name: 'b' }), makeGroup(two, [1])];
    store.addRollouts([one, two], groups.flat());
    const questions = (query: Parameters<typeof store.prompts.page>[0]) =>
      store.prompts.page(query).rows.map((row) => row.question);
    expect(questions({ dataset: 'y' })).toEqual(['two']);
    expect(questions({ split: 'test' })).toEqual(['one']);
    expect(questions({ stage: 'visual' })).toEqual(['one']);
    expect(store.rollouts.page({ promptId: one.id }).rows).toHaveLength(3);
    expect(store.rollouts.page({ groupId: groups[1][0].groupId }).rows.map(({ id }) => id)).toEqual([groups[1][0].id]);
    expect(store.rollouts.page({ promptId: 'p-none' }).rows).toEqual([]);
  });
});
