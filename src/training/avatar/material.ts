/** What a run trains on, gathered and checked before anything is computed: policy, prompts, clips, stored rollouts, their phases. */
import { createHash } from 'node:crypto';
import { stageSpans } from '../../domain/curriculum.ts';
import { defaultHintForm } from '../../domain/hint.ts';
import type { Prompt, Rollout, Split } from '../../domain/rollout.ts';
import type { RunConfig } from '../../domain/run.ts';
import {
  choiceText,
  leftText,
  noAnswersText,
  noRolloutsText,
  promptFault,
  selectedText,
} from '../../domain/run-prompts.ts';
import { shapingOf } from '../../domain/weight-source.ts';
import type { SnapshotRow, Store } from '../../store/store.ts';
import type { PolicyText } from '../policy/policy-text.ts';
import { contextLength } from '../policy/layout.ts';
import type { ObjectMedia } from '../engine/job-place.ts';
import { Left } from '../evaluation/leaving.ts';
import { clipFiles, readClips } from './clip-features.ts';
import { Experiences, type Clip } from './experience.ts';
import { promptsOf } from './prompts.ts';
import { openStartingPolicy, type StartingPolicy } from './starting-policy.ts';
import { storedRollouts } from './stored.ts';

export interface Material extends StartingPolicy {
  /** Hash of the prompts, the content of their clips, the stored rollouts and their phases. */
  dataHash: string;
  /** Hash of what the prompts and the stored rollouts say, which an import may bring up to date. */
  textHash: string;
  prompts: Record<Split, Prompt[]>;
  stored: Rollout[];
  experiences: Experiences;
}

export interface MaterialOptions {
  store: Store;
  /** Folder of the store's file. */
  folder: string;
  runId: string;
  config: RunConfig;
  log: (level: 'info' | 'warn', message: string) => void;
  signal: AbortSignal;
  /** The media that lie in an object store. */
  objects?: ObjectMedia;
}

/**
 * Gathers a run's material. The labels and suggestions are those stored when the run first started: later ones do not count, even after a resume.
 * Throws an Error that says what is missing and what to do about it.
 */
export async function gatherMaterial(options: MaterialOptions): Promise<Material> {
  const { store, config, runId, log } = options;
  const begun = new Date(store.runs.get(runId)!.createdAt);
  const { policy, policyFolder, adapterFolder, policyHash } = await openStartingPolicy(config, options.folder, begun);

  const named = store.runPrompts(config);
  const fault = promptFault(config, named);
  if (fault !== null) throw new Error(fault);
  const selected = selectedText(config);
  if (selected !== null) log('info', `The run trains on ${selected} alone.`);
  const left = leftText(config, named);
  if (left !== null) log('warn', `${left}.`);

  const former = store.runs.snapshot(runId);
  const only = former.length > 0 ? new Set(former.map(({ rolloutId }) => rolloutId)) : null;
  const choices = stageSpans(config).map(({ stage }): Choice => ({ ...config, stage }));
  const watchable = choices.map((choice) => seen(promptsOf(store, choice, choice.split), policy, log));
  const known = storedRollouts(store, watchable.flat(), config, runId, only);
  const chosen: Record<Split, Prompt[]> = {
    train: [],
    validation: choices.flatMap((choice) => evaluated(store, choice, policy, 'validation')),
    test: choices.flatMap((choice) => evaluated(store, choice, policy, 'test')),
    [config.split]: choices.flatMap((choice, i) => trainable(watchable[i], known, choice, log)),
  };
  const { clips, contentKeys, missing } = await clipsOf(unique(chosen), policy, options);
  const there = (list: readonly Prompt[]): Prompt[] => list.filter(({ id }) => !missing.has(id));
  const prompts = {
    train: there(chosen.train),
    validation: there(chosen.validation),
    test: there(chosen.test),
  } satisfies Record<Split, Prompt[]>;
  const bare = choices.find(({ stage }) => !prompts[config.split].some((one) => stage === null || one.stage === stage));
  if (bare)
    throw new Error(
      `no prompts to train on are left: ${choiceText(bare)} has none with media that is there and can be read. Import them again with the folder of the media (--media)`,
    );
  const all = unique(prompts);
  const found = known.filter(({ promptId }) => !missing.has(promptId));
  const snapshot = former.length > 0 ? former : found.map((rollout) => snapshotRow(store, rollout, config));
  if (former.length === 0) store.runs.addSnapshot(runId, snapshot);
  // Until they were in the snapshot, a run that goes on may have let go of its own.
  const stored = found.filter(({ id, runId: maker }) => maker === null || store.rollouts.get(id) !== null);

  const hintForms = new Map(store.runs.all().map((run) => [run.id, { ...defaultHintForm, ...run.config.hints }]));
  const experiences = new Experiences(policy, all, clips, config, snapshot, hintForms, runId);
  checkRoom(all, experiences, policy, config);
  const storedIds = new Set(stored.map(({ id }) => id));
  const shapings = new Map(snapshot.map((row) => [row.rolloutId, row]));
  const dataHash = hash([
    all.map(({ id, answer, hint, stage, split, events, system }) => {
      return [id, answer, hint, stage, split, ...(events ?? []), ...(system ? [system] : [])];
    }),
    contentKeys,
    [...storedIds],
    // In the order of the rollouts: a store gives a former snapshot in another.
    [...storedIds].map((id) => shapings.get(id)),
  ]);
  const textHash = hash([
    all.map(({ question, options, problemType }) => [question, options, problemType]),
    stored.map(({ completion, reward }) => [completion, reward]),
  ]);
  return { policy, policyFolder, adapterFolder, policyHash, dataHash, textHash, prompts, stored, experiences };
}

