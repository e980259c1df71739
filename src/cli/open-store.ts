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
  const store = Store.open(file);
  try {
    return await work(store);
  } finally {
    store.close();
  }
}
