import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { clockText, dayText, momentText } from '../../../src/domain/moment.ts';

const root = resolve(import.meta.dirname, '../../..');

it('a moment is told in one form, whatever the language of the machine', () => {
  const at = new Date(2026, 10, 3, 6, 8, 5).toISOString();
  expect([dayText(at), momentText(at), clockText(at)]).toEqual(['3 Nov 2026', '3 Nov 2026, 06:08', '06:08:05']);
});

it('nothing else puts a moment into words', () => {
  const files = ['src', 'webview'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => join(folder, file)),
  );
  // A chat template's strftime has the forms of its own language.
  const free = ['src/domain/moment.ts', 'src/training/policy/chat-template.ts'];
  const own = files.filter((file) =>
    /toLocale(?:Date|Time)String|DateTimeFormat|Date\([^)]*\)\s*\.toLocaleString/u.test(
      readFileSync(join(root, file), 'utf8'),
    ),
  );
  expect(own.filter((file) => !free.includes(file))).toEqual([]);
});
