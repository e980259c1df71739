/** Where tokens start, with ten tokenizers of the kinds that models use: test/golden/starts.py. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { describe, expect, it } from 'vitest';
import fc from '../fc.ts';
import { Tokenizer } from '../../../src/formats/tokenizer.ts';

interface Golden {
  /** Ids of the tokens that end a text. */
  ends: number[];
  golden: { text: string; ids: number[]; starts: number[] }[];
  tokenizer: { added_tokens: { id: number; content: string; special: boolean }[] };
}

const folder = join(import.meta.dirname, '../../golden/starts');
const goldens = readdirSync(folder).map((file): [string, Golden] => [
  file.replace('.json', ''),
  JSON.parse(readFileSync(join(folder, file), 'utf8')) as Golden,
]);

/** Tokens begin in order, within the text and between its characters. */
function expectInOrder(starts: Int32Array, text: string): void {
  for (const [i, start] of starts.entries()) {
    expect(start).toBeGreaterThanOrEqual(starts[i - 1] ?? 0);
    expect(start).toBeLessThanOrEqual(text.length);
    expect(/[\uD800-\uDBFF]/u.test(text[start - 1] ?? '') && /[\uDC00-\uDFFF]/u.test(text[start] ?? '')).toBe(false);
  }
}

/** What is left of a text where white space and forms of a character do not count. */
const bare = (text: string): string =>
  text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[\s\p{Mn}\p{Cf}]/gu, '');

describe.each(goldens)('tokens of %s', (_, { ends, golden, tokenizer: file }) => {
  const tokenizer = new Tokenizer(file);
  const program = new HuggingFaceTokenizer(file, {});
  const special = file.added_tokens.filter((token) => token.special);

  it('start where the program that made the tokenizer says, or at the white space before', () => {
    for (const { text, ids, starts } of golden) {
      expect([...tokenizer.encode(text)]).toEqual(ids);
      const found = tokenizer.starts(Int32Array.from(ids), text)!;
      expect(found).toHaveLength(ids.length);
      for (const [i, start] of found.entries()) {
        expect(text.slice(Math.min(start, starts[i]), Math.max(start, starts[i])).trim()).toBe('');
      }
    }
  });

  it('tile what they decode to, with special tokens and broken characters inside', () => {
    const sampled = fc.array(fc.constantFrom(...program.get_vocab().values(), ...ends), { maxLength: 40 });
    fc.assert(
      fc.property(sampled, fc.nat(3), (inside, more) => {
        const ids = Int32Array.from([...inside, ...Array<number>(more).fill(ends[0])]);
        const text = tokenizer.decode(ids);
        const starts = tokenizer.starts(ids, text)!;
        expectInOrder(starts, text);
        for (const [i, start] of starts.entries()) {
          const before = tokenizer.decode(ids.subarray(0, i));
          expect(before.startsWith(text.slice(0, start))).toBe(true);
          // What a later token may yet complete.
          expect(before.slice(start)).toMatch(/^\uFFFD*$/u);
        }
      }),
      { seed: 12 },
    );
  });

  it('stand in the completion that they were read from, with or without the special ones', () => {
    const morsels = [' red', 'Blue', ' ', '\n', '  ', ' 0:03', '.', '\r\n', 'ﬁ', '한', '😀', '👩‍👩‍👧', '声', 'é', 'Å'];
    const parts = [...morsels, ...morsels.map((one) => one.normalize('NFD')), ...special.map(({ content }) => content)];
    const specialIds = new Set(special.map(({ id }) => id));
    const decoded = (ids: Int32Array): string =>
      ids.length === 0 ? '' : program.decode([...ids], { clean_up_tokenization_spaces: false });
    const placed = { all: 0, times: 0 };
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...parts), { minLength: 1, maxLength: 20 }), fc.boolean(), (some, keep) => {
        const whole = some.join('');
        const ids = tokenizer.encode(whole);
        const text = keep ? whole : special.reduce((left, { content }) => left.replaceAll(content, ''), whole);
        const starts = tokenizer.starts(Int32Array.from([...ids, ...ends]), text);
        placed.all += 1;
        if (starts === null) return;
        placed.times += 1;
        expectInOrder(starts, text);
        for (let i = 0; i <= ids.length; i += 1) {
          const read = ids.subarray(0, i).filter((id) => keep || !specialIds.has(id));
          expect(bare(decoded(read)).startsWith(bare(text.slice(0, starts[i])))).toBe(true);
        }
      }),
      { seed: 12 },
    );
    // A tokenizer that has no token for some character does not spell it.
    const spellsAll = !['bert', 't5'].includes(_);
    if (spellsAll) expect(placed.times).toBe(placed.all);
    else expect(placed.times).toBeGreaterThan(10);
  });

  it('are nowhere in a text that they do not spell', () => {
    const [{ text, ids }] = golden;
    const of = (changed: string): Int32Array | null => tokenizer.starts(Int32Array.from(ids), changed);
    expect(of(text)).not.toBeNull();
    expect(of(` ${text}\n`)).not.toBeNull();
    expect(of(text.replace('red', 'rod'))).toBeNull();
    expect(of(text.slice(0, -1))).toBeNull();
    expect(of(`${text}.`)).toBeNull();
    // An id of another tokenizer's larger vocabulary.
    expect(tokenizer.starts(Int32Array.of(...ids, 1e6), text)).toBeNull();
  });
});

