/** Ids made from content: the same prompt or rollout has the same id in every file, store and run. */
import { createHash } from 'node:crypto';
import type { Prompt, Rollout } from './rollout.ts';

/**
 * Id of a prompt: its question, options, video and audio, or all its media where it has more, not its hint (docs/algorithm.md, "Stratified replay buffer"). Paths
 * count as the file wrote them, so that a moved folder keeps its ids. A prompt without media is told from another with
 * the same question by its source's id, when it has one, else by how many of them stand before it in its batch: `nth`.
 */
export function promptId(
  prompt: Pick<Prompt, 'question' | 'options' | 'video' | 'audio' | 'media'> & { sourceId?: string | null },
  nth = 0,
): string {
  const { question, options, video, audio, media } = prompt;
  const source = video === null && audio === null ? (prompt.sourceId ?? (nth || null)) : null;
  return `p-${digest(JSON.stringify([question, options, video, audio, source, ...(media ? [media] : [])]))}`;
}

/**
 * Id of a rollout: its prompt, policy, version, group, text and tokens, and its place in the group, so that a dump
 * imported twice adds nothing while equal completions of one group stay apart.
 */
export function rolloutId(
  rollout: Pick<Rollout, 'promptId' | 'groupId' | 'policy' | 'policyVersion' | 'completion' | 'tokens'>,
  indexInGroup: number,
): string {
  const { promptId, groupId, policy, policyVersion, completion, tokens } = rollout;
  const ids = tokens && Array.from(tokens.ids);
  return `r-${digest(JSON.stringify([promptId, policy, policyVersion, groupId, indexInGroup, completion, ids]))}`;
}

/** Id of a group within its dump or run: the completions of one prompt by one policy version under one `name`. */
export function groupId(promptId: string, policy: string, policyVersion: number, name: string): string {
  return `g-${digest(JSON.stringify([promptId, policy, policyVersion, name]))}`;
}

/** Id of an evaluation that was imported: files that share its name, policy and version hold parts of one. */
export function importedEvaluationId(name: string, policy: string, policyVersion: number): string {
  return `e-${digest(JSON.stringify([name, policy, policyVersion]))}`;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 24);
}
