import { mkdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { counted } from '../../domain/counted.ts';
import { errorText } from '../../domain/error-text.ts';
import { numberText } from '../../domain/number-text.ts';
import { importInWorker } from '../../formats/client.ts';
import { columnsNamed, columnsText, roles, type ColumnMap, type ColumnOffer } from '../../formats/columns.ts';
import { formats } from '../../formats/detect.ts';
import { followFolder, type Followed } from '../../formats/follow.ts';
import type { ImportOptions } from '../../formats/import.ts';
import { foundText, type ImportReport, type Rejection } from '../../formats/import-report.ts';
import { allowWhereWritable } from '../../video/media-folders.ts';
import { UsageError, type Arguments, type Command } from '../command.ts';
import { storeOption, withStore } from '../open-store.ts';

export const importCommand: Command = {
  name: 'import',
  usage: `PATH... --db FILE [--format ${formats.map(({ name }) => name).join('|')}] [--map PART=COLUMN,…] [--media DIR] [--extract-media DIR] [--dataset FILE] [--tokenizer DIR] [--update] [--follow]`,
  summary:
    'Imports rollouts, prompts and labels from files and folders into a store, which is made when it is missing. With --update, rollouts that are there are read anew and keep their labels. With --follow, what comes into a folder is imported as it comes, until Ctrl+C.',
  details: `Of a table of no known format, --map names the column of each PART: ${roles.join(', ')}. --dataset is the file of the dumps’ prompts, which is read first; --media a folder to look for their media in; --extract-media one to write media into that files hold as bytes; --tokenizer that of dumps with token ids alone.`,
  options: {
    ...storeOption,
    format: { type: 'string' },
    map: { type: 'string' },
    media: { type: 'string' },
    'extract-media': { type: 'string' },
    dataset: { type: 'string' },
    tokenizer: { type: 'string' },
    update: { type: 'boolean' },
    follow: { type: 'boolean' },
  },
  async run({ positionals, options, signal, progress, dist }): Promise<ImportReport | Followed> {
    if (positionals.length === 0) throw new UsageError('name at least one file or folder to import');
    const map = mapOf(options);
    const [media, dataset] = [options.text('media'), options.text('dataset')];
    const extract = options.text('extract-media');
    if (options.has('follow')) await needOneFolder(positionals);
    if (extract !== undefined) {
      await mkdir(extract, { recursive: true }).catch((error: unknown) => {
        throw new UsageError(
          `--extract-media ${extract} is no folder, and none can be made there: ${errorText(error)}`,
        );
      });
    }
    const db = options.required('db');
    const named = [...positionals, media, extract, dataset].filter((path) => path !== undefined);
    await withStore(options, () => allowWhereWritable(resolve(dirname(db)), named, progress), { create: true });
    const given: ImportOptions = {
      format: options.text('format'),
      map,
      media,
      extract,
      dataset,
      tokenizer: options.text('tokenizer'),
      roots: [process.cwd()],
      update: options.has('update'),
      signal,
      onProgress: ({ file, index, files, rollouts, extracted }) => {
        const media = extracted > 0 ? `, ${counted(extracted, 'media file')}` : '';
        progress(`${index + 1}/${files} ${file}: ${counted(rollouts, 'rollout')}${media}`);
      },
    };
    const read = (growing: Pick<ImportOptions, 'growing' | 'update'> = {}): Promise<ImportReport> =>
      importInWorker(db, positionals, { ...given, ...growing }, join(dist, 'import-worker.cjs'));
    if (!options.has('follow')) return read();
    return followFolder(positionals[0], {
      signal,
      read,
      onRead: ({ files, rollouts, rejected }) =>
        progress(
          `${counted(files, 'file')}: ${counted(rollouts, 'new rollout')}, ${numberText(rejected.length)} rejected; Ctrl+C ends`,
        ),
    });
  },
  print: (result: ImportReport | Followed) => ('duplicates' in result ? reportText(result) : followedText(result)),
  /** Nothing could be read of what is there. */
  failed: (result: ImportReport | Followed) =>
    'duplicates' in result && result.rows === 0 && result.rejected.length > 0,
};

async function needOneFolder(paths: string[]): Promise<void> {
  const isFolder = await stat(paths[0]).then((one) => one.isDirectory());
  if (paths.length > 1 || !isFolder) throw new UsageError('--follow follows one folder: name it alone');
}

/** "1 file: 2 new rollouts, 1 new prompt, …". */
function cameText({ files, rollouts, prompts, labels, comments }: ImportReport | Followed): string {
  const came = [
    counted(rollouts, 'new rollout'),
    counted(prompts, 'new prompt'),
    counted(labels, 'new label'),
    counted(comments, 'new comment'),
  ];
  return `${counted(files, 'file')}: ${came.join(', ')}`;
}

function reportText(report: ImportReport): string {
  const { tags, duplicates, judgements, edits, rejected, notes } = report;
  const { preferences, corrections, extracted, embedded = [], joined, updated } = report;
  return [
    [
      cameText(report),
      ...(tags === undefined ? [] : [counted(tags, 'new tag')]),
      `${numberText(duplicates)} already there`,
      `${numberText(rejected.length)} rejected`,
    ].join(', '),
    ...(joined === undefined
      ? []
      : [`  prompts without media that are one now with those that have them: ${numberText(joined)}`]),
    ...(judgements === undefined ? [] : [`  ${counted(judgements, 'rollout')} with new judgements`]),
    ...(preferences === undefined ? [] : [`  ${counted(preferences, 'new preference')}`]),
    ...(corrections === undefined ? [] : [`  ${counted(corrections, 'new correction')}`]),
    ...(edits === undefined ? [] : [`  ${counted(edits, 'edit')} of a journal brought back`]),
    ...rejectedLines(rejected),
    ...(updated
      ? [
          `${numberText(updated.rollouts)} brought up to date, ${numberText(updated.unmatched)} that their files do not hold any more stay`,
          `  found again: ${foundText(updated.found) || 'none'}`,
        ]
      : []),
    ...(updated?.left ?? []).map(({ file, rollout, reason }) => `  ${file}: ${rollout}: ${reason}`),
    ...(extracted === undefined ? [] : [`  ${counted(extracted, 'media file')} taken out`]),
    ...embedded.map(
      ({ file, rows }) =>
        `  ${file}: rows that hold their media as bytes: ${numberText(rows)}: import it with --extract-media DIR to take them out`,
    ),
    ...notes.map(({ file, text }) => `  ${file}: ${text}`),
  ].join('\n');
}

function followedText(followed: Followed): string {
  const { rejected, notes, unfinished } = followed;
  return [
    `${cameText(followed)}, ${numberText(rejected.length)} rejected`,
    ...rejectedLines(rejected),
    ...unfinished.map((file) => `  ${file}: not whole yet: import it when its trainer has ended`),
    ...notes.map(({ file, text }) => `  ${file}: ${text}`),
  ].join('\n');
}

const rejectedLines = (rejected: readonly Rejection[]): string[] =>
  rejected.flatMap(({ file, line, reason, offer }) => [
    `  ${file}${line > 0 ? `:${line}` : ''}: ${reason}`,
    ...(offer ? offerLines(offer) : []),
  ]);

function mapOf(options: Arguments): ColumnMap | undefined {
  const text = options.text('map');
  if (text === undefined) return undefined;
  if (options.text('format') !== undefined)
    throw new UsageError('--map and --format each say how a file is read: give one');
  try {
    return columnsNamed(text);
  } catch (error) {
    throw new UsageError(`--map: ${(error as Error).message}`);
  }
}

/** How a file of no known format could be read, on its first rows. */
function offerLines({ guess, rows }: ColumnOffer): string[] {
  const chosen = Object.entries(guess).flatMap(([role, columns]) => columns.map((column) => ({ role, column })));
  // A comma in a column's name would end it.
  if (!guess.prompt || chosen.some(({ column }) => column.includes(',')))
    return [`    name its columns: --map prompt=COLUMN,completion=COLUMN,… (${roles.join(', ')})`];
  return [
    `    if this is right, import it with --map ${quoted(columnsText(guess))}`,
    ...rows.map((row, i) => `    ${i + 1}  ${chosen.map(({ role, column }) => `${role}: ${row[column]}`).join(' | ')}`),
  ];
}

/** As a shell takes it letter for letter: the names are the file's. */
const quoted = (text: string): string =>
  /^[\w=.,-]+$/u.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
