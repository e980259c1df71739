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

/** Has the sample's policy answer its test split, as it is and as its first run left it, and compares the two. What is there already stays. */
export function evaluateSample(project: string): void {
  if (known<{ evaluations: unknown[] }>('evaluations', project).evaluations.length > 0) return;
  const { rows } = known<{ rows: { summary: { checkpoint?: string | null } | null }[] }>('list runs', project);
  const after = rows.at(-1)?.summary?.checkpoint;
  const policies = { before: join(project, 'policy'), ...(after && { after }) };
  const [db, benchmark] = [
    ['--db', storeOf(project)],
    ['--benchmark', 'sample'],
  ];
  for (const [name, policy] of Object.entries(policies))
    lab('evaluate', '--policy', policy, ...benchmark, '--name', name, ...db);
  if (after) lab('compare', 'before', 'after', ...db);
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

function lab(...words: string[]): void {
  const { status, signal } = spawnSync(process.execPath, [cli, ...words], { stdio: 'inherit' });
  if (status !== 0) throw new Error(`rollout-lab ${words[0]} ended with ${status ?? signal}.`);
}
