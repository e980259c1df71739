/** The form of a run's settings: a quick pick whose first line starts the run, and a line for each setting. */
import { totalmem } from 'node:os';
import { basename } from 'node:path';
import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { backendsOf, backendTexts } from '../domain/backend.ts';
import { engineNames, engineTexts } from '../domain/engine.ts';
import { errorText } from '../domain/error-text.ts';
import { evenStages, inStages, parseStages, stagesText } from '../domain/curriculum.ts';
import { sentToJudge } from '../domain/judge-endpoint.ts';
import { rewardRuleNames, stageWeightNames } from '../domain/reward.ts';
import { stages } from '../domain/rollout.ts';
import { leftText, selectedText, type RunPrompts } from '../domain/run-prompts.ts';
import { baseBits, defaultLora, klEstimators, rayFiles, type RayConfig, type RunConfig } from '../domain/run.ts';
import { tasSchemes, type TasScheme } from '../domain/tas.ts';
import { defaultInstruction } from '../domain/prompt-text.ts';
import { expectedSources, isProgram, type SegmentedRollouts } from '../domain/weight-source.ts';
import type { StoreClient } from '../store/client.ts';
import { instructionFor } from '../training/policy/chat-files.ts';
import { policyFacts } from '../training/policy/policy-facts.ts';
import { judgeSetting } from './judge-key.ts';
import * as plain from './plain-window.ts';
import { askAddress, clusterWord, raySetting, type ClusterWord, type RayTokens } from './ray-cluster.ts';
import {
  adapterText,
  baseTexts,
  countedOnce,
  filesTexts,
  groupText,
  instructionText,
  klTexts,
  mediaFault,
  nameFault,
  numberFault,
  numberRules,
  policyWord,
  rayText,
  rewardsText,
  ruleTexts,
  stagesFault,
  startFault,
  weightTexts,
  type NumberRule,
  type PolicyWord,
} from './run-form.ts';
import { configurationLine, stagesLine } from './run-text.ts';
import { weighedOnce, type FilesWord } from './run-upload.ts';

/** A line of the form: what it says and how it is changed. */
interface Field extends vscode.QuickPickItem {
  change?: () => Promise<RunConfig>;
}

/** The form, shown again after each change, until its first line is chosen; null when the user left. */
export async function fillIn(
  config: RunConfig,
  title: string,
  { client, file }: { client: StoreClient; file: string },
  policies: string[],
  tokens: RayTokens,
  { name: proposed, taken }: { name: string; taken: readonly string[] },
): Promise<{ config: RunConfig; name: string } | null> {
  let name = proposed;
  const counted = countedOnce(client.suggestions);
  const weighed = weighedOnce(client, file);
  for (let current = config; ;) {
    const [prompts, stored, policy, cluster, files] = await Promise.all([
      client.runPrompts(current),
      counted(current),
      aboutPolicy(current),
      aboutCluster(current, tokens),
      weighed(current),
    ]);
    const config = current;
    const [start, heading, ...settings] = fieldsOf(
      config,
      { prompts, stored, policy, cluster, files },
      client,
      policies,
      tokens,
    );
    const naming: Field = {
      label: t('Run name'),
      description: name,
      change: async () => {
        name = (await askName(name, taken)) ?? name;
        return config;
      },
    };
    const fields = [start, heading, naming, ...settings];
    const field = await plain.showQuickPick(fields, {
      title: t('Start Off-Policy Run: {0}', title),
      placeHolder: t('Start, or choose a setting to change'),
    });
    if (!field) return null;
    if (field.change) current = await field.change();
    else if (config.policy === '') current = await changePolicy(config, policies);
    else {
      const fault = startFault(config, policy, prompts);
      if (fault === null) return { config, name };
      void plain.showErrorMessage(t('This run cannot be started: {0}', fault));
    }
  }
}

/** What the chosen policy is and takes, or what is wrong with its folder; nothing before one is chosen. */
async function aboutPolicy(config: RunConfig): Promise<PolicyWord | null> {
  if (config.policy === '') return null;
  try {
    return policyWord(await policyFacts(config.policy), config, totalmem());
  } catch (error) {
    return { text: errorText(error), warns: true, stops: true };
  }
}

