import { expect, it } from 'vitest';
import fc from '../fc.ts';
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
    { rolloutId: green, promptId: prompt.id, excerpt: expect.stringContaining('\uE000green\uE001') as string },
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
