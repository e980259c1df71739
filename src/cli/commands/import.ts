import { dirname, resolve } from 'node:path';
import { formats } from '../../formats/detect.ts';
import { importFiles, type ImportReport } from '../../formats/import.ts';
import { allowMediaFolders } from '../../video/media-folders.ts';
import { UsageError, type Command } from '../command.ts';
import { storeOption, withStore } from '../open-store.ts';

export const importCommand: Command = {
  name: 'import',
  usage: `PATH... --db FILE [--format ${formats.map(({ name }) => name).join('|')}] [--media DIR] [--dataset FILE]`,
  summary: 'Brings rollouts and prompts from files and folders into a store (made when missing).',
  options: {
    ...storeOption,
    format: { type: 'string' },
    media: { type: 'string' },
    dataset: { type: 'string' },
  },
  async run({ positionals, options, signal, progress }): Promise<ImportReport> {
    if (positionals.length === 0) throw new UsageError('name at least one file or folder to import');
    const [media, dataset] = [options.text('media'), options.text('dataset')];
    return withStore(
      options,
      async (store) => {
        const named = [...positionals, media, dataset].filter((path) => path !== undefined);
        await allowMediaFolders(resolve(dirname(options.required('db'))), named);
        return importFiles(store, positionals, {
          format: options.text('format'),
          media,
          dataset,
          roots: [process.cwd()],
          signal,
          onProgress: ({ file, index, files, rollouts }) =>
            progress(`${index + 1}/${files} ${file}: ${rollouts} rollouts`),
        });
      },
      { create: true },
    );
  },
  print({ files, rollouts, prompts, labels, comments, duplicates, rejected, notes }: ImportReport): string {
    const lines = [
      `${files} files: ${rollouts} new rollouts, ${prompts} new prompts, ${labels} new labels, ${comments} new comments, ${duplicates} already there, ${rejected.length} rejected`,
      ...rejected.map(({ file, line, reason }) => `  ${file}${line > 0 ? `:${line}` : ''}: ${reason}`),
      ...notes.map(({ file, text }) => `  ${file}: ${text}`),
    ];
    return lines.join('\n');
  },
  /** Nothing could be read of what is there. */
  failed: ({ rows, rejected }: ImportReport) => rows === 0 && rejected.length > 0,
};
