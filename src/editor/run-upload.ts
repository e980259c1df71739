/** What the job of a run is sent: how much, before it starts, and how far that is, afterwards. */
import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import * as vscode from 'vscode';
import { luggageSizes } from '../cluster/package.ts';
import { errorText } from '../domain/error-text.ts';
import { activeStatuses, type RunConfig } from '../domain/run.ts';
import { partOfRun } from '../domain/run-prompts.ts';
import type { StoreClient } from '../store/client.ts';
import type { RunRow } from '../store/store.ts';
import { findMedia } from '../training/avatar/clip-features.ts';
import { mediaFolders } from '../video/media-folders.ts';
import * as plain from './plain-window.ts';
import type { ClusterWord } from './ray-cluster.ts';
import { uploadWord } from './run-form.ts';

/** Tells how much a run of the store in `file` sends, and weighs it anew only when that is something else than the last time; null where nothing is. */
export function weighedOnce(client: StoreClient, file: string): (config: RunConfig) => Promise<ClusterWord | null> {
  let known: { key: string; word: Promise<ClusterWord> } | null = null;
  return async ({ policy, adapter, dataset, prompts, split, ray }) => {
    if (ray?.files !== 'upload' || policy === '') return null;
    const chosen = { policy, adapter, dataset, prompts, split };
    const key = JSON.stringify(chosen);
    if (known?.key !== key) known = { key, word: weighed(client, file, chosen) };
    return known.word;
  };
}

async function weighed(
  client: StoreClient,
  file: string,
  { policy, adapter, ...choice }: Pick<RunConfig, 'policy' | 'adapter' | 'dataset' | 'prompts' | 'split'>,
): Promise<ClusterWord> {
  const folder = dirname(file);
  const folders = await mediaFolders(folder);
  try {
    const sizes = await luggageSizes({
      policy: resolve(folder, policy),
      adapter: adapter === null ? null : resolve(folder, adapter),
      media: await client.promptMedia(partOfRun(choice)),
      find: (path) => findMedia(path, folder, folders),
      files: 'upload',
      checkpoint: null,
    });
    return uploadWord(sizes, (await stat(file)).size);
  } catch (error) {
    return { text: errorText(error), warns: true };
  }
}

/** How often a run is looked at (ms). */
const pollMs = 500;

/**
 * Shows what a run on a cluster is at that begins or goes on, until its job tells something new: packaging, sending, waiting; it can be stopped
 * there. Its row is as it was before that; `ended` is of the process that was started on it, null where it has one.
 */
export async function showBeginning(
  client: StoreClient,
  { id, name, remote: former, claims }: RunRow,
  ended: Promise<unknown> | null,
  stop: () => Promise<void>,
): Promise<void> {
  const begun = Date.now();
  let over = false;
  void ended?.then(() => (over = true));
  await plain.withProgress(
    { location: vscode.ProgressLocation.Notification, title: name, cancellable: true },
    async (progress, token) => {
      token.onCancellationRequested(() => void stop());
      for (;;) {
        const run = await client.runs.get(id);
        if (!run || over) return;
        // Until a process takes it, its row has its former end.
        if ((ended === null || run.claims !== claims) && !activeStatuses.includes(run.status)) return;
        const { attempt, taken } = run.remote ?? { attempt: 0, taken: 0 };
        if (taken > (attempt === former?.attempt ? former.taken : 0)) return;
        const [last] = await client.runs.lastLog(id, 1);
        if (last && last.at >= begun) progress.report({ message: last.message });
        await new Promise((done) => setTimeout(done, pollMs));
      }
    },
  );
}
