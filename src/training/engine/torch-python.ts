/** What the policy service needs of a Python, and which Pythons have it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../setup/program.ts';
import { askPythons, lastLines } from '../setup/python.ts';
import type { Setup } from '../setup/setup.ts';
import type { Unavailable } from '../backends/launch-check.ts';
import type { TorchCheck } from './torch-check.ts';

/** The Python in which the service runs. */
export interface TorchPython {
  /** Its program's path. */
  python: string;
  /** Of each package that the service needs. */
  versions: Readonly<Record<string, string>>;
}

export interface FoundPython {
  /** As it was asked. */
  program: string;
  /** Its own path for itself. */
  python: string;
  /** The folder of its packages: tells it from others. */
  prefix: string;
  /** Like 3.11. */
  version: string;
  /** Whether an environment that it makes has pip. */
  ensurepip: boolean;
  /** The version of its own pip. */
  pip: string | null;
  /** Of each package that the service needs; null where it is not there. */
  versions: Readonly<Record<string, string | null>>;
}

export interface Requirement {
  package: string;
  /** Major and minor version that it must have; null where any will do. */
  version: string | null;
}

/** Packages whose other minor versions compute something else, or have other names for it. */
const exact = ['torch', 'transformers', 'peft', 'av'];

/** The folder in which the service's package lies, beside the bundles in `dist`. */
export const servicePackages = (dist: string): string => join(dist, 'python');

/** What pip is given to install. */
export const requirementsFile = (dist: string): string => join(servicePackages(dist), 'policy/requirements.txt');

/** What the service needs. Throws when its list is not there. */
export async function requirementsOf(dist: string): Promise<Requirement[]> {
  const text = await readFile(requirementsFile(dist), 'utf8');
  return text.split('\n').flatMap((line) => {
    const [, name, version] = /^([\w.-]+)(?:==(\d+\.\d+))?/u.exec(line) ?? [];
    return name ? [{ package: name, version: exact.includes(name) ? (version ?? null) : null }] : [];
  });
}

// A Python before 3.8 has no such module, and none of the packages.
const probe = `
import importlib.util as find, json, sys
try:
  from importlib import metadata
except ImportError:
  metadata = None
def version(name):
  try:
    return metadata.version(name) if metadata else None
  except metadata.PackageNotFoundError:
    return None
print(json.dumps({
  "python": sys.executable,
  "prefix": sys.prefix,
  "version": "%d.%d" % sys.version_info[:2],
  "ensurepip": find.find_spec("ensurepip") is not None,
  "pip": version("pip"),
  "versions": {name: version(name) for name in sys.argv[1:]},
}))`;

/** The service finds its own package by PYTHONPATH, so no other package of that path is there for it. */
export const pythonEnvironment = { PYTHONPATH: undefined };

/** What those of the programs have that are Pythons. */
export function findTorchPythons(
  place: Pick<Setup, 'scratch' | 'signal'>,
  programs: readonly string[],
  wanted: readonly Requirement[],
): Promise<FoundPython[]> {
  const words = wanted.map((one) => one.package);
  return askPythons(place, programs, { script: probe, words, env: pythonEnvironment });
}

/** What the Python lacks, in words; null when it has all. */
export function lackOf({ versions }: FoundPython, wanted: readonly Requirement[]): string | null {
  const missing = wanted.map((one) => one.package).filter((name) => versions[name] === null);
  const others = wanted.flatMap(({ package: name, version }) => {
    const there = versions[name];
    const fits = there === null || version === null || `${there}.`.startsWith(`${version}.`);
    return fits ? [] : [`${name} ${there} where ${version} is needed`];
  });
  const lacks = missing.length > 0 ? [`no ${missing.join(', ')}`, ...others] : others;
  return lacks.length > 0 ? lacks.join(', ') : null;
}

/** How long the steps may take (ms): PyTorch is first compiled to byte code, perhaps on a slow disk. */
const checkMs = 300_000;

/** `checkTorch` in a process of its own, the training process's. Throws an error that says what went wrong, or the signal's reason. */
export async function launchTorchCheck(
  python: string,
  { dist, scratch, signal }: { dist: string; scratch: string; signal: AbortSignal },
): Promise<TorchCheck> {
  const late = AbortSignal.timeout(checkMs);
  const ended = await run(process.execPath, [join(dist, 'training.cjs'), '--check-torch', python], {
    ...{ cwd: scratch, signal: AbortSignal.any([signal, late]) },
    env: { ELECTRON_RUN_AS_NODE: '1' },
  }).catch((error: unknown) => {
    if (signal.aborted || !late.aborted) throw error;
    throw new Error(`its first steps took more than ${checkMs / 1000} s`);
  });
  const answer = ended.lines.find((line) => line.startsWith('{'));
  if (answer === undefined) throw new Error(`its check ended with ${ended.code}: ${lastLines(ended)}`);
  const found = JSON.parse(answer) as TorchCheck | Unavailable;
  if ('unavailable' in found) throw new Error(found.unavailable);
  return found;
}
