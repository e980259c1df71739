/** The stores that the study's runs begin with: the project's prompts, chosen for a setting, and the rollouts it starts from. */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseRunConfig } from '../domain/preset.ts';
import type { Prompt, Rollout, Split } from '../domain/rollout.ts';
import { mean } from '../domain/statistics.ts';
import { importFiles } from '../formats/import.ts';
import { Store } from '../store/store.ts';
import { promptsOf } from '../training/avatar/prompts.ts';
import { storedRollouts } from '../training/avatar/stored.ts';
import { allowMediaFolders } from '../video/media-folders.ts';
import type { Material } from './plan.ts';

/** A project as `rollout-lab sample` makes it. */
export const projectFiles = {
  dataset: 'dataset.jsonl',
  rollouts: 'rollouts/sample.rollouts.jsonl',
  policy: 'policy',
} as const;

/** What every run of a study depends on besides its configuration. */
export interface Project {
  folder: string;
  /** Hashes of the policy, of the data with its clips, and of the program that trains. */
  fingerprint: Record<'policy' | 'data' | 'trainer', string>;
  prompts: Readonly<Record<Split, readonly Prompt[]>>;
  /** The cold start's own rollouts of the training prompts. */
  rollouts: readonly Rollout[];
}

/** Reads a project into `work`/project.db. Throws an Error that names a missing or faulty file. */
export async function openProject(folder: string, work: string, trainer: string): Promise<Project> {
  const [dataset, rollouts] = [join(folder, projectFiles.dataset), join(folder, projectFiles.rollouts)];
  const weights = join(folder, projectFiles.policy, 'model.safetensors');
  const absent = [dataset, rollouts, weights, trainer].find((file) => !existsSync(file));
  if (absent !== undefined) throw new Error(`${absent} is not there: name a folder that “rollout-lab sample” made`);
  await mkdir(work, { recursive: true });
  const file = join(work, 'project.db');
  await removeStore(file);
  const store = Store.open(file);
  try {
    const { rejected } = await importFiles(store, [dataset, rollouts], { media: folder });
    await allowMediaFolders(work, [folder]);
    if (rejected.length > 0) throw new Error(`${rejected[0].file}:${rejected[0].line}: ${rejected[0].reason}`);
    const every = (split: Split): Prompt[] => promptsOf(store, { dataset: null, prompts: null, stage: null }, split);
    const prompts = { train: every('train'), validation: every('validation'), test: every('test') };
    return {
      folder,
      fingerprint: {
        policy: await policyHash(join(folder, projectFiles.policy)),
        data: await hashOf(dataset, rollouts, ...clipsOf(folder, Object.values(prompts).flat())),
        trainer: await hashOf(trainer),
      },
      prompts,
      rollouts: storedRollouts(
        store,
        prompts.train,
        { storedRollouts: 'imported', storedEvaluations: false },
        '',
        null,
      ),
    };
  } finally {
    store.close();
  }
}

/** How often a prompt of `few` is drawn is what counts, so they are so many whatever the project has. */
const fewPrompts = 16;
/** A `hard` prompt is got right in at most this share of its stored rollouts. */
const hardShare = 1 / 8;
/** Clips of the `long` setting last so many seconds at least. */
const longSeconds = 8;

/** What the store of a setting holds besides its training prompts: prompts to measure on, and the teacher's store where it has one. */
export interface StoreContent {
  material: Material;
  split: 'validation' | 'test';
  teacher: string | null;
}

/** Makes the store at `file` that a setting's runs begin with, unless it is there. */
export async function makeStore(
  file: string,
  project: Project,
  { material, split, teacher }: StoreContent,
): Promise<void> {
  if (existsSync(file)) return;
  const taught = teacher === null ? [] : teacherRollouts(teacher);
  const rollouts = material === 'own' ? likewise(project.rollouts, taught) : taught;
  const partial = `${file}.partial`;
  await removeStore(partial);
  const store = Store.open(partial);
  store.addRollouts([...trainingPrompts(project, material), ...project.prompts[split]], rollouts);
  store.close();
  await rename(partial, file);
}

function trainingPrompts({ prompts: { train }, rollouts }: Project, material: Material): readonly Prompt[] {
  switch (material) {
    case 'all':
    case 'own':
    case 'teacher':
      return train;
    case 'few':
      return train.filter(
        (_, i) => Math.floor((i * fewPrompts) / train.length) !== Math.floor(((i + 1) * fewPrompts) / train.length),
      );
    case 'long':
      return train.filter(({ events }) => Math.max(0, ...(events ?? []).map(({ end }) => end)) >= longSeconds);
    case 'hard': {
      const byPrompt = Map.groupBy(rollouts, ({ promptId }) => promptId);
      const share = (id: string): number => mean((byPrompt.get(id) ?? []).map(({ rewards }) => rewards.accuracy ?? 0));
      return train.filter(({ id }) => byPrompt.has(id) && share(id) <= hardShare);
    }
  }
}

/** What the teacher's run wrote in its second half, as if another program had. */
function teacherRollouts(file: string): Rollout[] {
  const store = Store.open(file);
  try {
    const [run] = store.runs.all();
    const half = (run.config.steps * run.config.gradientSteps) / 2;
    const prompts = promptsOf(store, parseRunConfig(run.config), 'train');
    return storedRollouts(store, prompts, { storedRollouts: 'all', storedEvaluations: false }, '', null)
      .filter(({ policyVersion }) => policyVersion >= half)
      .map((rollout) => ({ ...rollout, runId: null, policy: 'teacher', source: 'import:teacher' }));
  } finally {
    store.close();
  }
}

/** As many of `rollouts` for each prompt as `others` has of it. */
function likewise(rollouts: readonly Rollout[], others: readonly Rollout[]): Rollout[] {
  const wanted = Map.groupBy(others, ({ promptId }) => promptId);
  return [...Map.groupBy(rollouts, ({ promptId }) => promptId)].flatMap(([promptId, own]) =>
    own.slice(0, wanted.get(promptId)?.length ?? 0),
  );
}

/** Removes a store with what SQLite keeps beside it. */
export async function removeStore(file: string): Promise<void> {
  for (const end of ['', '-wal', '-shm']) await rm(`${file}${end}`, { force: true, maxRetries: 5 });
}

/** What tells a policy's folder from another's: its weights, its shape and its words. */
export const policyHash = (folder: string): Promise<string> =>
  hashOf(...['config.json', 'tokenizer.json', 'model.safetensors'].map((file) => join(folder, file)));

/** The clips that are there; a lost one is an error where clips are read. */
function clipsOf(folder: string, prompts: readonly Prompt[]): string[] {
  const files = prompts.flatMap(({ video, audio }) => [video, audio].flatMap((path) => path ?? []));
  return [...new Set(files.map((path) => resolve(folder, path)))].filter((file) => existsSync(file)).sort();
}

async function hashOf(...files: string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const file of files) for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex').slice(0, 16);
}
