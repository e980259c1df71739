/** A run's checkpoints: a policy folder that any tool reads, or an adapter's where one is trained, and beside it what the run needs to go on from there. */
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Adapter } from '../policy/adapter.ts';
import { Policy } from '../policy/policy.ts';
import { readSafetensors, writeSafetensors } from '../policy/safetensors.ts';
import type { Trainer, TrainerState } from './trainer.ts';

const files = { optimiser: 'optimiser.safetensors', state: 'trainer.json' };
/** Counts up when the state's shape changes: an older checkpoint is then still a policy, but no longer a point to resume from. */
const stateVersion = 2;

/**
 * Writes `folder` whole or not at all: it appears under its name once everything is in it. `base` is the folder of the policy that
 * an adapter belongs on.
 */
export async function saveCheckpoint(trainer: Trainer, folder: string, base: string): Promise<void> {
  const partial = `${folder}.partial`;
  await rm(partial, { recursive: true, force: true });
  const { trainer: state, learner } = trainer.state();
  const policy = trainer.policy();
  await (policy.adapter?.save(partial, base) ?? policy.save(partial));
  const moments = new Map([...learner.tensors].filter(([name]) => !policy.trained.has(name)));
  await writeSafetensors(join(partial, files.optimiser), moments);
  await writeFile(join(partial, files.state), `${JSON.stringify({ version: stateVersion, ...state })}\n`);
  await rm(folder, { recursive: true, force: true });
  await rename(partial, folder);
}

/** Puts `trainer` where it was when `folder` was written. Throws, naming the folder, when it cannot be gone on from. */
export async function restoreCheckpoint(trainer: Trainer, folder: string): Promise<void> {
  const { adapter, config } = trainer.policy();
  const { parameters } = await (adapter ? Adapter.load(folder, config) : Policy.load(folder));
  const moments = await readSafetensors(join(folder, files.optimiser));
  const { version, ...state } = JSON.parse(await readFile(join(folder, files.state), 'utf8')) as TrainerState & {
    version: number;
  };
  if (version !== stateVersion) {
    throw new Error(`${folder} was written by another version; start a new run from it as the policy`);
  }
  trainer.restore(state, { step: state.learnerStep, tensors: new Map([...parameters, ...moments]) });
}
