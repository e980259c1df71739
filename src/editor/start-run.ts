import { dirname, resolve } from 'node:path';
import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { parseRunConfig, presetConfig, withPhases } from '../domain/preset.ts';
import { mainPresets, type MainPreset, type RunConfig } from '../domain/run.ts';
import { missingFault, type PromptSelection } from '../domain/run-prompts.ts';
import type { RunRow } from '../store/store.ts';
import { instructionFor } from '../training/policy/chat-files.ts';
import { judgeSetting } from './judge-key.ts';
import * as plain from './plain-window.ts';
import { askAddress, raySetting, type RayTokens } from './ray-cluster.ts';
import { configAfter, runName } from './run-form.ts';
import { fillIn } from './run-settings.ts';
import type { RunSupervisor } from './run-supervisor.ts';
import type { WorkspaceStore } from './workspace-store.ts';

const presetTexts: Record<MainPreset, { label: string; detail: string }> = {
  avatar: {
    label: 'AVATAR',
    detail: t('Fresh and replayed completions together, shaped by phases and a stratified buffer'),
  },
  curriculum: {
    label: t('AVATAR curriculum'),
    detail: t('The same on visual, then audio-visual, then localisation prompts, each stage with its own rewards'),
  },
  grpo: { label: t('On-policy GRPO'), detail: t('Fresh completions only, every token weighted alike') },
  offline: { label: t('Offline'), detail: t('Stored rollouts only: nothing is generated') },
  'avatar-authors-omni': {
    label: t('AVATAR, its authors’ Omni script'),
    detail: t('Their values for Qwen2.5-Omni; the run’s record says where it is not theirs'),
  },
  'avatar-authors-qwen3-vl': {
    label: t('AVATAR, its authors’ Qwen3-VL script'),
    detail: t('The same for Qwen3-VL: no hints, and replay from the second iteration'),
  },
};

/**
 * Asks for a preset, then shows its configuration as a form whose first line starts the run: two Enters take every
 * default. `named` is the engine where that is asked for, and the prompts where a person selected them. Null when the user left; throws when there
 * is nothing to train or to train on.
 */
export async function startRun(
  store: WorkspaceStore,
  supervisor: RunSupervisor,
  tokens: RayTokens,
  named: { engine?: RunConfig['engine']; selection?: PromptSelection } = {},
): Promise<RunRow | null> {
  const client = await store.open();
  if ((await client.prompts.datasets()).length === 0) {
    throw new Error(t('There are no prompts to train on: import rollouts or a dataset, or open the sample project.'));
  }
  const { selection } = named;
  if (selection) {
    // The form cannot mend that.
    const config = { ...presetConfig('avatar', '', 1), ...selection };
    const fault = missingFault(config, await client.runPrompts(config));
    if (fault !== null) throw new Error(t('This run cannot be started: {0}.', fault));
  }
  const policies = await findPolicies(store);
  const chosen = await plain.showQuickPick(
    mainPresets.map((preset) => ({ ...presetTexts[preset], preset })),
    { title: t('Start Off-Policy Run'), placeHolder: t('How should the policy learn?') },
  );
  if (!chosen) return null;
  const settings = vscode.workspace.getConfiguration('rolloutLab');
  const engine = named.engine ?? settings.get<RunConfig['engine']>('engine', 'embedded');
  const proposed: RunConfig = {
    ...presetConfig(chosen.preset, policies[0] ?? '', 1),
    ...selection,
    system: await instructionFor(policies[0] ?? ''),
    threads: settings.get<number>('threads', 0),
    engine,
    ray: engine === 'ray' ? (raySetting() ?? (await askAddress())) : null,
    backend: settings.get<RunConfig['backend']>('backend', 'auto'),
    judge: judgeSetting(),
  };
  if (engine === 'ray' && proposed.ray === null) return null;
  return startAsFilledIn(proposed, chosen.label, store, policies, supervisor, tokens);
}

/** The same form for a run that goes on from where `run` ended. */
export async function startRunAfter(
  store: WorkspaceStore,
  supervisor: RunSupervisor,
  tokens: RayTokens,
  run: RunRow,
): Promise<RunRow | null> {
  const client = await store.open();
  const proposed = configAfter(run, await client.runs.latestCheckpoint(run.id));
  return startAsFilledIn(proposed, t('after {0}', run.name), store, await findPolicies(store), supervisor, tokens);
}

async function startAsFilledIn(
  proposed: RunConfig,
  title: string,
  store: WorkspaceStore,
  policies: string[],
  supervisor: RunSupervisor,
  tokens: RayTokens,
): Promise<RunRow | null> {
  const { client } = store;
  const phased = withPhases(proposed, await client.phases.get());
  const taken = (await client.runs.all()).map(({ name }) => name);
  const filled = await fillIn(phased, title, { client, file: store.file! }, policies, tokens, {
    name: runName(phased.preset, taken),
    taken,
  });
  if (!filled) return null;
  return supervisor.start(store, filled.name, parseRunConfig(filled.config));
}

/** Policy folders: the setting's first, then those of the workspace; a run's own checkpoints lie in the store's folder. */
export async function findPolicies({ folder }: WorkspaceStore): Promise<string[]> {
  const setting = vscode.workspace.getConfiguration('rolloutLab', folder).get<string>('policy', '').trim();
  const found = await vscode.workspace.findFiles('**/tokenizer.json', '{**/node_modules/**,**/.*/**}', 50);
  const folders = found.map(({ fsPath }) => dirname(fsPath)).sort();
  const root = folder?.uri.fsPath ?? '';
  return [...new Set([...(setting === '' ? [] : [resolve(root, setting)]), ...folders])];
}
