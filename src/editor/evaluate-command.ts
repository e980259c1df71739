import { basename, dirname, resolve } from 'node:path';
import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { counted } from '../domain/counted.ts';
import type { EngineName } from '../domain/engine.ts';
import { durationText, timeLeft, type IterationTime } from '../domain/progress.ts';
import { clusterOf } from '../domain/ray-address.ts';
import { splits, type Split } from '../domain/rollout.ts';
import { statusTexts } from '../domain/run.ts';
import type { Estimate } from '../domain/statistics.ts';
import { accuracyOf } from '../evaluation/report.ts';
import { readerTitle, scored, type ReaderName } from '../evaluation/score.ts';
import type { StoreClient } from '../store/client.ts';
import type { EvaluationRow, RunRow } from '../store/store.ts';
import { isLive, planEvaluation, unfinished, type EvaluationChoice } from '../training/evaluation/plan.ts';
import { launchEvaluation } from '../training/host/local.ts';
import { RunHost } from '../training/host/run-host.ts';
import { runCommand } from './commands.ts';
import * as plain from './plain-window.ts';
import { askAddress, raySetting, type RayTokens } from './ray-cluster.ts';
import { needTrust } from './run-supervisor.ts';
import { setUpTorchFor } from './set-up.ts';
import { findPolicies } from './start-run.ts';
import type { StoreParts, WorkspaceStore } from './workspace-store.ts';

/** How often the evaluation's row is looked at (ms). */
const pollMs = 500;
/** Replies scored at once on this thread. */
const scoredAtOnce = 50;

/**
 * Asks for a policy, or for one of `run`, and for prompts, and has it answer them in a process of its own, with a progress notification that
 * stops it; the same choice goes on with what is missing. Resolves once it has begun; null when the person went back.
 */
export async function evaluatePolicy(
  { store, dist, log }: StoreParts & { log: vscode.LogOutputChannel },
  tokens: RayTokens,
  run: RunRow | null,
): Promise<EvaluationRow | null> {
  needTrust();
  const client = await store.open();
  const choice = await chosen(client, store, run);
  if (!choice) return null;
  const file = store.file!;
  const [runs, evaluations] = [await client.runs.all(), await client.evaluations.all()];
  const planned = await planEvaluation(choice, { file, runs, evaluations });
  const former = unfinished(planned, evaluations);
  const { id } = former ?? planned;
  if (!former) await client.evaluations.add(planned);
  const row = (await client.evaluations.get(id))!;
  const host = new RunHost<EvaluationRow>({
    rows: async () => (await store.existing())?.evaluations ?? null,
    launch: async () =>
      launchEvaluation({
        dist,
        store: file,
        evaluationId: id,
        ray: choice.engine === 'ray' ? await tokens.named() : null,
      }),
    allow: () => undefined,
  });
  const started = former ? await host.resume(former) : { ended: host.start(row) };
  const ended = started?.ended ?? null;
  void follow(client, row, ended).catch((error: unknown) => log.error('An evaluation is followed no more:', error));
  return row;
}

async function chosen(
  client: StoreClient,
  store: WorkspaceStore,
  run: RunRow | null,
): Promise<EvaluationChoice | null> {
  const parts = await splitsOf(client);
  if (parts.length === 0)
    throw new Error(t('There are no prompts to ask: import a dataset or a benchmark, or open the sample project.'));
  const settings = vscode.workspace.getConfiguration('rolloutLab');
  const engine = run?.config.engine ?? settings.get<EngineName>('engine', 'embedded');
  const ray = engine === 'ray' ? (clusterOf(run?.config.ray ?? null, raySetting()) ?? (await askAddress())) : null;
  if (engine === 'ray' && ray === null) return null;
  const title = ray === null ? t('Evaluate Policy') : t('Evaluate Policy on the Ray cluster at {0}', ray.address);
  const policy = await (run ? policyOfRun(client, store, run, title) : anyPolicy(store, title));
  if (!policy) return null;
  const prompts = await plain.showQuickPick(
    parts.map(({ dataset, split }) => ({ label: `${dataset} ${split}`, dataset, split })),
    { title, placeHolder: t('Which prompts should it answer?') },
  );
  if (!prompts) return null;
  const way = await plain.showQuickPick(ways, { title, placeHolder: t('How often?') });
  if (!way) return null;
  return {
    ...policy,
    ...{ dataset: prompts.dataset, split: prompts.split, n: way.n, temperature: way.temperature },
    ...{ engine, ray },
    threads: settings.get<number>('threads', 0),
  };
}

const ways = [
  { label: t('Once, greedily'), detail: t('As a run evaluates its policy'), n: 1, temperature: 0 },
  ...[4, 8, 16].map((n) => ({
    label: t('{0} times', n),
    detail: t('Sampled at temperature 1: mean@{0}, and pass@k up to {1}', n, n),
    ...{ n, temperature: 1 },
  })),
];

/** Datasets' splits that have prompts: what is held out first. */
async function splitsOf(client: StoreClient): Promise<{ dataset: string; split: Split }[]> {
  const datasets = await client.prompts.datasets();
  const all = splits.toReversed().flatMap((split) => datasets.map(({ dataset }) => ({ dataset, split })));
  const pages = await Promise.all(all.map((part) => client.prompts.page({ ...part, limit: 1 })));
  return all.filter((_, i) => pages[i].rows.length > 0);
}

