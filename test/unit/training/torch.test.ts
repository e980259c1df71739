/** The PyTorch engine: the same numbers as the embedded one, and the same runs through it. `npm test` sets it up. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { Random } from '../../../src/domain/random.ts';
import type { RunRow, Store } from '../../../src/store/store.ts';
import { openBackend } from '../../../src/training/backends/choose.ts';
import { EmbeddedEngine } from '../../../src/training/engine/embedded.ts';
import { EngineLostError, type Engine, type StepOptions } from '../../../src/training/engine/engine.ts';
import { TorchEngine } from '../../../src/training/engine/torch.ts';
import { servicePackages } from '../../../src/training/engine/torch-python.ts';
import { torchPlace } from '../../../src/training/engine/torch-setup.ts';
import { Adapter } from '../../../src/training/policy/adapter.ts';
import { StepNotFiniteError } from '../../../src/training/policy/learner.ts';
import { Policy } from '../../../src/training/policy/policy.ts';
import { readSafetensors } from '../../../src/training/policy/safetensors.ts';
import type { RolloutRow } from '../../../src/training/policy/row.ts';
import { createRun, ended, sample, startTraining, timeless, tinyPolicy, trainingStore } from './fixture.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const folder = mkdtempSync(join(tmpdir(), 'rollout-lab-'));
const tiny = join(folder, 'tiny');
const optimiser = { learningRate: 1e-4, weightDecay: 0.01, beta2: 0.99, maxGradNorm: 1 };
let store: Store;
let file: string;

beforeAll(async () => {
  await tinyPolicy(tiny);
  ({ store, file } = trainingStore(folder));
});

afterAll(() => {
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

const packages = servicePackages(inject('dist'));

async function open(policy: Policy, base: string, adapter: string | null = null): Promise<TorchEngine> {
  const python = (await torchPlace(inject('dist'))).python;
  return TorchEngine.open(policy, { python, packages, base, adapter, lora: null, seed: 1, threads: 1, optimiser });
}

/** Rows of two prompts, one with a clip, two of each replayed. */
function rowsOf({ config, tokenizer }: Policy): RolloutRow[] {
  const random = Random.seeded(4, 'rows');
  const values = (length: number): Float32Array => Float32Array.from({ length }, () => random.uniform());
  const av = config.audio_visual_prefix!;
  const prefix = { slots: 6, frames: values(6 * av.frame_values), mels: values(6 * av.mel_bands) };
  const contexts = [
    { promptIds: tokenizer.encode('Which shape comes first?'), prefix },
    { promptIds: tokenizer.encode('How many tones are there?'), prefix: null },
  ];
  return contexts.flatMap((context, c) =>
    [5, 9, 14, 2].map((length, i) => ({
      ...context,
      completionIds: Int32Array.from({ length }, () => random.integer(config.vocab_size)),
      weights: values(length).map((value) => 1 + 0.3 * value),
      advantage: [1.5, -0.7, 0.2, -2][i],
      oldLogProbs: values(length).map((value) => -4 - value),
      refLogProbs: c === 0 && i === 3 ? null : values(length).map((value) => -4 - value),
      dualClip: i === 3 ? 4 : Infinity,
    })),
  );
}

/** Clipped; with the sequence's ratio; of truncated importance weights. Small steps: float32 rounds the same where weights are near. */
const losses: StepOptions[] = [
  {},
  { ratio: 'sequence' as const, aggregation: 'token' as const, klEstimator: 'bias_correction_kl' as const },
  { ratioCap: 2, klEstimator: 'low_var_kl' as const },
].map((options) => ({
  ...{ learningRate: 1e-5, clipLow: 0.2, clipHigh: 0.28, klWeight: 0.1, klEstimator: 'k3' as const },
  ...{ aggregation: 'sequence' as const, ratio: 'token' as const, ratioCap: null },
  ...options,
}));

const within = (a: readonly Float32Array[], b: readonly Float32Array[]): number =>
  Math.max(...a.flatMap((row, i) => [...row].map((value, t) => Math.abs(value - b[i][t]))));

