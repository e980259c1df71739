/** An evaluation that is to be made: what it asks, how, and what it is called. */
import { randomUUID } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { parseEvaluationSettings, type EvaluationSettings } from '../../domain/evaluation.ts';
import { presetConfig } from '../../domain/preset.ts';
import type { Split } from '../../domain/rollout.ts';
import { isRunId, runFiles } from '../../store/run-files.ts';
import type { EvaluationRow, NewEvaluation, RunRow } from '../../store/store.ts';
import { stepOf } from '../avatar/checkpoint.ts';
import { instructionFor } from '../policy/chat-files.ts';

/** What a person chooses; what is left out is as the run of the checkpoint has it, else as a run has it by default. */
export interface EvaluationChoice extends Partial<Omit<EvaluationSettings, 'policyFolder' | 'policyHash'>> {
  /** Folders, as absolute paths. */
  policy: string;
  adapter: string | null;
  dataset: string;
  split: Split;
  name?: string;
}

/** What there is already, in the store of `file`. */
export interface Known {
  file: string;
  runs: readonly RunRow[];
  evaluations: readonly EvaluationRow[];
}

/**
 * The row of an evaluation to make. It is greedy unless it is asked for a temperature. Throws RangeError that names a setting which cannot
 * be.
 */
export async function planEvaluation(choice: EvaluationChoice, known: Known): Promise<NewEvaluation> {
  const { policy: folder, adapter, dataset, split, name, ...chosen } = choice;
  const weights = adapter ?? folder;
  const run = await runOf(weights, known);
  const config = run?.config ?? presetConfig('avatar', folder, 0);
  const settings = parseEvaluationSettings({
    policyFolder: folder,
    policyHash: null,
    engine: 'embedded',
    backend: 'onnxruntime',
    threads: 0,
    n: 1,
    temperature: 0,
    topP: 1,
    seed: 0,
    maxNewTokens: config.maxNewTokens,
    system: run ? config.system : await instructionFor(folder),
    rewardRule: config.rewardRule,
    ray: null,
    ...Object.fromEntries(Object.entries(chosen).filter(([, value]) => value !== undefined)),
  });
  const { n, temperature } = settings;
  const policy = basename(run ? run.config.policy : weights);
  const label = run ? `${run.name} ${basename(weights)}` : policy;
  const sampled = temperature > 0 ? `, ${n} at temperature ${temperature}` : '';
  const proposed = name ?? `${label} on ${dataset} ${split}${sampled}`;
  return {
    id: randomUUID(),
    name: unused(
      proposed,
      known.evaluations.map((one) => one.name),
    ),
    policy,
    policyVersion: await stepOf(weights),
    ...{ adapter, dataset, split, settings },
    source: 'evaluate',
    status: 'queued',
    total: null,
    createdAt: new Date().toISOString(),
  };
}

/** The newest evaluation like `planned` that is not finished: to follow where it is live, else to go on with. */
export function unfinished(planned: NewEvaluation, evaluations: readonly EvaluationRow[]): EvaluationRow | null {
  const key = ({ adapter, dataset, split, settings }: Omit<NewEvaluation, 'status' | 'total'>): string =>
    JSON.stringify([adapter, dataset, split, { ...settings, policyHash: null }]);
  return evaluations.find((one) => isRunId(one.id) && one.status !== 'finished' && key(one) === key(planned)) ?? null;
}

/** Whether a process makes it, or is about to. */
export const isLive = ({ status }: Pick<EvaluationRow, 'status'>): boolean =>
  status === 'queued' || status === 'running';

/** The run that made a checkpoint: it lies in the run's own folder. */
async function runOf(checkpoint: string, { file, runs }: Known): Promise<RunRow | null> {
  const folder = await realpath(dirname(checkpoint)).catch(() => null);
  for (const run of runs.filter(({ id }) => isRunId(id))) {
    const own = await realpath(runFiles(file, run.id).folder).catch(() => null);
    if (own !== null && own === folder) return run;
  }
  return null;
}

function unused(name: string, taken: readonly string[]): string {
  let found = name;
  for (let number = 2; taken.includes(found); number += 1) found = `${name} (${number})`;
  return found;
}
