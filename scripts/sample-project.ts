import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const cli = resolve(import.meta.dirname, 'rollout-lab.mjs');
const storeOf = (project: string) => join(project, '.rollout-lab/rollouts.db');

/** Copies the sample project to a folder that is not there yet. */
export function makeSample(project: string): void {
  lab('sample', project);
}

/** Brings the sample's prompts and rollouts into its store; what is in already stays. */
export function importSample(project: string): void {
  mkdirSync(dirname(storeOf(project)), { recursive: true });
  const files = ['dataset.jsonl', 'rollouts/sample.rollouts.jsonl'].map((file) => join(project, file));
  lab('import', ...files, '--db', storeOf(project));
}

/** Trains the sample's policy off-policy for some iterations, telling how far it is. */
export function trainSample(project: string, iterations: number): void {
  const policy = join(project, 'policy');
  lab(
    'train',
    '--db',
    storeOf(project),
    '--preset',
    'avatar',
    '--policy',
    policy,
    '--iterations',
    `${iterations}`,
    '--seed',
    '1',
  );
}

/** Whether the sample's store knows a run. */
export function hasRun(project: string): boolean {
  const words = [cli, 'list', 'runs', '--db', storeOf(project), '--json'];
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`The runs of ${storeOf(project)} cannot be listed: ${stdout}${stderr}`);
  return (JSON.parse(stdout) as { rows: unknown[] }).rows.length > 0;
}

function lab(...words: string[]): void {
  const { status, signal } = spawnSync(process.execPath, [cli, ...words], { stdio: 'inherit' });
  if (status !== 0) throw new Error(`rollout-lab ${words[0]} ended with ${status ?? signal}.`);
}
