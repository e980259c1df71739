/** The prompts of a run: which ones, what they look and sound like, and the order they are drawn in. */
import { Random } from '../../domain/random.ts';
import type { Prompt, Split } from '../../domain/rollout.ts';
import type { RunConfig } from '../../domain/run.ts';
import type { Store } from '../../store/store.ts';

/** Everything of one split that a dataset, a selection and a stage choose, in the store's order; null chooses all. */
export function promptsOf(
  store: Store,
  config: Pick<RunConfig, 'dataset' | 'prompts' | 'stage'>,
  split: Split,
): Prompt[] {
  const prompts: Prompt[] = [];
  let after: string | null = null;
  do {
    const page = store.prompts.page({
      split,
      ...(config.dataset !== null && { dataset: config.dataset }),
      ...(config.prompts !== null && { ids: config.prompts }),
      ...(config.stage !== null && { stage: config.stage }),
      limit: 1000,
      after,
    });
    prompts.push(...page.rows);
    after = page.next;
  } while (after !== null);
  return prompts;
}

/**
 * The prompts of `iteration` (from 1): epochs follow each other, each in a random order of its own, so that every prompt is
 * drawn once before any is drawn again. Depends on the seed and the iteration alone, so that a resumed run needs no memory of it.
 */
export function drawPrompts(
  prompts: readonly Prompt[],
  config: Pick<RunConfig, 'seed' | 'promptsPerStep'>,
  iteration: number,
): Prompt[] {
  const first = (iteration - 1) * config.promptsPerStep;
  const orders = new Map<number, Prompt[]>();
  return Array.from({ length: config.promptsPerStep }, (_, slot) => {
    const epoch = Math.floor((first + slot) / prompts.length);
    const order = orders.get(epoch) ?? Random.seeded(config.seed, 'epoch', epoch).shuffled(prompts);
    orders.set(epoch, order);
    return order[(first + slot) % prompts.length];
  });
}
