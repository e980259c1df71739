import type { StoreClient } from '../store/client.ts';
import type { RolloutNode } from './rollout-node.ts';

/**
 * The rollout that Open Review is meant for: the one named (by id or tree row), the first below a prompt or group; of anything else
 * the next that this annotator has not labelled, else the first of all. Null when there is none.
 */
export async function rolloutFor(store: StoreClient, target: unknown, annotator: string): Promise<string | null> {
  if (typeof target === 'string') return target;
  const first = async (query: Parameters<StoreClient['rollouts']['page']>[0]): Promise<string | null> =>
    (await store.rollouts.page({ ...query, limit: 1 })).rows[0]?.id ?? null;
  const node = target as RolloutNode | undefined;
  if (node?.kind === 'rollout') return node.rollout.id;
  if (node?.kind === 'group') return first({ groupId: node.group.id });
  if (node?.kind === 'prompt') return first({ promptId: node.prompt.id, runId: node.runId ?? undefined });
  return (await store.labels.nextUnlabelled(annotator, null)) ?? first({});
}
