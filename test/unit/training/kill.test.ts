/** One run through all three stages, its process killed twenty times: what it comes to is what an uninterrupted run comes to. */
import { readdirSync, readFileSync, rmSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { Random } from '../../../src/domain/random.ts';
import { stages } from '../../../src/domain/rollout.ts';
import type { RunRow, Store } from '../../../src/store/store.ts';
import { bundles } from '../bundle.ts';
import { times } from '../fc.ts';
import { createRun, startTraining, timeless, tinyPolicy, trainingStore } from './fixture.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 60_000 });

const kills = 20;
/** What the process can be killed in, and of how many that begin after its start one is chosen: few, so that twenty lives make one run. */
const chosenOf = { generation: 4, gradient: 8, checkpoint: 3, between: 12, start: 1 };
type Phase = keyof typeof chosenOf;

const folder = mkdtempSync(join(tmpdir(), 'rollout-lab-'));
let store: Store;
let file: string;

beforeAll(async () => {
  await tinyPolicy(join(folder, 'tiny'));
  ({ store, file } = trainingStore(folder));
});

afterAll(() => {
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

function create(): RunRow {
  const each = stages.map((stage) => ({ stage, steps: 14 }));
  const steps = [`stages=${JSON.stringify(each)}`, `steps=${14 * stages.length}`, 'checkpointEvery=2', 'evalEvery=6'];
  return createRun(store, join(folder, 'tiny'), 'curriculum', [
    ...steps,
    'promptsPerStep=2',
    'hints.visits=1',
    'keepIterations=2',
    'maxStaleness=12',
  ]);
}

/** When to kill: a share of its usual time into the `nth` of a phase since the process began. */
interface Moment {
  phase: Phase;
  nth: number;
  share: number;
}

interface Life {
  signal: NodeJS.Signals | null;
  /** What it did, in order, each with how long, in ms; the last is what it died in. */
  did: { phase: Phase; ms: number }[];
  stderr: string;
}

/** Trains `run` in a process of `program` until it ends, or is killed at `moment`; `usual` are the phases' times in ms. */
function live(program: string, run: RunRow, moment?: Moment, usual?: Record<Phase, number>): Promise<Life> {
  const child = startTraining(file, run, program);
  const did: Life['did'] = [];
  let since = performance.now();
  const begin = (phase: Phase): void => {
    const now = performance.now();
    if (did.length > 0) did[did.length - 1].ms = now - since;
    since = now;
    did.push({ phase, ms: 0 });
    if (phase !== moment?.phase || did.filter((one) => one.phase === phase).length !== moment.nth) return;
    setTimeout(() => child.kill('SIGKILL'), moment.share * usual![phase]);
  };
  let text = '';
  child.stdout!.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (text + chunk).split('\n');
    text = lines.pop()!;
    for (const line of lines) begin(line as Phase);
  });
  let stderr = '';
  child.stderr!.on('data', (chunk) => (stderr += String(chunk)));
  return new Promise((done) => child.on('close', (_, signal) => done({ signal, did, stderr })));
}

/** All that a run leaves, but what names the run or the clock. */
function left(run: RunRow): unknown {
  const checkpoint = store.runs.latestCheckpoint(run.id)!.path;
  const made = store.rollouts.page({ runId: run.id, limit: 1000 }).rows.map(({ id }) => {
    const { promptId, completion, rewards, reward, advantage, policyVersion, tokens, hinted } = store.rollouts.get(id)!;
    return { promptId, completion, rewards, reward, advantage, policyVersion, tokens, hinted };
  });
  return {
    metrics: timeless(store.runs.metrics(run.id, -1)),
    made,
    checkpoints: readdirSync(join(folder, 'runs', run.id)).sort(),
    files: ['model.safetensors', 'optimiser.safetensors'].map((name) =>
      readFileSync(join(checkpoint, name)).toString('base64'),
    ),
    snapshot: store.runs.snapshot(run.id).length,
  };
}

const rounds = Array.from({ length: times(1) }, (_, i) => i + 1);

it.each(rounds)('killed at twenty random moments goes on as if it had not been, bit for bit: %i', async (round) => {
  const dist = await bundles({ training: 'test/unit/training/processes/traced-training.ts' });
  const program = join(dist, 'training.cjs');
  const whole = create();
  const { did, stderr } = await live(program, whole);
  expect(store.runs.get(whole.id), stderr).toMatchObject({ status: 'finished', iteration: 42 });
  const times = Map.groupBy(did, ({ phase }) => phase);
  const usual = Object.fromEntries(
    [...times].map(([phase, all]) => [phase, all.reduce((sum, { ms }) => sum + ms, 0) / all.length]),
  ) as Record<Phase, number>;

  const run = create();
  const random = Random.seeded(round, 'kills');
  const phases = Object.keys(chosenOf) as Phase[];
  const died: Phase[] = [];
  for (let i = 0; i < kills; i += 1) {
    const phase = phases[i % phases.length];
    const moment = { phase, nth: 1 + random.integer(chosenOf[phase]), share: random.uniform() };
    const life = await live(program, run, moment, usual);
    const row = store.runs.get(run.id)!;
    expect([i, life.signal, life.stderr]).toEqual([i, 'SIGKILL', life.stderr]);
    expect(row.iteration).toBeLessThan(42);
    died.push(life.did.at(-1)!.phase);
    // The first start of all reads the clips; the others find what it kept of them.
    if (life.did.length > 1) usual.start = Math.min(usual.start, life.did[0].ms);
    expect(row.status).toBe('lost');
  }
  expect(died).toHaveLength(kills);
  expect(died).toEqual(expect.arrayContaining(['generation', 'gradient', 'checkpoint']));

  const last = await live(program, run);
  expect(store.runs.get(run.id), last.stderr).toMatchObject({ status: 'finished', iteration: 42 });
  expect(left(run)).toEqual(left(whole));
});
