/** The store's thread: opens the file named in workerData and answers calls of `Store`'s methods, one after another. */
import { parentPort, workerData } from 'node:worker_threads';
import { errorText } from '../domain/error-text.ts';
import type { Failure, Reply, StoreCall } from './client.ts';
import { Store } from './store.ts';

const port = parentPort!;
const post = (reply: Reply): void => port.postMessage(reply);
const failure = (error: unknown): Failure => ({
  name: error instanceof Error ? error.name : 'Error',
  message: errorText(error),
});

try {
  const store = Store.open((workerData as { file: string }).file);
  post({ id: 0, result: undefined });
  port.on('message', (call: StoreCall) => {
    post(answer(store, call));
    if (call.method === 'close') port.close();
  });
} catch (error) {
  post({ id: 0, error: failure(error) });
  port.close();
}

function answer(store: Store, { id, method, args }: StoreCall): Reply {
  try {
    const methods = store as unknown as Record<keyof Store, (...args: unknown[]) => unknown>;
    return { id, result: methods[method](...args) };
  } catch (error) {
    return { id, error: failure(error) };
  }
}
