import { expect, it } from 'vitest';
import { letteredOptions } from '../../../src/domain/option.ts';

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
