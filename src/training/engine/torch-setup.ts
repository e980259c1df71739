/**
 * Sets up the PyTorch engine: takes a Python that has what the policy service (src/cluster/policy) needs, or makes an environment, which
 * pip fills; tries it with a gradient step, and keeps which it is for the runs.
 */
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import { errorText } from '../../domain/error-text.ts';
import { contains, dataFolder } from '../../store/folders.ts';
import type { Unavailable } from '../backends/launch-check.ts';
import { run } from '../setup/program.ts';
import { lastLines, noPython, pipInstall, usualPythons } from '../setup/python.ts';
import { inPlace, needRoom, type Download, type Setup, type SetupOptions } from '../setup/setup.ts';
import type { JobPlace } from './job-place.ts';
import type { TorchCheck } from './torch-check.ts';
import {
  findTorchPythons,
  lackOf,
  launchTorchCheck,
  pythonEnvironment,
  requirementsFile,
  requirementsOf,
  servicePackages,
  type FoundPython,
  type Requirement,
  type TorchPython,
} from './torch-python.ts';

export type TorchSetup = TorchPython & TorchCheck;

/** What came of it, for people. */
export const torchSetupText = ({ python, description, milliseconds }: TorchSetup): string =>
  `The PyTorch engine is set up: a gradient step of the sample policy's size takes it ${Math.round(milliseconds)} ms. ` +
  `It is ${description}, in ${python}.`;

/** What is to be done where it is not set up, or not any more; the editor offers it. */
export const torchCure = 'Run “rollout-lab setup torch”, or Set Up PyTorch Engine in the editor.';

const recordSchema = v.object({
  python: v.string(),
  versions: v.record(v.string(), v.string()),
  /** When it was set up, in ISO 8601. */
  at: v.string(),
});
const recordFile = 'torch.json';

/** The Python that was set up on this machine, or null. Throws when its record cannot be read, or the Python is gone. */
export async function torchEngine(): Promise<TorchPython | null> {
  const file = join(dataFolder(), recordFile);
  if (!existsSync(file)) return null;
  const record = v.safeParse(v.pipe(v.string(), v.parseJson(), recordSchema), await readFile(file, 'utf8'));
  if (!record.success) throw new Error(`${file} is damaged. ${torchCure}`);
  const { python, versions } = record.output;
  if (!existsSync(python))
    throw new Error(`${python}, which the PyTorch engine was set up with, is gone. ${torchCure}`);
  return { python, versions };
}

/**
 * The Python that runs train in, with the service beside the bundles in `dist`. Throws an error that says how to set one up, where there is none, or
 * where it has not the packages that this service needs: an earlier version may have made it.
 */
export async function torchPlace(dist: string): Promise<JobPlace> {
  const engine = await torchEngine();
  if (engine === null) throw new Error(`the PyTorch engine is not set up here. ${torchCure}`);
  const { python } = engine;
  const wanted = await requirementsOf(dist);
  // A Python looks in its working folder first for what it imports: no folder that others write to.
  const place = { scratch: servicePackages(dist), signal: new AbortController().signal };
  const [found] = await findTorchPythons(place, [python], wanted);
  const lack = found ? lackOf(found, wanted) : 'no Python 3 that runs';
  if (lack !== null)
    throw new Error(
      `the PyTorch engine was set up for another version of Rollout Lab: ${python} has ${lack}. ${torchCure}`,
    );
  return { python, packages: servicePackages(dist) };
}