/** What the chosen cluster is and has now; nothing where the run is on none. */
async function aboutCluster({ engine, ray }: RunConfig, tokens: RayTokens): Promise<ClusterWord | null> {
  if (engine !== 'ray' || ray === null) return null;
  return clusterWord(ray.address, await tokens.of(ray.address));
}

/** What the form tells beside the settings. */
interface About {
  prompts: RunPrompts;
  stored: readonly SegmentedRollouts[];
  policy: PolicyWord | null;
  cluster: ClusterWord | null;
  files: FilesWord;
}

function fieldsOf(
  config: RunConfig,
  { prompts, stored, policy: about, cluster, files: { upload, media } }: About,
  client: StoreClient,
  policies: string[],
  tokens: RayTokens,
): Field[] {
  const { tas } = config;
  const line = configurationLine({ config, backend: null, measured: null });
  return [
    { label: t('Start'), iconPath: new vscode.ThemeIcon('play'), detail: line },
    { label: t('Settings'), kind: vscode.QuickPickItemKind.Separator },
    {
      label: t('Policy'),
      description: config.policy === '' ? t('choose a folder') : shortPath(config.policy),
      detail: about?.text,
      iconPath: about?.warns ? new vscode.ThemeIcon('warning') : undefined,
      change: () => changePolicy(config, policies),
    },
    {
      label: t('Instruction'),
      description: instructionText(config.system),
      change: async () => ({ ...config, system: await changeInstruction(config.system) }),
    },
    {
      label: t('Prompts'),
      description: promptsText(config),
      detail: leftText(config, prompts) ?? undefined,
      change: () => changePrompts(config, client),
    },
    {
      label: t('Missing media'),
      description: missingTexts[Number(config.leaveOutMissing)],
      change: () => changeMissing(config),
    },
    {
      label: t('Iterations'),
      description: config.stages.length === 0 ? String(config.steps) : stagesText(config.stages),
      change: () => changeSteps(config),
    },
    { label: t('Group size'), description: groupText(config), change: () => changeGroup(config) },
    {
      label: t('Learning rate'),
      description: String(config.learningRate),
      change: () =>
        askNumber(
          t('Learning rate'),
          config.learningRate,
          numberRules.learningRate,
          (learningRate) => ({ ...config, learningRate }),
          config,
        ),
    },
    {
      label: t('TAS strength λ'),
      description: String(tas.lambda),
      change: () =>
        askNumber('λ', tas.lambda, numberRules.lambda, (lambda) => ({ ...config, tas: { ...tas, lambda } }), config),
    },
    {
      label: t('TAS scheme'),
      description: tas.scheme,
      change: async () => {
        const scheme: TasScheme = (await pickOne(t('TAS scheme'), tasSchemes)) ?? tas.scheme;
        return { ...config, tas: { ...tas, scheme } };
      },
    },
    {
      label: t('Token weights'),
      description: expectedSources(stored, tas),
      change: () => changeAnnotators(config, stored),
    },
    {
      label: t('KL to the reference'),
      description: `β ${config.klWeight}, ${config.klEstimator}`,
      change: () => changeKl(config),
    },
    {
      label: t('Clip'),
      description: t('ratio from 1 − {0} to 1 + {1}', config.clipLow, config.clipHigh),
      change: () => changeClip(config),
    },
    { label: t('LoRA adapter'), description: adapterText(config), change: () => changeAdapter(config) },
    ...(config.engine === 'embedded' && (config.lora !== null || config.adapter !== null)
      ? [
          {
            label: t('Weights beneath it'),
            description: baseTexts[config.baseBits],
            change: () => changeBase(config),
          },
        ]
      : []),
    { label: t('Engine'), description: config.engine, change: () => changeEngine(config) },
    ...(config.engine === 'embedded'
      ? [{ label: t('Backend'), description: config.backend, change: () => changeBackend(config) }]
      : []),
    ...(config.engine === 'ray' && config.ray !== null
      ? [
          {
            label: t('Ray cluster'),
            description: rayText(config.ray),
            detail: cluster?.text,
            iconPath: cluster?.warns ? new vscode.ThemeIcon('warning') : undefined,
            change: () => changeCluster(config, config.ray!, tokens),
          },
          {
            label: t('Files for the cluster'),
            description: config.ray.files === 'upload' ? t('sent') : t('shared'),
            detail: upload?.text ?? filesTexts[config.ray.files],
            iconPath: upload?.warns ? new vscode.ThemeIcon('warning') : undefined,
            change: () => changeFiles(config, config.ray!),
          },
          {
            label: t('Media for the cluster'),
            description: config.ray.mediaUri ?? t('as the other files'),
            detail: media?.text,
            iconPath: media?.warns ? new vscode.ThemeIcon('warning') : undefined,
            change: () => changeMedia(config, config.ray!),
          },
        ]
      : []),
    { label: t('Rewards'), description: rewardsText(config), change: () => changeRewards(config) },
    {
      label: t('Judge'),
      description: judgeText(config.judge),
      detail: config.engine === 'ray' && config.judge !== null ? keyText : undefined,
      change: () => changeJudge(config),
    },
    {
      label: t('Seed'),
      description: String(config.seed),
      change: () => askNumber(t('Seed'), config.seed, numberRules.seed, (seed) => ({ ...config, seed }), config),
    },
  ];
}

