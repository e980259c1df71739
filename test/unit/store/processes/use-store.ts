/**
 * Uses a store as an extension host does, through its worker and the import's, and prints after each round what the process holds. Run with
 * --expose-gc.
 */
import { readdirSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { importInWorker } from '../../../../src/formats/client.ts';
import { openStoreInWorker } from '../../../../src/store/client.ts';
import type { RunConfig } from '../../../../src/domain/run.ts';
import { makeGroup, makePrompt } from '../rows.ts';

/** What a process holds after a round. */
export interface Held {
  /** MB of JavaScript's own, once what nobody refers to is gone; and of all there is. */
  heap: number;
  rss: number;
  /** Open files, what keeps the loop awake, and who listens to the process. */
  files: number;
  resources: number;
  listeners: number;
}

const openFiles = (): number => (process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0);

/** Once no thread that has ended still closes its files. */
async function settled(): Promise<void> {
  for (let before = -1; before !== openFiles();) {
    before = openFiles();
    await setTimeout(300);
  }
}

const [dist, file, rounds] = process.argv.slice(2);
const client = await openStoreInWorker(file, join(dist, 'store-worker.cjs'));
const prompt = makePrompt();
const rollouts = makeGroup(prompt, new Array<number>(50).fill(1), {
  completion: `Plan. See. So. ${'More. '.repeat(200)}`,
});
await client.addRollouts([prompt], rollouts);
const dump = join(dirname(file), '1.jsonl');

for (let round = 0; round < Number(rounds); round += 1) {
  for (let i = 0; i < 500; i += 1) {
    // A review: what the panel asks for.
    const { id } = rollouts[i % rollouts.length];
    await Promise.all([client.rollouts.get(id), client.labels.of(id), client.reviews.of(id), client.comments.of(id)]);
    await client.rollouts.page({ search: 'plan', limit: 20 });
    if (i % 10 > 0) continue;
    await client.labels.set({ rolloutId: id, annotator: 'ann', boundaries: [i % 10, 10 + (i % 20)] });
    await client.statuses.flag(id, 'ann', i % 20 === 0);
  }
  const run = await client.runs.create(`run ${round}`, { preset: 'avatar', seed: 1, steps: 4 } as unknown as RunConfig);
  for (let iteration = 1; iteration <= 20; iteration += 1)
    await client.runs.addIteration(run.id, { iteration, at: iteration, values: { reward: 1 }, advantages: [] }, []);
  await client.runs.update(run.id, { status: 'finished' });
  await client.runs.metrics(run.id, -1);
  writeFileSync(
    dump,
    JSON.stringify({ input: 'What?', output: `${round}`, gts: 'x', score: 1, step: 1, uid: 'a_0_0' }),
  );
  await importInWorker(file, [dump], {}, join(dist, 'import-worker.cjs'));
  globalThis.gc!();
  await settled();
  const { heapUsed, rss } = process.memoryUsage();
  const held: Held = {
    heap: heapUsed / 1e6,
    rss: rss / 1e6,
    files: openFiles(),
    resources: process.getActiveResourcesInfo().length,
    listeners: process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0),
  };
  writeSync(1, `${JSON.stringify(held)}\n`);
}
await client.close();
