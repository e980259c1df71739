import { existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { cached } from '../../../src/video/proxy.ts';
import { temporaryFolder } from '../store/fixture.ts';

it('what killed processes left half made in the media cache goes when the next file is made, and nothing else', async () => {
  const cache = temporaryFolder();
  const left = (name: string, hours: number): string => {
    const path = join(cache, name);
    writeFileSync(path, 'half');
    const then = Date.now() / 1000 - hours * 3600;
    utimesSync(path, then, then);
    return path;
  };
  const abandoned = left('unfinished-4711-12345.678-0123456789abcdef.mp4', 2);
  const folder = join(cache, 'unfinished-4711-1.5-folder');
  mkdirSync(folder);
  utimesSync(folder, 0, 0);
  const kept = [
    left('unfinished-4712-12345.678-0123456789abcdef.mp4', 0.5),
    left('unfinished-film.mp4', 2),
    left('0123456789abcdef.mp4', 2),
    folder,
  ];
  const make = (text: string) => (output: string) => writeFile(output, text);
  const made = await cached(cache, 'new.mp4', make('whole'));
  expect([abandoned, ...kept].map((path) => existsSync(path))).toEqual([false, true, true, true, true]);
  expect(readFileSync(made, 'utf8')).toBe('whole');
  // What is there is taken without a look at the others.
  const later = left('unfinished-4713-1.5-0123456789abcdef.mp4', 2);
  expect(await cached(cache, 'new.mp4', make('another'))).toBe(made);
  expect([readFileSync(made, 'utf8'), existsSync(later)]).toEqual(['whole', true]);
});
