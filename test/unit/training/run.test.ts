/** Whole runs by the real training process, on a tiny policy and real clips. */
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { backendsOf } from '../../../src/domain/backend.ts';
import { stopAfter, type Preset } from '../../../src/domain/run.ts';
import type { Prompt, Rollout } from '../../../src/domain/rollout.ts';
import { Store, type NewSuggestion, type RunRow } from '../../../src/store/store.ts';
import { addonFolder } from '../../../src/training/backends/tensorflow-addon.ts';
import { Policy } from '../../../src/training/policy/policy.ts';
import { readSafetensors } from '../../../src/training/policy/safetensors.ts';
import { createRun, ended, samplePrompts, startTraining, timeless, tinyPolicy, trainingStore } from './fixture.ts';

// Whole runs on a machine that does other things as well.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const folder = mkdtempSync(join(tmpdir(), 'rollout-lab-'));
const policy = join(folder, 'tiny');
let store: Store;
let file: string;
let imported: Rollout[];

beforeAll(async () => {
  await tinyPolicy(policy);
  ({ store, file, imported } = trainingStore(folder));
});

afterAll(() => {
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

const create = (preset: Preset, overrides: string[] = [], seed = 1): RunRow =>
  createRun(store, policy, preset, overrides, seed);

/** Trains to the end and gives the row. */
async function train(run: RunRow): Promise<RunRow> {
  const { code, stderr } = await ended(startTraining(file, run));
  expect([code, stderr]).toEqual([0, stderr]);
  return store.runs.get(run.id)!;
}

const measured = (run: RunRow): unknown[] => timeless(store.runs.metrics(run.id, -1));

/** Waits until a run's row is as asked, while its process trains. */
async function until(run: RunRow, there: (row: RunRow) => boolean): Promise<RunRow> {
  for (let tries = 0; tries < 12_000; tries += 1) {
    const row = store.runs.get(run.id)!;
    if (there(row)) return row;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`the run stayed ${store.runs.get(run.id)!.status} at iteration ${store.runs.get(run.id)!.iteration}`);
}

describe('a run', () => {
  it('of AVATAR generates, replays, learns, and leaves its metrics, rollouts, checkpoints and provenance', async () => {
    const run = await train(create('avatar'));
    expect(run).toMatchObject({ status: 'finished', iteration: 4, error: null, backend: 'onnxruntime' });
    const rows = store.runs.metrics(run.id, -1);
    expect(rows.map(({ iteration }) => iteration)).toEqual([0, 1, 2, 3, 4]);
    const last = rows[4].values;
    expect(last).toMatchObject({ completions: 48, replayed: 12, learningRate: 0.003 });
    expect(last.staleness).toBeGreaterThan(0);
    expect(last['tier/easy'] + last['tier/medium'] + last['tier/hard']).toBe(36 + 48);
    for (const name of [
      'reward',
      'accuracy/train',
      'accuracy/validation',
      'kl',
      'ess',
      'gradNorm',
      'tokensPerSecond',
    ]) {
      expect([name, Number.isFinite(last[name])]).toEqual([name, true]);
    }
    expect(rows[4].advantages.length).toBe(12 + 12);
    const made = store.rollouts.page({ runId: run.id, limit: 100 }).rows;
    expect(made.length).toBe(48);
    for (const { promptId, rewards } of made) {
      expect('judge' in rewards).toBe(store.prompts.get(promptId)!.stage === 'localisation');
    }
    expect(made.some(({ rewards }) => 'judge' in rewards)).toBe(true);
    const atLimit = made.filter(({ tokenCount }) => tokenCount === 24);
    expect(new Set(atLimit.map(({ finish }) => finish))).toContain('length');
    expect(made.filter((one) => !atLimit.includes(one)).every(({ finish }) => finish === 'stop')).toBe(true);
    const whole = store.rollouts.get(made[0].id)!;
    expect(whole.tokens!.logProbs!.length).toBe(whole.tokens!.ids.length);
    const { entropy, trainer, reference, credit } = store.curves.of(whole.id);
    expect(entropy!.every((value) => value > 0 && value < Math.log(1000))).toBe(true);
    // In the first iteration the policy that samples is the reference still; it has learnt something before the last pass over the rollout.
    const [first] = store.rollouts
      .page({ runId: run.id, iteration: 1 })
      .rows.filter(({ advantage }) => advantage !== 0);
    const of = store.curves.of(first.id);
    const sampled = store.rollouts.get(first.id)!.tokens!.logProbs!;
    const furthest = (scored: Float32Array): number =>
      Math.max(...scored.map((value, i) => Math.abs(value - sampled[i])));
    expect(furthest(of.reference!)).toBeLessThan(1e-4);
    expect(furthest(of.trainer!)).toBeGreaterThan(1e-3);
    expect(Math.sign(of.credit![0])).toBe(Math.sign(first.advantage!));
    expect([trainer!, reference!, credit!].map(({ length }) => length)).toEqual(Array(3).fill(entropy!.length));
    expect(store.table.rows([store.table.number(first.id)!])[0]!.ratio).toBeGreaterThan(1);
    expect(run.provenance).toMatchObject({ approximate: '36 of 36 stored rollouts', node: process.version });
    const checkpoint = store.runs.latestCheckpoint(run.id)!;
    expect(checkpoint).toMatchObject({ iteration: 4, path: join(folder, 'runs', run.id, 'step-4') });
    expect((await Policy.load(checkpoint.path)).config.hidden_size).toBe(32);
    expect(run.summary).toMatchObject({ iterations: 4, completions: 48, checkpoint: checkpoint.path });
  });

  it('of a curriculum trains its stages one after the other, each on its prompts and rewards, and replays what came before', async () => {
    const stages = ['visual', 'audio-visual', 'localisation'] as const;
    const run = await train(create('curriculum'));
    expect(run).toMatchObject({ status: 'finished', iteration: 6 });
    const rows = store.runs.metrics(run.id, -1);
    expect(rows.map(({ values }) => values.stage)).toEqual([undefined, 1, 1, 2, 2, 3, 3]);
    for (const { iteration, values } of rows.slice(1)) {
      const stage = stages[values.stage - 1];
      const made = store.rollouts.page({ runId: run.id, iteration }).rows;
      expect(made.length).toBe(12);
      const parts = new Set(made.flatMap(({ rewards }) => Object.keys(rewards)));
      const own = { visual: [], 'audio-visual': ['self'], localisation: ['judge'] }[stage];
      expect(parts).toEqual(new Set(['format', 'accuracy', ...own]));
      expect(made.map(({ promptId }) => store.prompts.get(promptId)!.stage)).toEqual(made.map(() => stage));
    }
    // Three prompts a stage with four stored rollouts each enter as it begins; nothing leaves the buffer.
    const held = rows.map(({ values }) => values['tier/easy'] + values['tier/medium'] + values['tier/hard']);
    expect(held.slice(1)).toEqual([24, 36, 60, 72, 96, 108]);
    const evaluated = Object.keys(rows[6].values).filter((name) => name.startsWith('accuracy/validation'));
    expect(evaluated.sort()).toEqual([
      'accuracy/validation',
      'accuracy/validation/localisation',
      'accuracy/validation/visual',
    ]);
    const began = store.runs.log(run.id, 0).filter(({ message }) => message.endsWith('begins.'));
    expect(began.map(({ message }) => message)).toEqual(stages.map((stage) => `Stage ${stage} begins.`));
  });

  it('gives the same metrics for the same seed and others for another', async () => {
    const [first, again] = [await train(create('avatar')), await train(create('avatar'))];
    expect(measured(again)).toEqual(measured(first));
    const other = await train(create('avatar', [], 2));
    expect(measured(other)).not.toEqual(measured(first));
  });

  it('of GRPO replays nothing; an offline one generates nothing', async () => {
    const grpo = await train(create('grpo', ['steps=2']));
    expect(store.runs.metrics(grpo.id, 1)[0].values).toMatchObject({ completions: 48, replayed: 0 });
    expect(store.runs.metrics(grpo.id, 1)[0].values).toHaveProperty('kl');
    const alone = await train(create('grpo', ['steps=2', 'klWeight=0']));
    expect(store.runs.metrics(alone.id, 1)[0].values).not.toHaveProperty('kl');
    const offline = await train(create('offline', ['steps=2']));
    const { values, advantages } = store.runs.metrics(offline.id, 1)[0];
    expect(values).toMatchObject({ completions: 0, tokens: 0, replayed: 24 });
    expect(values).not.toHaveProperty('reward');
    expect(advantages.length).toBe(24);
    expect(store.rollouts.page({ runId: offline.id }).rows).toEqual([]);
  });
});

describe('a run with an adapter', () => {
  it('trains it alone, leaves it as a PEFT folder, and another run goes on with it', async () => {
    const run = await train(create('avatar', ['gradientSteps=1', 'lora.rank=4', 'lora.modules=q_proj,down_proj']));
    const rows = store.runs.metrics(run.id, -1);
    expect(rows[1].values.kl).toBeCloseTo(0, 6);
    expect(rows[4].values.kl).toBeGreaterThan(0);
    const { path } = store.runs.latestCheckpoint(run.id)!;
    expect(readdirSync(path).sort()).toEqual([
      '.rollout-lab-run',
      'adapter_config.json',
      'adapter_model.safetensors',
      'optimiser.safetensors',
      'trainer.json',
    ]);
    const { adapter, ...base } = await Policy.load(policy, path);
    expect(adapter!.settings).toEqual({ rank: 4, alpha: 32, modules: ['q_proj', 'down_proj'], rslora: false });
    const weights = [...adapter!.parameters.keys()];
    expect(weights).toHaveLength(4);
    for (const name of weights.filter((name) => name.includes('lora_B')))
      expect(Math.max(...adapter!.parameters.get(name)!.data.map(Math.abs))).toBeGreaterThan(0);
    const moments = weights.flatMap((name) => [`moment1/${name}`, `moment2/${name}`]);
    expect([...(await readSafetensors(join(path, 'optimiser.safetensors'))).keys()].sort()).toEqual(moments.sort());
    expect(base.parameters).toEqual((await Policy.load(policy)).parameters);

    // Of rollouts without log-probs it counts as the behaviour policy itself, and not as the base beneath it.
    const one = ['steps=1', 'gradientSteps=1', 'minibatches=1'];
    const offline = await train(create('offline', [`adapter=${path}`, ...one]));
    const { ess, clipFraction } = store.runs.metrics(offline.id, 0)[0].values;
    expect([ess, clipFraction]).toEqual([expect.closeTo(1, 5), 0]);
    const further = await train(create('grpo', [`adapter=${path}`, 'steps=1']));
    const [start] = store.runs.metrics(further.id, -1);
    expect(start.values['accuracy/validation']).toBe(rows[4].values['accuracy/validation']);
    expect(store.runs.metrics(further.id, 0)[0].values.kl).toBeGreaterThan(0);
    const beneath = create('grpo', [`policy=${path}`]);
    expect((await ended(startTraining(file, beneath))).code).toBe(1);
    expect(store.runs.get(beneath.id)!.error).toContain("is an adapter: name it as the run's adapter");
  });
});

it('that asked for auto goes on with the default, and says shortly what is not set up', async () => {
  // No TensorFlow, and no GPU.
  vi.stubEnv('XDG_DATA_HOME', join(folder, 'nowhere'));
  vi.stubEnv('VK_ICD_FILENAMES', join(folder, 'nowhere'));
  const run = await train(create('grpo', ['backend=auto', 'steps=1', 'evalEvery=0']));
  vi.unstubAllEnvs();
  const others = backendsOf(process.platform, process.arch).filter((name) => name !== 'onnxruntime');
  const message = `Not set up here: ${others.join(', ')}. “rollout-lab doctor” tells how to.`;
  expect(store.runs.log(run.id, 0).filter((line) => line.message.startsWith('Not set up'))).toMatchObject([
    { level: 'info', message },
  ]);
  expect(run).toMatchObject({ status: 'finished', backend: 'onnxruntime' });
  expect(run.measured).toBeNull();
});

it.skipIf(!existsSync(addonFolder()))(
  'that asks for auto goes by what a run before it found, and says so',
  async () => {
    const data = join(folder, 'data');
    cpSync(addonFolder(), addonFolder(join(data, 'rollout-lab')), { recursive: true });
    vi.stubEnv('XDG_DATA_HOME', data);
    vi.stubEnv('VK_ICD_FILENAMES', join(folder, 'nowhere'));
    const config = ['backend=auto', 'steps=1', 'evalEvery=0'];
    const first = await train(create('grpo', config));
    const second = await train(create('grpo', config));
    vi.unstubAllEnvs();
    expect(second).toMatchObject({ status: 'finished', backend: first.backend, measured: first.measured });
    const said = [first, second].map(({ id }) =>
      store.runs.log(id, 0).filter(({ message }) => /^The backends were tried on \d{4}-/u.test(message)),
    );
    expect(said.map(({ length }) => length)).toEqual([0, 1]);
  },
);

it('that asked for a backend which is not set up fails, and names the cure', async () => {
  vi.stubEnv('XDG_DATA_HOME', join(folder, 'nowhere'));
  const run = create('grpo', ['backend=tensorflow']);
  const { code } = await ended(startTraining(file, run));
  vi.unstubAllEnvs();
  expect(code).toBe(1);
  const error = expect.stringMatching(/tensorflow is not set up here.*rollout-lab setup tensorflow/u) as string;
  expect(store.runs.get(run.id)).toMatchObject({ status: 'failed', backend: null, iteration: 0, error });
});

it('keeps its latest two checkpoints, and one that another run begins with', async () => {
  const run = create('grpo', ['evalEvery=0', 'checkpointEvery=1']);
  const checkpoints = join(folder, 'runs', run.id);
  store.runs.create('from its second', { ...run.config, policy: join(checkpoints, 'step-2') });
  await train(run);
  expect(store.runs.checkpoints(run.id).map(({ iteration }) => iteration)).toEqual([4, 3, 2]);
  expect(readdirSync(checkpoints).sort()).toEqual(['step-2', 'step-3', 'step-4']);
});

it('keeps the rollouts that its settings say, and learns as one that keeps all', async () => {
  const settings = ['steps=8', 'maxStaleness=4', 'storedRollouts=none'];
  const all = await train(create('avatar', settings));
  const few = await train(create('avatar', [...settings, 'keepIterations=1']));
  expect(measured(few).map((row) => ({ ...(row as object), advantages: [] }))).toEqual(
    measured(all).map((row) => ({ ...(row as object), advantages: [] })),
  );
  const kept = ({ id }: RunRow): number[] => Array.from({ length: 8 }, (_, i) => store.runs.madeIn(id, i + 1).length);
  expect(kept(all)).toEqual(new Array(8).fill(12));
  // Of the first iteration, of the buffer, and of what was made after the checkpoint before the last.
  const [first, ...others] = kept(few);
  expect([first, ...others.slice(0, 2), ...others.slice(-2)]).toEqual([12, 0, 0, 12, 12]);
  expect(store.runs.log(few.id, 0).filter(({ message }) => message.includes('keepIterations'))).toHaveLength(1);
});

it('without validation prompts is measured on the test split each time', async () => {
  const prompts = samplePrompts(8).map((prompt, i): Prompt => {
    return { ...prompt, id: `bare-${i}`, dataset: 'bare', split: i < 4 ? 'train' : 'test' };
  });
  store.addRollouts(prompts, []);
  const run = await train(create('grpo', ['dataset=bare', 'steps=2', 'evalEvery=1']));
  const values = store.runs.metrics(run.id, -1).map((row) => row.values);
  expect(values.map((row) => 'accuracy/test' in row)).toEqual([true, true, true]);
  expect(values.some((row) => 'accuracy/validation' in row)).toBe(false);
});

describe('labels', () => {
  it('are suggested by cues where there are none, for the rollouts that the run makes too', async () => {
    const cues = 'tas.cues={"evidence":"At ","synthesis":" red"}';
    const run = await train(create('avatar', [cues, 'steps=1', 'evalEvery=0']));
    const fresh = new Set(store.rollouts.page({ runId: run.id, limit: 100 }).rows.map(({ id }) => id));
    const rows = store.runs.snapshot(run.id);
    for (const mine of [true, false]) {
      const suggested = rows.find((row) => fresh.has(row.rolloutId) === mine && row.source === 'suggestion:cues')!;
      const { completion } = store.rollouts.get(suggested.rolloutId)!;
      expect(suggested.boundaries).toEqual([completion.indexOf('At '), completion.indexOf(' red')]);
    }
  });

  const label = (annotator: string, boundaries: number[]): void => {
    for (const { id, completion } of imported) {
      if (completion.startsWith('<think>')) store.labels.set({ rolloutId: id, annotator, boundaries });
    }
  };
  const offline = ['replaySampling=uniform', 'hints.enabled=false'];

  it('shape the weights of their rollouts as they were when the run started, through kill -9 and resume', async () => {
    const plain = await train(create('offline', offline));
    label('ana', [13, 26]);
    const labelled = await train(create('offline', offline));
    expect(measured(labelled)).not.toEqual(measured(plain));
    const snapshot = store.runs.snapshot(labelled.id);
    expect(snapshot.filter(({ source }) => source === 'label:ana').length).toBe(27);
    expect(snapshot.filter(({ source }) => source === 'parabolic').length).toBe(9);

    const interrupted = create('offline', [...offline, 'steps=4', 'checkpointEvery=1']);
    const child = startTraining(file, interrupted);
    await until(interrupted, ({ iteration }) => iteration >= 1);
    const death = ended(child);
    child.kill('SIGKILL');
    await death;
    label('ana', [7, 30]);
    expect(store.runs.get(interrupted.id)!.iteration).toBeLessThan(4);
    await train(interrupted);
    const values = (run: RunRow) => measured(run).map((row) => (row as { values: unknown }).values);
    expect(values(interrupted)).toEqual(values(labelled));

    expect(store.runs.weightSources(interrupted.id)).toEqual({
      sources: [
        { source: 'label:ana', rollouts: 27 },
        { source: 'parabolic', rollouts: 9 },
      ],
      changed: 27,
    });

    const relabelled = await train(create('offline', offline));
    expect(store.runs.weightSources(relabelled.id).changed).toBe(0);
    expect(measured(relabelled)).not.toEqual(measured(labelled));
  });

  it('are those of the annotators the run names', async () => {
    label('ben', [10, 20]);
    const run = await train(create('offline', ['steps=1', 'tas.annotators=ana']));
    const sources = new Set(store.runs.snapshot(run.id).map(({ source }) => source));
    expect(sources).toEqual(new Set(['label:ana', 'parabolic']));
  });

  it('go before stored suggestions, and those that nobody refused before cues', async () => {
    const ids = imported.filter(({ completion }) => !completion.startsWith('<think>')).map(({ id }) => id);
    const suggest = (rolloutId: string): NewSuggestion => ({
      ...{ rolloutId, source: 'rules', boundaries: [0, 1], scores: [1, 1], entropy: 0, model: 'rules 1' },
    });
    store.suggestions.add(imported.map(({ id }) => suggest(id)));
    store.suggestions.refuse(ids[0], 'rules', [1]);
    const run = await train(create('offline', ['steps=1']));
    expect(store.runs.weightSources(run.id).sources).toEqual([
      { source: 'label:ben', rollouts: 27 },
      { source: 'suggestion:rules', rollouts: 8 },
      { source: 'parabolic', rollouts: 1 },
    ]);
    const row = store.runs.snapshot(run.id).find(({ rolloutId }) => rolloutId === ids[1]);
    expect(row).toEqual({ rolloutId: ids[1], boundaries: [0, 1], source: 'suggestion:rules' });
  });
});

describe('a run that is interrupted', () => {
  it.each([
    ['', []],
    [' of an adapter', ['lora.rank=4']],
    [' of an adapter on a base of 8 bits', ['lora.rank=4', 'baseBits=8']],
  ])('goes on after kill -9 with the metrics and rollouts of an uninterrupted one%s', async (_, lora) => {
    const whole = await train(create('avatar', ['steps=6', ...lora]));
    const run = create('avatar', ['steps=6', ...lora]);
    const child = startTraining(file, run);
    await until(run, ({ iteration }) => iteration >= 3);
    const death = ended(child);
    child.kill('SIGKILL');
    await death;
    const dead = store.runs.get(run.id)!;
    expect(dead.iteration).toBeLessThan(6);
    expect(store.runs.latestCheckpoint(run.id)!.iteration % 2).toBe(0);
    const resumed = await train(run);
    expect(resumed).toMatchObject({ status: 'finished', iteration: 6 });
    expect(measured(run)).toEqual(measured(whole));
    const texts = (id: string) =>
      store.rollouts.page({ runId: id, limit: 200 }).rows.map(({ completion }) => completion);
    expect(texts(run.id)).toEqual(texts(whole.id));
  });

  it('pauses and goes on, and stops on SIGTERM with a checkpoint to resume from', async () => {
    const run = create('grpo', ['steps=200', 'evalEvery=0']);
    const child = startTraining(file, run);
    const end = ended(child);
    await until(run, ({ iteration }) => iteration >= 1);
    store.runs.request(run.id, 'pause');
    const paused = await until(run, ({ status }) => status === 'paused');
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(store.runs.get(run.id)!.iteration).toBe(paused.iteration);
    expect(() => store.runs.claim(run.id)).toThrow('is being trained by process');
    store.runs.request(run.id, 'run');
    await until(run, ({ status, iteration }) => status === 'running' && iteration > paused.iteration);
    child.kill('SIGTERM');
    expect((await end).code).toBe(0);
    const stopped = store.runs.get(run.id)!;
    expect(stopped.status).toBe('stopped');
    expect(store.runs.latestCheckpoint(run.id)!.iteration).toBe(stopped.iteration);
  });
});

it('a run that is asked to stop twice ends in the midst of an iteration, and keeps its last checkpoint', async () => {
  const long = create('grpo', ['steps=2', 'gradientSteps=1000000', 'evalEvery=0']);
  const end = ended(startTraining(file, long));
  await until(long, () => store.runs.metrics(long.id, -1).length > 0);
  // In its first iteration, which would take hours: asked before that, it would stop at once.
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  for (let times = 0; times < 2; times += 1) store.runs.request(long.id, stopAfter(store.runs.get(long.id)!.request));
  expect(store.runs.get(long.id)!.request).toBe('end');
  expect((await end).code).toBe(0);
  expect(store.runs.get(long.id)).toMatchObject({ status: 'stopped', iteration: 0, error: null });

  const run = create('grpo', ['steps=200', 'evalEvery=0']);
  const child = ended(startTraining(file, run));
  await until(run, ({ iteration }) => iteration >= 3);
  store.runs.request(run.id, 'end');
  expect((await child).code).toBe(0);
  const { status, iteration } = store.runs.get(run.id)!;
  const checkpoint = store.runs.latestCheckpoint(run.id)!;
  expect([status, checkpoint.iteration <= iteration]).toEqual(['stopped', true]);
  expect((await Policy.load(checkpoint.path)).parameters.size).toBeGreaterThan(0);
});

describe('a run on a selection', () => {
  it('trains and replays these prompts alone, is measured on all others, and goes on after kill -9 as it would have', async () => {
    const training = store.prompts.page({ split: 'train', limit: 100 }).rows;
    const [first, second] = training.map(({ id }) => id);
    const [held] = store.prompts.page({ split: 'validation' }).rows;
    const whole = [`prompts=${second},${first},${held.id}`, 'checkpointEvery=1', 'promptsPerStep=2'];
    const run = await train(create('avatar', whole));
    const made = store.rollouts.page({ runId: run.id, limit: 100 }).rows;
    expect(new Set(made.map(({ promptId }) => promptId))).toEqual(new Set([first, second]));
    const taken = new Set(store.runs.snapshot(run.id).map(({ rolloutId }) => store.rollouts.get(rolloutId)!.promptId));
    expect(taken).toEqual(new Set([first, second]));
    const said = store.runs.log(run.id, 0).map(({ level, message }) => `${level}: ${message}`);
    expect(said).toContain('info: The run trains on 3 selected prompts alone.');
    expect(said).toContain(
      'warn: 1 of the 3 selected prompts is of another dataset, split or stage: the run leaves it out.',
    );
    const all = await train(create('avatar', ['steps=1']));
    const before = (one: RunRow): unknown => store.runs.metrics(one.id, -1)[0].values['accuracy/validation'];
    expect(before(run)).toBe(before(all));

    const interrupted = create('avatar', whole);
    const child = startTraining(file, interrupted);
    await until(interrupted, () => store.runs.latestCheckpoint(interrupted.id) !== null);
    const death = ended(child);
    child.kill('SIGKILL');
    await death;
    await train(interrupted);
    expect(measured(interrupted)).toEqual(measured(run));
  });
});

it('a run on a selection learns from the extract that a cluster is sent as it does from the whole store', async () => {
  const [, first, , second] = store.prompts.page({ split: 'train', limit: 100 }).rows.map(({ id }) => id);
  const selected = [`prompts=${first},${second}`, 'promptsPerStep=2', 'steps=1'];
  const [here, there] = [create('avatar', selected), create('avatar', selected)];
  // Beside the whole store, so that it may open the same clips.
  const extract = join(folder, 'extract.db');
  store.extractRun(there.id, extract, { policy, adapter: null, media: new Map() });
  const { code, stderr } = await ended(startTraining(extract, there));
  expect([code, stderr]).toEqual([0, stderr]);
  const sent = Store.open(extract);
  try {
    const training = sent.prompts.page({ split: 'train' }).rows.map(({ id }) => id);
    expect(training.sort()).toEqual([first, second].sort());
    expect(timeless(sent.runs.metrics(there.id, -1))).toEqual(measured(await train(here)));
  } finally {
    sent.close();
  }
});

describe('a run that cannot be', () => {
  it.each<[string, Preset, string[], string]>([
    ['has no policy', 'avatar', ['policy=nowhere'], 'nowhere is not a policy: it has no config.json'],
    ['has no prompts', 'avatar', ['dataset=other'], 'no prompts to train on: dataset other, split train has none'],
    ['has no prompts of a stage', 'curriculum', ['dataset=other'], 'dataset other, stage visual, split train has none'],
    ['has not all of its selection', 'avatar', ['prompts=p-gone'], '1 of the 1 selected prompt is not in this store'],
    ['has no stored rollouts', 'offline', ['storedRollouts=none'], 'an offline run learns from stored rollouts'],
    ['has no room', 'avatar', ['maxNewTokens=120'], 'lower it'],
  ])('because it %s fails before it begins and says why', async (_, preset, overrides, reason) => {
    const run = create(preset, overrides);
    expect((await ended(startTraining(file, run))).code).toBe(1);
    expect(store.runs.get(run.id)).toMatchObject({
      status: 'failed',
      error: expect.stringContaining(reason) as string,
    });
    expect(store.runs.log(run.id, 0).at(-1)).toMatchObject({ level: 'error' });
  });

  it('because media are missing names all of them, and leaves their prompts out where that is chosen', async () => {
    const [prompt, other] = samplePrompts(2);
    const gone = Array.from({ length: 5 }, (_, i) => `/nowhere/${i}.mp4`);
    const broken = join(folder, 'broken.mp4');
    writeFileSync(broken, 'no video');
    const of = [...gone, broken, prompt.video, other.video].map((video, i) => ({
      ...{ ...prompt, split: 'train' as const, dataset: 'gone' },
      ...{ id: `p-${i}`, video },
    }));
    store.addRollouts(of, []);
    const run = create('grpo', ['dataset=gone', 'steps=1', 'evalEvery=0']);
    expect((await ended(startTraining(file, run))).code).toBe(1);
    const { error, iteration } = store.runs.get(run.id)!;
    expect(error).toContain(
      `6 of 8 prompts cannot be seen or heard. Media that is not there: 5 (${gone.join(', ')}); import their dataset again`,
    );
    expect(error).toMatch(/Media that cannot be read: 1 \(.*broken\.mp4.*\); .*--set leaveOutMissing=true$/su);
    expect([iteration, store.runs.metrics(run.id, -1)]).toEqual([0, []]);
    const rest = await train(create('grpo', ['dataset=gone', 'steps=1', 'evalEvery=0', 'leaveOutMissing=true']));
    expect(rest).toMatchObject({ status: 'finished', iteration: 1 });
    const bare = create('curriculum', ['dataset=gone', 'evalEvery=0', 'leaveOutMissing=true']);
    const [{ stage }] = of;
    const { stages } = bare.config;
    store.addRollouts(
      stages.filter((one) => one.stage !== stage).map((one) => ({ ...of[0], id: `p-${one.stage}`, stage: one.stage })),
      [],
    );
    expect((await ended(startTraining(file, bare))).code).toBe(1);
    expect(store.runs.get(bare.id)!.error).toMatch(
      /^no prompts to train on are left: dataset gone, stage [\w-]+, split train has none with media/u,
    );
    const asked = store.rollouts.page({ runId: rest.id, limit: 100 }).rows.map(({ promptId }) => promptId);
    expect([...new Set(asked)].sort()).toEqual(['p-6', 'p-7']);
    expect(store.runs.log(rest.id, 0)).toContainEqual(
      expect.objectContaining({
        level: 'warn',
        message: expect.stringContaining('6 of 8 prompts are left out') as string,
      }),
    );
  });
});

it('a run that goes on where an import brought its stored rollouts up to date says so', async () => {
  const { provenance } = await train(create('offline', ['steps=1', 'evalEvery=0']));
  const goesOn = async (): Promise<string[]> => {
    const run = create('offline', ['steps=1', 'evalEvery=0']);
    store.runs.update(run.id, { provenance });
    await train(run);
    return store.runs.log(run.id, 0).map(({ message }) => message);
  };
  const warning = 'The prompts, clips or stored rollouts are not what they were when this run began.';
  expect(await goesOn()).not.toContain(warning);
  const [{ id }] = imported;
  const rollout = store.rollouts.get(id)!;
  store.updateRollouts([], [{ id, rollout: { ...rollout, completion: `${rollout.completion} ` } }]);
  expect(await goesOn()).toContain(warning);
});

it('a run of prompts with several media sees the first alone, and says so', async () => {
  const [prompt] = samplePrompts(1);
  const media = [prompt.video!, '/nowhere/other.mp4'].map((path) => ({ kind: 'video' as const, path }));
  store.addRollouts([{ ...prompt, id: 'p-several', dataset: 'several', media }], []);
  const run = await train(create('grpo', ['dataset=several', 'steps=1', 'evalEvery=0']));
  expect(store.runs.log(run.id, 0).map(({ message }) => message)).toContainEqual(
    expect.stringContaining('1 of 1 prompts have several videos, pictures or sounds'),
  );
});
