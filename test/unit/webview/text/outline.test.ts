import { describe, expect, it } from 'vitest';
import { defaultPhases } from '../../../../src/domain/phase.ts';
import { markdownOf } from '../../../../webview/review/text/markdown.ts';
import { outlineOf, placeAt, type Cut, type Place } from '../../../../webview/review/text/outline.ts';
import { marksOf } from '../../../../webview/review/label/pieces.ts';

const text = [
  '<think>',
  '## The *plan*',
  'Find the tone. # not one',
  '### Where `frame_at` is',
  'At 0:01.',
  '##',
  '```',
  '# a comment',
  '```',
  '# Found it',
  'So green.</think><answer>B</answer>',
].join('\n');

const words = { starts: [...text.matchAll(/\S+/gu)].map(({ index }) => index), source: 'words' };

function outline(boundaries: number[] | null, units: Cut['units'] = words): Place[] {
  return outlineOf(text, markdownOf(text, marksOf(text)), { phases: defaultPhases, boundaries, units });
}

const told = (places: Place[]): string[] =>
  places.map(({ name, level, phase }) => `${'-'.repeat(level)} ${name}${phase ? `: ${phase.length}` : ''}`);

describe('the outline', () => {
  it('names phases with how long they are, and the headings within them without their signs', () => {
    const evidence = text.indexOf('### Where');
    const synthesis = text.indexOf('So green');
    const places = outline([evidence, synthesis]);
    expect(told(places)).toEqual([
      '- planning: 10 words',
      '--- The plan',
      '- evidence: 15 words',
      '---- Where frame_at is',
      '-- Found it',
      '- synthesis: 2 words',
    ]);
    expect(places.map(({ start }) => start)).toEqual([
      0,
      text.indexOf('## The'),
      evidence,
      evidence,
      text.indexOf('# Found'),
      synthesis,
    ]);
  });

  it('counts tokens where they are known, and leaves out a phase without text', () => {
    const starts = [0, 7, 20, text.length - 1];
    const places = outline([20, 20], { starts, source: 'tokens' });
    expect(told(places.filter(({ phase }) => phase))).toEqual(['- planning: 2 tokens', '- synthesis: 2 tokens']);
    expect(told(outline([7, text.length], { starts: [0], source: 'tokens' })).at(0)).toBe('- planning: 1 token');
  });

  it('has headings alone without phases, from the outermost that there is', () => {
    expect(told(outline(null))).toEqual(['-- The plan', '--- Where frame_at is', '- Found it']);
    const plain = 'Just words.';
    const uncut = { phases: defaultPhases, boundaries: null, units: words };
    expect(outlineOf(plain, markdownOf(plain, []), uncut)).toEqual([]);
  });

  it('tells which place holds at an offset: the heading where a phase and it begin at once', () => {
    const places = outline([text.indexOf('### Where'), text.indexOf('So green')]);
    const names = [0, text.indexOf('Find'), text.indexOf('### Where'), text.length].map(
      (offset) => places[placeAt(places, offset)].name,
    );
    expect(names).toEqual(['planning', 'The plan', 'Where frame_at is', 'synthesis']);
    expect(placeAt(outline(null), 3)).toBe(-1);
  });
});
