/** A store in use for long, by a process of its own: what that holds does not grow. `npm run soak` uses it for longer. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, inject, it } from 'vitest';
import { times } from '../fc.ts';
import { temporaryFolder } from './fixture.ts';
import type { Held } from './processes/use-store.ts';

const rounds = 3 + times(2);
/** The first ones fill caches. */
const warm = 2;

it('leaves memory, open files, handles and listeners as they were after reviews, edits, runs and imports', async () => {
  const program = join(import.meta.dirname, 'processes/use-store.ts');
  const file = join(temporaryFolder(), 'rollouts.db');
  const args = ['--expose-gc', program, inject('dist'), file, String(rounds)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const held = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Held);
  expect(held).toHaveLength(rounds);
  const [first, ...later] = held.slice(warm);
  console.log(
    `${rounds * 500} reviews, ${rounds * 100} edits, ${rounds} runs and imports:`,
    ...[held[0], first, later.at(-1)!].map((one) => `\n  ${JSON.stringify(one)}`),
  );
  // A thread that has just ended may have its files still: what was lost is lost in every round.
  const fewest = (some: readonly Held[]): number => Math.min(...some.map(({ files }) => files));
  expect(fewest(later)).toBeLessThanOrEqual(fewest(held.slice(0, warm + 1)));
  for (const { resources, listeners, heap, rss } of later) {
    expect({ resources, listeners }).toEqual({ resources: first.resources, listeners: first.listeners });
    // A lost page of fifty rollouts, or a lost thread, is more.
    expect(heap - first.heap).toBeLessThan(2);
    expect(rss - first.rss).toBeLessThan(100);
  }
});
