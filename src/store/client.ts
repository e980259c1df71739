/** The store as another thread sees it: every method of it and of its parts answers with a promise. */
import { Worker } from 'node:worker_threads';
import type { StoreCall } from './call.ts';
import type { MigrationNews } from './migrate.ts';
import { receivedError, type SentError } from './sent-error.ts';
import type { Store } from './store.ts';

/** What `Target` can be asked from afar: its methods and those of its parts. */
type Remote<Target> = {
  [Name in keyof Target]: Target[Name] extends (...args: infer Args) => infer Result
    ? (...args: Args) => Promise<Awaited<Result>>
    : Target[Name] extends object
      ? Remote<Target[Name]>
      : never;
};

/** A call of the store, here or in a thread of its own. */
export type Called<Call extends (...args: never[]) => unknown> = (
  ...args: Parameters<Call>
) => ReturnType<Call> | Promise<ReturnType<Call>>;

/** The store's calls, each answered by a worker thread; an error travels back with its message, and StoreReplaced as what it is. */
export type StoreClient = Remote<Store>;

/** A call on its way to the worker; `id` comes back with the answer. */
export interface SentCall extends StoreCall {
  id: number;
}

/** Id 0 answers the opening itself; before that comes what is done to an old store. */
export type Reply = { doing: string } | { id: number; result: unknown } | { id: number; error: SentError };

interface Waiting {
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
}

/**
 * Opens `file` in a worker thread; `workerPath` is the bundle of worker.ts (dist/store-worker.cjs). Rejects when the file
 * cannot be opened. `close()` ends the thread; if the thread dies, every call in flight or later rejects. `tell` hears what is done to
 * an old store that is brought up to date meanwhile.
 */
export async function openStoreInWorker(file: string, workerPath: string, tell?: MigrationNews): Promise<StoreClient> {
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
    if ('doing' in reply) return tell?.(reply.doing);
    const call = waiting.get(reply.id);
    waiting.delete(reply.id);
    if ('error' in reply) call?.reject(receivedError(reply.error));
    else call?.resolve(reply.result);
  });
  worker.on('error', (error) => end(error instanceof Error ? error : new Error(String(error))));
  worker.on('exit', () => end(new Error('the store is closed')));

  await new Promise((resolve, reject) => waiting.set(0, { resolve, reject }));

  return makeClient(
    (call) =>
      new Promise((resolve, reject) => {
        if (ended) return reject(ended);
        const id = (lastId += 1);
        waiting.set(id, { resolve, reject });
        worker.postMessage({ id, ...call } satisfies SentCall);
      }),
  );
}

/** A client whose every call is answered by `answer`. */
export function makeClient(answer: (call: StoreCall) => Promise<unknown>): StoreClient {
  const at = (path: readonly string[]): unknown =>
    new Proxy(() => undefined, {
      // A name that is asked for by `await` must not become a call.
      get: (_, name) => (typeof name === 'string' && name !== 'then' ? at([...path, name]) : undefined),
      apply: (_, __, args: unknown[]) => answer({ path, args }),
    });
  return at([]) as StoreClient;
}

/** Has a client answer a call. */
export function passOn(client: StoreClient, { path, args }: StoreCall): Promise<unknown> {
  const method = path.reduce<unknown>((target, name) => (target as Record<string, unknown>)[name], client);
  return (method as (...args: readonly unknown[]) => Promise<unknown>)(...args);
}
