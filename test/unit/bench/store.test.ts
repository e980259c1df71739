import { join } from 'node:path';
import { expect, it } from 'vitest';
import { rawImport, rawPages } from '../../../src/bench/store-raw.ts';
import { writeDump } from '../../../src/bench/store-material.ts';
import { importFiles } from '../../../src/formats/import.ts';
import { openStore, temporaryFolder } from '../store/fixture.ts';

it('a dump of the store’s bench is the same to an import and to the driver alone', async () => {
  const folder = temporaryFolder();
  const dump = join(folder, 'main.rollouts.jsonl');
  writeDump(dump, { name: 'main', rollouts: 72, right: false, vanishing: false, hinted: false, labels: ['ann'] });
  const store = openStore();
  const report = await importFiles(store, [dump]);
  expect(report).toMatchObject({ rollouts: 72, prompts: 3, labels: 72, duplicates: 0, rejected: [] });
  const rows = store.rollouts.page({ filter: 'wrong' }).rows;
  expect(rows).toHaveLength(72);
  expect(rows.filter(({ tokenCount }) => tokenCount !== null)).toHaveLength(24);
  for (const { completion } of rows) {
    expect(completion.length).toBeGreaterThanOrEqual(600);
    expect(completion.length).toBeLessThan(4_000);
  }

  const raw = openStore(join(folder, 'raw.db'));
  await rawImport(raw.file, dump);
  const kept = (name: string): unknown =>
    (name === 'raw' ? raw : store).rollouts
      .page()
      .rows.map(({ id, completion, tokenCount }) => ({ id, completion, tokenCount }));
  expect(kept('raw')).toEqual(kept('store'));
  expect(raw.search('number').length).toBe(50);
  const pages = rawPages(raw.file);
  expect(pages.read(2)).toHaveLength(64);
  pages.close();
});
