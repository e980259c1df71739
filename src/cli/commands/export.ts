import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { exportLabels, exportRollouts } from '../../formats/export.ts';
import { labelExports } from '../../formats/label-write.ts';
import { rolloutExports } from '../../formats/write.ts';
import { filters } from '../../store/store.ts';
import type { Command } from '../command.ts';
import { loadPolicy, policyOptions } from '../open-policy.ts';
import { storeOption, withStore } from '../open-store.ts';

const options = { ...storeOption, out: { type: 'string' }, format: { type: 'string' } } as const;

export const exportRolloutsCommand: Command = {
  name: 'export rollouts',
  usage: `--db FILE --out PATH [--format ${rolloutExports.join('|')}] [--filter ${filters.join('|')}] [--run ID]`,
  summary: 'Writes rollouts as this project’s JSONL (losslessly), or as a trainer’s dump.',
  options: { ...options, filter: { type: 'string' }, run: { type: 'string' } },
  async run({ options }) {
    const out = options.required('out');
    const format = options.oneOf('format', rolloutExports) ?? 'rollout-lab';
    const query = { filter: options.oneOf('filter', filters), runId: options.text('run') };
    return withStore(options, async (store) => ({
      out,
      format,
      rollouts: await exportRollouts(store, out, format, query),
    }));
  },
};

export const exportLabelsCommand: Command = {
  name: 'export labels',
  usage: `--db FILE --out PATH [--format ${labelExports.join('|')}]`,
  summary: 'Writes every annotator’s labels: as a file, or for eaf and webvtt as a folder with a file a rollout.',
  options,
  async run({ options }) {
    const out = options.required('out');
    const format = options.oneOf('format', labelExports) ?? 'rollout-lab';
    return withStore(options, async (store) => ({ out, format, labels: await exportLabels(store, out, format) }));
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
    const there = await readdir(out).catch(() => []);
    if (there.length > 0) throw new Error(`${out} is there already; choose another folder`);
    const policy = await loadPolicy(options);
    await policy.save(out);
    return { out };
  },
};
