import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';
import type { Prompt, Rollout } from '../../../src/domain/rollout.ts';
import { rolloutLine } from '../../../src/formats/rollout-lab.ts';
import { temporaryFolder } from '../store/fixture.ts';

/** A store that the command line made of these rollouts of a prompt, and the command line on it, whose JSON `json` gives. */
export function importedStore(prompt: Prompt, rollouts: readonly Rollout[]) {
  const cli = join(inject('dist'), 'cli.cjs');
  const folder = temporaryFolder();
  const db = join(folder, '.rollout-lab/rollouts.db');
  const json = (...words: string[]): unknown =>
    JSON.parse(execFileSync(process.execPath, [cli, ...words, '--db', db, '--json'], { encoding: 'utf8' }));
  const dump = join(folder, 'a.rollouts.jsonl');
  writeFileSync(dump, rollouts.map((rollout) => rolloutLine(prompt, rollout)).join(''));
  json('import', dump);
  return { cli, folder, db, json };
}
