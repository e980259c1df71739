import { expect, it } from 'vitest';
import { letteredOptions, optionPictures, withoutPicture } from '../../../src/domain/option.ts';

it.each([
  [['A. red', '(b) green ', 'C blue', 'd: a\nline'], true, ['A red', 'B green', 'C blue', 'D a\nline']],
  [['B) red', 'D) green'], true, ['B red', 'D green']],
  // Words that begin with an article are no letters, and one text without a letter leaves the others theirs.
  [['A man', 'A dog'], false, ['A A man', 'B A dog']],
  [['A. red', 'green'], false, ['A A. red', 'B green']],
  [['C', 'D'], false, ['A C', 'B D']],
  [[], true, []],
])('tells letters from texts: %j', (shown, lettered, read) => {
  const apart = letteredOptions(shown);
  expect(apart.lettered).toBe(lettered);
  expect(apart.options.map(({ letter, text }) => `${letter} ${text}`)).toEqual(read);
});

it.each([
  // The question has the first.
  [
    ['A. <image>', 'B. the one: <image>', 'C. neither'],
    ['a.png', 'b.png', 'c.png'],
    ['b.png', 'c.png', null],
  ],
  [
    ['<image 2>', '<image_1>', '<image3>'],
    ['a.png', 'b.png'],
    ['b.png', 'a.png', null],
  ],
  // Which they are is not known.
  [['A. <image>', 'B. <image>'], ['a.png'], [null, null]],
  [['A. <image>', 'B. red'], null, [null, null]],
])('has pictures in options: %j of %j', (options, files, expected) => {
  const video = { kind: 'video', path: 'v.mp4' } as const;
  const media = files && [video, ...files.map((path) => ({ kind: 'image', path }) as const)];
  expect(optionPictures({ options, media })).toEqual(expected);
});

it('says an option without the mark of its picture', () => {
  expect(['<image>', 'the one: <image 2>', 'red'].map(withoutPicture)).toEqual(['', 'the one:', 'red']);
});
