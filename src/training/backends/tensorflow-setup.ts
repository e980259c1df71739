/**
 * Sets up the TensorFlow backend: finds a TensorFlow on this machine or downloads one, compiles the addon of
 * @tensorflow/tfjs-node-gpu against it (the package's own download is TensorFlow 2.9 of 2022), and checks it against onnxruntime.
 */
import { existsSync } from 'node:fs';
import { mkdir, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { backendsOf } from '../../domain/backend.ts';
import { run } from '../setup/program.ts';
import { askPythons, lastLines, noPython, pipInstall, usualPythons, type Python } from '../setup/python.ts';
import { inPlace, needRoom, type Download, type Setup, type SetupOptions } from '../setup/setup.ts';
import { launchCheck, type BackendCheck } from './launch-check.ts';
import { addonFile, addonFolder, libraryFolder, recordFile, type AddonRecord } from './tensorflow-addon.ts';

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

interface TensorFlowPython extends Python {
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
  return inPlace((place) => work({ ...options, ...place }));
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
async function findPythons(setup: Setup, named: string | undefined): Promise<TensorFlowPython[]> {
  const programs = named === undefined ? usualPythons : [named];
  const pythons = await askPythons<Omit<TensorFlowPython, 'program'>>(setup, programs, { script: probe });
  if (pythons.length === 0) throw noPython(named);
  return pythons;
}

/** The wheel without CUDA, unless there is an NVIDIA GPU. */
async function wantedDownload({ data, scratch, signal }: Setup): Promise<Download> {
  const { code } = await run('nvidia-smi', ['-L'], { cwd: scratch, signal });
  const [what, size, disk] =
    code === 0 && process.arch === 'x64'
      ? (['tensorflow[and-cuda]', 4, 12] as const)
      : ([process.arch === 'x64' ? 'tensorflow-cpu' : 'tensorflow', 0.3, 2] as const);
  return { why: 'No Python here has TensorFlow.', what, size, disk, folder: libraryFolder(data) };
}

async function download(setup: Setup, wanted: Download, python: TensorFlowPython): Promise<void> {
  const { what, size, folder } = wanted;
  if (!python.pip)
    throw new Error(`${python.program} has no pip. Install it (Debian and Ubuntu: apt install python3-pip).`);
  await needRoom(setup, wanted);
  setup.progress(`downloading ${what} (${size} GB)`);
  const target = join(setup.scratch, 'library');
  // The addon needs the library alone; CUDA comes as packages that the wheel depends on.
  const alone = what.includes('cuda') ? [] : ['--no-deps'];
  await pipInstall(setup, python, what, ['install', '--target', target, ...alone, what]);
  await rm(folder, { recursive: true, force: true });
  await rename(target, folder);
}

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
