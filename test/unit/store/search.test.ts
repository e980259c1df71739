import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import fc from '../fc.ts';
import { Connection } from '../../../src/store/connection.ts';
import { Store } from '../../../src/store/store.ts';
import { makeGroup, makePrompt, openStore } from './fixture.ts';

function searchable() {
  const store = openStore();
  const prompt = makePrompt({ question: 'Which colour is on screen?' });
  const other = makePrompt({ question: 'How many tones?' });
  const green = makeGroup(prompt, [1], { completion: 'At 0:03 the square is green. Café "quoted".' });
  const blue = makeGroup(other, [1], { completion: 'The circle is blue, 漢字 too.' });
  store.addRollouts([prompt, other], [...green, ...blue]);
  return { store, prompt, other, green: green[0].id, blue: blue[0].id };
}

it('finds every word, the last one unfinished, without case or accents, and marks it in an excerpt', () => {
  const { store, prompt, green, blue } = searchable();
  expect(store.search('SQUARE gre')).toEqual([
    {
      rolloutId: green,
      promptId: prompt.id,
      question: prompt.question,
      excerpt: expect.stringContaining('\uE000green\uE001') as string,
    },
  ]);
  expect(store.search('cafe').map((hit) => hit.rolloutId)).toEqual([green]);
  expect(store.search('square blue')).toEqual([]);
  expect(store.search('漢字').map((hit) => hit.rolloutId)).toEqual([blue]);
});

it('marks the first hit of a long text, too', () => {
  const store = openStore();
  const prompt = makePrompt();
  const long = `${'Nothing yet. '.repeat(2_000)}At 0:04 the square moves. ${'The square moves again. '.repeat(2_000)}`;
  store.addRollouts([prompt], makeGroup(prompt, [1], { completion: long }));
  const excerpt = store.search('square mov')[0].excerpt;
  expect(excerpt).toMatch(/^….*Nothing yet\. At 0:04 the \uE000square\uE001 \uE000mov\uE001es\. The .*…$/u);
  expect(excerpt.length).toBeLessThan(250);
});

it('finds a rollout by its question too', () => {
  const { store, other, blue } = searchable();
  expect(store.search('many tones')).toMatchObject([{ rolloutId: blue, promptId: other.id }]);
  expect(store.prompts.page({ search: 'tones' }).rows.map(({ id }) => id)).toEqual([other.id]);
  expect(store.prompts.page({ search: 'circle' }).rows.map(({ id }) => id)).toEqual([other.id]);
  expect(store.rollouts.page({ search: 'circle' }).rows.map(({ id }) => id)).toEqual([blue]);
});

describe('in a large store', () => {
  /** Completions that nearly all say the same, an older half that also counts, and one that says what no other does. */
  let store: Store;

  beforeAll(() => {
    const folder = mkdtempSync(join(tmpdir(), 'rollout-lab-'));
    store = Store.open(join(folder, 'rollouts.db'));
    const prompt = makePrompt();
    const texts = Array.from({ length: 10_400 }, (_, i) => {
      if (i === 700) return 'Then a zebra walks, at 0:07, thrice around.';
      return i < 5_000 ? `There the old number ${i} is at 0:${10 + (i % 50)}.` : `Answer B, number ${i}.`;
    });
    const [one] = makeGroup(prompt, [1]);
    store.addRollouts(
      [prompt],
      texts.map((completion, i) => ({ ...one, id: `r-${i}`, completion })),
    );
    return () => {
      store.close();
      rmSync(folder, { recursive: true });
    };
  }, 60_000);

  const found = (text: string): string[] => store.search(text).map(({ rolloutId }) => rolloutId);
  const newest = (from: number): string[] => Array.from({ length: 50 }, (_, i) => `r-${from - i}`);

  it('finds the newest by a beginning that many words have, wherever they stand', () => {
    for (const text of ['a', 'an', 'answer', 'number a']) expect(found(text)).toEqual(newest(10_399));
    for (const text of ['t', 'th', 'the', 'number th', 'there 0:']) expect(found(text)).toEqual(newest(4_999));
    expect(store.search('th')[0].excerpt).toContain('\uE000Th\uE001ere');
  });

  it('finds all by a beginning that few have', () => {
    expect(found('thr')).toEqual(['r-700']);
    expect(found('zeb')).toEqual(['r-700']);
    expect(found('number 4998')).toEqual(['r-4998']);
    expect(found('nowhere')).toEqual([]);
  });

  it('finds what has a rare word beside a beginning that is common elsewhere', () => {
    for (const text of ['zebra w', 'zebra t', 'zebra thr', 'zebra a', 'zebra 0:0'])
      expect(found(text)).toEqual(['r-700']);
    for (const text of ['zebra b', 'zebra 0:1', 'zebra ebra']) expect(found(text)).toEqual([]);
  });

  it('looks up a beginning that many words have as a few whole words', () => {
    const bound = vi.spyOn(Connection.prototype, 'all');
    found('th');
    found('thr');
    const matches = bound.mock.calls.flatMap(([, values]) => (values && 'match' in values ? [values.match] : []));
    expect(matches[0]).toBe('("there" OR "the")');
    expect(matches.slice(1)).toContain('"thr"*');
    expect(matches).not.toContain('"th"*');
    bound.mockRestore();
  });
});

it('takes whatever is typed as words, never as an expression', () => {
  const { store, green } = searchable();
  expect(store.search('"quoted"').map((hit) => hit.rolloutId)).toEqual([green]);
  for (const text of ['', '   ', '"', '*', '()', '- "']) expect(store.search(text)).toEqual([]);
  expect(store.prompts.page({ search: '***' }).rows).toEqual([]);
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'ab"*()^:-+ {}\\', 'AND ', 'OR ', 'NOT ', 'NEAR(') }), (text) => {
      store.search(text);
      store.prompts.page({ search: text });
    }),
  );
});
