/**
 * Sets up the TensorFlow backend: finds a TensorFlow on this machine or downloads one, compiles the addon of
 * @tensorflow/tfjs-node-gpu against it (the package's own download is TensorFlow 2.9 of 2022), and checks it against onnxruntime.
 */
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, realpath, rename, rm, statfs, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join, resolve, sep } from 'node:path';
import { backendsOf } from '../../domain/backend.ts';
import { dataFolder } from '../../store/folders.ts';
import { launchCheck, type BackendCheck } from './launch-check.ts';
import { run, type Ended } from './program.ts';
import { addonFile, addonFolder, libraryFolder, recordFile, type AddonRecord } from './tensorflow-addon.ts';

/** What pip would fetch. */
export interface Download {
  /** As pip names it. */
  package: string;
  /** Gigabytes to fetch, and on the disk while it is unpacked; about. */
  size: number;
  disk: number;
  folder: string;
}

export interface SetupOptions {
  /** Folder of the built bundles: the native package lies beside them, or above. */
  dist: string;
  /** Asked where it stands for another than python3 or python. */
  python?: string;
  /** Asked before a download. Gives null to go on, or another Python to look for TensorFlow in; throws to end the set-up. */
  confirm: (download: Download) => Promise<string | null>;
  /** Each step, as a line for the one who waits. */
  progress: (step: string) => void;
  /** Each line that pip and the compiler write. */
  output: (line: string) => void;
  signal: AbortSignal;
}

export interface TensorFlowSetup {
  /** Where the addon lies; runs find it there. */
  folder: string;
  /** The TensorFlow that it loads. */
  library: string;
  tensorflow: BackendCheck;
  onnxruntime: BackendCheck;
}

/** What came of it, for people. */
export function setupText({ library, tensorflow, onnxruntime }: TensorFlowSetup): string {
  const time = ({ milliseconds, smallStep }: BackendCheck): string => `${Math.round(milliseconds ?? smallStep)} ms`;
  return (
    `The tensorflow backend is set up: a gradient step of the sample policy's size takes it ${time(tensorflow)}, and onnxruntime ` +
    `${time(onnxruntime)}. It is ${tensorflow.description}, from ${library}.`
  );
}

/** What a set-up works with. */
interface Setup extends SetupOptions {
  data: string;
  /** Its own folder, empty, removed when it ends. */
  scratch: string;
}

interface Python {
  program: string;
  version: string;
  /** Its folder of TensorFlow. */
  library: string | null;
  pip: boolean;
}

