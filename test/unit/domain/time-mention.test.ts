import { describe, expect, it } from 'vitest';
import { timeMentions } from '../../../src/domain/time-mention.ts';

const found = (text: string): [string, number][] =>
  timeMentions(text).map(({ start, end, seconds }) => [text.slice(start, end), seconds]);

describe('time mentions', () => {
  it.each<[string, [string, number][]]>([
    ['At 0:03 it sounds.', [['0:03', 3]]],
    ['0:03: it sounds, 0:04:05:06', [['0:03', 3]]],
    ['from 1:02.5 on', [['1:02.5', 62.5]]],
    ['at 1:00:07, late', [['1:00:07', 3607]]],
    [
      'at 3 s and 3.5 seconds',
      [
        ['3 s', 3],
        ['3.5 seconds', 3.5],
      ],
    ],
    [
      'In second 3 the tone; seconds 4.5',
      [
        ['second 3', 3],
        ['seconds 4.5', 4.5],
      ],
    ],
    [
      '10s, 2 sec. or 5 SECS',
      [
        ['10s', 10],
        ['2 sec', 2],
        ['5 SECS', 5],
      ],
    ],
    [
      'between 0:03–0:05',
      [
        ['0:03', 3],
        ['0:05', 5],
      ],
    ],
    ['3 shapes, 4 songs, the second 3rd', []],
    ['a ratio of 10:75, version 1.2.3, 12:3', []],
    ['nothing', []],
  ])('%s', (text, mentions) => {
    expect(found(text)).toEqual(mentions);
  });
});