describe('beside the embedded engine', () => {
  const pair = async (policy: Policy, base: string, adapter: string | null = null): Promise<[Engine, Engine]> => [
    new EmbeddedEngine(policy, await openBackend('onnxruntime', 1), { optimiser, base }),
    await open(policy, base, adapter),
  ];

  it('steps on every kind of loss are the same, and so is what they leave', async () => {
    const policy = await Policy.load(join(sample, 'policy'));
    const rows = rowsOf(policy);
    const [ours, theirs] = await pair(policy, join(sample, 'policy'));
    const apart = async (of: 'policy' | 'reference'): Promise<number> =>
      within(await ours.logProbs(rows, of), await theirs.logProbs(rows, of));
    expect(await apart('policy')).toBeLessThan(1e-4);
    for (const options of losses) {
      const [a, b] = [await ours.reinforce(rows, options), await theirs.reinforce(rows, options)];
      for (const name of ['loss', 'policyLoss', 'kl', 'gradNorm', 'entropy', 'clipFraction'] as const)
        expect(Math.abs(a[name] - b[name]) / Math.max(1, Math.abs(a[name])), name).toBeLessThan(1e-4);
    }
    expect(await apart('policy')).toBeLessThan(1e-3);
    expect(await apart('reference')).toBeLessThan(1e-4);
    await Promise.all([ours.dispose(), theirs.dispose()]);
  });

  it('trains an adapter alone, and each goes on from what the other saved', async () => {
    const base = await Policy.load(tiny);
    const lora = { rank: 4, alpha: 8, modules: ['q_proj' as const, 'down_proj' as const] };
    const start = join(folder, 'adapter');
    await Adapter.create(base.config, lora, 7).save(start, tiny);
    const policy = await Policy.load(tiny, start);
    const rows = rowsOf(policy);
    const [ours, theirs] = await pair(policy, tiny, start);
    const options = losses[0];
    for (let i = 0; i < 2; i += 1) {
      const [a, b] = [await ours.reinforce(rows, options), await theirs.reinforce(rows, options)];
      expect(Math.abs(a.gradNorm - b.gradNorm) / a.gradNorm).toBeLessThan(1e-3);
    }
    const [left, right] = [join(folder, 'left'), join(folder, 'right')];
    mkdirSync(left);
    mkdirSync(right);
    await ours.save(left);
    await theirs.save(right);
    await ours.restore(right, 2);
    await theirs.restore(left, 2);
    const [a, b] = [await ours.reinforce(rows, options), await theirs.reinforce(rows, options)];
    expect(Math.abs(a.gradNorm - b.gradNorm) / a.gradNorm).toBeLessThan(1e-2);
    expect(within(await ours.logProbs(rows, 'policy'), await theirs.logProbs(rows, 'policy'))).toBeLessThan(1e-2);
    await Promise.all([ours.dispose(), theirs.dispose()]);
  });
});

