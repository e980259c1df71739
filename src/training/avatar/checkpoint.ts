/** A run's checkpoints: a policy folder that any tool reads, or an adapter's where one is trained, and beside it what the run needs to go on from there. */
import { realpathSync } from 'node:fs';
import { lstat, mkdir, readdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parseRunConfig } from '../../domain/preset.ts';
import { refuseLinks, runFiles, type RunFiles } from '../../store/run-files.ts';
import type { Store } from '../../store/store.ts';
import type { Engine } from '../engine/engine.ts';
import { isBatch } from './divergence.ts';
import type { Trainer, TrainerState } from './trainer.ts';

/** `mark` says which run of which store made the folder. */
const files = { state: 'trainer.json', mark: '.rollout-lab-run' };
/** Counts up when the state's shape changes: an older checkpoint is then still a policy, but no longer a point to resume from. */
const stateVersion = 2;

/** What a checkpoint is of: the loop, and the engine that holds its policy. */
export interface Trained {
  trainer: Trainer;
  engine: Engine;
}

/** Writes the state of both to `folder`, as `writeCheckpoint` does. */
export function saveCheckpoint({ trainer, engine }: Trained, folder: string, mark: string): Promise<void> {
  return writeCheckpoint(folder, mark, async (unfinished) => {
    await engine.save(unfinished);
    const state = { version: stateVersion, ...trainer.state() };
    await writeFile(join(unfinished, files.state), `${JSON.stringify(state)}\n`);
  });
}

/**
 * Writes `folder` whole or not at all: it appears under its name once `fill` has put everything in it, in place of what the same run left there.
 * `mark` names the run. Throws when something else is there.
 */
export async function writeCheckpoint(
  folder: string,
  mark: string,
  fill: (unfinished: string) => Promise<void>,
): Promise<void> {
  const unfinished = `${folder}.unfinished`;
  for (const place of [unfinished, folder]) {
    if (await removeCheckpoint(place, mark)) continue;
    throw new Error(
      `${place} is in the way of a checkpoint, and this run did not make it: move it away, or keep this store in a folder of its own`,
    );
  }
  await mkdir(unfinished);
  try {
    await writeFile(join(unfinished, files.mark), mark);
    await fill(unfinished);
    await rename(unfinished, folder);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    throw error;
  }
}

/** What the checkpoints of a store's run are marked with. A copy of the store beside it, under another name, has not made them. */
export const runMark = (store: Store, runId: string): string => `run ${runId} of ${basename(store.file)}\n`;

/** The latest, and the one before it should that be damaged. */
const keptCheckpoints = 2;

/** Removes a run's checkpoints before the latest two, but for those that a run began with. `warn` hears of what is none of its own. */
export async function pruneCheckpoints(store: Store, runId: string, warn: (message: string) => void): Promise<void> {
  const mark = runMark(store, runId);
  const begunWith = new Set(store.runs.all().flatMap(({ config }) => [config.policy, config.adapter].map(realPath)));
  // A row outlives its files, so that what a killed process left of them is removed the next time.
  for (const old of store.runs.checkpoints(runId).slice(keptCheckpoints)) {
    if (begunWith.has(realPath(old.path))) continue;
    if (!(await removeCheckpoint(old.path, mark)))
      warn(`${old.path} stays, for nothing in it says that this run made it: delete it if you do not need it.`);
    store.runs.removeCheckpoint(runId, old.iteration);
  }
}

/**
 * Removes from the store what `keepIterations` does not keep of a run. What its latest checkpoints replay stays: a run goes on from the newest,
 * and may have to from the one before.
 */
export async function thinRun(store: Store, runId: string): Promise<void> {
  const { iteration, config } = store.runs.get(runId)!;
  const { keepIterations } = parseRunConfig(config);
  const latest = store.runs.checkpoints(runId).slice(0, keptCheckpoints);
  if (keepIterations === null || latest.length === 0) return;
  const last = Math.min(iteration - keepIterations, latest.at(-1)!.iteration);
  if (last < 1) return;
  const replayed = await Promise.all(latest.map(({ path }) => replayedBy(path)));
  if (replayed.includes(null)) return;
  store.runs.thin(
    runId,
    last,
    replayed.flatMap((ids) => ids!),
  );
}

/** The rollouts in a checkpoint's replay buffer; null where it cannot be read. */
async function replayedBy(folder: string): Promise<string[] | null> {
  try {
    const { replay } = JSON.parse(await readFile(join(folder, files.state), 'utf8')) as TrainerState;
    return replay.map(({ rolloutId }) => rolloutId);
  } catch {
    return null;
  }
}

/** One folder has one, however it is named. */
function realPath(path: string | null): string | null {
  try {
    return path && realpathSync(path);
  } catch {
    return path;
  }
}

/** Makes a run's folder, where its checkpoints go. Throws when a link is in its place. */
export async function prepareRun(store: Store, runId: string): Promise<RunFiles> {
  const files = runFiles(store.file, runId);
  refuseLinks(files.folder);
  await mkdir(files.folder, { recursive: true });
  return files;
}

/** Removes all that a run left in its folder, but what it did not make. */
export async function removeRun(store: Store, runId: string): Promise<void> {
  const { folder } = runFiles(store.file, runId);
  refuseLinks(folder);
  for (const name of await readdir(folder)) {
    if (isBatch(name)) await rm(join(folder, name));
    else await removeCheckpoint(join(folder, name), runMark(store, runId));
  }
  await rmdir(folder).catch(() => undefined);
}

/** Removes a checkpoint that the run `mark` names made, whole or begun. False when what is there is none of its. */
export async function removeCheckpoint(folder: string, mark: string): Promise<boolean> {
  const there = await lstat(folder).catch(() => null);
  if (!there) return true;
  if (!there.isDirectory()) return false;
  const found = await readFile(join(folder, files.mark), 'utf8').catch(() => null);
  const others = (await readdir(folder)).filter((name) => name !== files.mark);
  // A process that is killed while it writes its mark leaves an empty one, alone.
  if (found === mark || (found === '' && others.length === 0)) {
    // The mark goes last: what a killed process leaves can still be told.
    for (const name of others) await rm(join(folder, name), { recursive: true, force: true });
    await rm(join(folder, files.mark));
  }
  // One that was made and not marked yet is empty.
  return rmdir(folder).then(
    () => true,
    () => false,
  );
}

/** Gradient steps that a checkpoint's policy has had, as it says beside its weights; 0 of any other policy. */
export async function stepOf(folder: string): Promise<number> {
  try {
    const { learnerStep } = JSON.parse(await readFile(join(folder, files.state), 'utf8')) as Partial<TrainerState>;
    return Number.isSafeInteger(learnerStep) ? learnerStep! : 0;
  } catch {
    return 0;
  }
}

/** Puts both where they were when `folder` was written. Throws, naming the folder, when it cannot be gone on from. */
export async function restoreCheckpoint({ trainer, engine }: Trained, folder: string): Promise<void> {
  refuseLinks(folder);
  const { version, ...state } = JSON.parse(await readFile(join(folder, files.state), 'utf8')) as TrainerState & {
    version: number;
  };
  if (version !== stateVersion) {
    throw new Error(`${folder} was written by another version; start a new run from it as the policy`);
  }
  await engine.restore(folder, state.learnerStep);
  trainer.restore(state);
}
