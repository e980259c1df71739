import { describe, expect, it } from 'vitest';
import fc from '../../fc.ts';
import { marksOf } from '../../../../webview/review/label/pieces.ts';
import { cellsOf, textLayout } from '../../../../webview/review/text/dressing.ts';
import { markdownOf, withMaths } from '../../../../webview/review/text/markdown.ts';
import { mathsIn, outside, texOf } from '../../../../webview/review/text/maths.ts';

/** The text as it would be drawn: of each block its looks, and of each piece what it says and its looks. */
function drawn(text: string, boundaries: number[] | null = null): { look: string; pieces: [string, string][] }[] {
  const layout = textLayout(text, true);
  return layout.blocks.map((block, i) => ({
    look: layout.lines[i].look.trim(),
    pieces: cellsOf(layout, block, layout.lines[i], boundaries)
      .flat()
      .map((piece): [string, string] => [
        text.slice(piece.start, piece.end),
        piece.kind === 'text' ? piece.look : piece.kind,
      ]),
  }));
}

describe('Markdown of a completion', () => {
  it('tells headings, emphasis, code and lists by looks, and keeps every sign', () => {
    expect(drawn('<think>\n## The *plan*\n- look at `t`\n  1. **then**\n> so\n')).toEqual([
      { look: '', pieces: [['<think>', 'tag'], ['\n', '']] }, // prettier-ignore
      {
        look: 'heading heading-2',
        pieces: [['##', 'sign'], [' The ', ''], ['*', 'em sign'], ['plan', 'em'], ['*', 'em sign'], ['\n', '']], // prettier-ignore
      },
      {
        look: 'item',
        pieces: [['-', 'bullet'], [' look at ', ''], ['`', 'code sign'], ['t', 'code'], ['`', 'code sign'], ['\n', '']], // prettier-ignore
      },
      {
        look: 'item',
        pieces: [['  ', ''], ['1.', 'bullet'], [' ', ''], ['**', 'strong sign'], ['then', 'strong'], ['**', 'strong sign'], ['\n', '']], // prettier-ignore
      },
      {
        look: 'quoted',
        pieces: [
          ['>', 'sign'],
          [' so\n', ''],
        ],
      },
    ]);
  });

  it('cuts the lines of a table at their bars', () => {
    const text = '| t | colour |\n|---|---|\n| 0:03 | green |\n';
    const { rows, lines } = markdownOf(text, marksOf(text));
    expect(rows.map(({ cuts }) => cuts.map((cut) => text.slice(cut, cut + 4)))).toEqual([['| co'], ['| gr']]);
    expect(lines.map(({ look }) => look)).toEqual(['row head', 'row']);
  });

  it('reads no HTML, and no heading or code that only spaces or lines around it make', () => {
    const text = 'So it is.\n---\n    four spaces\n<b>no</b> <script>alert(1)</script> &amp;\n';
    const { looks, lines } = markdownOf(text, marksOf(text));
    expect([looks, lines.map(({ look }) => look)]).toEqual([[], ['rule']]);
  });

  it('keeps each character once, in order, whatever it says and wherever boundaries are', () => {
    const words = fc.constantFrom(
      ...['# ', '- ', '1. ', '> ', '```\n', '`', '**', '*', '_', '~~', '| ', '|---|\n', '$', '$$', '\\(', '\\)', '\\['],
      ...[
        '\\]',
        '\\frac{1}{2}',
        'word',
        ' ',
        '\n',
        '\n\n',
        '0:03',
        '<think>',
        '</think>',
        '\u202e',
        '\u{1f469}',
        '[a](b)',
      ],
    );
    fc.assert(
      fc.property(fc.array(words, { maxLength: 60 }), fc.nat(), (some, cut) => {
        const text = some.join('');
        const boundary = cut % (text.length + 1);
        const all = drawn(text, [boundary, boundary]).flatMap((block) => block.pieces.map(([said]) => said));
        expect(all.join('')).toBe(text);
        expect(all).not.toContain('');
      }),
    );
  });

  it('lets links be, and what is nested deeper than anybody means', () => {
    for (const some of ['[a](b)', '> ', '- ', '1. ', '>- ']) {
      const { looks, lines } = markdownOf(some.repeat(40), []);
      expect([looks, lines]).toEqual([[], []]);
    }
    expect(markdownOf('> > - so\n', []).lines.map(({ look }) => look)).toEqual(['quoted', 'quoted', 'item']);
  });
});

describe('maths', () => {
  const found = (text: string): string[] => mathsIn(text).map(({ from, to }) => text.slice(from, to));

  it('is known by its delimiters, over lines too', () => {
    const text = 'As $x_1 + 2$ and \\(y\\), so\n$$\nz = \\frac{1}{2}\n$$\nand \\[ \\boxed{3} \\].';
    expect(found(text)).toEqual(['$x_1 + 2$', '\\(y\\)', '$$\nz = \\frac{1}{2}\n$$', '\\[ \\boxed{3} \\]']);
    expect(found(text).map(texOf)).toEqual([
      { tex: 'x_1 + 2', display: false },
      { tex: 'y', display: false },
      { tex: 'z = \\frac{1}{2}', display: true },
      { tex: '\\boxed{3}', display: true },
    ]);
  });

  it.each([
    'It costs $5 and $10.',
    'From $5-$10',
    'US$5, A$6',
    'echo $HOME\n and $PATH',
    '\\$5 or \\$6',
    '`$a` and `$b`',
  ])('is not in %j', (text) => expect(found(text)).toEqual([]));

  it('is none in code, and none around a tag or a control character', () => {
    for (const text of ['```\n$x$\n```\n', 'call `f $x$ g`', '$a <b> c$', '$a\u202eb$'])
      expect(markdownOf(text, marksOf(text)).maths).toEqual([]);
  });

  it('is one place for the caret, and takes what is a time elsewhere', () => {
    const text = 'so $0:03 + x$ is';
    const { maths } = markdownOf(text, marksOf(text));
    const [from, to] = [text.indexOf('$'), text.lastIndexOf('$') + 1];
    expect([from, from + 1, to - 1, to].map((at) => outside(maths, at, 1))).toEqual([from, to, to, to]);
    expect([from, from + 1, to - 1, to].map((at) => outside(maths, at, -1))).toEqual([from, from, from, to]);
    expect(withMaths(marksOf(text), maths).map(({ kind }) => kind)).toEqual(['maths']);
  });
});
