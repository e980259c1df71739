/** The workspace that the tests have open, and its store as a second window would have it. */
import { join } from 'node:path';
import * as vscode from 'vscode';
import { openStoreInWorker, type StoreClient } from '../../src/store/client.ts';

export const extension = vscode.extensions.getExtension('rollout-lab.rollout-lab')!;
export const folder = vscode.workspace.workspaceFolders![0].uri.fsPath;

export function openStore(): Promise<StoreClient> {
  const file = join(folder, '.rollout-lab/rollouts.db');
  return openStoreInWorker(file, join(extension.extensionPath, 'dist/store-worker.cjs'));
}

/** Waits until a question is answered with something else than null, undefined and false. Throws when it is not in a minute. */
export async function until<Answer>(what: string, ask: () => Answer | Promise<Answer>): Promise<NonNullable<Answer>> {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline;) {
    const answer = await ask();
    if (answer !== null && answer !== undefined && answer !== false) return answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${what} did not come in a minute`);
}
