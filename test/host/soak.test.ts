/** The extension in use for long: what its host holds does not grow. `npm run soak` uses it for longer. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { after, before, describe, it } from 'mocha';
import * as vscode from 'vscode';
import { presetConfig } from '../../src/domain/preset.ts';
import type { Rollout } from '../../src/domain/rollout.ts';
import type { StoreClient } from '../../src/store/client.ts';
import { makeGroup, makePrompt } from '../unit/store/rows.ts';
import { extension, openStore, until } from './workspace.ts';

/** The first rounds fill caches. */
const warm = 2;
const rounds = warm + 2 * Number(process.env.TEST_TIMES ?? 1);
const annotator = 'me';

/** What the host holds: MB of JavaScript's own, open files, what keeps its loop awake, and who listens to its process. */
interface Held {
  heap: number;
  files: number;
  resources: number;
  listeners: number;
}

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

const openFiles = (): number => (process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0);

async function held(): Promise<Held> {
  // What has just been closed ends, and a process that it had.
  for (let before = -1; before !== openFiles();) {
    before = openFiles();
    await setTimeout(500);
  }
  gc();
  return {
    heap: process.memoryUsage().heapUsed / 1e6,
    files: openFiles(),
    resources: process.getActiveResourcesInfo().filter((name) => name !== 'Timeout' && name !== 'Immediate').length,
    listeners: process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0),
  };
}

const command = (name: string, ...args: unknown[]): Thenable<unknown> =>
  vscode.commands.executeCommand(`rolloutLab.${name}`, ...args);

describe('the extension host', function () {
  this.timeout(60_000 * rounds);
  let store: StoreClient;
  const prompts = ['red', 'green'].map((word) => makePrompt({ question: `What is ${word}?`, video: null }));
  const rollouts = prompts.flatMap((prompt) =>
    makeGroup(prompt, [1, 0, 1], {
      completion: `First I plan. At 0:01 I see it. So it is B. ${'More. '.repeat(200)}`,
    }),
  );
  const counts = { reviews: 0, edits: 0, runs: 0 };

  before(async () => {
    // SQLite keeps the descriptor of a connection that is closed while another has the file, as many as there were at once: the backup after a
    // minute would be one more beside a panel's.
    await vscode.workspace.getConfiguration('rolloutLab').update('backups', 0);
    await extension.activate();
    store = await openStore();
    await store.addRollouts(prompts, rollouts);
    await command('suggestPhases');
  });

  after(() => store.close());

  /** Has the page do something to a label until that is as it is to be: it hears of nothing before it is there. */
  async function edit({ id }: Rollout, name: string, isLabelled: boolean): Promise<void> {
    await until(`${name} on ${id}`, async () => {
      if (((await store.labels.get(id, annotator)).boundaries !== null) === isLabelled) return true;
      await command(name);
      await setTimeout(100);
      return false;
    });
    counts.edits += 1;
  }

  async function use(round: number): Promise<void> {
    for (const rollout of rollouts) {
      await command('openReview', rollout.id);
      counts.reviews += 1;
      if (round === 0) await edit(rollout, 'acceptSuggestion', true);
      await edit(rollout, 'undoLabel', false);
      await edit(rollout, 'redoLabel', true);
    }
    const { id } = await store.runs.create(`run ${round}`, presetConfig('grpo', 'policy', 1));
    await command('openRuns', id);
    for (let iteration = 1; iteration <= 5; iteration += 1) {
      const made = makeGroup(prompts[0], [1, 0], { runId: id, name: `${id} ${iteration}` });
      await store.runs.addIteration(id, { iteration, at: iteration, values: { reward: 1 }, advantages: [1, -1] }, made);
    }
    await store.runs.update(id, { status: 'finished' });
    counts.runs += 1;
    await command('openTable');
    await command('showAgreement');
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  }

  it('holds no more after many reviews, edits, runs and panels', async function () {
    const all: Held[] = [];
    for (let round = 0; round < rounds; round += 1) {
      await use(round);
      all.push(await held());
    }
    const [first, ...later] = all.slice(warm - 1);
    // What has just ended may be there still: what was lost is lost in every round.
    const since = later.slice(-Math.max(2, later.length / 2));
    const fewest = (what: keyof Held): number => Math.min(...since.map((one) => one[what]));
    const last: Held = {
      heap: fewest('heap'),
      files: fewest('files'),
      resources: fewest('resources'),
      listeners: fewest('listeners'),
    };
    const told = [first, last].map((one) => JSON.stringify({ ...one, heap: Number(one.heap.toFixed(1)) })).join(' → ');
    this.test!.title += `: ${counts.reviews} reviews, ${counts.edits} edits, ${counts.runs} runs, ${told}`;
    for (const what of ['files', 'resources', 'listeners'] as const) assert.ok(last[what] <= first[what], told);
    assert.ok(last.heap - first.heap < 3, told);
  });
});
