import { isUtf8 } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { backendChoices } from '../../domain/backend.ts';
import { evenStages, inStages, parseStages } from '../../domain/curriculum.ts';
import { engineNames } from '../../domain/engine.ts';
import { errorText } from '../../domain/error-text.ts';
import { defaultPhases, type Phase } from '../../domain/phase.ts';
import { overridden, presetConfig, withPhases } from '../../domain/preset.ts';
import { baseBits, presets, type RunConfig } from '../../domain/run.ts';
import { leftText, promptFault, selectedText, selectionMark, type PromptSelection } from '../../domain/run-prompts.ts';
import { deviations, sourcedSettings, type SourcedSetting } from '../../domain/setting-source.ts';
import type { RunRow, Store } from '../../store/store.ts';
import { instructionFor } from '../../training/policy/chat-files.ts';
import { shapeNames, shapePolicy } from '../../training/policy/shape.ts';
import { UsageError, type Arguments, type Command } from '../command.ts';
import { follow, hostOf, judgeAt, rayAt, remoteLine } from '../follow.ts';
import { engineOption, policyOptions } from '../open-policy.ts';
import { storeOption, withStore } from '../open-store.ts';
import { rayOf, rayOptions, rayUsage } from '../ray-options.ts';

export const train: Command = {
  name: 'train',
  usage: `--db FILE --preset ${presets.join('|')} (--policy DIR | --init random --shape ${shapeNames.join('|')}) [--adapter DIR] [--base-bits ${baseBits.join('|')}] [--where QUERY] [--iterations N | --stages STAGE:N,…] [--seed N] [--engine ${engineNames.join('|')}] ${rayUsage} [--backend ${backendChoices.join('|')}] [--name NAME] [--system-file FILE] [--set KEY=VALUE]… [--dry-run]`,
  summary:
    'Trains a policy on the store’s prompts and rollouts. Ctrl+C stops the run; it can be resumed. QUERY is a line as in the Rollouts table: the run trains on the prompts that it keeps now, as list prompts lists them; prompt:ID,ID names them by their ids. --dry-run prints every setting and where it comes from, and starts nothing: it needs neither --db nor --policy.',
  options: {
    ...storeOption,
    preset: { type: 'string' },
    ...policyOptions,
    'base-bits': { type: 'string' },
    ...engineOption,
    ...rayOptions,
    init: { type: 'string' },
    shape: { type: 'string' },
    where: { type: 'string' },
    iterations: { type: 'string' },
    steps: { type: 'string' },
    stages: { type: 'string' },
    seed: { type: 'string' },
    backend: { type: 'string' },
    name: { type: 'string' },
    'system-file': { type: 'string' },
    set: { type: 'string', multiple: true },
    'dry-run': { type: 'boolean' },
  },
  run(context) {
    const { options } = context;
    if (options.has('dry-run')) return dryRun(options);
    return withStore(options, async (store) => {
      const config = await configOf(options, store.phases.get(), selectionOf(options, store));
      const found = store.runPrompts(config);
      const fault = promptFault(config, found);
      if (fault !== null) throw new Error(fault);
      const run = store.runs.create(options.text('name') ?? `${config.preset} ${store.runs.all().length + 1}`, config);
      context.progress([`Run ${run.name} (${run.id})`, selectedText(config)].filter(Boolean).join(' on '));
      const left = leftText(config, found);
      if (left !== null) context.progress(`${left}.`);
      const judge = judgeAt(config.judge?.endpoint);
      void hostOf(store, resolve(options.required('db')), context, judge, rayAt(config.ray?.address)).start(run);
      return follow(store, run.id, context);
    });
  },
  print: (result: RunRow | DryRun) => ('settings' in result ? dryRunText(result) : runText(result)),
  failed: (result: RunRow | DryRun) =>
    !('settings' in result) && result.status !== 'finished' && result.status !== 'stopped',
};

/** What a run would be. */
interface DryRun {
  settings: SourcedSetting[];
  deviations: string[];
}

async function dryRun(options: Arguments): Promise<DryRun> {
  const isOfStore = options.text('db') !== undefined || options.text('where') !== undefined;
  const config = await (isOfStore
    ? withStore(options, (store) => configOf(options, store.phases.get(), selectionOf(options, store)))
    : configOf(options, defaultPhases, null));
  return { settings: sourcedSettings(config), deviations: deviations(config) };
}

function dryRunText({ settings, deviations: declared }: DryRun): string {
  const shown = settings.map(({ key, value, ...from }) => {
    const selected = key === 'prompts' ? selectionMark({ prompts: JSON.parse(value) as RunConfig['prompts'] }) : null;
    return { key, value: selected ?? value, ...from };
  });
  const width = (of: (setting: SourcedSetting) => string): number =>
    Math.max(...shown.map((setting) => of(setting).length));
  const [keys, values] = [width(({ key }) => key), width(({ value }) => value)];
  const lines = shown.map(({ key, value, source, note }) => {
    return `${key.padEnd(keys)}  ${value.padEnd(values)}  ${source}${note === null ? '' : `: ${note}`}`;
  });
  return [...lines, ...deviationLines(declared)].join('\n');
}

