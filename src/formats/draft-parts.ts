/** The parts of a draft by the names that people have for them. */
import type { Draft } from './draft.ts';

const promptNames: Readonly<Record<string, string>> = {
  id: 'id of the prompt',
  sourceId: 'id in its source',
  problemType: 'type of problem',
  events: 'true events',
  system: 'instruction',
  sourceRow: 'kept with the prompt, for export',
  nth: 'place among prompts of the same text',
};

const rolloutNames: Readonly<Record<string, string>> = {
  id: 'id of the rollout',
  runId: 'run',
  evaluationId: 'evaluation',
  policyVersion: 'version of the policy',
  system: 'instruction',
  finish: 'why it ended',
  createdAt: 'time',
};

/** What differs from one file to another, not from row to row; and what stands in another part, too. */
const untold = new Set(['source', 'media']);

/** `kind` tells drafts apart that cannot be compared. */
export function draftParts(draft: Draft): Map<string, unknown> {
  if (draft.kind !== 'prompt')
    return new Map<string, unknown>([
      ['kind', draft.kind],
      [draft.kind, draft],
    ]);
  const { prompt, rollout, labels, verdict, comments, tags, judgements, evaluation } = draft;
  const parts = new Map<string, unknown>([
    ['kind', rollout === null ? 'prompt' : 'rollout'],
    ['labels', labels],
    ['judge’s verdict', verdict],
    ['comments', comments],
    ['tags', tags],
    ['judgements', judgements],
    ['evaluation', evaluation],
  ]);
  for (const [key, value] of Object.entries(prompt)) if (!untold.has(key)) parts.set(promptNames[key] ?? key, value);
  if (prompt.media && prompt.video === null && prompt.audio === null) parts.set('media', prompt.media);
  const { rewards = {}, tokens = null, groupId, groupName, ...told } = rollout ?? {};
  parts.set('group', [groupId, groupName]);
  for (const [key, value] of Object.entries(told)) if (!untold.has(key)) parts.set(rolloutNames[key] ?? key, value);
  for (const [name, value] of Object.entries(rewards)) parts.set(`reward “${name}”`, value);
  if (!tokens) return parts;
  const { ids, offsets, logProbs, tokenizer, curves = {} } = tokens;
  parts.set('tokens', ids).set('places of its tokens', offsets).set('log-probs', logProbs).set('tokenizer', tokenizer);
  for (const [name, values] of Object.entries(curves)) parts.set(`curve “${name}”`, values);
  return parts;
}
