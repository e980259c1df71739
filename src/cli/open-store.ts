/** The store a command works on. */
import { existsSync } from 'node:fs';
import { Store } from '../store/store.ts';
import type { Arguments } from './command.ts';

/** The option every command on a store takes. */
export const storeOption = { db: { type: 'string' } } as const;

/** Does `work` on the store that --db names and closes it. Throws when there is no such file, unless `create`. */
export async function withStore<Result>(
  options: Arguments,
  work: (store: Store) => Promise<Result> | Result,
  { create = false } = {},
): Promise<Result> {
  const file = options.required('db');
  if (!create && !existsSync(file)) throw new Error(`there is no store at ${file}: import something into it first`);
  let isTold = false;
  const store = Store.open(file, () => {
    if (!isTold) options.tell(`Bringing the store ${file} up to date…`);
    isTold = true;
  });
  try {
    const lost = store.lostText();
    if (lost !== null) options.tell(lost);
    // Told where a store is made or filled, not at every look.
    const network = create ? store.networkText() : null;
    if (network !== null) options.tell(network);
    return await work(store);
  } finally {
    store.close();
  }
}

/** Throws when --run, --prompt or --dataset names nothing in the store: an empty list would look like an answer. */
export function needNamed(store: Store, options: Arguments): void {
  const [run, prompt, dataset] = [options.text('run'), options.text('prompt'), options.text('dataset')];
  if (run !== undefined && !store.runs.get(run)) throw new Error(`there is no run ${run} in this store`);
  if (prompt !== undefined && !store.prompts.get(prompt)) throw new Error(`there is no prompt ${prompt} in this store`);
  if (dataset === undefined) return;
  const known = store.prompts.datasets().map((one) => one.dataset);
  if (!known.includes(dataset))
    throw new Error(`there is no dataset ${dataset} in this store; it has ${known.join(', ') || 'none'}`);
}
