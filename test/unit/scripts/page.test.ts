import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';

it('the page of the extension leads to nothing that its reader has not, pictures among it', () => {
  const page = readFileSync(resolve(import.meta.dirname, '../../../media/extension.md'), 'utf8');
  expect(page).toContain('## Begin');
  expect([...page.matchAll(/\]\((?!https:)([^)]*)\)/gu)].map(([, target]) => target)).toEqual([]);
});