/** Where a run of an authors' preset is not theirs, for people. */
export const deviationLines = (sentences: readonly string[]): string[] =>
  sentences.length === 0 ? [] : ['Where this is not what the authors do:', ...sentences.map((one) => `  ${one}`)];

/** The prompts that --where keeps; null without it. */
function selectionOf(options: Arguments, { promptTable }: Store): PromptSelection | null {
  const line = options.query('where');
  if (line === undefined) return null;
  const numbers = promptTable.order({ line, sort: null, blindFor: null });
  if (numbers.length === 0)
    throw new Error(`--where ${line} keeps no prompt: list prompts --where says which a line keeps`);
  return promptTable.selection(numbers);
}

/** The preset, changed first by --where, --adapter, --base-bits, --iterations or --stages, --engine, --backend and --system-file, then by each --set. */
async function configOf(
  options: Arguments,
  phases: readonly Phase[],
  selection: PromptSelection | null,
): Promise<RunConfig> {
  const preset = options.oneOf('preset', presets);
  if (preset === undefined) throw new UsageError(`--preset is missing: one of ${presets.join(', ')}`);
  const [adapter, engine] = [options.text('adapter'), options.oneOf('engine', engineNames)];
  const backend = options.oneOf('backend', backendChoices);
  const bits = options.oneOf('base-bits', baseBits.map(String));
  const policy = policyOf(options);
  const ray = rayOf(options, engine);
  const config = {
    ...withPhases(presetConfig(preset, policy, options.integer('seed') ?? 0), phases),
    ...selection,
    system: await systemOf(options, policy),
    ...(adapter !== undefined && { adapter: resolve(adapter) }),
    ...(bits !== undefined && { baseBits: baseBits.find((known) => String(known) === bits) }),
    ...(engine !== undefined && { engine, ray }),
    ...(backend !== undefined && { backend }),
  };
  try {
    return overridden(ofLength(config, options), options.texts('set'));
  } catch (error) {
    throw new UsageError(errorText(error));
  }
}

/** The instruction in the file that --system-file names, without blanks around it; else what the policy is told by default. */
async function systemOf(options: Arguments, policy: string): Promise<string | null> {
  const file = options.text('system-file');
  if (file === undefined) return instructionFor(policy);
  const bytes = await readFile(file).catch((error: unknown) => {
    throw new UsageError(`--system-file ${file} cannot be read: ${errorText(error)}`);
  });
  const text = isUtf8(bytes) ? bytes.toString('utf8') : '\0';
  if (text.includes('\0')) throw new UsageError(`--system-file ${file} is no text in UTF-8: save it as UTF-8`);
  if (text.trim() === '') throw new UsageError(`--system-file ${file} is empty: --set system=null is no instruction`);
  return text.trim();
}

/** The folder that --policy names, or with --init random a shape with random weights and a byte's tokens: to measure with. */
function policyOf(options: Arguments): string {
  const [init, shape] = [options.oneOf('init', ['random']), options.oneOf('shape', shapeNames)];
  if ((init === undefined) !== (shape === undefined)) throw new UsageError('--init random and --shape go together');
  if (shape === undefined && options.has('dry-run') && options.text('policy') === undefined) return 'not named yet';
  if (shape === undefined) return resolve(options.required('policy'));
  if (options.text('policy') !== undefined) throw new UsageError('--init random makes the policy: leave out --policy');
  return shapePolicy(shape);
}

/** `config` with the iterations asked for: --stages makes a curriculum, whose stages share --iterations evenly. --steps is its former name. */
function ofLength(config: RunConfig, options: Arguments): RunConfig {
  const [stages, former] = [options.text('stages'), options.integer('steps')];
  const steps = options.integer('iterations') ?? former;
  if (former !== undefined && former !== steps)
    throw new UsageError('--steps is another name of --iterations: leave one out');
  if (stages !== undefined && steps !== undefined)
    throw new UsageError('--stages say how long each is: leave out --iterations');
  if (stages !== undefined) return inStages(config, parseStages(stages));
  if (steps === undefined) return config;
  return config.stages.length > 0 ? inStages(config, evenStages(steps)) : { ...config, steps };
}

/** A run for people: how it stands and what it came to. */
export function runText({ id, name, status, iteration, config, error, summary, remote }: RunRow): string {
  const lines = [`${name} (${id}): ${status} at iteration ${iteration} of ${config.steps}`];
  const selected = selectedText(config);
  if (selected !== null) lines.push(`  on ${selected}`);
  if (error !== null) lines.push(error);
  if (remote) lines.push(remoteLine(remote, config.ray));
  for (const [key, value] of Object.entries(summary ?? {})) {
    lines.push(`  ${key}: ${typeof value === 'number' ? Number(value.toFixed(4)) : (value ?? '–')}`);
  }
  return lines.join('\n');
}
