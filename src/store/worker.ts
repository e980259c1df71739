/** The store's thread: opens the file named in workerData and answers calls of `Store`'s methods, one after another. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Reply, StoreCall } from './client.ts';
import { Store } from './store.ts';

const port = parentPort!;
const post = (reply: Reply): void => port.postMessage(reply);
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

try {
  const store = Store.open((workerData as { file: string }).file);
  post({ id: 0, result: undefined });
  port.on('message', (call: StoreCall) => {
    post(answer(store, call));
    if (call.method === 'close') port.close();
  });
} catch (error) {
  post({ id: 0, error: messageOf(error) });
  port.close();
}

function answer(store: Store, { id, method, args }: StoreCall): Reply {
  try {
    const methods = store as unknown as Record<keyof Store, (...args: unknown[]) => unknown>;
    return { id, result: methods[method](...args) };
  } catch (error) {
    return { id, error: messageOf(error) };
  }
}