/** Asks whose phases shape the weights, with what each choice comes to. */
async function changeAnnotators(config: RunConfig, stored: readonly SegmentedRollouts[]): Promise<RunConfig> {
  const { tas } = config;
  const names = [...new Set(stored.flatMap(({ annotators }) => annotators))].sort();
  const [people, programs] = [names.filter((name) => !isProgram(name)), names.filter(isProgram)];
  const choices = [
    { label: t("People's labels, then suggestions"), annotators: [] },
    ...(people.length > 0 ? [{ label: t("People's labels alone"), annotators: people }] : []),
    ...(people.length > 1 ? people.map((name) => ({ label: t('Labels of {0} alone', name), annotators: [name] })) : []),
    ...(programs.length > 0 ? [{ label: t('Suggestions alone'), annotators: programs }] : []),
  ];
  const chosen = await plain.showQuickPick(
    choices.map((choice) => ({ ...choice, detail: expectedSources(stored, { ...tas, ...choice }) })),
    { placeHolder: t('Whose phases shape the token weights of stored rollouts?') },
  );
  return chosen ? { ...config, tas: { ...tas, annotators: chosen.annotators } } : config;
}

function promptsText(config: RunConfig): string {
  const dataset = config.dataset ?? (config.prompts ? null : t('all datasets'));
  return [selectedText(config), dataset, stagesLine(config)].filter((one) => one !== null).join(', ');
}

/** Of the run, or of each stage of a curriculum. */
async function changeSteps(config: RunConfig): Promise<RunConfig> {
  if (config.stages.length === 0)
    return askNumber(t('Iterations'), config.steps, numberRules.steps, (steps) => ({ ...config, steps }), config);
  const text = await plain.showInputBox({
    title: t('Stages in order, each with its iterations'),
    value: stagesText(config.stages),
    validateInput: stagesFault,
  });
  return text === undefined ? config : inStages(config, parseStages(text));
}

const missingTexts = [t('the run does not begin'), t('their prompts are left out')] as const;

async function changeMissing(config: RunConfig): Promise<RunConfig> {
  const text = await pickOne(t('What becomes of prompts whose video or sound is missing?'), missingTexts);
  return text === undefined ? config : { ...config, leaveOutMissing: text === missingTexts[1] };
}

