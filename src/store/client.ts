/** The store as another thread sees it: every method answers with a promise. */
import { Worker } from 'node:worker_threads';
import { StoreReplaced } from './place.ts';
import type { Store } from './store.ts';

/** The store's calls, each answered by a worker thread; an error travels back with its message, and StoreReplaced as what it is. */
export type StoreClient = {
  [Name in keyof Store]: Store[Name] extends (...args: infer Args) => infer Result
    ? (...args: Args) => Promise<Awaited<Result>>
    : never;
};

/** A call as it crosses to the worker; `id` comes back with the answer. */
export interface StoreCall {
  id: number;
  method: keyof Store;
  args: unknown[];
}

/** Id 0 answers the opening itself. */
export type Reply = { id: number; result: unknown } | { id: number; error: Failure };

/** An error as it crosses: of an error's class, a message keeps the name alone. */
export interface Failure {
  name: string;
  message: string;
}

interface Waiting {
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
}

/**
 * Opens `file` in a worker thread; `workerPath` is the bundle of worker.ts (dist/store-worker.cjs). Rejects when the file
 * cannot be opened. `close()` ends the thread; if the thread dies, every call in flight or later rejects.
 */
export async function openStoreInWorker(file: string, workerPath: string): Promise<StoreClient> {
  const worker = new Worker(workerPath, { workerData: { file } });
  const waiting = new Map<number, Waiting>();
  let lastId = 0;
  let ended: Error | null = null;

  const end = (error: Error): void => {
    ended ??= error;
    for (const { reject } of waiting.values()) reject(ended);
    waiting.clear();
  };
  worker.on('message', (reply: Reply) => {
    const call = waiting.get(reply.id);
    waiting.delete(reply.id);
    if ('error' in reply) call?.reject(errorOf(reply.error));
    else call?.resolve(reply.result);
  });
  worker.on('error', (error) => end(error instanceof Error ? error : new Error(String(error))));
  worker.on('exit', () => end(new Error('the store is closed')));

  await new Promise((resolve, reject) => waiting.set(0, { resolve, reject }));

  const call = (method: keyof Store, args: unknown[]): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (ended) return reject(ended);
      const id = (lastId += 1);
      waiting.set(id, { resolve, reject });
      worker.postMessage({ id, method, args } satisfies StoreCall);
    });
  // A name that is asked for by `await` must not become a call.
  return new Proxy({} as StoreClient, {
    get: (_, name) =>
      typeof name === 'string' && name !== 'then' ? (...args: unknown[]) => call(name as keyof Store, args) : undefined,
  });
}

function errorOf({ name, message }: Failure): Error {
  return name === 'StoreReplaced' ? new StoreReplaced(message) : new Error(message);
}
