import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import { describe, expect, it } from 'vitest';
import fc from '../fc.ts';
import { specialTokens, tagTokens, tokenizerConfig, trainTokenizer } from '../../../scripts/sample/tokenizer.ts';

const sample = resolve(import.meta.dirname, '../../../media/sample');
const file = JSON.parse(readFileSync(`${sample}/policy/tokenizer.json`, 'utf8')) as ReturnType<typeof trainTokenizer>;

function pieces(tokenizer: Tokenizer, text: string): string[] {
  return tokenizer.encode(text, { add_special_tokens: false }).tokens;
}

describe('the sample policy’s tokenizer', () => {
  const tokenizer = new Tokenizer(file, tokenizerConfig);

  it('gives back any text', () => {
    const morsels = [...tagTokens, ' At', ' 0:03', '  ', '\n', '\u00a0', 'é', '😀', '12:34'];
    const texts = fc.oneof(
      fc.string({ unit: 'binary', minLength: 1 }),
      fc.array(fc.constantFrom(...morsels), { minLength: 1 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        fc.pre(!specialTokens.some((token) => text.includes(token)));
        const { ids } = tokenizer.encode(text, { add_special_tokens: false });
        expect(tokenizer.decode(ids, { skip_special_tokens: true, clean_up_tokenization_spaces: false })).toBe(text);
      }),
      { numRuns: 300 },
    );
  });

  it('keeps each word and each time of the sample’s language whole', () => {
    const text = '<think>First I listen for the low tone. At 0:03 red enters, low starts.</think>';
    const whole = '<think> First ĠI Ġlisten Ġfor Ġthe Ġlow Ġtone. ĠAt Ġ0:03 Ġred Ġenters, Ġlow Ġstarts. </think>';
    expect(pieces(tokenizer, text)).toEqual(whole.split(' '));
  });

  it('stays small, with one id a token', () => {
    const ids = Object.values(file.model.vocab);
    expect(ids.length).toBeLessThanOrEqual(700);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('training a tokenizer', () => {
  it('merges until each word of the corpus is one token', () => {
    const words = ['<think>', 'The', ' naïve', ' fox', ' at', ' 0:07', '.', '</think>'];
    const trained = new Tokenizer(trainTokenizer([words.join('')]), tokenizerConfig);
    expect(pieces(trained, words.join(''))).toHaveLength(words.length);
  });
});