async function changePrompts(config: RunConfig, client: StoreClient): Promise<RunConfig> {
  const datasets = await client.prompts.datasets();
  const selected = selectedText(config);
  const choices = [
    ...(selected === null ? [] : [{ label: selected, dataset: config.dataset, prompts: config.prompts }]),
    ...(datasets.length === 1 ? [] : [{ label: t('All datasets'), dataset: null, prompts: null }]),
    ...datasets.map(({ dataset, prompts }) => {
      return { label: dataset, description: t('{0} prompts', prompts), dataset, prompts: null };
    }),
  ];
  const which =
    choices.length === 1
      ? choices[0]
      : await plain.showQuickPick(choices, { placeHolder: t('Which prompts should the run train on?') });
  if (!which) return config;
  const stage = await pickOne(t('Stage'), [t('all stages'), t('one stage after the other'), ...stages] as const);
  if (!stage) return config;
  const chosen = { ...config, dataset: which.dataset, prompts: which.prompts };
  if (stage === t('one stage after the other'))
    return inStages(chosen, evenStages(Math.max(config.steps, stages.length)));
  return { ...chosen, stages: [], stage: stages.find((one) => one === stage) ?? null };
}

const keyText = t(
  'Its key is not sent: a judge that asks for one needs ROLLOUT_LAB_JUDGE_KEY in the environment of the cluster’s head.',
);

const judgeText = (judge: RunConfig['judge']): string =>
  judge === null
    ? t('programmatic, where true events are known')
    : t('{0} at {1}: reasoning is sent there with {2}', judge.model, judge.endpoint, sentToJudge(judge));

async function changeJudge(config: RunConfig): Promise<RunConfig> {
  const setting = judgeSetting();
  const judges = setting === null ? [null] : [null, setting];
  const title =
    setting === null ? t('The setting rolloutLab.judge.endpoint names another judge') : t('Who judges reasoning?');
  const chosen = await pickOne(title, judges.map(judgeText));
  const judge = judges.find((one) => judgeText(one) === chosen);
  return judge === undefined ? config : { ...config, judge };
}

async function changePolicy(config: RunConfig, policies: string[]): Promise<RunConfig> {
  const browse = { label: t('Browse…'), iconPath: new vscode.ThemeIcon('folder-opened'), policy: null };
  const chosen = await plain.showQuickPick(
    [...policies.map((policy) => ({ label: basename(policy), description: shortPath(policy), policy })), browse],
    { placeHolder: t('Folder of the starting policy: config.json, *.safetensors, tokenizer.json') },
  );
  if (!chosen) return config;
  if (chosen.policy !== null) return withPolicy(config, chosen.policy);
  const [folder] =
    (await vscode.window.showOpenDialog({
      canSelectFiles: false,
      canSelectFolders: true,
      openLabel: t('Use Policy'),
    })) ?? [];
  return folder ? withPolicy(config, folder.fsPath) : config;
}

/** An instruction that is the one by default goes with its policy; what a person wrote stays. */
async function withPolicy(config: RunConfig, policy: string): Promise<RunConfig> {
  const isDefault = config.system === (await instructionFor(config.policy));
  return { ...config, policy, ...(isDefault && { system: await instructionFor(policy) }) };
}

/** Ours, none, what a person writes or a file holds; the former where it was left. */
async function changeInstruction(system: string | null): Promise<string | null> {
  const line = system?.includes('\n') ? null : system;
  const choices = [
    { label: t('Ours'), detail: defaultInstruction, text: () => Promise.resolve(defaultInstruction) },
    { label: t('None'), detail: t('Prompts are asked without a system message.'), text: () => Promise.resolve(null) },
    {
      label: t('Text…'),
      detail: t('Write one in one line, or change that which is.'),
      text: () =>
        plain.showInputBox({
          title: t('Instruction, the system message of each prompt that has none of its own'),
          value: line ?? defaultInstruction,
          validateInput: (typed) => (typed.trim() === '' ? t('Type a text, or choose None.') : null),
        }),
    },
    { label: t('File…'), detail: t('Take the text of a file, in as many lines as it has.'), text: instructionFile },
  ];
  const chosen = await plain.showQuickPick(choices, {
    placeHolder: t('What is the policy told before each question?'),
  });
  const text = await chosen?.text();
  return text === undefined ? system : text;
}

/** The text of a file that a person chooses, without blanks around it. Throws when it is empty. */
async function instructionFile(): Promise<string | undefined> {
  const [file] =
    (await vscode.window.showOpenDialog({ canSelectMany: false, openLabel: t('Use as Instruction') })) ?? [];
  if (!file) return undefined;
  const text = new TextDecoder().decode(await vscode.workspace.fs.readFile(file)).trim();
  if (text === '') throw new Error(t('{0} is empty: choose None for no instruction.', shortPath(file.fsPath)));
  return text;
}