describe('the engine', () => {
  let policy: Policy;
  let engine: TorchEngine;
  beforeAll(async () => {
    policy = await Policy.load(tiny);
    engine = await open(policy, tiny);
  });
  afterAll(() => engine.dispose());

  it('samples by each row’s own seed, with the log-probs that scoring gives', async () => {
    const { promptIds } = rowsOf(policy)[0];
    const context = { promptIds, prefix: null };
    const requests = (count: number) =>
      Array.from({ length: count }, (_, i) => ({ ...context, random: Random.seeded(9, i) }));
    const sampling = { temperature: 1, topP: 1, topK: 0, maxNewTokens: 20 };
    const made = await engine.generate(requests(4), sampling);
    const alone = await engine.generate(requests(1), sampling);
    expect([...made[0].ids]).toEqual([...alone[0].ids]);
    expect(new Set(made.map(({ ids }) => ids.join())).size).toBeGreaterThan(1);
    const forced = await engine.logProbs(
      made.map(({ ids }) => ({ ...context, completionIds: ids })),
      'policy',
    );
    expect(
      within(
        made.map(({ logProbs }) => logProbs),
        forced,
      ),
    ).toBeLessThan(1e-5);
  });

  it('stops in the middle when it is told to, and answers what comes after', async () => {
    const context = { promptIds: Int32Array.of(5, 6), prefix: null };
    const stop = new AbortController();
    const requests = Array.from({ length: 64 }, (_, i) => ({ ...context, random: Random.seeded(2, i) }));
    const sampling = { temperature: 1, topP: 1, topK: 0, maxNewTokens: 100 };
    const asked = engine.generate(requests, sampling, stop.signal);
    stop.abort(new Error('enough'));
    await expect(asked).rejects.toThrow('enough');
    expect(await engine.generate(requests.slice(0, 1), { ...sampling, maxNewTokens: 1 })).toHaveLength(1);
  });

  it('says that a step is not finite, and keeps what it had', async () => {
    const rows = rowsOf(policy);
    const before = await engine.logProbs(rows, 'policy');
    const broken = rows.map((row) => ({ ...row, advantage: 1e38, weights: row.weights.map(() => 1e38) }));
    await expect(engine.reinforce(broken, losses[0])).rejects.toThrow(StepNotFiniteError);
    expect(engine.step).toBe(0);
    expect(within(await engine.logProbs(rows, 'policy'), before)).toBe(0);
  });

  it('names the folder that is no policy, and tells of a process that is gone', async () => {
    await expect(open(policy, join(folder, 'nowhere'))).rejects.toThrow('nowhere');
    killService(process.pid);
    await expect(engine.logProbs(rowsOf(policy), 'policy')).rejects.toThrow(EngineLostError);
  });
});

