import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { errorText } from '../../../src/domain/error-text.ts';

it('what is told of an error is its message, and of anything else that was thrown its text', () => {
  expect([new RangeError('too far'), 'a word', 7, null].map(errorText)).toEqual(['too far', 'a word', '7', 'null']);
});

it('no other file has a rule of its own for it', () => {
  const root = resolve(import.meta.dirname, '../../..');
  const files = ['src', 'webview'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(folder, name)),
  );
  const own = files.filter((file) =>
    /instanceof Error \? \w+\.message\b/u.test(readFileSync(join(root, file), 'utf8')),
  );
  expect(own).toEqual(['src/domain/error-text.ts']);
});