async function changeKl(config: RunConfig): Promise<RunConfig> {
  const chosen = await plain.showQuickPick(
    klEstimators.map((name) => ({ label: name, detail: klTexts[name] })),
    { placeHolder: t('How is the KL to the reference estimated?') },
  );
  if (!chosen) return config;
  const estimated = { ...config, klEstimator: chosen.label };
  return askNumber('β', config.klWeight, numberRules.klWeight, (klWeight) => ({ ...estimated, klWeight }), estimated);
}

async function askName(name: string, taken: readonly string[]): Promise<string | undefined> {
  const validateInput = (typed: string): string | null => nameFault(typed, taken);
  return (await plain.showInputBox({ title: t('Name of the run'), value: name, validateInput }))?.trim();
}

/** The fresh and the replayed ones; as many are made as are trained, unless the preset makes more. */
async function changeGroup(config: RunConfig): Promise<RunConfig> {
  const fresh = await askNumber(
    t('Fresh completions that are trained for a prompt: 2 or more, 0 for offline'),
    config.onPolicy,
    numberRules.fresh,
    (onPolicy) => ({
      ...config,
      onPolicy,
      groupSize: onPolicy > 0 && (config.groupSize ?? 0) >= onPolicy ? config.groupSize : null,
    }),
    config,
  );
  return askNumber(
    t('Replayed rollouts beside them: 0 for on-policy'),
    fresh.offPolicy,
    numberRules.replayed,
    (offPolicy) => ({ ...fresh, offPolicy }),
    fresh,
  );
}

async function changeClip(config: RunConfig): Promise<RunConfig> {
  const low = await askNumber(
    t('ε below 1: how far the ratio may fall'),
    config.clipLow,
    numberRules.clipLow,
    (clipLow) => ({ ...config, clipLow }),
    config,
  );
  return askNumber(
    t('ε above 1: how far the ratio may rise'),
    low.clipHigh,
    numberRules.clipHigh,
    (clipHigh) => ({ ...low, clipHigh }),
    low,
  );
}

/** All weights, or a fresh adapter of a rank and α; an adapter that the run goes on with stays where neither is chosen. */
async function changeAdapter(config: RunConfig): Promise<RunConfig> {
  const chosen = await pickOne(t('What is trained of the policy?'), [
    t('All weights'),
    t('A fresh LoRA adapter…'),
  ] as const);
  if (!chosen) return config;
  if (chosen === t('All weights')) return { ...config, lora: null, adapter: null, baseBits: 32 };
  const fresh = { ...config, adapter: null, lora: config.lora ?? defaultLora };
  const ranked = await askNumber(
    t('Rank of the adapter'),
    fresh.lora.rank,
    numberRules.rank,
    (rank) => ({ ...fresh, lora: { ...fresh.lora, rank, alpha: 2 * rank } }),
    fresh,
  );
  const lora = ranked.lora ?? defaultLora;
  return askNumber(
    t('α of the adapter'),
    lora.alpha,
    numberRules.alpha,
    (alpha) => ({ ...ranked, lora: { ...lora, alpha } }),
    ranked,
  );
}

async function changeBase(config: RunConfig): Promise<RunConfig> {
  const text = await pickOne(t('How are the weights beneath the adapter held?'), Object.values(baseTexts));
  const bits = baseBits.find((one) => baseTexts[one] === text) ?? config.baseBits;
  return { ...config, baseBits: bits };
}

async function changeRewards(config: RunConfig): Promise<RunConfig> {
  const rule = await plain.showQuickPick(
    rewardRuleNames.map((name) => ({ label: name, detail: ruleTexts[name] })),
    { placeHolder: t('By whose rule are answers read?') },
  );
  if (!rule) return config;
  const read = { ...config, rewardRule: rule.label };
  const weights = await plain.showQuickPick(
    stageWeightNames.map((name) => ({ label: name, detail: weightTexts[name] })),
    { placeHolder: t('What do a reward’s parts weigh? Now: {0}', rewardsText(read)) },
  );
  return weights ? { ...read, rewardWeights: weights.label } : read;
}

