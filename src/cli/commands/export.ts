import { join, resolve } from 'node:path';
import { tasSchemes } from '../../domain/tas.ts';
import { exportInWorker, type ExportChoice, type ExportCount, type ExportJob } from '../../formats/client.ts';
import { defaultWeights, type TrainingWeights } from '../../formats/export.ts';
import { correctionExports } from '../../formats/correction-write.ts';
import { judgementExports } from '../../formats/judgement-write.ts';
import { labelExports } from '../../formats/label-write.ts';
import { metricExports } from '../../formats/metrics-write.ts';
import { preferenceExports } from '../../formats/preference-write.ts';
import { promptExports } from '../../formats/prompt-write.ts';
import { trainingExports } from '../../formats/training-write.ts';
import { writeFolder } from '../../formats/whole-file.ts';
import { rolloutExports, type RolloutExport } from '../../formats/write.ts';
import { filters, type Store } from '../../store/store.ts';
import { UsageError, type Arguments, type Command, type CommandContext } from '../command.ts';
import { runNamed } from '../follow.ts';
import { loadPolicy, policyOptions } from '../open-policy.ts';
import { needNamed, storeOption, withStore } from '../open-store.ts';

const rolloutFormats = [...rolloutExports, ...trainingExports] as const;

const options = { ...storeOption, out: { type: 'string' }, format: { type: 'string' } } as const;

/** Writes the file in a thread of its own, once `check` has found in the store what the command names. */
async function write(
  { options, signal, dist }: CommandContext,
  choice: ExportChoice,
  query: ExportJob['query'] = {},
  check: (store: Store) => void = () => undefined,
): Promise<ExportCount> {
  const job = { store: options.required('db'), out: options.required('out'), choice, query };
  await withStore(options, check);
  return exportInWorker(job, signal, join(dist, 'export-worker.cjs'));
}

export const exportRolloutsCommand: Command = {
  name: 'export rollouts',
  usage:
    `--db FILE --out PATH [--format ${rolloutFormats.join('|')}] [--filter ${filters.join('|')}] [--where QUERY] [--run ID] ` +
    `[--scheme ${tasSchemes.join('|')}] [--lambda X] [--normalise] [--annotator NAME…] [--tokenizer DIR]`,
  summary:
    'Writes rollouts as this project’s JSONL (losslessly), as a trainer’s dump, or for training with the TAS weight of every token.',
  options: {
    ...options,
    filter: { type: 'string' },
    where: { type: 'string' },
    run: { type: 'string' },
    scheme: { type: 'string' },
    lambda: { type: 'string' },
    normalise: { type: 'boolean' },
    annotator: { type: 'string', multiple: true },
    tokenizer: { type: 'string' },
  },
  async run(context) {
    const { options } = context;
    const out = options.required('out');
    const format = options.oneOf('format', rolloutFormats) ?? 'rollout-lab';
    const query = {
      filter: options.oneOf('filter', filters),
      where: options.query('where'),
      runId: options.text('run'),
    };
    const training = trainingExports.find((one) => one === format);
    const weights = weightsOf(options);
    const tokenizer = options.text('tokenizer');
    if (!training && tokenizer !== undefined)
      throw new UsageError(`--tokenizer is of ${trainingExports.join(', ')} alone, not ${format}`);
    if (!training && JSON.stringify(weights) !== JSON.stringify(defaultWeights)) {
      throw new UsageError(`weights go into ${trainingExports.join(', ')} alone, not ${format}`);
    }
    const choice: ExportChoice = training
      ? { what: 'training', format: training, weights, tokenizer }
      : { what: 'rollouts', format: format as RolloutExport };
    const { count, left, sources } = await write(context, choice, query, (store) => needNamed(store, options));
    return { out, format, rollouts: count, sources, ...(training && { left }) };
  },
};

function weightsOf(options: Arguments): TrainingWeights {
  const lambda = options.number('lambda') ?? defaultWeights.lambda;
  if (lambda < 0) throw new UsageError(`--lambda must not be negative, not ${lambda}`);
  return {
    scheme: options.oneOf('scheme', tasSchemes) ?? defaultWeights.scheme,
    lambda,
    normalise: options.has('normalise'),
    annotators: options.texts('annotator'),
  };
}

export const exportLabelsCommand: Command = {
  name: 'export labels',
  usage: `--db FILE --out PATH [--format ${labelExports.join('|')}]`,
  summary:
    'Writes every annotator’s labels: as one file, or for eaf and webvtt as a folder with one file for each rollout.',
  options,
  async run(context) {
    const out = context.options.required('out');
    const format = context.options.oneOf('format', labelExports) ?? 'rollout-lab';
    const { count } = await write(context, { what: 'labels', format });
    return { out, format, labels: count };
  },
};