it('that takes too long for a text fails by name', () => {
  const slow = new Tokenizer(goldens[0][1].tokenizer, {}, 2000);
  expect(() => slow.encode('A text that is long. '.repeat(1_000_000))).toThrow(
    'the policy’s tokenizer.json cannot be used: it took more than 2 s for one text',
  );
});

describe('a token', () => {
  const bytes = [...Buffer.from('é😀')].map((byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
  const vocab = Object.fromEntries(['<unk>', 'a', ...new Set(bytes)].map((token, id) => [token, id]));
  const tokenizer = new Tokenizer({
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    decoder: { type: 'Sequence', decoders: [{ type: 'ByteFallback' }, { type: 'Fuse' }] },
    model: { type: 'BPE', vocab, merges: [], unk_token: '<unk>', byte_fallback: true },
  });

  it('that is a byte of a character starts where the character does', () => {
    const ids = Int32Array.from(['a', ...bytes, 'a'].map((token) => vocab[token]));
    expect(tokenizer.decode(ids)).toBe('aé😀a');
    expect([...tokenizer.starts(ids, 'aé😀a')!]).toEqual([0, 1, 1, 2, 2, 2, 2, 4]);
  });

  it('that is a byte of no character starts where its mark does', () => {
    const ids = Int32Array.from([bytes[0], bytes[0], 'a', bytes[2], bytes[3], 'a'].map((token) => vocab[token]));
    expect(tokenizer.decode(ids)).toBe('\uFFFD\uFFFDa\uFFFDa');
    expect([...tokenizer.starts(ids, '\uFFFD\uFFFDa\uFFFDa')!]).toEqual([0, 1, 2, 3, 4, 4]);
  });

  it('that is only ever a word of its own is none within a longer one', () => {
    const token = { normalized: false, special: false, lstrip: false, rstrip: false };
    const letters = Object.fromEntries([...'abcdex_ é1.'].map((letter, id) => [letter, id]));
    const words = new Tokenizer({
      added_tokens: [
        { ...token, id: 20, content: 'abc', single_word: true },
        { ...token, id: 21, content: 'x', single_word: false },
        { ...token, id: 22, content: 'ab', single_word: false },
        { ...token, id: 23, content: 'de', single_word: true, lstrip: true, rstrip: true },
      ],
      ...{ normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null },
      model: { type: 'BPE', vocab: letters, merges: [] },
    });
    const names = new Map(
      [...Object.entries(letters), ['abc', 20], ['x', 21], ['ab', 22], ['de', 23]].map(([a, b]) => [b, a]),
    );
    // As `tokenizers` 0.22.2 cuts them.
    for (const [text, cut] of [
      ['abc', 'abc'],
      ['abcd', 'a|b|c|d'],
      ['dabc', 'd|a|b|c'],
      ['a abc e', 'a| |abc| |e'],
      ['abc.abc', 'abc|.|abc'],
      ['abc_', 'a|b|c|_'],
      ['éabc', 'é|a|b|c'],
      ['abc1', 'a|b|c|1'],
      ['abcabc', 'a|b|c|a|b|c'],
      [' de e', 'de|e'],
      ['ade e', 'a|d|e| |e'],
      ['de de', 'de|de'],
      ['deabc', 'd|e|a|b|c'],
    ]) {
      expect([...words.encode(text)].map((id) => names.get(id)).join('|')).toBe(cut);
    }
  });
});
