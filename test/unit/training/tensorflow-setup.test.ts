/** Set Up TensorFlow Backend, with the machine's own Python, pip and compiler. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import { libraryFolder } from '../../../src/training/backends/tensorflow-addon.ts';
import { setUpTensorFlow, type TensorFlowSetup } from '../../../src/training/backends/tensorflow-setup.ts';
import { launchCheck } from '../../../src/training/backends/launch-check.ts';
import type { Download, SetupOptions } from '../../../src/training/setup/setup.ts';

// A compiler on a machine that does other things as well.
vi.setConfig({ testTimeout: 300_000 });

/** What `npm test` has downloaded. */
const downloaded = libraryFolder();

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rollout-lab-'));
  vi.stubEnv('XDG_DATA_HOME', folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

/** What a set-up left. */
const left = (): string[] => readdirSync(join(folder, 'rollout-lab'));

function setUp(options: Partial<SetupOptions> = {}): Promise<TensorFlowSetup> {
  return setUpTensorFlow({
    dist: folder,
    confirm: async () => null,
    progress: () => {},
    output: () => {},
    signal: new AbortController().signal,
    ...options,
  });
}

/** A folder that is the whole PATH, with these programs of the machine. */
function onlyWith(...programs: string[]): void {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  for (const program of programs) {
    const path = execFileSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).trim();
    symlinkSync(path, join(bin, program));
  }
  vi.stubEnv('PATH', bin);
}

describe('what is missing is named with its cure', () => {
  afterEach(() => expect(left()).toEqual([]));

  it('a compiler', async () => {
    onlyWith();
    await expect(setUp()).rejects.toThrow(/no C\+\+ compiler.*apt install g\+\+/u);
  });

  it('a Python', async () => {
    onlyWith('g++');
    await expect(setUp()).rejects.toThrow(/no Python on PATH.*apt install python3/u);
    await expect(setUp({ python: 'g++' })).rejects.toThrow('g++ does not run as a Python 3');
  });

  it('pip', async () => {
    const python = relative('', join(folder, 'venv/bin/python3'));
    execFileSync('python3', ['-m', 'venv', '--without-pip', join(folder, 'venv')]);
    await expect(setUp({ python })).rejects.toThrow(/has no pip.*apt install python3-pip/u);
  });

  it('what pip cannot fetch, with what pip said last', async () => {
    for (const [name, value] of Object.entries({ PIP_NO_INDEX: '1', PIP_FIND_LINKS: folder })) vi.stubEnv(name, value);
    await expect(setUp()).rejects.toThrow(
      /pip could not install tensorflow.*No matching distribution.*wheel for Python/su,
    );
  });
});

it('downloads nothing unless it is confirmed', async () => {
  const confirm = async ({ what, size }: Download): Promise<never> => {
    throw new Error(`no ${what} of ${size} GB`);
  };
  await expect(setUp({ confirm })).rejects.toThrow(/^no tensorflow.* GB$/u);
  expect(left()).toEqual([]);
});

it.skipIf(!existsSync(downloaded))(
  'leaves nothing when it is cancelled, and then goes from a TensorFlow to a backend that is found',
  async () => {
    const dist = inject('dist');
    // A Python that has TensorFlow.
    vi.stubEnv('PYTHONPATH', downloaded);
    // Of a set-up that was killed.
    mkdirSync(join(folder, 'rollout-lab/setup-4194305'), { recursive: true });
    const cancel = new AbortController();
    const progress = (step: string): void => {
      if (step.startsWith('compiling')) setTimeout(() => cancel.abort(new Error('cancelled')), 500);
    };
    await expect(setUp({ dist, progress, signal: cancel.signal })).rejects.toThrow('cancelled');
    expect(left()).toEqual([]);
    expect(execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })).not.toContain(folder);

    const steps: string[] = [];
    const confirm = () => Promise.reject(new Error('a download, though there is a TensorFlow'));
    const { library, tensorflow } = await setUp({ dist, confirm, progress: (step) => steps.push(step) });
    expect(library).toBe(realpathSync(join(downloaded, 'tensorflow')));
    expect(tensorflow.difference).toBeLessThan(1e-4);
    expect(steps.length).toBe(4);
    expect(left()).toEqual(['tensorflow']);
    const check = await launchCheck(join(dist, 'training.cjs'), 'tensorflow', { threads: 1 });
    expect(check).toMatchObject({ description: tensorflow.description.replace(/\d+ threads/u, '1 threads') });
  },
);
