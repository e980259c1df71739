import { describe, expect, it } from 'vitest';
import fc from '../../fc.ts';
import { defaultPhases } from '../../../../src/domain/phase.ts';
import { layFlags } from '../../../../webview/review/text/flag-layout.ts';
import { defaultKeys } from '../../../../src/protocol/review-keys.ts';
import { keyAction } from '../../../../webview/review/actions/keys.ts';
import { marksOf, pieces } from '../../../../webview/review/label/pieces.ts';
import { clock, phaseTimes, reached, sentenceAt } from '../../../../webview/review/label/playhead.ts';
import {
  heatRuns,
  shapedHeat,
  shapingOf,
  surpriseHeat,
  unitAt,
  weightHeat,
} from '../../../../webview/review/label/weights.ts';

const text = '<think>Look at the tone. At 0:03 it sounds. So green.</think><answer>B</answer>';

describe('pieces', () => {
  it('show tags and times as what they are, each within one phase', () => {
    const drawn = pieces({ start: 0, end: text.length }, marksOf(text), [28, 44]).map(({ start, end, kind, phase }) => [
      text.slice(start, end),
      kind,
      phase,
    ]);
    expect(drawn).toEqual([
      ['<think>', 'tag', 0],
      ['Look at the tone. At ', 'text', 0],
      ['0:03', 'time', 1],
      [' it sounds. ', 'text', 1],
      ['So green.', 'text', 2],
      ['</think>', 'tag', 2],
      ['<answer>', 'tag', 2],
      ['B', 'text', 2],
      ['</answer>', 'tag', 2],
    ]);
  });

  it('hold each control character alone, so that it does nothing beyond', () => {
    const said = 'a\u202e0:05\u202c\u001b b';
    const drawn = pieces({ start: 0, end: said.length }, marksOf(said), null);
    const shown = drawn.map(({ start, end, kind }) => [said.slice(start, end), kind]);
    expect(shown.filter(([, kind]) => kind === 'control').map(([text]) => text)).toEqual([
      '\u202e',
      '\u202c',
      '\u001b',
    ]);
    expect(shown).toContainEqual(['0:05', 'time']);
  });

  it('tile every text under every segmentation', () => {
    const words = fc.array(fc.constantFrom('<think>', 'a ', '0:05', '3 s', '😀', '\n', '\r', '\u202e', '</x>'), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(words, fc.nat(60), fc.nat(60), (parts, a, b) => {
        const completion = parts.join('');
        const boundaries = [a, b].map((at) => Math.min(at, completion.length)).sort((x, y) => x - y);
        const drawn = pieces({ start: 0, end: completion.length }, marksOf(completion), boundaries);
        expect(drawn.map(({ start, end }) => completion.slice(start, end)).join('')).toBe(completion);
        expect(drawn.every(({ start, end }) => start < end)).toBe(true);
      }),
    );
  });
});

describe('the play head in the text', () => {
  const mentions = [1, 3, 3, 2].map((seconds, index) => ({ start: index * 10, end: index * 10 + 4, seconds }));

  it('is at the first mention of the latest second reached', () => {
    expect(reached(mentions, 0.5)).toBeNull();
    expect(reached(mentions, 2.5)).toBe(mentions[3]);
    expect(reached(mentions, 8)).toBe(mentions[1]);
  });

  it('marks the whole sentence', () => {
    const { start, end } = sentenceAt(text, text.indexOf('0:03'));
    expect(text.slice(start, end)).toBe('At 0:03 it sounds.');
  });

  it('gives each phase that speaks of times its stretch of the video', () => {
    expect(phaseTimes(mentions, 40, [10, 30], 3.5)).toEqual([
      { start: 1, end: 2 },
      { start: 3, end: 3.5 },
      { start: 2, end: 3 },
    ]);
    expect(phaseTimes(mentions, 40, [0, 0], 2)).toEqual([null, null, { start: 1, end: 2 }]);
  });

  it('tells the time', () => {
    expect([0, 3.2, 59.999, 62.5, 3661.05].map(clock)).toEqual([
      '0:00.00',
      '0:03.20',
      '0:59.99',
      '1:02.50',
      '1:01:01.05',
    ]);
  });
});

