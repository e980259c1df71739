/** What the job of a run is sent: how much, before it starts, and how far that is, afterwards. */
import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import * as vscode from 'vscode';
import { luggageSizes } from '../cluster/package.ts';
import { errorText } from '../domain/error-text.ts';
import { activeStatuses, type RayConfig, type RunConfig } from '../domain/run.ts';
import { partOfRun } from '../domain/run-prompts.ts';
import type { StoreClient } from '../store/client.ts';
import type { RunRow } from '../store/store.ts';
import { mediaFinder } from '../training/media-finder.ts';
import * as plain from './plain-window.ts';
import type { ClusterWord } from './ray-cluster.ts';
import { mediaWord, uploadWord } from './run-form.ts';

/** What is said of the files of a run: how much is sent, and what is read of an object store. Null of what is neither. */
export interface FilesWord {
  upload: ClusterWord | null;
  media: ClusterWord | null;
}

/** Tells about the files of a run of the store in `file`, and looks at them anew only when they are others than the last time. */
export function weighedOnce(client: StoreClient, file: string): (config: RunConfig) => Promise<FilesWord> {
  let known: { key: string; word: Promise<FilesWord> } | null = null;
  return async ({ policy, adapter, dataset, prompts, split, ray }) => {
    if (ray === null || policy === '') return { upload: null, media: null };
    const { files, mediaUri } = ray;
    const key = JSON.stringify([policy, adapter, dataset, prompts, split, files, mediaUri]);
    if (known?.key !== key)
      known = { key, word: weighed(client, file, { policy, adapter, dataset, prompts, split, ray }) };
    return known.word;
  };
}

async function weighed(
  client: StoreClient,
  file: string,
  { policy, adapter, ray, ...choice }: Chosen,
): Promise<FilesWord> {
  const folder = dirname(file);
  const { files, mediaUri } = ray;
  if (files === 'shared' && mediaUri === null) return { upload: null, media: null };
  const media = await client.promptMedia(partOfRun(choice));
  const find = await mediaFinder(file, ray);
  const word = async (): Promise<ClusterWord> => {
    const sizes = await luggageSizes({
      policy: resolve(folder, policy),
      adapter: adapter === null ? null : resolve(folder, adapter),
      ...{ media, find, files, checkpoint: null },
    });
    return uploadWord(sizes, (await stat(file)).size);
  };
  return {
    upload: files === 'shared' ? null : await word().catch((error) => ({ text: errorText(error), warns: true })),
    media: mediaUri === null ? null : mediaWord(media.length, media.length === 0 ? null : await find(media[0])),
  };
}

type Chosen = Pick<RunConfig, 'policy' | 'adapter' | 'dataset' | 'prompts' | 'split'> & { ray: RayConfig };

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