/** Throws an error that names what is missing and its cure, or the signal's reason; then nothing half-made is left. May be repeated. */
export async function setUpTensorFlow(options: SetupOptions): Promise<TensorFlowSetup> {
  if (!backendsOf(process.platform, process.arch).includes('tensorflow')) {
    throw new Error(
      `TensorFlow's C library comes for Linux on x64 and arm64, and this is ${process.platform}-${process.arch}: use an onnxruntime backend.`,
    );
  }
  const data = dataFolder();
  await mkdir(data, { recursive: true });
  await sweep(data);
  const scratch = join(data, `setup-${process.pid}`);
  await mkdir(scratch);
  try {
    return await work({ ...options, data, scratch });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Removes what a killed set-up left. Throws when another one is going on. */
async function sweep(data: string): Promise<void> {
  for (const name of readdirSync(data)) {
    const pid = Number(/^setup-(\d+)$/u.exec(name)?.[1]);
    if (Number.isNaN(pid)) continue;
    if (isAlive(pid)) throw new Error(`TensorFlow is being set up already, by process ${pid}: wait for it, or end it.`);
    await rm(join(data, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function work(setup: Setup): Promise<TensorFlowSetup> {
  const { data, scratch, dist, progress, signal } = setup;
  const compiler = await findCompiler(setup);
  const library = await findLibrary(setup, setup.python);
  const made = addonFolder(join(scratch, 'rollout-lab'));
  await mkdir(made, { recursive: true });
  progress('compiling the addon');
  const version = await compile(setup, compiler, library, join(made, addonFile));
  const record: AddonRecord = { package: version, library };
  await writeFile(join(made, recordFile), JSON.stringify(record));
  progress('checking it against onnxruntime');
  const check = async (name: 'tensorflow' | 'onnxruntime'): Promise<BackendCheck> => {
    const found = await launchCheck(join(dist, 'training.cjs'), name, {
      threads: availableParallelism(),
      signal,
      env: { XDG_DATA_HOME: scratch },
    });
    if ('unavailable' in found) throw new Error(`The addon was compiled against ${library}, but ${found.unavailable}`);
    return found;
  };
  const checks = { tensorflow: await check('tensorflow'), onnxruntime: await check('onnxruntime') };
  const folder = addonFolder(data);
  await rm(folder, { recursive: true, force: true });
  await rename(made, folder);
  return { folder, library, ...checks };
}

async function findCompiler({ scratch, signal, progress }: Setup): Promise<string> {
  progress('looking for a C++ compiler');
  for (const program of ['g++', 'c++', 'clang++']) {
    if ((await run(program, ['--version'], { cwd: scratch, signal })).code === 0) return program;
  }
  throw new Error(
    'There is no C++ compiler. Install one (Debian and Ubuntu: apt install g++; Fedora: dnf install gcc-c++).',
  );
}

/** The folder of a TensorFlow: a Python's, else the one downloaded before, else one that is downloaded now. */
async function findLibrary(setup: Setup, named: string | undefined): Promise<string> {
  const { data, progress, confirm } = setup;
  progress('looking for TensorFlow');
  const pythons = await findPythons(setup, named);
  const found = pythons.find(({ library }) => library !== null);
  if (found) return whole(found.library!, `the TensorFlow of ${found.program}`);
  const downloaded = join(libraryFolder(data), 'tensorflow');
  if (existsSync(downloaded)) return whole(downloaded, 'the downloaded TensorFlow');
  const wanted = await wantedDownload(setup);
  const other = await confirm(wanted);
  if (other !== null) return findLibrary(setup, other);
  await download(setup, wanted, pythons[0]);
  return whole(downloaded, 'the downloaded TensorFlow');
}

/** The folder's real path. Throws when the addon cannot be linked with what is in it. */
async function whole(library: string, whose: string): Promise<string> {
  const missing = [...libraryFiles, 'include/tensorflow/c/c_api.h'].find((file) => !existsSync(join(library, file)));
  if (missing === undefined) return realpath(library);
  throw new Error(
    `${library}, ${whose}, has no ${missing}: upgrade it (pip install --upgrade tensorflow), or name another Python.`,
  );
}
const libraryFiles = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];

const probe = `
import importlib.util as find, json, sys
tensorflow = find.find_spec("tensorflow")
print(json.dumps({
  "version": "%d.%d" % sys.version_info[:2],
  "library": list(tensorflow.submodule_search_locations)[0] if tensorflow else None,
  "pip": find.find_spec("pip") is not None,
}))`;

/** The one that is named, or those on PATH. Throws when there is none. */
async function findPythons({ scratch, signal }: Setup, named: string | undefined): Promise<Python[]> {
  const pythons: Python[] = [];
  // A path counts from where the user is, not from where it runs.
  const there = named?.includes(sep) ? resolve(named) : named;
  for (const program of there === undefined ? ['python3', 'python'] : [there]) {
    const { code, lines } = await run(program, ['-c', probe], { cwd: scratch, signal });
    const found = lines.find((line) => line.startsWith('{'));
    if (code === 0 && found) pythons.push({ program, ...(JSON.parse(found) as Omit<Python, 'program'>) });
  }
  if (pythons.length > 0) return pythons;
  throw new Error(
    named === undefined
      ? 'There is no Python on PATH. Install Python 3 with pip (Debian and Ubuntu: apt install python3 python3-pip).'
      : `${named} does not run as a Python 3: name the program, as “which python3” prints it.`,
  );
}

/** The wheel without CUDA, unless there is an NVIDIA GPU. */
async function wantedDownload({ data, scratch, signal }: Setup): Promise<Download> {
  const folder = libraryFolder(data);
  const { code } = await run('nvidia-smi', ['-L'], { cwd: scratch, signal });
  if (code === 0 && process.arch === 'x64') return { package: 'tensorflow[and-cuda]', size: 4, disk: 12, folder };
  return { package: process.arch === 'x64' ? 'tensorflow-cpu' : 'tensorflow', size: 0.3, disk: 2, folder };
}

async function download({ scratch, signal, progress, output }: Setup, wanted: Download, python: Python): Promise<void> {
  const { program, version, pip } = python;
  if (!pip) throw new Error(`${program} has no pip. Install it (Debian and Ubuntu: apt install python3-pip).`);
  const { bavail, bsize } = await statfs(scratch);
  const free = (bavail * bsize) / 1e9;
  if (free < wanted.disk) {
    throw new Error(
      `${wanted.package} needs ${wanted.disk} GB in ${dirname(wanted.folder)}, where ${free.toFixed(1)} GB are free: make room, ` +
        'or set XDG_DATA_HOME to a folder on a larger disk.',
    );
  }
  progress(`downloading ${wanted.package} (${wanted.size} GB)`);
  const target = join(scratch, 'library');
  const quiet = ['--no-input', '--progress-bar', 'off', '--disable-pip-version-check', '--no-compile'];
  // The addon needs the library alone; CUDA comes as packages that the wheel depends on.
  const alone = wanted.package.includes('cuda') ? [] : ['--no-deps'];
  const words = ['install', '--target', target, '--only-binary', ':all:', ...quiet, ...alone, wanted.package];
  const options = { cwd: scratch, signal, line: output, env: { TMPDIR: scratch } };
  const ended = await run(program, ['-m', 'pip', ...words], options);
  if (ended.code !== 0)
    throw new Error(`pip could not install ${wanted.package}: ${lastLines(ended)} ${cure(ended, version)}`);
  await rm(wanted.folder, { recursive: true, force: true });
  await rename(target, wanted.folder);
}

function cure({ lines }: Ended, version: string): string {
  const all = lines.join('\n');
  if (/No space left|disk quota/iu.test(all)) return 'Make room on the disk.';
  if (/connection|network|timed out|resolve|proxy|SSL/iu.test(all))
    return "Check the network, and pip's index and proxy (“pip config list”).";
  if (/No matching distribution/u.test(all))
    return `There may be no TensorFlow wheel for Python ${version}, or pip's index may lack it: name another Python.`;
  return 'Run it by hand to see more.';
}

const lastLines = ({ lines }: Ended): string =>
  lines
    .filter((line) => line.trim() !== '')
    .slice(-4)
    .join('\n');

/** Compiles the addon into `file`. Returns the package's version. */
async function compile(
  { dist, scratch, signal, output }: Setup,
  compiler: string,
  library: string,
  file: string,
): Promise<string> {
  const require = createRequire(join(dist, 'training.cjs'));
  const manifest = require.resolve('@tensorflow/tfjs-node-gpu/package.json');
  const headers = join(dirname(require.resolve('node-api-headers/package.json')), 'include');
  const sources = ['tfjs_backend.cc', 'tfjs_binding.cc'].map((name) => join(dirname(manifest), 'binding', name));
  const defines = ['NAPI_VERSION=8', 'NODE_GYP_MODULE_NAME=tfjs_binding', 'BUILDING_NODE_EXTENSION'];
  const words = [
    ...['-O2', '-fPIC', '-shared', '-std=c++17', ...defines.map((define) => `-D${define}`)],
    ...[join(library, 'include'), headers].map((folder) => `-I${folder}`),
    ...[...sources, '-o', file, `-L${library}`, ...libraryFiles.map((name) => `-l:${name}`)],
    // Loaded from where it lies: there it finds CUDA's libraries beside itself.
    ...['-Xlinker', '-rpath', '-Xlinker', library],
  ];
  const options = { cwd: scratch, signal, line: output, env: { TMPDIR: scratch } };
  const ended = await run(compiler, words, options);
  if (ended.code !== 0) {
    throw new Error(
      `${compiler} could not compile the addon: ${lastLines(ended)} It needs GCC 9 or clang 10, or newer, and TensorFlow's headers.`,
    );
  }
  return (require(manifest) as { version: string }).version;
}
