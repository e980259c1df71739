import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { welcomeMark } from '../src/store/place.ts';

const cli = resolve(import.meta.dirname, 'rollout-lab.mjs');
const storeOf = (project: string) => join(project, '.rollout-lab/rollouts.db');

/** Copies the sample project to a folder that is not there yet. */
export async function makeSample(project: string): Promise<void> {
  await lab('sample', project);
}

/** Brings the sample's prompts and rollouts into its store; what is in already stays. */
export async function importSample(project: string): Promise<void> {
  mkdirSync(dirname(storeOf(project)), { recursive: true });
  const files = ['dataset.jsonl', 'rollouts/sample.rollouts.jsonl'].map((file) => join(project, file));
  await lab('import', ...files, '--db', storeOf(project));
}

/** Has the first window on the sample open the walkthrough. */
export function welcomeTo(project: string): void {
  writeFileSync(join(dirname(storeOf(project)), welcomeMark), '');
}

/** Trains the sample's policy off-policy for some iterations, telling how far it is. */
export async function trainSample(project: string, iterations: number): Promise<void> {
  const policy = join(project, 'policy');
  await lab(
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

/** Has the sample's policy answer its test split, as it is and as its first run left it, and compares the two. What is there already stays. */
export async function evaluateSample(project: string): Promise<void> {
  if (known<{ evaluations: unknown[] }>('evaluations', project).evaluations.length > 0) return;
  const { rows } = known<{ rows: { summary: { checkpoint?: string | null } | null }[] }>('list runs', project);
  const after = rows.at(-1)?.summary?.checkpoint;
  const policies = { before: join(project, 'policy'), ...(after && { after }) };
  const [db, benchmark] = [
    ['--db', storeOf(project)],
    ['--benchmark', 'sample'],
  ];
  for (const [name, policy] of Object.entries(policies))
    await lab('evaluate', '--policy', policy, ...benchmark, '--name', name, ...db);
  if (after) await lab('compare', 'before', 'after', ...db);
}

/** Whether the sample's store knows a run. */
export function hasRun(project: string): boolean {
  return known<{ rows: unknown[] }>('list runs', project).rows.length > 0;
}

/** What a command that lists something says of the sample's store. */
function known<Document>(command: string, project: string): Document {
  const words = [cli, ...command.split(' '), '--db', storeOf(project), '--json'];
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8', maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(`${command} of ${storeOf(project)} failed: ${stdout}${stderr}`);
  return JSON.parse(stdout) as Document;
}

/** The program's own process leaves this one to the editor that it serves meanwhile. */
async function lab(...words: string[]): Promise<void> {
  const [status, signal] = (await once(spawn(process.execPath, [cli, ...words], { stdio: 'inherit' }), 'exit')) as [
    number | null,
    string | null,
  ];
  if (status !== 0) throw new Error(`rollout-lab ${words[0]} ended with ${status ?? signal}.`);
}
