import { basename, dirname, relative, resolve } from 'node:path';
import * as vscode from 'vscode';
import { backendsOf, backendTexts } from '../domain/backend.ts';
import { evenStages, inStages, parseStages, stagesText, stageSpans } from '../domain/curriculum.ts';
import { parseRunConfig, presetConfig } from '../domain/preset.ts';
import { stages } from '../domain/rollout.ts';
import { mainPresets, type MainPreset, type RunConfig } from '../domain/run.ts';
import { tasSchemes, type TasScheme } from '../domain/tas.ts';
import type { RunRow, StoreClient } from '../store/store.ts';
import { judgeSetting } from './judge-key.ts';
import { numberFault, numberRules, runName, stagesFault, type NumberRule } from './run-form.ts';
import type { RunSupervisor } from './run-supervisor.ts';
import { configurationLine, stagesLine } from './run-text.ts';
import type { WorkspaceStore } from './workspace-store.ts';

const presetTexts: Record<MainPreset, { label: string; detail: string }> = {
  avatar: {
    label: 'AVATAR',
    detail: 'Fresh and replayed completions together, shaped by phases and a stratified buffer',
  },
  curriculum: {
    label: 'AVATAR curriculum',
    detail: 'The same on visual, then audio-visual, then localisation prompts, each stage with its own rewards',
  },
  grpo: { label: 'On-policy GRPO', detail: 'Fresh completions only, every token weighed alike' },
  offline: { label: 'Offline', detail: 'Stored rollouts only: nothing is generated' },
};

/** A line of the form: what it says and how it is changed. */
interface Field extends vscode.QuickPickItem {
  change?: () => Promise<RunConfig>;
}

/**
 * Asks for a preset, then shows its configuration as a form whose first line starts the run: two Enters take every
 * default. Null when the user left; throws when there is nothing to train or to train on.
 */
export async function startRun(store: WorkspaceStore, supervisor: RunSupervisor): Promise<RunRow | null> {
  const client = await store.open();
  if ((await client.datasets()).length === 0) {
    throw new Error('There are no prompts to train on: import rollouts or a dataset, or open the sample project.');
  }
  const policies = await findPolicies();
  const chosen = await vscode.window.showQuickPick(
    mainPresets.map((preset) => ({ ...presetTexts[preset], preset })),
    { title: 'Start Off-Policy Run', placeHolder: 'How should the policy learn?' },
  );
  if (!chosen) return null;
  const settings = vscode.workspace.getConfiguration('rolloutLab');
  const proposed: RunConfig = {
    ...presetConfig(chosen.preset, policies[0] ?? '', 1),
    threads: settings.get<number>('threads', 0),
    backend: settings.get<RunConfig['backend']>('backend', 'auto'),
    judge: judgeSetting(),
  };
  const config = await fillIn(proposed, chosen.label, client, policies);
  if (!config) return null;
  await needPrompts(client, config);
  const taken = (await client.runs()).map(({ name }) => name);
  return supervisor.start(runName(config.preset, taken), parseRunConfig(config));
}

/** Throws when the dataset has no training prompt of a stage. */
async function needPrompts(client: StoreClient, config: RunConfig): Promise<void> {
  for (const { stage } of stageSpans(config)) {
    const { rows } = await client.prompts({
      limit: 1,
      split: config.split,
      dataset: config.dataset ?? undefined,
      stage: stage ?? undefined,
    });
    if (rows.length > 0) continue;
    const where = `${config.dataset ?? 'this store'}${stage === null ? '' : `, stage ${stage}`}`;
    throw new Error(`No training prompt is of ${where}: choose other prompts.`);
  }
}

/** The form, shown again after each change, until its first line is chosen. */
async function fillIn(
  config: RunConfig,
  title: string,
  client: StoreClient,
  policies: string[],
): Promise<RunConfig | null> {
  for (let current = config; ;) {
    const fields = fieldsOf(current, client, policies);
    const field = await vscode.window.showQuickPick(fields, {
      title: `Start Off-Policy Run: ${title}`,
      placeHolder: 'Start, or choose a setting to change',
    });
    if (!field) return null;
    if (field.change) current = await field.change();
    else if (current.policy !== '') return current;
    else current = await changePolicy(current, policies);
  }
}

function fieldsOf(config: RunConfig, client: StoreClient, policies: string[]): Field[] {
  const { tas } = config;
  const line = configurationLine({ config, backend: null, measured: null });
  return [
    { label: '$(play) Start', detail: line },
    { label: 'Settings', kind: vscode.QuickPickItemKind.Separator },
    {
      label: 'Policy',
      description: config.policy === '' ? 'choose a folder' : shortPath(config.policy),
      change: () => changePolicy(config, policies),
    },
    { label: 'Prompts', description: promptsText(config), change: () => changePrompts(config, client) },
    {
      label: 'Iterations',
      description: config.stages.length === 0 ? String(config.steps) : stagesText(config.stages),
      change: () => changeSteps(config),
    },
    {
      label: 'TAS strength λ',
      description: String(tas.lambda),
      change: () =>
        askNumber('λ', tas.lambda, numberRules.lambda, (lambda) => ({ ...config, tas: { ...tas, lambda } }), config),
    },
    {
      label: 'TAS scheme',
      description: tas.scheme,
      change: async () => {
        const scheme: TasScheme = (await pickOne('Token weights', tasSchemes)) ?? tas.scheme;
        return { ...config, tas: { ...tas, scheme } };
      },
    },
    {
      label: 'Backend',
      description: config.backend,
      change: () => changeBackend(config),
    },
    { label: 'Judge', description: judgeText(config.judge), change: () => changeJudge(config) },
    {
      label: 'Seed',
      description: String(config.seed),
      change: () => askNumber('Seed', config.seed, numberRules.seed, (seed) => ({ ...config, seed }), config),
    },
  ];
}

