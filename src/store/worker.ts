/** The store's thread: opens the file named in workerData and answers calls of its methods and its parts', one after another. */
import { parentPort, workerData } from 'node:worker_threads';
import { answerCall } from './call.ts';
import type { Reply, SentCall } from './client.ts';
import { sentError } from './sent-error.ts';
import { Store } from './store.ts';

const port = parentPort!;
const post = (reply: Reply): void => port.postMessage(reply);

try {
  const store = Store.open((workerData as { file: string }).file, (doing) => post({ doing }));
  post({ id: 0, result: undefined });
  port.on('message', (call: SentCall) => {
    post(answer(store, call));
    if (!store.isOpen) port.close();
  });
} catch (error) {
  post({ id: 0, error: sentError(error) });
  port.close();
}

function answer(store: Store, { id, ...call }: SentCall): Reply {
  try {
    return { id, result: answerCall(store, call) };
  } catch (error) {
    return { id, error: sentError(error) };
  }
}
