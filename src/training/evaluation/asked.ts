/** The prompts of an evaluation as the policy reads them: as a run's own evaluation asks them, without hints. */
import { presetConfig } from '../../domain/preset.ts';
import type { EvaluationSettings } from '../../domain/evaluation.ts';
import type { Prompt } from '../../domain/rollout.ts';
import { mediaFolders } from '../../video/media-folders.ts';
import type { ObjectMedia } from '../engine/job-place.ts';
import { clipFiles, findMedia, readClips } from '../avatar/clip-features.ts';
import { Experiences, type Clip } from '../avatar/experience.ts';
import { contextLength } from '../policy/layout.ts';
import type { PolicyText } from '../policy/policy-text.ts';
import type { Context } from '../policy/row.ts';
import type { Left } from './leaving.ts';

/** A prompt and what is read before its answer. */
export interface Asked {
  prompt: Prompt;
  context: Context;
  /** The instruction that it is asked with. */
  system: string | null;
}

export interface AskingParts {
  policy: PolicyText;
  settings: EvaluationSettings;
  /** Folder of the store's file. */
  folder: string;
  left: Left;
  signal: AbortSignal;
  /** The media that lie in an object store. */
  objects?: ObjectMedia;
}

/** Those prompts that have what it takes to ask and to score them; the others are left out, before anything is computed. */
export async function askable(
  prompts: readonly Prompt[],
  { policy, folder, left, objects, signal }: Omit<AskingParts, 'settings'>,
): Promise<Prompt[]> {
  const { audio_visual_prefix: prefix, towers } = policy.config;
  if (prefix || towers) await objects?.bring(prompts, signal);
  const folders = await mediaFolders(folder);
  const missing = async (path: string | null): Promise<boolean> =>
    path !== null && (await findMedia(path, folder, folders)) === null;
  const kept: Prompt[] = [];
  for (const prompt of prompts) {
    const { question, answer, video, audio } = prompt;
    if (answer === null) left.add('unanswered', shortened(question));
    else if (prefix && video === null && audio === null) left.add('unseen', shortened(question));
    else if ((prefix || towers) && (await missing(video))) left.lost(video!);
    else if ((prefix || towers) && (await missing(audio))) left.lost(audio!);
    else kept.push(prompt);
  }
  return kept;
}

/** Some prompts with their contexts; one whose media cannot be read, or that is too long, is left out. */
export async function asked(prompts: readonly Prompt[], parts: AskingParts): Promise<Asked[]> {
  const { policy, settings, left } = parts;
  const clips = await clipsOf(prompts, parts);
  const config = {
    ...presetConfig('grpo', settings.policyFolder, settings.seed),
    ...{ system: settings.system, maxNewTokens: settings.maxNewTokens },
  };
  const there = prompts.filter(({ id }) => clips.has(id));
  const experiences = new Experiences(policy, there, new Map([...clips].filter(isClip)), config, []);
  return there.flatMap((prompt): Asked[] => {
    const context = experiences.context(prompt.id, false);
    const room = policy.config.max_position_embeddings - contextLength(context, policy.config);
    if (room >= settings.maxNewTokens) return [{ prompt, context, system: experiences.instruction(prompt.id) }];
    left.add('long', `“${shortened(prompt.question)}” leaves ${room} of ${settings.maxNewTokens}`);
    return [];
  });
}

const isClip = (entry: [string, Clip | null]): entry is [string, Clip] => entry[1] !== null;

/** What is seen and heard of each prompt, null where there is nothing; one that cannot be read has no entry. */
async function clipsOf(prompts: readonly Prompt[], parts: AskingParts): Promise<Map<string, Clip | null>> {
  const { policy, folder, left, signal } = parts;
  const { audio_visual_prefix: prefix, towers } = policy.config;
  const nothing = new Map<string, Clip | null>(prompts.map(({ id }) => [id, null]));
  if (!towers && !prefix) return nothing;
  const { clips, lost, unreadable } = towers
    ? await clipFiles(prompts, folder)
    : await readClips(prompts, { folder, prefix: prefix!, progress: () => undefined, signal });
  for (const path of lost.values()) left.lost(path);
  for (const reason of unreadable.values()) left.add('unreadable', reason);
  const kept = [...nothing].filter(([id]) => !lost.has(id) && !unreadable.has(id));
  return new Map<string, Clip | null>([...kept, ...clips]);
}

const shortened = (text: string): string => (text.length > 60 ? `${text.slice(0, 59)}…` : text);