describe('the weights shown', () => {
  const starts = [0, 2, 4, 6, 8, 10, 12];

  it('follow the label, and the parabola while there is none', () => {
    expect(shapingOf(starts, null, 'phase-warped', 0.3, [1, 0, 1])).toMatchObject({
      scheme: 'parabolic',
      boundaries: null,
    });
    const labelled = shapingOf(starts, [4, 8], 'phase-constant', 0.5, [1, 0, 1]);
    expect(labelled.boundaries).toEqual([2, 4]);
    expect([...labelled.weights]).toEqual([1.5, 1.5, 1, 1, 1.5, 1.5, 1.5]);
    const two = shapingOf(starts, [8], 'phase-constant', 0.5, [0, 0.5]);
    expect([...two.weights]).toEqual([1, 1, 1, 1, 1.25, 1.25, 1.25]);
    expect(shapingOf(starts, [8], 'phase-warped', 0.3, [0, 0.5])).toMatchObject({
      scheme: 'parabolic',
      boundaries: [4],
    });
  });

  it('tint neighbours of one strength as one run', () => {
    expect(heatRuns(starts, 14, [6, 6, 0, 0, 2, 2, 6])).toEqual([
      { level: 6, from: 0, to: 4 },
      { level: 2, from: 8, to: 12 },
      { level: 6, from: 12, to: 14 },
    ]);
    expect([1, 1.15, 1.3].map((weight) => weightHeat(weight, 0.3))).toEqual([0, 3, 6]);
    expect(weightHeat(1, 0)).toBe(0);
    expect([-1.3, -0.65, 0, 0.1, 1.3].map((shaped) => shapedHeat(shaped, 1.3))).toEqual([-6, -3, 0, 0, 6]);
    expect(shapedHeat(0, 0)).toBe(0);
    expect(heatRuns(starts, 14, [-2, -2, 0, 0, 0, 1, 1]).map(({ level }) => level)).toEqual([-2, 1]);
    expect([-0.1, -1.5, -30, null].map(surpriseHeat)).toEqual([0, 3, 6, 0]);
  });

  it('belong to the unit under the pointer', () => {
    expect([0, 1, 2, 13].map((offset) => unitAt(starts, offset))).toEqual([0, 0, 1, 6]);
  });
});

describe('flags', () => {
  it('never cover each other on one line and stay inside', () => {
    const left = fc.integer({ min: 0, max: 300 });
    fc.assert(
      fc.property(fc.tuple(left, left, left), fc.tuple(fc.nat(2), fc.nat(2), fc.nat(2)), (places, lines) => {
        const anchors = places
          .map((x, index) => ({ left: x, line: lines[index] }))
          .sort((a, b) => a.line - b.line || a.left - b.left);
        const lefts = layFlags(anchors, [80, 70, 90], 300);
        anchors.forEach(({ line }, i) => {
          expect(lefts[i]).toBeGreaterThanOrEqual(0);
          expect(lefts[i] + [80, 70, 90][i]).toBeLessThanOrEqual(300);
          if (i > 0 && anchors[i - 1].line === line) {
            expect(lefts[i]).toBeGreaterThanOrEqual(lefts[i - 1] + [80, 70, 90][i - 1]);
          }
        });
      }),
    );
  });

  it('stay over their boundary where there is room', () => {
    const anchors = [10, 150].map((x) => ({ left: x, line: 1 }));
    expect(layFlags(anchors, [80, 70], 300)).toEqual([10, 150]);
  });
});

describe('keys', () => {
  const press = (key: string, target = 'div', held: object = {}) =>
    keyAction(
      {
        ...{ key, ctrlKey: false, altKey: false, metaKey: false, shiftKey: false },
        composedPath: () => [{ localName: target }],
        ...held,
      },
      defaultKeys,
      defaultPhases,
    );

  it('mean what the list says', () => {
    expect(press('2')).toEqual({ kind: 'phase', phase: 1 });
    expect(press('N')).toEqual({ kind: 'next' });
    expect(press('ArrowLeft', 'div', { shiftKey: true })).toEqual({ kind: 'second', seconds: -1 });
    expect(press('ArrowLeft')).toBeNull();
    expect(press('4')).toBeNull();
  });

  it('are left to controls and to the editor’s chords', () => {
    for (const control of ['input', 'select', 'textarea']) expect(press('2', control)).toBeNull();
    for (const key of [' ', 'Enter'])
      for (const control of ['button', 'summary']) expect(press(key, control)).toBeNull();
    expect(press('n', 'button')).toEqual({ kind: 'next' });
    for (const held of ['ctrlKey', 'altKey', 'metaKey']) expect(press('n', 'div', { [held]: true })).toBeNull();
  });
});