type Chosen = Pick<EvaluationChoice, 'policy' | 'adapter'>;

async function anyPolicy(store: WorkspaceStore, title: string): Promise<Chosen | null> {
  const policies = await findPolicies(store);
  if (policies.length === 0)
    throw new Error(
      t('There is no policy here: name its folder in the setting rolloutLab.policy, or train one first.'),
    );
  const picked = await plain.showQuickPick(
    policies.map((folder) => ({ label: basename(folder), description: folder, folder })),
    { title, placeHolder: t('Which policy?') },
  );
  return picked ? { policy: resolve(dirname(store.file!), picked.folder), adapter: null } : null;
}

/** A checkpoint of a run, or what it began with. */
async function policyOfRun(
  client: StoreClient,
  store: WorkspaceStore,
  { id, config }: RunRow,
  title: string,
): Promise<Chosen | null> {
  const at = (folder: string): string => resolve(dirname(store.file!), folder);
  const trainsAdapter = config.lora !== null || config.adapter !== null;
  const checkpoints = (await client.runs.checkpoints(id)).map(({ iteration, path }) => ({
    label: t('Iteration {0}', iteration),
    ...(trainsAdapter ? { policy: at(config.policy), adapter: path } : { policy: path, adapter: null }),
  }));
  const begun = { policy: at(config.policy), adapter: config.adapter === null ? null : at(config.adapter) };
  const picked = await plain.showQuickPick([...checkpoints, { label: t('What it began with'), ...begun }], {
    title,
    placeHolder: t('Which of the run’s policies?'),
  });
  return picked ? { policy: picked.policy, adapter: picked.adapter } : null;
}

/** Shows how far it is until it has ended, and then what it came to. */
async function follow(client: StoreClient, { id, name }: EvaluationRow, ended: Promise<unknown> | null): Promise<void> {
  let over = ended === null;
  void ended?.then(() => (over = true));
  const row = await plain.withProgress(
    { location: vscode.ProgressLocation.Notification, title: name, cancellable: true },
    async (progress, token) => {
      token.onCancellationRequested(() => void client.evaluations.request(id, 'stop'));
      const times: IterationTime[] = [];
      for (;;) {
        const isOver = over;
        const now = await client.evaluations.get(id);
        if (!now || (isOver && !isLive(now))) return now;
        if (now.done !== times.at(-1)?.iteration) times.push({ iteration: now.done, at: Date.now() });
        // Before its prompts are known there is nothing to count.
        const counted = now.total === 0 && now.said !== null ? [] : [progressText(now, times)];
        progress.report({ message: [...counted, ...(now.said === null ? [] : [now.said])].join('. ') });
        await new Promise((done) => setTimeout(done, pollMs));
      }
    },
  );
  if (row) await tellEnd(row, await readBy(client, row.id, 'recorded'));
}

export function progressText(
  { done, total }: { done: number; total: number },
  times: readonly IterationTime[],
): string {
  const left = timeLeft(total, times);
  return left === null || left === 0
    ? t('{0} of {1}', done, total)
    : t('{0} of {1}, {2} left', done, total, durationText(left));
}

/** What a reader makes of the replies that are there, read in parts that this thread can bear; null of none. */
export async function readBy(client: StoreClient, id: string, reader: ReaderName): Promise<Estimate | null> {
  const prompts = new Map<string, number[]>();
  for (let after: string | null | undefined; after !== null;) {
    const page = await client.evaluations.rollouts(id, { limit: scoredAtOnce, after });
    for (const rollout of page.rows) {
      const { promptId, reads } = scored(rollout, [reader]);
      if (reads[reader]) prompts.set(promptId, [...(prompts.get(promptId) ?? []), reads[reader].score]);
    }
    after = page.next;
  }
  return prompts.size === 0 ? null : accuracyOf([...prompts.values()].map((scores) => ({ scores })));
}

/** Accuracy with its interval. */
export function accuracyText({ value, low, high, n }: Estimate): string {
  const percent = (share: number): string => (100 * share).toFixed(1);
  return t('{0} % [{1}, {2}] of {3}', percent(value), percent(low), percent(high), counted(n, 'prompt'));
}

async function tellEnd({ name, status, error }: EvaluationRow, found: Estimate | null): Promise<void> {
  const said = found ? `${accuracyText(found)}, ${readerTitle('recorded').toLowerCase()}.` : t('nothing was answered.');
  const more = error === null ? '' : ` ${error}`;
  if (status === 'finished') void plain.showInformationMessage(`${name}: ${said}${more}`);
  else if (status === 'stopped')
    void plain.showInformationMessage(t('{0} was stopped: {1} Evaluate the same again to go on.', name, said));
  else {
    const text = t('{0}: {1}. Evaluate the same again to go on.', name, error ?? statusTexts[status]);
    const chosen = await plain.showErrorMessage(text, ...setUpTorchFor(error));
    if (chosen !== undefined) await runCommand('rolloutLab.setUpTorch');
  }
}