async function changeEngine(config: RunConfig): Promise<RunConfig> {
  const chosen = await plain.showQuickPick(
    engineNames.map((name) => ({ label: name, detail: engineTexts[name] })),
    { placeHolder: t('What holds and trains the policy?') },
  );
  if (!chosen) return config;
  if (chosen.label === 'embedded') return { ...config, engine: 'embedded', ray: null };
  const python = { ...config, baseBits: 32 } as const;
  if (chosen.label === 'torch') return { ...python, engine: 'torch', ray: null };
  const ray = config.ray ?? raySetting() ?? (await askAddress());
  return ray === null ? config : { ...python, engine: 'ray', ray };
}

/** Changes one thing of the cluster; to choose none asks it again what it has. */
async function changeCluster(config: RunConfig, ray: RayConfig, tokens: RayTokens): Promise<RunConfig> {
  const asked = (title: string, value: number, rule: NumberRule, change: (value: number) => RayConfig) =>
    askNumber(title, value, rule, (typed) => ({ ...config, ray: change(typed) }), config);
  const choices = [
    {
      label: t('Test Connection'),
      detail: t('Asks the cluster what it is and has.'),
      change: () => Promise.resolve(config),
    },
    {
      label: t('Address…'),
      detail: ray.address,
      change: async () => {
        const named = await askAddress();
        return named === null ? config : { ...config, ray: { ...ray, address: named.address } };
      },
    },
    {
      label: t('Token…'),
      detail: t('Kept in the editor’s secret storage.'),
      change: () => tokens.set().then(() => config),
    },
    {
      label: t('Workers…'),
      detail: t('{0} share the work of a gradient step.', ray.workers),
      change: () => asked(t('Workers'), ray.workers, numberRules.workers, (workers) => ({ ...ray, workers })),
    },
    {
      label: t('GPUs per worker…'),
      detail: t('{0} for each.', ray.gpusPerWorker),
      change: () =>
        asked(t('GPUs per worker'), ray.gpusPerWorker, numberRules.gpusPerWorker, (gpusPerWorker) => ({
          ...ray,
          gpusPerWorker,
        })),
    },
  ];
  const chosen = await plain.showQuickPick(choices, { placeHolder: t('What of the cluster does the run take?') });
  return chosen ? chosen.change() : config;
}

async function changeFiles(config: RunConfig, ray: RayConfig): Promise<RunConfig> {
  const text = await pickOne(t('How does the cluster get at the policy and the media?'), Object.values(filesTexts));
  const files = rayFiles.find((name) => filesTexts[name] === text) ?? ray.files;
  return { ...config, ray: { ...ray, files } };
}

async function changeMedia(config: RunConfig, ray: RayConfig): Promise<RunConfig> {
  const typed = await plain.showInputBox({
    title: t('URI of the media in an object store: s3://BUCKET/PREFIX or gs://BUCKET/PREFIX'),
    prompt: t(
      'They lie there by the paths that the project names them with, and the cluster has the right to read them. Empty: they come as the other files.',
    ),
    value: ray.mediaUri ?? '',
    validateInput: mediaFault,
  });
  return typed === undefined ? config : { ...config, ray: { ...ray, mediaUri: typed.trim() || null } };
}

async function changeBackend(config: RunConfig): Promise<RunConfig> {
  const names = ['auto', ...backendsOf(process.platform, process.arch)] as const;
  const chosen = await plain.showQuickPick(
    names.map((name) => ({ label: name, detail: backendTexts.get(name) })),
    { placeHolder: t('Backend') },
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
  const text = await plain.showInputBox({
    title,
    value: String(value),
    validateInput: (typed) => numberFault(typed, rule),
  });
  return text === undefined ? config : change(Number(text));
}

async function pickOne<Value extends string>(title: string, values: readonly Value[]): Promise<Value | undefined> {
  const chosen = await plain.showQuickPick(
    values.map((label) => ({ label })),
    { placeHolder: title },
  );
  return chosen?.label;
}

const shortPath = (path: string): string => vscode.workspace.asRelativePath(path);