export const exportJudgementsCommand: Command = {
  name: 'export judgements',
  usage: `--db FILE --out PATH [--format ${judgementExports.join('|')}] [--annotator NAME…]`,
  summary:
    'Writes what annotators say of each step as process-reward data: TRL’s stepwise supervision, PRM800K’s or Math-Shepherd’s form, or this project’s JSONL.',
  options: { ...options, annotator: { type: 'string', multiple: true } },
  async run(context) {
    const out = context.options.required('out');
    const format = context.options.oneOf('format', judgementExports) ?? 'trl';
    const annotators = context.options.texts('annotator');
    const { count, left } = await write(context, { what: 'judgements', format, annotators });
    return { out, format, judgements: count, left };
  },
};

export const exportPreferencesCommand: Command = {
  name: 'export preferences',
  usage: `--db FILE --out PATH [--format ${preferenceExports.join('|')}] [--annotator NAME…]`,
  summary:
    'Writes which of two completions annotators prefer as pairs for DPO: as TRL’s preference data, in messages or (trl-text) in texts for a policy without a chat template, or as this project’s JSONL.',
  options: { ...options, annotator: { type: 'string', multiple: true } },
  async run(context) {
    const out = context.options.required('out');
    const format = context.options.oneOf('format', preferenceExports) ?? 'trl';
    const annotators = context.options.texts('annotator');
    const { count, left } = await write(context, { what: 'preferences', format, annotators });
    return { out, format, preferences: count, left };
  },
};

export const exportCorrectionsCommand: Command = {
  name: 'export corrections',
  usage: `--db FILE --out PATH [--format ${correctionExports.join('|')}] [--annotator NAME…]`,
  summary:
    'Writes what annotators write in place of completions as rows for SFT: TRL’s prompts and completions, in messages or (trl-text) in texts for a policy without a chat template, or this project’s JSONL.',
  options: { ...options, annotator: { type: 'string', multiple: true } },
  async run(context) {
    const out = context.options.required('out');
    const format = context.options.oneOf('format', correctionExports) ?? 'trl';
    const annotators = context.options.texts('annotator');
    const { count } = await write(context, { what: 'corrections', format, annotators });
    return { out, format, corrections: count };
  },
};

export const exportPromptsCommand: Command = {
  name: 'export prompts',
  usage: `--db FILE --out PATH [--format ${promptExports.join('|')}] [--dataset NAME] [--where QUERY]`,
  summary:
    'Writes prompts as JSONL: those of another trainer’s dataset as they stood there, others as rows for ms-swift; as rollout-lab losslessly, for another store. QUERY keeps those that list prompts lists by it.',
  options: { ...options, dataset: { type: 'string' }, where: { type: 'string' } },
  async run(context) {
    const { options } = context;
    const out = options.required('out');
    const format = options.oneOf('format', promptExports) ?? 'dataset';
    const query = { dataset: options.text('dataset'), where: options.query('where') };
    const { count } = await write(context, { what: 'prompts', format }, query, (store) => needNamed(store, options));
    return { out, format, prompts: count };
  },
};

export const exportMetricsCommand: Command = {
  name: 'export metrics',
  usage: `--db FILE --out PATH [--format ${metricExports.join('|')}] [--run ID…]`,
  summary:
    'Writes what runs measured, all of them or those named: as CSV, as a folder of TensorBoard’s, or for Trackio’s inbox.',
  options: { ...options, run: { type: 'string', multiple: true } },
  async run(context) {
    const { options } = context;
    const out = options.required('out');
    const format = options.oneOf('format', metricExports) ?? 'csv';
    const runs = options.texts('run');
    const { count } = await write(context, { what: 'metrics', format, runs }, {}, (store) =>
      runs.forEach((id) => runNamed(store, id)),
    );
    return { out, format, runs: count };
  },
};

export const exportPolicyCommand: Command = {
  name: 'export policy',
  usage: '--policy DIR --adapter DIR --out DIR',
  summary: 'Merges an adapter into its policy’s weights and writes a Hugging Face folder that needs no adapter.',
  options: { ...policyOptions, out: { type: 'string' } },
  async run({ options }) {
    options.required('adapter');
    const out = resolve(options.required('out'));
    await writeFolder(out, async (folder) => (await loadPolicy(options)).save(folder));
    return { out };
  },
};
