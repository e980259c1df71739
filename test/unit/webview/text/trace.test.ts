import { describe, expect, it } from 'vitest';
import fc from '../../fc.ts';
import { marksOf } from '../../../../webview/review/label/pieces.ts';
import { byStops, step } from '../../../../webview/review/label/labelling.ts';
import { matchFrom, search } from '../../../../webview/review/text/search.ts';
import { clusterAt, stopsOf, wholeCluster } from '../../../../webview/review/label/stops.ts';
import { blocksOf, sectionsOf } from '../../../../webview/review/text/structure.ts';

const family = '👨‍👩‍👧';

describe('search', () => {
  const text = '<think>So Green.\nIt is green.</think><answer>B (1)</answer>';
  const found = (words: string, matchCase = false): string[] =>
    search(text, words, matchCase).map(({ from, to }) => text.slice(from, to));

  it('finds words in either case, or in one', () => {
    expect(found('green')).toEqual(['Green', 'green']);
    expect(found('green', true)).toEqual(['green']);
    expect(found('İ')).toEqual([]);
  });

  it('finds what runs over line breaks and tags, and takes signs as they are', () => {
    expect(found('green. it')).toEqual(['Green.\nIt']);
    expect(found('green. b')).toEqual(['green.</think><answer>B']);
    expect(found('(1)')).toEqual(['(1)']);
    expect(found('</THINK>')).toEqual(['</think>']);
    expect(found('.*')).toEqual([]);
    expect(found('  ')).toEqual([]);
  });

  it('keeps offsets after letters that grow when their case changes', () => {
    const turkish = 'İİİ At 0:03';
    expect(search(turkish, 'at', false)).toEqual([{ from: 4, to: 6 }]);
  });

  it('goes on from the caret, and begins anew after the last', () => {
    const matches = search(text, 'e', false);
    expect(matchFrom(matches, 0)).toBe(0);
    expect(matches[matchFrom(matches, 20)].from).toBeGreaterThanOrEqual(20);
    expect(matchFrom(matches, text.length)).toBe(0);
    expect(matchFrom([], 3)).toBe(-1);
  });
});

describe('stops', () => {
  it('are where tokens begin, on their own line', () => {
    expect(stopsOf('One two.\nThree', [0, 3, 7, 8], 'token')).toEqual([0, 3, 7, 9]);
  });

  it('are where sentences start', () => {
    const text = '<think>Look at it. At 0:03 it sounds.\nSo green.</think><answer>B</answer>';
    const stops = stopsOf(text, [], 'sentence');
    expect(stops.map((stop) => text.slice(stop, stop + 6))).toEqual(['<think', ' At 0:', 'So gre', '<answe']);
    const chinese = '先看颜色。然后听声音。所以是绿色。';
    expect(stopsOf(chinese, [], 'sentence')).toEqual([0, 5, 11]);
  });

  it('are never inside a cluster, which tokens of bytes may cut', () => {
    const text = `a${family}b`;
    expect(stopsOf(text, [0, 1, 3, 4, 9], 'token')).toEqual([0, 1, 9]);
    expect(wholeCluster('e\u0301', 1)).toBe(0);
    expect(wholeCluster('\r\n', 1)).toBe(0);
    expect(clusterAt('🇩🇪🇫🇷', 5)).toEqual({ start: 4, end: 8 });
  });

  it('and steps agree with the segmenter on every text', () => {
    const part = fc.constantFrom('a', ' ', '\n', family, 'مر', 'حَ', '中文', 'e\u0301', '🇩🇪', '👍🏽');
    fc.assert(
      fc.property(fc.array(part, { maxLength: 10 }), (parts) => {
        const text = parts.join('');
        const starts = [...new Intl.Segmenter('und', { granularity: 'grapheme' }).segment(text)].map(
          ({ index }) => index,
        );
        for (let offset = 0; offset < text.length; offset += 1) {
          const start = starts.findLast((index) => index <= offset)!;
          expect(wholeCluster(text, offset)).toBe(start);
          expect(step(text, start, 1)).toBe(starts.find((index) => index > start) ?? text.length);
        }
        const walked = [...starts].map((_, count) => byStops(starts, text.length, -1, count + 1));
        expect(walked).toEqual(starts);
      }),
    );
  });
});

describe('structure', () => {
  const outline = (text: string) =>
    sectionsOf(text, marksOf(text)).map(({ name, start, end, depth }) => ({
      name,
      depth,
      all: text.slice(start, end),
    }));

  it('is the elements that stand on their own', () => {
    expect(outline('<think>One <b>two</b>.\nThree</think>\n<answer>B</answer>')).toEqual([
      { name: 'think', depth: 0, all: '<think>One <b>two</b>.\nThree</think>' },
      { name: 'answer', depth: 0, all: '<answer>B</answer>' },
    ]);
  });

  it('copes with what is only opened or only closed', () => {
    expect(outline('One.</think><answer>B')).toMatchObject([
      { name: 'think', all: 'One.</think>' },
      { name: 'answer', all: '<answer>B' },
    ]);
    expect(outline('<think>\n<plan>One</think>B')).toMatchObject([
      { name: 'think', depth: 0 },
      { name: 'plan', depth: 1 },
    ]);
    expect(outline('If a <b>c</b> is </i>')).toEqual([]);
  });

  it('is drawn in blocks that tile every text', () => {
    const part = fc.constantFrom('<think>', '</think>', '<a>', '</a>', 'x ', '\n', '</b>');
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        const text = parts.join('');
        const sections = sectionsOf(text, marksOf(text));
        const blocks = blocksOf(text, sections);
        expect(blocks.map(({ start, end }) => text.slice(start, end)).join('')).toBe(text);
        for (const { start, end } of blocks) expect(text.slice(start, end - 1)).not.toContain('\n');
        for (const { start, end } of sections) {
          expect(start).toBeLessThan(end);
          expect(blocks.some((block) => block.start === start)).toBe(true);
        }
      }),
    );
    const text = '<think>One\nTwo</think>\n<answer>B</answer>';
    const sections = sectionsOf(text, marksOf(text));
    const drawn = blocksOf(text, sections).map(({ start, end, depth }) => [text.slice(start, end), depth]);
    expect(drawn).toEqual([
      ['<think>One\n', 1],
      ['Two</think>\n', 1],
      ['<answer>B</answer>', 1],
    ]);
  });
});
