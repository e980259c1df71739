import { filters } from '../../store/store.ts';
import type { Arguments, Command } from '../command.ts';
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
  usage: `${pageUsage} [--prompt ID] [--where QUERY]`,
  summary: 'Lists rollouts, a page at a time. QUERY is a line as in the Rollouts table: correct:no tokens:>800.',
  options: { ...pageOptions, prompt: { type: 'string' }, where: { type: 'string' } },
  run: ({ options }) =>
    withStore(options, (store) => {
      needNamed(store, options);
      const [promptId, where] = [options.text('prompt'), options.query('where')];
      return store.rollouts.page({ ...queryOf(options), promptId, where });
    }),
};

export const listPrompts: Command = {
  name: 'list prompts',
  usage: `${pageUsage} [--dataset NAME]`,
  summary: 'Lists prompts with a summary of their groups, a page at a time.',
  options: { ...pageOptions, dataset: { type: 'string' } },
  run: ({ options }) =>
    withStore(options, (store) => {
      needNamed(store, options);
      return store.prompts.page({ ...queryOf(options), dataset: options.text('dataset') });
    }),
};

export const listRuns: Command = {
  name: 'list runs',
  usage: '--db FILE [--limit N] [--after CURSOR]',
  summary: 'Lists runs, newest first, a page at a time.',
  options: { ...storeOption, limit: { type: 'string' }, after: { type: 'string' } },
  run: ({ options }) =>
    withStore(options, (store) => store.runs.page({ limit: options.integer('limit'), after: options.text('after') })),
};

function queryOf(options: Arguments) {
  return {
    filter: options.has('vanishing') ? ('vanishing' as const) : options.oneOf('filter', filters),
    search: options.text('search'),
    runId: options.text('run'),
    limit: options.integer('limit'),
    after: options.text('after'),
  };
}
