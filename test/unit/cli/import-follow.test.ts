/** The command line follows a folder until Ctrl+C. */
import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { temporaryFolder } from '../store/fixture.ts';

const steps = join(import.meta.dirname, '../../fixtures/trl/evaluation/completions');
const patience = { timeout: 60_000, interval: 100 };

it('imports what TRL writes as it comes, and says at the end what came', async () => {
  const folder = temporaryFolder();
  const completions = join(folder, 'out/completions');
  mkdirSync(completions, { recursive: true });
  const write = (name: string): void => copyFileSync(join(steps, name), join(completions, name));
  const start = (...words: string[]) => {
    const command = [join(inject('dist'), 'cli.cjs'), 'import', ...words, '--follow', '--db', 'rollouts.db', '--json'];
    const child = spawn(process.execPath, command, { cwd: folder });
    const printed = { out: '', err: '' };
    child.stdout.on('data', (chunk: Buffer) => (printed.out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (printed.err += chunk.toString()));
    return { child, printed, code: new Promise<number | null>((done) => child.on('close', done)) };
  };
  write('completions_00001.parquet');
  const { child, printed, code } = start('out');
  await expect.poll(() => printed.err, patience).toContain('1 file: 4 new rollouts, 0 rejected; Ctrl+C ends');
  write('completions_00002.parquet');
  await expect.poll(() => printed.err, patience).toContain('2 files: 8 new rollouts, 0 rejected; Ctrl+C ends');
  child.kill('SIGINT');
  expect(await code).toBe(0);
  expect(JSON.parse(printed.out)).toEqual({
    ...{ files: 2, rollouts: 8, prompts: 2, labels: 0, comments: 0 },
    ...{ rejected: [], notes: [], unfinished: [] },
  });
  const two = start('out', 'out');
  expect(await two.code).toBe(2);
  expect(two.printed.err + two.printed.out).toContain('--follow follows one folder: name it alone');
}, 120_000);