describe('a run on it', () => {
  const overrides = ['engine=torch', 'steps=4'];

  async function train(run: RunRow): Promise<RunRow> {
    const { code, stderr } = await ended(startTraining(file, run));
    expect(code, stderr).toBe(0);
    return store.runs.get(run.id)!;
  }

  it('trains, leaves what a run of the embedded engine leaves, and imports nothing from the project', async () => {
    const traps = ['policy.py', 'torch.py', 'numpy.py'].map((name) => join(folder, name));
    for (const trap of traps) writeFileSync(trap, 'raise SystemExit("a module of the project")');
    const run = await train(createRun(store, tiny, 'avatar', overrides));
    expect(run).toMatchObject({ status: 'finished', iteration: 4, backend: 'torch' });
    expect(run.provenance!.backend).toContain('PyTorch');
    const checkpoint = store.runs.latestCheckpoint(run.id)!;
    const trained = await Policy.load(checkpoint.path);
    const started = await Policy.load(tiny);
    expect([...trained.parameters.keys()].sort()).toEqual([...started.parameters.keys()].sort());
    const metrics = store.runs.metrics(run.id, -1);
    expect(metrics.map(({ iteration }) => iteration)).toEqual([0, 1, 2, 3, 4]);
    expect(metrics[4].values.replayed).toBeGreaterThan(0);
    for (const trap of traps) rmSync(trap);
  });

  it('goes on after kill -9 with the metrics of an uninterrupted one', async () => {
    const whole = await train(createRun(store, tiny, 'avatar', overrides, 5));
    const run = createRun(store, tiny, 'avatar', overrides, 5);
    const child = startTraining(file, run);
    while ((store.runs.latestCheckpoint(run.id)?.iteration ?? 0) < 2) await new Promise((wake) => setTimeout(wake, 20));
    child.kill('SIGKILL');
    await ended(child);
    await train(run);
    expect(timeless(store.runs.metrics(run.id, -1))).toEqual(timeless(store.runs.metrics(whole.id, -1)));
  });

  it('goes on from its last checkpoint when the process of its policy dies', async () => {
    const run = createRun(store, tiny, 'avatar', [...overrides, 'steps=6'], 6);
    const child = startTraining(file, run);
    while ((store.runs.latestCheckpoint(run.id)?.iteration ?? 0) < 2) await new Promise((wake) => setTimeout(wake, 20));
    killService(child.pid!);
    expect(await ended(child)).toMatchObject({ code: 0 });
    expect(store.runs.get(run.id)).toMatchObject({ status: 'finished', iteration: 6 });
    expect(store.runs.log(run.id, 0).map(({ message }) => message)).toContainEqual(
      expect.stringContaining('the PyTorch process ended (SIGKILL)'),
    );
    expect(store.runs.metrics(run.id, -1).map(({ iteration }) => iteration)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it('trains a model that the embedded engine does not know', async () => {
    const strange = join(folder, 'strange');
    const code = `import sys, policy.vision, transformers as t
config = t.Gemma2Config(vocab_size=600, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=2,
    num_key_value_heads=1, head_dim=16, max_position_embeddings=256, sliding_window=128, eos_token_id=0, pad_token_id=0, bos_token_id=0)
t.set_seed(3)
t.Gemma2ForCausalLM(config).save_pretrained(sys.argv[1])`;
    const env = { ...process.env, PYTHONPATH: packages };
    execFileSync((await torchPlace(inject('dist'))).python, ['-c', code, strange], { env });
    execFileSync('cp', [join(tiny, 'tokenizer.json'), strange]);
    await expect(Policy.load(strange)).rejects.toThrow('gemma2');
    const run = await train(createRun(store, strange, 'offline', [...overrides, 'steps=2', 'maxNewTokens=64']));
    expect(run).toMatchObject({ status: 'finished', iteration: 2 });
    expect(store.runs.metrics(run.id, -1)[2].values.gradNorm).toBeGreaterThan(0);
  });

  it('trains Qwen2.5-Omni’s thinker on the clips, which it sees and hears', async () => {
    const omni = join(folder, 'omni');
    const code = `import sys, pathlib, policy.vision
from tiny_omni import omni_model
omni_model(pathlib.Path(sys.argv[1]))`;
    const python = resolve(import.meta.dirname, '../../python');
    const env = { ...process.env, PYTHONPATH: [packages, python].join(delimiter) };
    execFileSync((await torchPlace(inject('dist'))).python, ['-c', code, omni], { env });
    const template = `{% for message in messages %}<|im_start|>{{ message.role }}
{% if message.content is string %}{{ message.content }}{% else %}{% for part in message.content %}{% if part.type == 'video' %}<|vision_bos|><|VIDEO|><|vision_eos|>{% else %}{{ part.text }}{% endif %}{% endfor %}{% endif %}<|im_end|>
{% endfor %}<|im_start|>assistant
`;
    writeFileSync(join(omni, 'chat_template.jinja'), template);
    const lora = 'lora={"rank":4,"alpha":8,"modules":["q_proj","v_proj","down_proj"]}';
    const small = ['promptsPerStep=2', 'onPolicy=2', 'offPolicy=2', 'evalEvery=0', 'maxNewTokens=96'];
    const run = await train(createRun(store, omni, 'avatar', [...overrides, ...small, lora, 'steps=2']));
    const { values } = store.runs.metrics(run.id, -1)[2];
    expect(values.replayed).toBe(4);
    expect(values.gradNorm).toBeGreaterThan(0);
    const weights = await readSafetensors(join(store.runs.latestCheckpoint(run.id)!.path, 'adapter_model.safetensors'));
    expect([...weights.keys()].every((name) => /language_model\.layers\.\d\.\w+\.[qvd]/.test(name))).toBe(true);
    expect(weights.size).toBe(2 * 3 * 2);
  });

  it('says how to set the engine up where it is not', async () => {
    const run = createRun(store, tiny, 'avatar', overrides);
    const elsewhere = join(folder, 'no data');
    vi.stubEnv('XDG_DATA_HOME', elsewhere);
    expect(await ended(startTraining(file, run))).toMatchObject({ code: 1 });
    vi.unstubAllEnvs();
    expect(store.runs.get(run.id)!.error).toContain('setup torch');
  });
});

/** Kills the Python process that `parent` started. */
function killService(parent: number): void {
  const children = execFileSync('pgrep', ['-P', String(parent), '-f', 'policy'], { encoding: 'utf8' });
  for (const pid of children.trim().split('\n')) process.kill(Number(pid), 'SIGKILL');
}
