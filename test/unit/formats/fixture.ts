import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Rollout } from '../../../src/domain/rollout.ts';
import type { Store } from '../../../src/store/store.ts';
import { temporaryFolder } from '../store/fixture.ts';

/** Files as the trainers' own code writes them; the script beside each says how. */
export const fixtures = join(import.meta.dirname, '../../fixtures');

/** The files of Python that go beside training sets. */
export const trainers = join(import.meta.dirname, '../../../src/formats/trainers');

/** Writes files of lines into a folder of their own and returns the folder. */
export function folderOf(files: Record<string, unknown[]>): string {
  const folder = temporaryFolder();
  for (const [name, rows] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    const lines = rows.map((row) => (typeof row === 'string' ? row : JSON.stringify(row)));
    writeFileSync(join(folder, name), lines.join('\n'));
  }
  return folder;
}

export const everything = (store: Store): Rollout[] =>
  store.rollouts.page().rows.map(({ id }) => store.rollouts.get(id)!);
