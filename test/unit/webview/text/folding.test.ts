import { describe, expect, it } from 'vitest';
import { foldable, hiddenBy, showing } from '../../../../webview/review/text/folding.ts';
import { marksOf } from '../../../../webview/review/label/pieces.ts';
import { sectionsOf, type Section } from '../../../../webview/review/text/structure.ts';

const read = (text: string): Section[] => sectionsOf(text, marksOf(text));
const hidden = (text: string, folded: number[]): string[] =>
  hiddenBy(read(text), folded).map(({ from, to }) => text.slice(from, to));

describe('folding', () => {
  const text = '<think>One.\n<plan>Two.\n</plan>\nSo.</think>\n<answer>B</answer>';
  const [think, plan, answer] = read(text);

  it('hides what is between the tags', () => {
    expect(hidden(text, [think.start])).toEqual(['One.\n<plan>Two.\n</plan>\nSo.']);
    expect(hidden(text, [answer.start, plan.start])).toEqual(['Two.\n', 'B']);
    expect(hidden('One.</think><answer>B', [0, 12])).toEqual(['One.', 'B']);
    expect(hidden('<think></think>', [0])).toEqual([]);
    expect(hidden('<think><plan>One.</think>', [0, 7])).toEqual(['<plan>One.', 'One.']);
  });

  it('is at the tag that opens a section, or at the one that alone closes it', () => {
    expect(read('One.</think><answer>B').map(({ tag }) => tag)).toEqual([4, 12]);
  });

  it('is of the innermost section at the caret', () => {
    expect(foldable([think, plan, answer], 0)).toBe(think);
    expect(foldable([think, plan, answer], text.indexOf('Two'))).toBe(plan);
    expect(foldable([think, plan, answer], text.indexOf('So'))).toBe(think);
    expect(foldable([think, plan, answer], text.length)).toBe(answer);
    expect(foldable(read('No tags.'), 3)).toBeUndefined();
  });

  it('ends where something hidden is to be shown, of every section around it', () => {
    const sections = [think, plan, answer];
    const folded = [think.start, plan.start, answer.start];
    const at = (offset: number): readonly number[] =>
      showing(sections, folded, { from: offset, to: offset }, text.length);
    expect(at(text.indexOf('Two') + 1)).toEqual([answer.start]);
    expect(at(text.indexOf('One') + 1)).toEqual([plan.start, answer.start]);
    // Beside a tag one sees where one is.
    expect([at(think.inside.from), at(think.inside.to), at(text.length)]).toEqual([folded, folded, folded]);
    const match = { from: text.indexOf('So.'), to: text.indexOf('B') + 1 };
    expect(showing(sections, folded, match, text.length)).toEqual([plan.start]);
    const open = '<think>One.';
    expect(showing(read(open), [0], { from: open.length, to: open.length }, open.length)).toEqual([]);
  });
});
