import { join, resolve } from 'node:path';
import { tasSchemes } from '../../domain/tas.ts';
import {
  defaultWeights,
  exportCorrections,
  exportJudgements,
  exportLabels,
  exportMetrics,
  exportPreferences,
  exportPrompts,
  exportRollouts,
  exportTraining,
  type TrainingWeights,
} from '../../formats/export.ts';
import { correctionExports } from '../../formats/correction-write.ts';
import { judgementExports } from '../../formats/judgement-write.ts';
import { labelExports } from '../../formats/label-write.ts';
import { metricExports } from '../../formats/metrics-write.ts';
import { preferenceExports } from '../../formats/preference-write.ts';
import { promptExports } from '../../formats/prompt-write.ts';
import { trainingExports } from '../../formats/training-write.ts';
import { writeFolder } from '../../formats/whole-file.ts';
import { rolloutExports, type RolloutExport } from '../../formats/write.ts';
import { filters } from '../../store/store.ts';
import { UsageError, type Arguments, type Command } from '../command.ts';
import { runNamed } from '../follow.ts';
import { loadPolicy, policyOptions } from '../open-policy.ts';
import { needNamed, storeOption, withStore } from '../open-store.ts';

const rolloutFormats = [...rolloutExports, ...trainingExports] as const;

const options = { ...storeOption, out: { type: 'string' }, format: { type: 'string' } } as const;

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
  async run({ options, signal, dist }) {
    const out = options.required('out');
    const format = options.oneOf('format', rolloutFormats) ?? 'rollout-lab';
    const query = {
      filter: options.oneOf('filter', filters),
      where: options.query('where'),
      runId: options.text('run'),
    };
    const training = trainingExports.find((one) => one === format);
    const weights = weightsOf(options);
    const folders = { trainers: join(dist, 'trainers'), tokenizer: options.text('tokenizer') };
    if (!training && folders.tokenizer !== undefined)
      throw new UsageError(`--tokenizer is of ${trainingExports.join(', ')} alone, not ${format}`);
    if (!training && JSON.stringify(weights) !== JSON.stringify(defaultWeights)) {
      throw new UsageError(`weights go into ${trainingExports.join(', ')} alone, not ${format}`);
    }
    return withStore(options, async (store) => {
      needNamed(store, options);
      if (training) {
        return { out, format, ...(await exportTraining(store, out, training, query, weights, folders, signal)) };
      }
      return { out, format, rollouts: await exportRollouts(store, out, format as RolloutExport, query, signal) };
    });
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
  async run({ options, signal }) {
    const out = options.required('out');
    const format = options.oneOf('format', labelExports) ?? 'rollout-lab';
    return withStore(options, async (store) => ({
      out,
      format,
      labels: await exportLabels(store, out, format, signal),
    }));
  },
};

export const exportJudgementsCommand: Command = {
  name: 'export judgements',
  usage: `--db FILE --out PATH [--format ${judgementExports.join('|')}] [--annotator NAME…]`,
  summary:
    'Writes what annotators say of each step as process-reward data: TRL’s stepwise supervision, PRM800K’s or Math-Shepherd’s form, or this project’s JSONL.',
  options: { ...options, annotator: { type: 'string', multiple: true } },
  async run({ options, signal }) {
    const out = options.required('out');
    const format = options.oneOf('format', judgementExports) ?? 'trl';
    const annotators = options.texts('annotator');
    return withStore(options, async (store) => ({
      ...{ out, format },
      ...(await exportJudgements(store, out, format, annotators, signal)),
    }));
  },
};

export const exportPreferencesCommand: Command = {
  name: 'export preferences',
  usage: `--db FILE --out PATH [--format ${preferenceExports.join('|')}] [--annotator NAME…]`,
  summary:
    'Writes which of two completions annotators prefer as pairs for DPO: as TRL’s preference data, in messages or (trl-text) in texts for a policy without a chat template, or as this project’s JSONL.',
  options: { ...options, annotator: { type: 'string', multiple: true } },
  async run({ options, signal }) {
    const out = options.required('out');
    const format = options.oneOf('format', preferenceExports) ?? 'trl';
    const annotators = options.texts('annotator');
    return withStore(options, async (store) => ({
      ...{ out, format },
      ...(await exportPreferences(store, out, format, annotators, signal)),
    }));
  },
};

export const exportCorrectionsCommand: Command = {
  name: 'export corrections',
  usage: `--db FILE --out PATH [--format ${correctionExports.join('|')}] [--annotator NAME…]`,
  summary:
    'Writes what annotators write in place of completions as rows for SFT: TRL’s prompts and completions, in messages or (trl-text) in texts for a policy without a chat template, or this project’s JSONL.',
  options: { ...options, annotator: { type: 'string', multiple: true } },
  async run({ options, signal }) {
    const out = options.required('out');
    const format = options.oneOf('format', correctionExports) ?? 'trl';
    const annotators = options.texts('annotator');
    return withStore(options, async (store) => ({
      ...{ out, format },
      corrections: await exportCorrections(store, out, format, annotators, signal),
    }));
  },
};

export const exportPromptsCommand: Command = {
  name: 'export prompts',
  usage: `--db FILE --out PATH [--format ${promptExports.join('|')}] [--dataset NAME] [--where QUERY]`,
  summary:
    'Writes prompts as JSONL: those of another trainer’s dataset as they stood there, others as rows for ms-swift; as rollout-lab losslessly, for another store. QUERY keeps those that list prompts lists by it.',
  options: { ...options, dataset: { type: 'string' }, where: { type: 'string' } },
  async run({ options, signal }) {
    const out = options.required('out');
    const format = options.oneOf('format', promptExports) ?? 'dataset';
    return withStore(options, async (store) => {
      needNamed(store, options);
      const query = { dataset: options.text('dataset'), where: options.query('where') };
      return { out, format, prompts: await exportPrompts(store, out, format, query, signal) };
    });
  },
};

export const exportMetricsCommand: Command = {
  name: 'export metrics',
  usage: `--db FILE --out PATH [--format ${metricExports.join('|')}] [--run ID…]`,
  summary:
    'Writes what runs measured, all of them or those named: as CSV, as a folder of TensorBoard’s, or for Trackio’s inbox.',
  options: { ...options, run: { type: 'string', multiple: true } },
  async run({ options, signal }) {
    const out = options.required('out');
    const format = options.oneOf('format', metricExports) ?? 'csv';
    return withStore(options, async (store) => {
      const ids = options.texts('run').map((id) => runNamed(store, id).id);
      return { out, format, runs: await exportMetrics(store, out, format, ids, signal) };
    });
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
