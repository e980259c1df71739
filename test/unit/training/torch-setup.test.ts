/** Set Up PyTorch Engine, with the machine's own Python, venv and pip. */
import { execFileSync } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { devNull, tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { copyService } from '../../../scripts/service.mjs';
import {
  examineTorch,
  setUpTorch,
  torchEngine,
  torchPlace,
  type TorchSetup,
} from '../../../src/training/engine/torch-setup.ts';
import type { Download, SetupOptions } from '../../../src/training/setup/setup.ts';
import { bundles } from '../bundle.ts';

// Environments are made on a machine that does other things as well.
vi.setConfig({ testTimeout: 300_000 });

/** What `npm test` has set up. */
const real = await torchEngine();

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rollout-lab-'));
  vi.stubEnv('XDG_DATA_HOME', folder);
  // pip knows the packages here alone.
  vi.stubEnv('PIP_CONFIG_FILE', devNull);
  vi.stubEnv('PIP_NO_INDEX', '1');
  vi.stubEnv('PIP_FIND_LINKS', join(folder, 'wheels'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const data = (): string => join(folder, 'rollout-lab');
/** What set-ups left. */
const left = (): string[] => readdirSync(data()).sort();
const environment = expect.stringMatching(/^torch-\w{6}$/u) as string;

/** In the place of some GB that pip would fetch: packages of a line that no Python has, and a service that has just the answers of a real one. */
const requirements = '# What it needs\ntorch==99.1.0\ntinyneed>=2,<3\n';
const service = `import json, sys
import tinyneed, torch
for line in sys.stdin:
  request = json.loads(line)
  said = {"description": "PyTorch " + torch.__version__}
  if request["op"] == "reinforce":
    said = dict.fromkeys(["loss", "policyLoss", "kl", "gradNorm", "entropy", "step"], 1)
    said["logProbs"] = [row["old"] for row in request["rows"]]
  print(json.dumps({"id": request["id"], "progress": {"done": 1, "of": 2}}))
  print(json.dumps({"id": request["id"], "ok": said}), flush=True)
`;
const brokenService = `import json, sys
sys.stdin.readline()
print(json.dumps({"id": 1, "error": {"kind": "fault", "message": "no kernel image"}}), flush=True)
sys.stdin.read()
`;

/** The bundles with this service beside them. */
async function distWith(text = service): Promise<string> {
  const dist = await bundles({ training: 'src/training/main.ts' });
  const policy = join(dist, 'python/policy');
  mkdirSync(policy, { recursive: true });
  writeFileSync(join(policy, 'requirements.txt'), requirements);
  writeFileSync(join(policy, '__init__.py'), '');
  writeFileSync(join(policy, '__main__.py'), text);
  return dist;
}

/** A package's files, as pip installs them. */
function installed(site: string, name: string, version: string): void {
  const facts = join(site, `${name}-${version}.dist-info`);
  mkdirSync(facts, { recursive: true });
  writeFileSync(join(site, `${name}.py`), `__version__ = "${version}"\n`);
  writeFileSync(join(facts, 'METADATA'), `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`);
  writeFileSync(join(facts, 'WHEEL'), 'Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n');
  writeFileSync(join(facts, 'RECORD'), '');
}

function makeWheels(...packages: string[]): void {
  mkdirSync(join(folder, 'wheels'));
  for (const one of packages) {
    const [name, version] = one.split('==');
    const files = join(folder, name);
    installed(files, name, version);
    const wheel = join(folder, 'wheels', `${name}-${version}-py3-none-any.whl`);
    execFileSync('python3', ['-m', 'zipfile', '-c', wheel, ...readdirSync(files)], { cwd: files });
  }
}

/** A Python of its own that has these packages, and no pip. */
function pythonWith(name: string, ...packages: string[]): string {
  execFileSync('python3', ['-m', 'venv', '--without-pip', join(folder, name)]);
  const [site] = globSync(join(folder, name, 'lib/python*/site-packages'));
  for (const one of packages) installed(site, ...(one.split('==') as [string, string]));
  return join(folder, name, 'bin/python');
}

/** As Debian's Python is without python3-venv. */
function withoutEnsurepip(name: string): void {
  const [site] = globSync(join(folder, name, 'lib/python*/site-packages'));
  writeFileSync(join(site, 'bare.pth'), 'import sys; sys.modules["ensurepip"] = None\n');
}

function setUp(options: Partial<SetupOptions> = {}): Promise<TorchSetup> {
  return setUpTorch({
    dist: folder,
    confirm: async () => null,
    progress: () => {},
    output: () => {},
    signal: new AbortController().signal,
    ...options,
  });
}

const noDownload = async ({ why }: Download): Promise<never> => {
  throw new Error(`A download, because ${why}`);
};

const engine = { torch: '99.1.0', tinyneed: '2.4.1' };

it('takes the Python that has the packages, as it is', async () => {
  const dist = await distWith();
  const python = pythonWith('own', 'torch==99.1.0+cu130', 'tinyneed==2.4.1');
  const before = readdirSync(join(folder, 'own'), { recursive: true, encoding: 'utf8' });
  // What else is on the path is not there for the service, and does not hide what it needs.
  vi.stubEnv('PYTHONPATH', dirname(pythonWith('other')));
  const found = await setUp({ dist, python, confirm: noDownload });
  const versions = { ...engine, torch: '99.1.0+cu130' };
  expect(found).toEqual({
    python,
    versions,
    description: 'PyTorch 99.1.0+cu130',
    milliseconds: expect.any(Number) as number,
  });
  expect(await torchEngine()).toEqual({ python, versions });
  expect(left()).toEqual(['torch.json']);
  const written = readdirSync(join(folder, 'own'), { recursive: true, encoding: 'utf8' });
  expect(written.filter((file) => !before.includes(file) && !file.includes('__pycache__'))).toEqual([]);
  expect(readdirSync(join(dist, 'python/policy')).sort()).toEqual(['__init__.py', '__main__.py', 'requirements.txt']);
  // It is taken again, though none is named.
  expect(await setUp({ dist, confirm: noDownload })).toMatchObject({ python });
  const signal = new AbortController().signal;
  expect(await examineTorch(dist, signal)).toMatchObject({ python, description: 'PyTorch 99.1.0+cu130' });
});

/** Sets up until the step begins, and cancels while its program runs; then that is gone. */
async function cancelled(step: string, dist: string): Promise<void> {
  const cancel = new AbortController();
  const progress = (line: string): void => {
    if (line.startsWith(step)) setTimeout(() => cancel.abort(new Error(`cancelled while ${step}`)), 300);
  };
  await expect(setUp({ dist, progress, signal: cancel.signal })).rejects.toThrow(`cancelled while ${step}`);
  expect(execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })).not.toContain(folder);
}

it('leaves nothing when it is cancelled, nor what killed ones left', async () => {
  const dist = await distWith();
  makeWheels('torch==99.1.0', 'tinyneed==2.4.1');
  for (const name of ['setup-4194305', 'torch-abc123']) mkdirSync(join(data(), name), { recursive: true });
  for (const step of ['making', 'downloading']) {
    await cancelled(step, dist);
    expect(left()).toEqual([]);
  }
});

it('makes an environment after asking, and repairs it', async () => {
  const dist = await distWith();
  makeWheels('torch==99.1.0', 'tinyneed==2.4.1');
  const asked: Download[] = [];
  const confirm = async (download: Download): Promise<null> => {
    asked.push(download);
    return null;
  };
  const { python, versions } = await setUp({ dist, confirm });
  expect(asked).toEqual([
    {
      why: expect.stringMatching(/^python3? \(Python 3\.\d+\) has no (?:torch, )?tinyneed.*\.$/u) as string,
      ...{ what: expect.stringContaining('PyTorch') as string, size: expect.any(Number) as number },
      ...{ disk: expect.any(Number) as number, folder: data() },
    },
  ]);
  expect(versions).toEqual(engine);
  expect(left()).toEqual([environment, 'torch.json']);
  expect(python).toBe(join(data(), left()[0], 'bin/python'));
  expect(await torchEngine()).toEqual({ python, versions });
  expect((await setUp({ dist, confirm: noDownload })).python).toBe(python);

  const [broken] = globSync(join(data(), 'torch-*/lib/python*/site-packages/torch.py'));
  writeFileSync(broken, 'import nothing_of_that_name\n');
  expect(await examineTorch(dist, new AbortController().signal)).toMatchObject({
    cause: 'failure',
    unavailable: expect.stringMatching(/No module named.*rollout-lab setup torch/su) as string,
  });
  // A repair that ends early leaves what there was.
  await cancelled('downloading', dist);
  expect(await torchEngine()).toEqual({ python, versions });
  expect(left()).toEqual([environment, 'torch.json']);
  const again = await setUp({ dist });
  expect(again.python).not.toBe(python);
  expect(left()).toEqual([basename(dirname(dirname(again.python))), 'torch.json']);
});

describe('what is wrong is named with its cure', () => {
  afterEach(() => expect(left()).toEqual([]));

  it('a Python that is none, or not there', async () => {
    const dist = await distWith();
    await expect(setUp({ dist, python: 'sh' })).rejects.toThrow('sh does not run as a Python 3');
    vi.stubEnv('PATH', folder);
    await expect(setUp({ dist })).rejects.toThrow(/no Python on PATH.*apt install python3/u);
  });

  it('packages of another version, unless it does not matter', async () => {
    const python = pythonWith('own', 'torch==99.0.2', 'tinyneed==2.9.0');
    await expect(setUp({ dist: await distWith(), python, confirm: noDownload })).rejects.toThrow(
      /own\/bin\/python \(Python 3\.\d+\) has torch 99\.0\.2 where 99\.1 is needed\.$/u,
    );
  });

  it('a service that fails, and one that ends', async () => {
    const python = pythonWith('own', 'torch==99.1.0', 'tinyneed==2.4.1');
    await expect(setUp({ dist: await distWith(brokenService), python, confirm: noDownload })).rejects.toThrow(
      /has the packages, but no kernel image/u,
    );
    const ends = await distWith('import sys\nsys.exit("libcuda.so is missing")\n');
    await expect(setUp({ dist: ends, python, confirm: noDownload })).rejects.toThrow(
      /has the packages, but the PyTorch process ended \(exit code 1\), and last said: libcuda\.so is missing/u,
    );
  });

  it('a service that hangs, when it is cancelled', async () => {
    vi.stubEnv('PATH', `${dirname(pythonWith('own', 'torch==99.1.0', 'tinyneed==2.4.1'))}:${process.env.PATH}`);
    await cancelled('trying', await distWith('import sys\nsys.stdin.read()\n'));
  });

  it('what pip cannot fetch, with what pip said last', async () => {
    await expect(setUp({ dist: await distWith() })).rejects.toThrow(
      /pip could not install PyTorch.*No matching distribution.*wheel for Python/su,
    );
  });

  it('a Python that fills no environments', async () => {
    const python = pythonWith('bare');
    withoutEnsurepip('bare');
    await expect(setUp({ dist: await distWith(), python })).rejects.toThrow(
      /has neither ensurepip nor pip.*apt install python3-venv/su,
    );
  });

  it('a download that is not wanted', async () => {
    await expect(setUp({ dist: await distWith(), confirm: noDownload })).rejects.toThrow(
      /^A download, because python/u,
    );
  });
});

it('fills an environment from outside where that has no pip', async () => {
  makeWheels('torch==99.1.0', 'tinyneed==2.4.1');
  execFileSync('python3', ['-m', 'venv', '--without-pip', '--system-site-packages', join(folder, 'debian')]);
  withoutEnsurepip('debian');
  const found = await setUp({ dist: await distWith(), python: join(folder, 'debian/bin/python') });
  expect(found.versions).toEqual(engine);
  expect(found.python).toBe(join(data(), left()[0], 'bin/python'));
  expect(readdirSync(dirname(found.python)).filter((name) => name.startsWith('pip'))).toEqual([]);
});

it.skipIf(real === null)('trains with the real packages and the real service', async () => {
  const dist = await bundles({ training: 'src/training/main.ts' });
  copyService(dist);
  const { python, versions } = real!;
  const found = await setUp({ dist, python, confirm: noDownload });
  expect(found).toMatchObject({ python, versions });
  expect(found.description).toMatch(`PyTorch ${versions.torch.split('+')[0]} on `);
  expect(found.milliseconds).toBeGreaterThan(0);
});

it('asks the Python that is chosen instead of a download', async () => {
  const python = pythonWith('own', 'torch==99.1.0', 'tinyneed==2.4.1');
  expect(await setUp({ dist: await distWith(), confirm: async () => python })).toMatchObject({ python });
});

it('is not there before it is set up, and says so when its record or its Python is damaged', async () => {
  expect(await torchEngine()).toBeNull();
  const examine = () => examineTorch(folder, new AbortController().signal);
  expect(await examine()).toMatchObject({
    cause: 'not set up',
    unavailable: expect.stringContaining('Run “rollout-lab setup torch”') as string,
  });
  mkdirSync(data());
  const file = join(data(), 'torch.json');
  writeFileSync(file, '{"python": 3}');
  await expect(torchEngine()).rejects.toThrow(/torch\.json is damaged\. Run “rollout-lab setup torch”/u);
  const python = join(folder, 'gone/bin/python');
  writeFileSync(file, JSON.stringify({ python, versions: engine, at: '2026-11-01T00:00:00Z' }));
  await expect(torchEngine()).rejects.toThrow(`${python}, which the PyTorch engine was set up with, is gone. Run`);
  expect(await examine()).toMatchObject({ cause: 'failure' });
});

it('says so where it was set up for a version that needs other packages', async () => {
  const dist = await distWith();
  mkdirSync(data());
  const setUpWith = (python: string): void =>
    writeFileSync(join(data(), 'torch.json'), JSON.stringify({ python, versions: engine, at: '2026-11-01T00:00:00Z' }));
  const python = pythonWith('own', 'torch==99.0.2');
  setUpWith(python);
  await expect(torchPlace(dist)).rejects.toThrow(
    `set up for another version of Rollout Lab: ${python} has no tinyneed, torch 99.0.2 where 99.1 is needed. Run “rollout-lab setup torch”`,
  );
  const other = pythonWith('other', 'torch==99.1.0', 'tinyneed==2.4.1');
  setUpWith(other);
  expect(await torchPlace(dist)).toEqual({ python: other, packages: join(dist, 'python') });
});
