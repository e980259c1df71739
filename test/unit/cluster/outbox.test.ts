import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { Outbox } from '../../../src/cluster/outbox.ts';

it('that cannot be written to for a while ends no process, and loses nothing', async () => {
  const folder = join(mkdtempSync(join(tmpdir(), 'rollout-lab-')), 'outbox');
  let told = 0;
  // Five pieces of news, one at each look.
  const outbox = new Outbox({ news: (last) => Promise.resolve(told < 5 || last ? { n: (told += 1) } : null) }, folder);
  await vi.waitFor(() => expect(told).toBe(1));
  // It has looked again.
  await new Promise((resolve) => setTimeout(resolve, 1200));
  expect(existsSync(folder)).toBe(false);
  mkdirSync(folder);
  await outbox.close({ status: 'finished', error: null });
  const parcels = readdirSync(folder)
    .sort()
    .map((name) => [name, JSON.parse(readFileSync(join(folder, name), 'utf8')) as unknown]);
  expect(parcels).toEqual([
    ...[1, 2, 3, 4, 5].map((n) => [`00000${n}.json`, { n, end: null }]),
    ['000006.json', { n: 6, end: { status: 'finished', error: null } }],
  ]);
  rmSync(folder, { recursive: true });
});

it('that cannot be written to in the end says so', async () => {
  const folder = join(mkdtempSync(join(tmpdir(), 'rollout-lab-')), 'outbox');
  const outbox = new Outbox({ news: (last) => Promise.resolve(last ? {} : null) }, folder);
  await expect(outbox.close({ status: 'finished', error: null })).rejects.toThrow('ENOENT');
});