function promptsText(config: RunConfig): string {
  return `${config.dataset ?? 'all datasets'}, ${stagesLine(config)}`;
}

/** Of the run, or of each stage of a curriculum. */
async function changeSteps(config: RunConfig): Promise<RunConfig> {
  if (config.stages.length === 0)
    return askNumber('Iterations', config.steps, numberRules.steps, (steps) => ({ ...config, steps }), config);
  const text = await vscode.window.showInputBox({
    title: 'Stages in order, each with its iterations',
    value: stagesText(config.stages),
    validateInput: stagesFault,
  });
  return text === undefined ? config : inStages(config, parseStages(text));
}

async function changePrompts(config: RunConfig, client: StoreClient): Promise<RunConfig> {
  const datasets = await client.datasets();
  const all = { label: 'All datasets', dataset: null };
  const dataset =
    datasets.length === 1
      ? { dataset: datasets[0].dataset }
      : await vscode.window.showQuickPick(
          [
            all,
            ...datasets.map((one) => ({
              label: one.dataset,
              description: `${one.prompts} prompts`,
              dataset: one.dataset,
            })),
          ],
          { placeHolder: 'Train on which dataset?' },
        );
  if (!dataset) return config;
  const stage = await pickOne('Stage', ['all stages', 'one stage after the other', ...stages] as const);
  if (!stage) return config;
  const chosen = { ...config, dataset: dataset.dataset };
  if (stage === 'one stage after the other') return inStages(chosen, evenStages(Math.max(config.steps, stages.length)));
  return { ...chosen, stages: [], stage: stage === 'all stages' ? null : stage };
}

const judgeText = (judge: RunConfig['judge']): string =>
  judge === null ? 'programmatic, where true events are known' : `${judge.model} at ${judge.endpoint}`;

async function changeJudge(config: RunConfig): Promise<RunConfig> {
  const setting = judgeSetting();
  const judges = setting === null ? [null] : [null, setting];
  const title =
    setting === null ? 'The setting rolloutLab.judge.endpoint names another judge' : 'Who judges reasoning?';
  const chosen = await pickOne(title, judges.map(judgeText));
  const judge = judges.find((one) => judgeText(one) === chosen);
  return judge === undefined ? config : { ...config, judge };
}

async function changePolicy(config: RunConfig, policies: string[]): Promise<RunConfig> {
  const browse = { label: '$(folder-opened) Browse…', policy: null };
  const chosen = await vscode.window.showQuickPick(
    [...policies.map((policy) => ({ label: basename(policy), description: shortPath(policy), policy })), browse],
    { placeHolder: 'Folder of the starting policy: config.json, *.safetensors, tokenizer.json' },
  );
  if (!chosen) return config;
  if (chosen.policy !== null) return { ...config, policy: chosen.policy };
  const [folder] =
    (await vscode.window.showOpenDialog({ canSelectFiles: false, canSelectFolders: true, openLabel: 'Use Policy' })) ??
    [];
  return folder ? { ...config, policy: folder.fsPath } : config;
}

async function changeBackend(config: RunConfig): Promise<RunConfig> {
  const names = ['auto', ...backendsOf(process.platform, process.arch)] as const;
  const chosen = await vscode.window.showQuickPick(
    names.map((name) => ({ label: name, detail: backendTexts[name] })),
    { placeHolder: 'Backend' },
  );
  return chosen ? { ...config, backend: chosen.label } : config;
}

async function askNumber(
  title: string,
  value: number,
  rule: NumberRule,
  change: (value: number) => RunConfig,
  config: RunConfig,
): Promise<RunConfig> {
  const text = await vscode.window.showInputBox({
    title,
    value: String(value),
    validateInput: (typed) => numberFault(typed, rule),
  });
  return text === undefined ? config : change(Number(text));
}

async function pickOne<Value extends string>(title: string, values: readonly Value[]): Promise<Value | undefined> {
  const chosen = await vscode.window.showQuickPick(
    values.map((label) => ({ label })),
    { placeHolder: title },
  );
  return chosen?.label;
}

/** Policy folders: the setting's first, then those of the workspace; a run's own checkpoints lie in the store's folder. */
async function findPolicies(): Promise<string[]> {
  const setting = vscode.workspace.getConfiguration('rolloutLab').get<string>('policy', '').trim();
  const found = await vscode.workspace.findFiles('**/tokenizer.json', '{**/node_modules/**,**/.*/**}', 50);
  const folders = found.map(({ fsPath }) => dirname(fsPath)).sort();
  const root = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';
  return [...new Set([...(setting === '' ? [] : [resolve(root, setting)]), ...folders])];
}

function shortPath(path: string): string {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
  const inside = folder === undefined ? path : relative(folder, path);
  return inside.startsWith('..') || inside === '' ? path : inside;
}
