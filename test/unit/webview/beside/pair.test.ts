import { describe, expect, it } from 'vitest';
import { nextOther, pairIn, pairText, pairVerdict } from '../../../../webview/review/beside/pair.ts';

const inView = ['c', 'a', 'b'].map((rolloutId, i) => ({ rolloutId, number: [3, 1, 2][i] }));

describe('the two completions that are compared', () => {
  it('are the open one and the first other, or the one that was chosen, as they stand', () => {
    expect(pairIn(inView, 'a', null)).toEqual({
      ...{ left: { rolloutId: 'c', number: 3 }, right: { rolloutId: 'a', number: 1 } },
      ...{ open: 'right', other: 'c' },
    });
    expect(pairIn(inView, 'a', 'b')).toMatchObject({ left: { number: 1 }, right: { number: 2 }, open: 'left' });
    // The one that was chosen is open by now.
    expect(pairIn(inView, 'b', 'b')).toMatchObject({ other: 'c' });
    expect(pairIn(inView, 'elsewhere', null)).toBeNull();
    expect(pairIn(inView.slice(0, 1), 'c', null)).toBeNull();
  });

  it('go round all others', () => {
    const pair = pairIn(inView, 'a', null)!;
    expect(nextOther(inView, 'a', pair)).toBe('b');
    expect(nextOther(inView, 'a', pairIn(inView, 'a', 'b')!)).toBe('c');
  });

  it('are told by their numbers, whichever side the open one stands on', () => {
    const [before, after] = [pairIn(inView, 'a', 'c')!, pairIn(inView, 'a', 'b')!];
    expect([before, after].map((pair) => pairVerdict(pair, 'left'))).toEqual(['worse', 'better']);
    expect(pairVerdict(before, null)).toBe('tie');
    const said = [
      { other: 'b', verdict: 'better' as const },
      { other: 'c', verdict: 'better' as const },
    ];
    expect([before, after].map((pair) => pairText(pair, said))).toEqual(['1 is better', '1 is better']);
    expect(pairText(after, [{ other: 'b', verdict: 'tie' }])).toBe('a tie');
    expect(pairText(after, [])).toBe('');
  });
});
