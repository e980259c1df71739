import { toldConfig } from '../../domain/run-prompts.ts';
import { filters, type TableSort } from '../../store/store.ts';
import { UsageError, type Arguments, type Command } from '../command.ts';
import { needNamed, storeOption, withStore } from '../open-store.ts';

const pageOptions = {
  ...storeOption,
  vanishing: { type: 'boolean' },
  filter: { type: 'string' },
  search: { type: 'string' },
  run: { type: 'string' },
  limit: { type: 'string' },
  after: { type: 'string' },
} as const;
const pageUsage = `--db FILE [--vanishing | --filter ${filters.join('|')}] [--search TEXT] [--run ID] [--limit N] [--after CURSOR]`;

export const listRollouts: Command = {
  name: 'list rollouts',
  usage: `${pageUsage} [--prompt ID] [--where QUERY] [--sort COLUMN [--descending]]`,
  summary:
    'Lists rollouts, a page at a time. QUERY is a line as in the Rollouts table: correct:no tokens:>800. COLUMN is a number of that line, reward.NAME, question, policy, …; those without a value come last.',
  options: {
    ...{ ...pageOptions, prompt: { type: 'string' }, where: { type: 'string' } },
    ...{ sort: { type: 'string' }, descending: { type: 'boolean' } },
  },
  run: ({ options }) =>
    withStore(options, (store) => {
      needNamed(store, options);
      const [promptId, where] = [options.text('prompt'), options.query('where')];
      return store.rollouts.page({ ...queryOf(options), promptId, where, sort: sortOf(options) });
    }),
};

export const listPrompts: Command = {
  name: 'list prompts',
  usage: `${pageUsage} [--dataset NAME] [--where QUERY]`,
  summary:
    'Lists prompts with a summary of their groups, a page at a time. QUERY keeps those with a rollout that it keeps; one that asks of prompts alone (dataset, prompt, stage, split, words), those without one, too.',
  options: { ...pageOptions, dataset: { type: 'string' }, where: { type: 'string' } },
  run: ({ options }) =>
    withStore(options, (store) => {
      needNamed(store, options);
      return store.prompts.page({
        ...{ ...queryOf(options), dataset: options.text('dataset'), where: options.query('where') },
      });
    }),
};

export const listRuns: Command = {
  name: 'list runs',
  usage: '--db FILE [--limit N] [--after CURSOR]',
  summary: 'Lists runs, newest first, a page at a time; runs show has the ids of those on selected prompts.',
  options: { ...storeOption, limit: { type: 'string' }, after: { type: 'string' } },
  run: ({ options }) =>
    withStore(options, (store) => {
      const { rows, next } = store.runs.page({ limit: options.integer('limit'), after: options.text('after') });
      return { rows: rows.map((run) => ({ ...run, config: toldConfig(run.config) })), next };
    }),
};

function sortOf(options: Arguments): TableSort | undefined {
  const by = options.text('sort');
  if (by === undefined && options.has('descending'))
    throw new UsageError('--descending says how to sort: name a column with --sort, too');
  return by === undefined ? undefined : { by, descending: options.has('descending') };
}

function queryOf(options: Arguments) {
  return {
    filter: options.has('vanishing') ? ('vanishing' as const) : options.oneOf('filter', filters),
    search: options.text('search'),
    runId: options.text('run'),
    limit: options.integer('limit'),
    after: options.text('after'),
  };
}
