/** The Pythons of this machine, and their pip. */
import { resolve, sep } from 'node:path';
import { run, type Ended } from './program.ts';
import type { Setup } from './setup.ts';

export interface Python {
  program: string;
  /** Like 3.11. */
  version: string;
}

export interface Question {
  /** A script that prints its answer as one line of JSON, an object. */
  script: string;
  words?: string[];
  /** Changes to the environment. */
  env?: NodeJS.ProcessEnv;
}

/** What each of these programs answers that is a Python; a path counts from where the user is, not from where it runs. */
export async function askPythons<Answer>(
  { scratch, signal }: Pick<Setup, 'scratch' | 'signal'>,
  programs: readonly string[],
  { script, words = [], env }: Question,
): Promise<(Answer & { program: string })[]> {
  const pythons: (Answer & { program: string })[] = [];
  for (const named of programs) {
    const program = named.includes(sep) ? resolve(named) : named;
    const { code, lines } = await run(program, ['-c', script, ...words], { cwd: scratch, signal, env });
    const found = lines.find((line) => line.startsWith('{'));
    if (code === 0 && found) pythons.push({ program, ...(JSON.parse(found) as Answer) });
  }
  return pythons;
}

/** What to ask where none is named. */
export const usualPythons = ['python3', 'python'];

/** The error where none of these is a Python. */
export const noPython = (named: string | undefined): Error =>
  new Error(
    named === undefined
      ? 'There is no Python on PATH. Install Python 3 with pip (Debian and Ubuntu: apt install python3 python3-pip).'
      : `${named} does not run as a Python 3: name the program, as “which python3” prints it.`,
  );

/** Has the Python's pip do these words, for wheels alone. Throws with what pip said last, and a cure. */
export async function pipInstall(
  { scratch, signal, output }: Setup,
  { program, version }: Python,
  what: string,
  words: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<void> {
  const quiet = ['--no-input', '--progress-bar', 'off', '--disable-pip-version-check', '--no-compile'];
  const ended = await run(program, ['-m', 'pip', ...words, '--only-binary', ':all:', ...quiet], {
    ...{ cwd: scratch, signal, line: output },
    env: { TMPDIR: scratch, ...env },
  });
  if (ended.code !== 0) throw new Error(`pip could not install ${what}: ${lastLines(ended)} ${cure(ended, version)}`);
}

function cure({ lines }: Ended, version: string): string {
  const all = lines.join('\n');
  if (/No space left|disk quota/iu.test(all)) return 'Make room on the disk.';
  if (/connection|network|timed out|resolve|proxy|SSL/iu.test(all))
    return "Check the network, and pip's index and proxy (“pip config list”).";
  if (/No matching distribution/u.test(all))
    return `There may be no such wheel for Python ${version}, or pip's index may lack it: name another Python.`;
  return 'Run it by hand to see more.';
}

/** The end of what a program said. */
export const lastLines = ({ lines }: Ended): string =>
  lines
    .filter((line) => line.trim() !== '')
    .slice(-4)
    .join('\n');