/** What shapes a rollout's weights by the labels and suggestions stored now. */
function snapshotRow(store: Store, { id, completion }: Rollout, { tas }: RunConfig): SnapshotRow {
  return { rolloutId: id, ...shapingOf(completion, store.suggestions.segmentations(id), tas) };
}

/** A run's configuration with one of its stages. */
type Choice = Omit<RunConfig, 'stages' | 'steps'>;

/** Each prompt once. */
const unique = (prompts: Record<Split, Prompt[]>): Prompt[] => [
  ...new Map(Object.values(prompts).flatMap((list) => list.map((prompt) => [prompt.id, prompt]))).values(),
];

/** Those that have something to see or hear, where the policy cannot do without. */
function seen(prompts: readonly Prompt[], policy: PolicyText, log: MaterialOptions['log']): Prompt[] {
  const { audio_visual_prefix: prefix, towers } = policy.config;
  if (!prefix && !towers) return [...prompts];
  // A policy with towers is asked about nothing but text as well.
  const kept = prompts.filter(({ video, audio }) => towers || video !== null || audio !== null);
  const left = prompts.length - kept.length;
  if (kept.length === 0) {
    throw new Error(
      `none of the ${prompts.length} prompts has a video or sound, and this policy reads them: import the dataset file that names them`,
    );
  }
  if (left > 0) log('warn', `${left} of ${prompts.length} prompts have no video or sound and are left out.`);
  const several = kept.filter(({ media }) => media).length;
  if (several > 0)
    log(
      'warn',
      `${several} of ${prompts.length} prompts have several videos, pictures or sounds: the policy sees and hears the first of them alone.`,
    );
  return kept;
}

/** Those that can be learned from: with an answer to score completions by, or, offline, with stored rollouts. */
function trainable(
  prompts: readonly Prompt[],
  stored: readonly Rollout[],
  choice: Choice,
  log: MaterialOptions['log'],
): Prompt[] {
  if (choice.onPolicy === 0) {
    const withRollouts = new Set(stored.map(({ promptId }) => promptId));
    const kept = prompts.filter(({ id }) => withRollouts.has(id));
    if (kept.length === 0) throw new Error(noRolloutsText(choice));
    return kept;
  }
  const answered = prompts.filter(({ answer }) => answer !== null);
  const left = prompts.length - answered.length;
  if (answered.length === 0) throw new Error(noAnswersText(prompts.length));
  if (left > 0) log('warn', `${left} of ${prompts.length} prompts have no answer and are left out.`);
  return answered;
}

/** A selection is of what it trains on: it is measured on all others of its dataset. */
function evaluated(store: Store, choice: Choice, policy: PolicyText, split: Split): Prompt[] {
  if (choice.evalEvery === 0) return [];
  return promptsOf(store, { ...choice, prompts: null }, split)
    .filter(({ answer }) => answer !== null)
    .filter(({ video, audio }) => !policy.config.audio_visual_prefix || video !== null || audio !== null)
    .slice(0, choice.evalPrompts);
}

/**
 * What is seen and heard of the prompts, and which of them are left out because that is missing. Throws an error that names all of those where the
 * run leaves none out.
 */
async function clipsOf(
  prompts: readonly Prompt[],
  policy: PolicyText,
  { folder, config, log, signal, objects }: MaterialOptions,
): Promise<{ clips: ReadonlyMap<string, Clip>; contentKeys: string[]; missing: ReadonlySet<string> }> {
  const { audio_visual_prefix: prefix, towers } = policy.config;
  if (towers || prefix || config.judge?.frames) await objects?.bring(prompts, signal);
  if (!towers && !prefix) return { clips: new Map(), contentKeys: [], missing: new Set() };
  let told = 0;
  const progress = (done: number, total: number): void => {
    if (done < total && done - told < total / 4) return;
    told = done;
    log('info', `Read ${done} of ${total} clips.`);
  };
  const { lost, unreadable, ...found } = towers
    ? await clipFiles(prompts, folder)
    : await readClips(prompts, { folder, prefix: prefix!, progress, signal });
  const left = new Left();
  for (const path of lost.values()) left.lost(path);
  for (const reason of unreadable.values()) left.add('unreadable', reason);
  const how = `${left.count} of ${prompts.length} prompts`;
  const reasons = left.reasons(Infinity);
  if (left.count > 0 && !config.leaveOutMissing)
    throw new Error(
      `the run does not begin: ${how} cannot be seen or heard. ${reasons} Or leave them out: Missing media in the start form, --set leaveOutMissing=true`,
    );
  if (left.count > 0) log('warn', `${how} are left out. ${reasons}`);
  return { ...found, missing: new Set([...lost.keys(), ...unreadable.keys()]) };
}

/** Every prompt must leave room for a whole completion. */
function checkRoom(prompts: readonly Prompt[], experiences: Experiences, policy: PolicyText, config: RunConfig): void {
  const { max_position_embeddings: positions } = policy.config;
  for (const { id, question, hint } of prompts) {
    const room = positions - contextLength(experiences.context(id, hint !== null), policy.config);
    if (room < config.maxNewTokens) {
      throw new Error(
        `the prompt “${question.slice(0, 60)}” leaves room for ${room} of the policy's ${positions} positions, ` +
          `but maxNewTokens is ${config.maxNewTokens}: lower it`,
      );
    }
  }
}

const hash = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 32);
