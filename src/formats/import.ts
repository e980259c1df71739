/** Brings files and folders of rollouts and prompts into a store. */
import { lstat, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { projectAround } from '../store/place.ts';
import { isStoreFailure, type Store } from '../store/store.ts';
import type { ColumnMap } from './columns.ts';
import { formatNamed, recordsOf } from './detect.ts';
import type { FileContext, Format } from './draft.ts';
import { FileImport } from './file-import.ts';
import { endingOf, isReadable } from './ending.ts';
import { holdsLabels, isMeant } from './file-name.ts';
import { filesIn } from './folder-files.ts';
import type { ImportProgress, ImportReport } from './import-report.ts';
import { contextOf, readerOf } from './reader.ts';
import type { Unread } from './unread.ts';

export interface ImportOptions {
  /** Name of the format of every file; known by content when left out. */
  format?: string;
  /** Folder in which media that a file names are looked for. */
  media?: string;
  /** Folder to write media into that files hold as bytes. */
  extract?: string;
  /** Folder of the tokenizer of dumps that hold token ids alone; where it is left out, one beside the dump is found. */
  tokenizer?: string;
  /** Dataset file read first, whose prompts give the dumps their media. */
  dataset?: string;
  /** Folders beside those of `paths`, and the projects that these lie in, that relative media paths may lead into: the workspace. */
  roots?: readonly string[];
  /** Reads the files that are named by these columns, and those of a folder that are of no known format; labels stay labels. */
  map?: ColumnMap;
  /** Columns that were chosen before, by the shape of files of no known format (`shapeOf`). */
  maps?: Readonly<Record<string, ColumnMap>>;
  /**
   * Brings rollouts that are there from the same files up to date in place, found again by what they say and not by their ids, instead of
   * leaving them as they are. What people made of them stays.
   */
  update?: boolean;
  /**
   * Of the folders, these files alone, which may grow yet: a last line that is not whole is left for the next time. The value says whether
   * the file has stood still for a while: one that only the whole tells how to read waits for that.
   */
  growing?: ReadonlyMap<string, boolean>;
  signal?: AbortSignal;
  onProgress?: (progress: ImportProgress) => void;
}

interface Candidate {
  path: string;
  /** By the person; false within a folder. */
  named: boolean;
  map: ColumnMap | undefined;
}

/**
 * Imports every path, folders with all in them. Idempotent; a bad line is reported and the rest goes in. When `signal`
 * aborts, what was committed stays and it rejects with the signal's reason. Rejects when a path is missing, the
 * format's name is unknown, or the store cannot be written: then it says what was committed, which stays.
 */
export async function importFiles(
  store: Store,
  paths: readonly string[],
  options: ImportOptions = {},
): Promise<ImportReport> {
  const { maps, signal } = options;
  const format = options.format === undefined ? null : formatNamed(options.format);
  const named = [...(options.dataset === undefined ? [] : [options.dataset]), ...paths].map((path) => resolve(path));
  const files: Candidate[] = [];
  const folders = new Map<string, Candidate[]>();
  const strange = new Set<Candidate>();
  const roots = [...(options.roots ?? []), ...(options.media === undefined ? [] : [options.media])].map((path) =>
    resolve(path),
  );
  for (const [i, path] of named.entries()) {
    const map = options.dataset !== undefined && i === 0 ? undefined : options.map;
    const isFolder = (await stat(path).catch(missing)).isDirectory();
    const folder = isFolder ? path : dirname(path);
    roots.push(folder, projectAround(folder) ?? folder);
    if (isFolder) {
      const inner = (await filesIn(path, (file, isLink) => (isLink ? isLinkable(file) : isReadable(file)))).filter(
        (file) => options.growing?.has(file) ?? true,
      );
      folders.set(
        path,
        inner.map((file) => ({ path: file, named: false, map })),
      );
    }
    files.push(...(folders.get(path) ?? [{ path, named: true, map }]));
  }

  // Labels wait for the rollouts they are on, whatever the names of the files.
  files.sort((a, b) => Number(holdsLabels(a.path)) - Number(holdsLabels(b.path)));

  const phases = store.phases.get();
  const report: ImportReport = {
    files: 0,
    rows: 0,
    rollouts: 0,
    prompts: 0,
    labels: 0,
    comments: 0,
    duplicates: 0,
    rejected: [],
    notes: [],
    ...(options.extract !== undefined && { extracted: 0 }),
    ...(options.update && {
      updated: { rollouts: 0, found: { id: 0, text: 0, part: 0, place: 0 }, unmatched: 0, left: [] },
    }),
  };
  const surveys: Surveys = new Map();
  try {
    for (const [index, file] of files.entries()) {
      options.signal?.throwIfAborted();
      const progress = (): void =>
        options.onProgress?.({
          file: file.path,
          index,
          files: files.length,
          rollouts: report.rollouts + report.duplicates,
          rejected: report.rejected.length,
          extracted: report.extracted ?? 0,
        });
      progress();
      try {
        const isLink = !file.named && (await lstat(file.path)).isSymbolicLink();
        const found = isLink ? link : format ? { format } : await readerOf(file.path, { ...file, maps, signal });
        if ('reason' in found) {
          const { reason, isData, offer } = found;
          if (file.named || isData) report.rejected.push({ file: file.path, line: 0, reason, ...(offer && { offer }) });
          else strange.add(file);
          continue;
        }
        const { format: reader, by } = found;
        if (by) (report.mapped ??= []).push({ file: file.path, ...by });
        if (reader.survey?.of(file.path) === file.path && options.growing?.get(file.path) === false) {
          (report.unfinished ??= []).push(file.path);
          continue;
        }
        report.files += 1;
        if (options.growing) {
          for (const on of hangsOn(reader, file.path)) (report.hanging ??= []).push({ file: file.path, on });
        }
        const places = { file: file.path, media: options.media, roots };
        const isWhole = await new FileImport(store, report, places, options.extract).read(
          reader,
          {
            ...(await contextOf(file.path, reader)),
            phases,
            survey: await surveyOf(file.path, reader, surveys, options.tokenizer),
            note: noteOf(file.path, report),
          },
          progress,
          options.signal,
          options.growing !== undefined,
        );
        if (!isWhole) (report.unfinished ??= []).push(file.path);
      } catch (error) {
        options.signal?.throwIfAborted();
        if (isStoreFailure(error)) throw error;
        report.rejected.push({ file: file.path, line: 0, reason: (error as Error).message });
      }
    }
    for (const [folder, within] of folders) {
      if (!options.growing && within.every((file) => strange.has(file)))
        report.rejected.push({ file: folder, line: 0, reason: nothing });
    }
    report.joined = store.prompts.joinMedia() || undefined;
  } catch (error) {
    throw isStoreFailure(error) ? stopped(error, report) : error;
  }
  return report;
}

/** Where a link within a folder leads, nobody named. */
const link: Unread = {
  reason: 'a link, which is not followed within a folder: name it itself to read it',
  isData: true,
};

function missing(error: NodeJS.ErrnoException): never {
  throw error.code === 'ENOENT' ? new Error(`there is no file or folder ${error.path}`, { cause: error }) : error;
}

/** Of a folder that holds files of other kinds alone, or none. */
const nothing = 'no file in this folder is a dump, a dataset or labels: name a file itself to hear why it is not read';

/** Says what of an import is there when the store can take no more. */
function stopped(cause: Error, { rollouts, prompts, labels, comments }: ImportReport): Error {
  return new Error(
    `the store cannot be written: ${cause.message}. What was read before stays: ${rollouts} new rollouts, ${prompts} new prompts, ` +
      `${labels} new labels, ${comments} new comments. Mend that and import again: nothing is taken twice.`,
    { cause },
  );
}

/** What each format's last survey was of. */
type Surveys = Map<string, { of: string; found: unknown }>;

/** What of others tells how a file is read. */
function hangsOn({ companion, survey }: Format, file: string): string[] {
  const others = [
    ...(companion === undefined ? [] : [join(dirname(file), companion)]),
    ...(survey ? [survey.of(file)] : []),
  ];
  return others.filter((path) => path !== file && path !== '');
}

/** Once for files that follow one another and have it in common. */
async function surveyOf(file: string, format: Format, last: Surveys, tokenizer: string | undefined): Promise<unknown> {
  if (!format.survey) return undefined;
  const of = format.survey.of(file);
  const known = last.get(format.name);
  if (known?.of === of) return known.found;
  const found = await format.survey.read(of, (one) => recordsOf(format, one), tokenizer);
  last.set(format.name, { of, found });
  return found;
}

/** Notes on one file: a column that is not what its name says could fill a list without end. */
const mostNotes = 50;

function noteOf(file: string, { notes }: ImportReport): FileContext['note'] {
  let told = 0;
  return (given) => {
    if (told > mostNotes) return;
    const text = told === mostNotes ? 'there is more of this kind than is listed here' : given;
    if (!notes.some((note) => note.text === text && dirname(note.file) === dirname(file))) {
      notes.push({ file, text });
      told += 1;
    }
  };
}

/** Of links, those whose name alone tells of data: what is JSON may be anything. */
const isLinkable = (file: string): boolean => isMeant(file) && endingOf(file) !== 'json';
