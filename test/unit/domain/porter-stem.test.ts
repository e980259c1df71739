import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { porterStem } from '../../../src/domain/porter-stem.ts';

it('stems Porter’s vocabulary as NLTK does (test/golden/authors-rewards.py)', () => {
  const lines = readFileSync(join(import.meta.dirname, '../../golden/porter.txt'), 'utf8')
    .trim()
    .split('\n');
  expect(lines.length).toBeGreaterThan(6000);
  expect(lines.map((line) => `${line.split(' ')[0]} ${porterStem(line.split(' ')[0])}`)).toEqual(lines);
});
