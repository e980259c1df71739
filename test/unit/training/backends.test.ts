import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listSupportedBackends } from 'onnxruntime-node';
import { beforeAll, beforeEach, describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import { backendNames, backendsOf, type BackendName } from '../../../src/domain/backend.ts';
import { Random } from '../../../src/domain/random.ts';
import { baseBits, defaultLora } from '../../../src/domain/run.ts';
import { BackendUnavailableError } from '../../../src/training/backends/backend.ts';
import type { Backend } from '../../../src/training/backends/backend.ts';
import { checkBackend } from '../../../src/training/backends/check.ts';
import { chooseBackend, openBackend, type ChoiceParts } from '../../../src/training/backends/choose.ts';
import { OnnxBackend } from '../../../src/training/backends/onnxruntime.ts';
import { providers } from '../../../src/training/backends/providers.ts';
import { forget } from '../../../src/training/backends/remembered.ts';
import { addonFile, addonFolder, recordFile } from '../../../src/training/backends/tensorflow-addon.ts';
import { small, usual } from '../../../src/training/backends/trial.ts';
import { gradient } from '../../../src/training/graph/gradient.ts';
import * as op from '../../../src/training/graph/operators.ts';
import { program } from '../../../src/training/graph/program.ts';
import { launchCheck } from '../../../src/training/backends/launch-check.ts';
import { Adapter } from '../../../src/training/policy/adapter.ts';
import { Generator } from '../../../src/training/policy/generator.ts';
import { Learner } from '../../../src/training/policy/learner.ts';
import { Policy } from '../../../src/training/policy/policy.ts';
import { deviceParameters } from '../../../src/training/policy/scorer.ts';
import { cases, values } from './cases.ts';
import { distance, golden, goldenFolder, goldenRows } from './golden.ts';

// A GPU in software, on a machine that does other things as well.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const onnxruntime = new OnnxBackend(1);
/** A GPU in software, which chromium brings: slow, but the whole path. */
const folders = ['/usr/lib/chromium', '/usr/lib/chromium-browser', '/opt/google/chrome'];
const vulkan = folders.map((folder) => join(folder, 'vk_swiftshader_icd.json')).find(existsSync);
/** Whether they are on this machine; `npm test` sees to both, and fails when a test is skipped. */
const subjects = {
  tensorflow: existsSync(addonFolder()),
  'onnxruntime-webgpu': vulkan !== undefined,
} satisfies Partial<Record<BackendName, boolean>>;

describe.each(Object.entries(subjects) as [BackendName, boolean][])('%s agrees with onnxruntime', (name, present) => {
  let subject: Backend;
  beforeAll(async () => {
    vi.stubEnv('VK_ICD_FILENAMES', vulkan);
    if (present) subject = await openBackend(name, 1);
    vi.unstubAllEnvs();
  });

  it.skipIf(!present).each(Object.entries(cases))('on %s and its gradient', async (name, { shapes, range, build }) => {
    const inputs = shapes.map((shape, i) => op.input(`x${i}`, shape));
    const y = build(...inputs);
    const weights = op.constant(values(y.shape, [-1, 1], name), y.shape);
    const gradients = gradient(op.total(op.mul(y, weights)), inputs);
    const both = [onnxruntime, subject].map(async (backend) => {
      const executable = await backend.compile(
        program({ y, ...Object.fromEntries(gradients.map((g, i) => [`g${i}`, g])) }),
      );
      const data = (shape: readonly number[], i: number) => values(shape, range ?? [-1.5, 1.5], `${i}`);
      return executable.run(
        Object.fromEntries(shapes.map((shape, i) => [`x${i}`, backend.tensor(data(shape, i), shape)])),
      );
    });
    const [expected, actual] = await Promise.all(both);
    for (const key of Object.keys(expected)) {
      expect(actual[key].shape).toEqual(expected[key].shape);
      expect(distance(actual[key].data(), expected[key].data())).toBeLessThan(1e-5);
    }
  });

  it.skipIf(!present).each(Object.entries(golden.objectives))(
    "on the golden step of the %s objective, PyTorch's",
    async (_, { options, steps }) => {
      const policy = await Policy.load(goldenFolder);
      const learn = async (backend: Backend) => {
        const learner = new Learner({ policy, backend, optimiser: golden.optimiser });
        const stats = options ? await learner.reinforce(goldenRows, options) : await learner.imitate(goldenRows);
        return { stats: stats as unknown as Record<string, number>, tensors: learner.state().tensors };
      };
      const [expected, actual] = [await learn(onnxruntime), await learn(subject)];
      for (const [key, value] of Object.entries(steps[0])) expect(actual.stats[key], key).toBeCloseTo(value, 4);
      expect(Math.abs(actual.stats.loss / expected.stats.loss - 1)).toBeLessThan(1e-4);
      for (const parameter of policy.parameters.keys()) {
        // After one step the first moments are the clipped gradient, but for a factor.
        const [a, b] = [actual, expected].map(({ tensors }) => tensors.get(`moment1/${parameter}`)!.data);
        expect(Math.hypot(...a.map((x, i) => x - b[i])) / Math.hypot(...b), parameter).toBeLessThan(1e-4);
      }
    },
  );

  it.skipIf(!present).each(baseBits)('on two steps of an adapter on a base of %i bits', async (bits) => {
    const whole = await Policy.load(goldenFolder, null, undefined, bits);
    const policy = whole.with({ adapter: Adapter.create(whole.config, { ...defaultLora, rank: 2 }, 1) });
    const learn = async (backend: Backend) => {
      const learner = new Learner({ policy, backend, optimiser: golden.optimiser });
      // B is zero before the first step, and A has a gradient from the second on.
      await learner.imitate(goldenRows);
      return { ...(await learner.imitate(goldenRows)), tensors: learner.state().tensors };
    };
    const [expected, actual] = [await learn(onnxruntime), await learn(subject)];
    expect(Math.abs(actual.loss / expected.loss - 1)).toBeLessThan(1e-4);
    for (const name of policy.trained.keys()) {
      const [a, b] = [actual, expected].map(({ tensors }) => tensors.get(`moment1/${name}`)!.data);
      expect(Math.hypot(...b), name).toBeGreaterThan(0);
      expect(Math.hypot(...a.map((x, i) => x - b[i])) / Math.hypot(...b), name).toBeLessThan(1e-3);
    }
  });

  it.skipIf(!present)('on what it generates', async () => {
    const policy = await Policy.load(goldenFolder);
    const sampling = { temperature: 1, topP: 1, topK: 0, maxNewTokens: 10 };
    const [expected, actual] = await Promise.all(
      [onnxruntime, subject].map((backend) => {
        const requests = [...goldenRows, ...goldenRows].map((row, i) => ({ ...row, random: Random.seeded(i) }));
        return new Generator(policy, backend, 1).generate(deviceParameters(policy, backend), requests, sampling);
      }),
    );
    expect(actual.map(({ ids }) => [...ids])).toEqual(expected.map(({ ids }) => [...ids]));
  });
});

const training = join(inject('dist'), 'training.cjs');

it('are those that ONNX Runtime has for this machine', () => {
  const built = listSupportedBackends().map(({ name }) => name);
  const [has, lacks] = [true, false].map((is) =>
    Object.values(providers).filter(({ id }) => built.includes(id) === is),
  );
  const expected = backendsOf(process.platform, process.arch).flatMap((name) => (name in providers ? [name] : []));
  expect(has).toEqual(expected.map((name) => providers[name as keyof typeof providers]));
  expect(lacks.length).toBeGreaterThan(0);
});

it.each(backendNames)('%s opens by its name, or says by it why it does not run here', async (name) => {
  useData(temporary());
  const opened = await openBackend(name, 1).catch((fault: unknown) => fault);
  if (!(opened instanceof BackendUnavailableError)) return expect(opened).toMatchObject({ name });
  expect(opened.message).toMatch(new RegExp(`^${name} (?:does not run|is not set up) here`, 'u'));
});

it('gives the memory of a result back when that is disposed of, and of no tensor that it was fed', async () => {
  const fed = Float32Array.of(1, 2);
  const x = onnxruntime.tensor(fed, [2]);
  const { y } = await (await onnxruntime.compile(program({ y: op.add(op.input('x', [2]), 1) }))).run({ x });
  const data = y.data();
  expect([...data]).toEqual([2, 3]);
  for (const tensor of [x, y]) tensor.dispose();
  expect([data.length, fed.length]).toEqual([0, 2]);
});

describe('a backend that does not run here', () => {
  it.each([
    ['tensorflow', 'rollout-lab setup tensorflow'],
    ['onnxruntime-cuda', 'onnxruntime-gpu=='],
    ['onnxruntime-directml', 'has no DirectML'],
    ['onnxruntime-coreml', 'has no CoreML'],
  ] as const)('is named with its cure: %s', async (name, cure) => {
    useData(temporary());
    const error = await openBackend(name, 1).catch((fault: unknown) => fault);
    expect(error).toBeInstanceOf(BackendUnavailableError);
    expect((error as Error).message).toContain(name);
    expect((error as Error).message).toContain(cure);
  });

  it('is named with its cure when it was set up, but does not load', async () => {
    useData(brokenAddon());
    const said = expect.stringMatching(
      /does not load: .*Set it up again: run “rollout-lab setup tensorflow”/u,
    ) as string;
    expect(await launchCheck(training, 'tensorflow', { threads: 1 })).toEqual({ cause: 'failure', unavailable: said });
  });

  it('fails its check and no more when it takes its process down', async () => {
    const crashing = join(temporary(), 'crash.cjs');
    writeFileSync(
      crashing,
      `console.error('bad driver'); process.kill(process.pid, 'SIGSEGV'); setTimeout(() => {}, 1e4);`,
    );
    const check = await launchCheck(crashing, 'onnxruntime-webgpu', { threads: 1 });
    expect(check).toEqual({ cause: 'failure', unavailable: 'its check ended with SIGSEGV: bad driver' });
  });
});

describe('a check', () => {
  it.skipIf(!subjects.tensorflow).each([
    [30, 7],
    [31, null],
  ])(
    'of a backend that takes %i times as long as the default gives as the time of a usual step %j',
    async (times, milliseconds) => {
      const asked: unknown[] = [];
      const check = await checkBackend('tensorflow', 1, async ({ name }, size) => {
        asked.push([name, size]);
        if (size === usual) return 7;
        return name === 'onnxruntime' ? 1 : times;
      });
      expect(check).toMatchObject({ smallStep: times, milliseconds });
      expect(check.difference).toBeLessThan(1e-4);
      const sizes = ['tensorflow', 'onnxruntime'].map((name) => [name, small]);
      expect(asked).toEqual(milliseconds === null ? sizes : [...sizes, ['tensorflow', usual]]);
    },
  );
});

describe('auto', () => {
  const others = backendsOf(process.platform, process.arch).filter((name) => name !== 'onnxruntime');
  const launched = (name: BackendName) => launchCheck(training, name, { threads: 1 });
  const parts = (trial: ChoiceParts['trial'], check: ChoiceParts['check'] = launched): ChoiceParts => {
    return { threads: 1, check, trial, shape: 'the test' };
  };
  const never = () => Promise.reject(new Error('not asked'));
  /** What a check says of a backend that computes what it should. */
  const passed = (milliseconds: number | null) => ({ description: '', difference: 0, smallStep: 40, milliseconds });

  it('takes the default untimed where nothing else is set up, and says why of each', async () => {
    useData(temporary());
    const { backend, measurements } = await chooseBackend('auto', parts(never));
    expect(backend.name).toBe('onnxruntime');
    expect(measurements).toEqual([
      ...others.map((name) => ({ name, cause: 'not set up', unavailable: expect.stringContaining(name) as string })),
    ]);
  });

  it('takes the default where another is broken', async () => {
    useData(brokenAddon());
    const { backend, measurements } = await chooseBackend(
      'auto',
      parts(async () => 5),
    );
    expect(backend.name).toBe('onnxruntime');
    expect(measurements.find(({ name }) => name === 'tensorflow')).toMatchObject({ cause: 'failure' });
  });

  it('does not wait for a GPU in software, and remembers that', async () => {
    useData(temporary());
    const { backend, measurements } = await chooseBackend(
      'auto',
      parts(never, async () => passed(null)),
    );
    expect(backend.name).toBe('onnxruntime');
    const unavailable = 'a gradient step of 64 tokens takes 40 ms';
    expect(measurements).toEqual(others.map((name) => ({ name, cause: 'slow', unavailable })));
    expect(await chooseBackend('auto', parts(never, never))).toMatchObject({
      measurements,
      backend: { name: 'onnxruntime' },
    });
  });

  it('remembers none that failed', async () => {
    const data = temporary();
    useData(data);
    const broken = async () => ({ cause: 'failure', unavailable: 'bad driver' }) as const;
    await chooseBackend('auto', parts(never, broken));
    expect(existsSync(join(data, 'rollout-lab'))).toBe(false);
  });

  it('is not what a named backend is: that is taken unmeasured', async () => {
    const { backend, measurements } = await chooseBackend('onnxruntime', parts(never));
    expect([backend.name, measurements]).toEqual(['onnxruntime', []]);
  });
});

describe.skipIf(!subjects.tensorflow)('auto with TensorFlow', () => {
  const timed = [
    { name: 'onnxruntime', milliseconds: 9 },
    { name: 'tensorflow', milliseconds: 5 },
  ];
  const parts: ChoiceParts = {
    threads: 1,
    shape: 'the test',
    check: async (name) =>
      name === 'tensorflow'
        ? { description: '', difference: 0, smallStep: 1, milliseconds: 5 }
        : { cause: 'not set up', unavailable: 'no GPU' },
    trial: async ({ name }) => timed.find((one) => one.name === name)!.milliseconds,
  };
  const recalled = async () => {
    const never = () => Promise.reject(new Error('not asked'));
    return chooseBackend('auto', { ...parts, check: never, trial: never });
  };
  const expectMeasured = async (change: Partial<ChoiceParts> = {}): Promise<void> => {
    const { backend, measurements, remembered } = await chooseBackend('auto', { ...parts, ...change });
    expect([backend.name, remembered]).toEqual(['tensorflow', null]);
    expect(measurements.filter((one) => 'milliseconds' in one)).toEqual(timed);
  };
  let memories: string;
  beforeEach(() => {
    const here = addonFolder();
    const data = temporary();
    const there = addonFolder(join(data, 'rollout-lab'));
    mkdirSync(there, { recursive: true });
    for (const file of [addonFile, recordFile]) copyFileSync(join(here, file), join(there, file));
    vi.stubEnv('XDG_DATA_HOME', data);
    memories = join(data, 'rollout-lab', 'backends.json');
    return () => void vi.unstubAllEnvs();
  });

  it('takes the fastest on the trial, and remembers it for the shape', async () => {
    const began = Date.now();
    await expectMeasured();
    const { backend, measurements, remembered } = await recalled();
    expect(backend.name).toBe('tensorflow');
    expect(measurements.filter((one) => 'milliseconds' in one)).toEqual(timed);
    expect(remembered!.getTime()).toBeGreaterThanOrEqual(began);
    await expectMeasured({ shape: 'another' });
    await expectMeasured({ threads: 2 });
    expect((await recalled()).remembered).toEqual(remembered);
    await forget();
    await expectMeasured();
  });

  it.each(['', '{"', '[]', '{"a": {"at": "now"}}'])(
    'measures again when its memory is %j, and mends it',
    async (text) => {
      writeFileSync(memories, text);
      await expectMeasured();
      expect((await recalled()).remembered).not.toBeNull();
    },
  );

  it('measures again when the addon was set up anew', async () => {
    await expectMeasured();
    utimesSync(join(addonFolder(), recordFile), new Date(), new Date(Date.now() + 5000));
    await expectMeasured();
  });

  it('measures again when the one that it remembers does not open, and after a month', async () => {
    await expectMeasured();
    const text = readFileSync(memories, 'utf8');
    writeFileSync(memories, text.replaceAll('"tensorflow"', '"onnxruntime-directml"'));
    await expectMeasured();
    const { at } = (Object.values(JSON.parse(text) as object) as { at: number }[])[0];
    writeFileSync(memories, text.replaceAll(`${at}`, `${at - 31 * 86_400_000}`));
    await expectMeasured();
  });
});

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'rollout-lab-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Makes this, for one test, a machine without a GPU on which `folder` holds what was set up. */
function useData(folder: string): void {
  vi.stubEnv('XDG_DATA_HOME', folder);
  vi.stubEnv('VK_ICD_FILENAMES', join(folder, 'none.json'));
  onTestFinished(() => void vi.unstubAllEnvs());
}

/** A data folder whose addon was compiled against a TensorFlow that is gone. */
function brokenAddon(): string {
  const data = temporary();
  const folder = addonFolder(join(data, 'rollout-lab'));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, recordFile), JSON.stringify({ package: '4.22.0', library: '/gone' }));
  return data;
}