/** What the engine that was set up is and takes now, or why it does not run and what to do. Throws when aborted. */
export async function examineTorch(dist: string, signal: AbortSignal): Promise<TorchSetup | Unavailable> {
  const scratch = await mkdtemp(join(tmpdir(), 'rollout-lab-'));
  try {
    const engine = await torchEngine();
    if (engine === null) return { cause: 'not set up', unavailable: `not set up. ${torchCure}` };
    const wanted = await requirementsOf(dist);
    const [found] = await findTorchPythons({ scratch, signal }, [engine.python], wanted);
    if (!found) throw noPython(engine.python);
    return await tryTorch(found, wanted, { dist, scratch, signal, progress: () => {} });
  } catch (error) {
    signal.throwIfAborted();
    const text = errorText(error);
    return { cause: 'failure', unavailable: text.endsWith(torchCure) ? text : `${text} ${torchCure}` };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Throws an error that names what is missing and its cure, or the signal's reason; then what was set up before is as it was. May be repeated. */
export async function setUpTorch(options: SetupOptions): Promise<TorchSetup> {
  return inPlace(async (place) => {
    const setup = { ...options, ...place };
    const before = await torchEngine().catch(() => null);
    await removeEnvironments(place.data, before);
    const wanted = await requirementsOf(setup.dist);
    const engine = await findEngine(setup, wanted, before, setup.python);
    const { python, versions } = engine;
    const record = join(place.scratch, recordFile);
    await writeFile(record, JSON.stringify({ python, versions, at: new Date().toISOString() }));
    await rename(record, join(place.data, recordFile));
    await removeEnvironments(place.data, engine);
    return engine;
  });
}

/** A Python that trains: the one that is named, or else the one that was set up before or those on PATH; or else a new environment. */
async function findEngine(
  setup: Setup,
  wanted: readonly Requirement[],
  before: TorchPython | null,
  named: string | undefined,
): Promise<TorchSetup> {
  setup.progress('looking for a Python that has PyTorch');
  const usual = await findTorchPythons(setup, named === undefined ? usualPythons : [named], wanted);
  const known = named === undefined && before ? await findTorchPythons(setup, [before.python], wanted) : [];
  const why: string[] = [];
  for (const found of unique([...known, ...usual])) {
    try {
      return await tryTorch(found, wanted, setup);
    } catch (error) {
      setup.signal.throwIfAborted();
      why.push(errorText(error));
    }
  }
  if (usual.length === 0) throw noPython(named);
  const base = usual.find(fillsEnvironments);
  if (!base) {
    throw new Error(
      `${why.join(' ')} ${usual[0].program} fills no environment with them, because it has neither ensurepip nor pip 22.3. Install it ` +
        '(Debian and Ubuntu: apt install python3-venv), or name a Python that has the packages.',
    );
  }
  const download = await wantedDownload(setup, why);
  const other = await setup.confirm(download);
  if (other !== null) return findEngine(setup, wanted, before, other);
  return makeEnvironment(setup, wanted, base, download);
}

/** Tries the Python with a gradient step. Throws an error that says what it lacks or what went wrong, or the signal's reason. */
async function tryTorch(
  found: FoundPython,
  wanted: readonly Requirement[],
  place: Pick<Setup, 'dist' | 'scratch' | 'signal' | 'progress'>,
): Promise<TorchSetup> {
  const { program, python, version } = found;
  const lack = lackOf(found, wanted);
  if (lack !== null) throw new Error(`${program} (Python ${version}) has ${lack}.`);
  place.progress(`trying ${python} with a gradient step`);
  try {
    const check = await launchTorchCheck(python, place);
    return { python, versions: found.versions as TorchPython['versions'], ...check };
  } catch (error) {
    place.signal.throwIfAborted();
    throw new Error(`${program} (Python ${version}) has the packages, but ${errorText(error)}`, { cause: error });
  }
}

/** Each once: python is mostly python3. */
const unique = (pythons: readonly FoundPython[]): FoundPython[] =>
  pythons.filter(({ prefix }, i) => pythons.findIndex((one) => one.prefix === prefix) === i);

/** By the pip of the environment, or else from outside: Debian has ensurepip in a package of its own, and pip in another. */
const fillsEnvironments = ({ ensurepip, pip }: FoundPython): boolean =>
  ensurepip || (pip !== null && Number.parseFloat(pip) >= 22.3);

/** PyPI's wheels for Linux bring CUDA's libraries, whether there is a GPU or not (PyTorch 2.13). */
async function wantedDownload({ data }: Setup, why: readonly string[]): Promise<Download> {
  const [size, disk] = process.platform === 'linux' ? [3, 10] : [0.4, 2];
  return { why: why.join(' '), what: 'PyTorch, transformers and PEFT', size, disk, folder: data };
}

/** Makes an environment and fills it; nothing is left of it when that fails. */
async function makeEnvironment(
  setup: Setup,
  wanted: readonly Requirement[],
  base: FoundPython,
  download: Download,
): Promise<TorchSetup> {
  const { data, scratch, dist, signal, progress, output } = setup;
  await needRoom(setup, download);
  // Where it stays: an environment's programs know their folder.
  const folder = await mkdtemp(join(data, 'torch-'));
  try {
    progress('making a Python environment');
    const env = pythonEnvironment;
    const bare = base.ensurepip ? [] : ['--without-pip'];
    const made = await run(base.program, ['-m', 'venv', ...bare, folder], { cwd: scratch, signal, line: output, env });
    if (made.code !== 0) throw new Error(`${base.program} could not make an environment: ${lastLines(made)}`);
    const program = join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
    progress(`downloading ${download.what} (about ${download.size} GB)`);
    const words = ['install', '-r', requirementsFile(dist)];
    const [pip, pipWords] = base.ensurepip
      ? [{ program, version: base.version }, words]
      : [base, ['--python', program, ...words]];
    // A user's pip may be set to install for the user, which no environment takes.
    await pipInstall(setup, pip, download.what, pipWords, { ...env, PIP_USER: '0' });
    const [found] = await findTorchPythons(setup, [program], wanted);
    if (!found) throw noPython(program);
    return await tryTorch(found, wanted, setup);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Removes the environments of earlier set-ups, but for the one that holds this Python. */
async function removeEnvironments(data: string, kept: TorchPython | null): Promise<void> {
  const home = kept && (await realpath(dirname(kept.python)));
  for (const name of readdirSync(data).filter((one) => /^torch-\w{6}$/u.test(one))) {
    const folder = await realpath(join(data, name));
    if (home === null || !contains(folder, home)) await rm(folder, { recursive: true, force: true });
  }
}
