import { describe, expect, it } from 'vitest';
import fc from '../fc.ts';
import { controlsIn, plainJson, plainLine, plainText } from '../../../src/domain/plain-text.ts';

const range = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, i) => String.fromCodePoint(from + i));

/** Control characters of ASCII and Latin-1, the marks, embeddings, overrides and isolates of bidi, and the two separators. */
const acting = [
  ...range(0x00, 0x1f).filter((one) => one !== '\n' && one !== '\t'),
  ...range(0x7f, 0x9f),
  ...['\u061c', ...range(0x200e, 0x200f), ...range(0x202a, 0x202e), ...range(0x2066, 0x2069)],
  ...range(0x2028, 0x2029),
];
const acts = (text: string): boolean => acting.some((one) => text.replaceAll('\r\n', '\n').includes(one));

const ordinary = fc.string({ unit: 'grapheme' }).filter((text) => !acts(text));
const anything = fc
  .array(fc.oneof(ordinary, fc.constantFrom(...acting, '\n', '\t', '\r\n')))
  .map((parts) => parts.join(''));

describe('plain text', () => {
  it('holds nothing that acts where it is shown', () => {
    fc.assert(fc.property(anything, (text) => !acts(plainText(text)) && !/[\n\r\t]/.test(plainLine(text))));
    for (const one of acting) expect(plainText(`a${one}b`)).toMatch(/^a(?:[␀-␡]|⟨U\+[0-9A-F]{4}⟩)b$/u);
  });

  it('leaves ordinary text as it is, in any script, with its lines', () => {
    fc.assert(fc.property(ordinary, (text) => plainText(text) === text));
    const texts = ['السؤال الأول', 'מה הצבע?', 'می‌خواهم', 'क्‍ष', '首先看颜色。', '👨‍👩‍👧 🏴󠁧󠁢󠁳󠁣󠁴󠁿 🇨🇭', 'a\n\tb\r\n'];
    for (const text of texts) expect(plainText(text)).toBe(text);
    expect(plainLine('a\r\n\tb')).toBe('a b');
  });

  it('names what it shows', () => {
    expect(plainText('\u001b[31m\u202egpj.exe\u007f\u009b')).toBe('␛[31m⟨U+202E⟩gpj.exe␡⟨U+009B⟩');
  });

  it('finds each place of what it shows', () => {
    fc.assert(
      fc.property(anything, (text) => {
        const found = controlsIn(text).map(({ start, end }) => text.slice(start, end));
        expect(found).toEqual([...text.replaceAll('\r\n', '\n')].filter((one) => acting.includes(one)));
      }),
    );
  });

  it('is the same document as JSON, whatever its texts', () => {
    fc.assert(
      fc.property(fc.dictionary(anything, anything), fc.constantFrom(undefined, 2), (document, indent) => {
        const json = plainJson(document, indent);
        expect(acts(json)).toBe(false);
        expect(JSON.stringify(JSON.parse(json))).toBe(JSON.stringify(document));
      }),
    );
  });
});
