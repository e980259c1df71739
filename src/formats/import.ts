/** Brings files and folders of rollouts and prompts into a store. */
import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Segmentation } from '../domain/phase.ts';
import type { Prompt, Rollout } from '../domain/rollout.ts';
import { groupId, promptId, rolloutId } from '../domain/identity.ts';
import { isStoreFailure, type CommentChangeRow, type Store } from '../store/store.ts';
import { carriedOver } from './carried-over.ts';
import { columnFault, shapeOf, type ColumnMap, type ColumnOffer } from './columns.ts';
import { detectFormat, formatNamed, recordsOf } from './detect.ts';
import type { Draft, FileContext, Format, PromptDraft, RolloutDraft } from './draft.ts';
import { extract, type EmbeddedFile } from './embedded-media.ts';
import { datasetOf, endingOf, holdsLabels, isMeant, isReadable } from './file-name.ts';
import { mappedFormat } from './mapped.ts';
import { locateMedia, type MediaPlaces } from './media.ts';
import { StoredRollouts } from './stored-rollouts.ts';
import { unreadOf, type Unread } from './unread.ts';

export interface ImportOptions {
  /** Name of the format of every file; known by content when left out. */
  format?: string;
  /** Folder in which media that a file names are looked for. */
  media?: string;
  /** Folder to write media into that files hold as bytes. */
  extract?: string;
  /** Dataset file read first, whose prompts give the dumps their media. */
  dataset?: string;
  /** Folders beside those of `paths` that relative media paths may lead into: the workspace. */
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
  signal?: AbortSignal;
  onProgress?: (progress: ImportProgress) => void;
}

export interface ImportProgress {
  /** The file being read, the how manieth of how many. */
  file: string;
  index: number;
  files: number;
  rollouts: number;
  rejected: number;
  /** Media taken out so far. */
  extracted: number;
}

/** A line that was not taken in; line 0 is the whole file. */
export interface Rejection {
  file: string;
  line: number;
  reason: string;
  /** What could be read of the file if a person named its columns. */
  offer?: ColumnOffer;
}

/** What people should know of a file that was taken in. */
export interface Note {
  file: string;
  text: string;
}

export interface ImportReport {
  files: number;
  /** Rows that could be read, those of which all is there already among them. */
  rows: number;
  rollouts: number;
  prompts: number;
  /** Labels taken in; an annotator's own that is there already stays. */
  labels: number;
  /** Comments that were not there. */
  comments: number;
  duplicates: number;
  rejected: Rejection[];
  /** Of a folder's files that share one, the first has it. */
  notes: Note[];
  /** Media that rows hold and that are files of the folder `extract` now; left out without one. */
  extracted?: number;
  /** Rows that hold media as bytes of which no file was found or written; left out when there is none. */
  embedded?: { file: string; rows: number }[];
  /** With `update`, what became of rollouts that were there; else left out. */
  updated?: {
    /** Those that are brought up to date; `duplicates` were so already. */
    rollouts: number;
    /** Those that their file does not hold as it is read now: they stay as they were. */
    unmatched: number;
    /** Of those the ones that somebody labelled, marked or commented on, and those whose text alone stays as it was, each with the reason. */
    left: { file: string; rollout: string; reason: string }[];
  };
  /** Files read by `maps`, that a person may choose again; left out when there is none. */
  mapped?: { file: string; map: ColumnMap; offer: ColumnOffer }[];
}

interface Candidate {
  path: string;
  /** By the person; false within a folder. */
  named: boolean;
  map: ColumnMap | undefined;
}

/** Rows a transaction holds, and how long others may write between two (ms). */
const batchSize = 1000;
const pause = 5;

/** More broken lines of one file than this are counted, not listed. */
const listedRejections = 1000;

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
    roots.push(isFolder ? path : dirname(path));
    if (isFolder)
      folders.set(
        path,
        (await filesIn(path)).map((inner) => ({ path: inner, named: false, map })),
      );
    files.push(...(folders.get(path) ?? [{ path, named: true, map }]));
  }

  // Labels wait for the rollouts they are on, whatever the names of the files.
  files.sort((a, b) => Number(holdsLabels(a.path)) - Number(holdsLabels(b.path)));

  const phases = store.phases();
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
    ...(options.update && { updated: { rollouts: 0, unmatched: 0, left: [] } }),
  };
  const surveys = new Map<string, unknown>();
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
        const reader = isLink ? link : (format ?? (await readerOf(file, options, report)));
        if ('reason' in reader) {
          const { reason, isData, offer } = reader;
          if (file.named || isData) report.rejected.push({ file: file.path, line: 0, reason, ...(offer && { offer }) });
          else strange.add(file);
          continue;
        }
        report.files += 1;
        const places = { file: file.path, media: options.media, roots };
        await new FileImport(store, report, places, options.extract).read(
          reader,
          {
            ...(await contextOf(file.path, reader)),
            phases,
            survey: await surveyOf(file.path, reader, surveys),
            note: noteOf(file.path, report),
          },
          progress,
          options.signal,
        );
      } catch (error) {
        options.signal?.throwIfAborted();
        if (isStoreFailure(error)) throw error;
        report.rejected.push({ file: file.path, line: 0, reason: (error as Error).message });
      }
    }
    for (const [folder, within] of folders) {
      if (within.every((file) => strange.has(file))) report.rejected.push({ file: folder, line: 0, reason: nothing });
    }
    store.joinMedia();
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

/** What reads a file, or why nothing does. */
async function readerOf(
  { path, named, map }: Candidate,
  { maps, signal }: ImportOptions,
  report: ImportReport,
): Promise<Format | Unread> {
  const known = await detectFormat(path, signal);
  const isTable = known?.container === 'json' || known?.container === 'parquet';
  if (known && !(map && named && isTable)) return known;
  const unread = await unreadOf(path, signal);
  const chosen = unread.offer && (map ?? maps?.[shapeOf(unread.offer)]);
  if (!unread.offer || !chosen) return unread;
  const fault = columnFault(chosen, unread.offer);
  if (fault !== null) return { ...unread, reason: fault };
  if (!map) (report.mapped ??= []).push({ file: path, map: chosen, offer: unread.offer });
  return mappedFormat(chosen);
}

/** Says what of an import is there when the store can take no more. */
function stopped(cause: Error, { rollouts, prompts, labels, comments }: ImportReport): Error {
  return new Error(
    `the store cannot be written: ${cause.message}. What was read before stays: ${rollouts} new rollouts, ${prompts} new prompts, ` +
      `${labels} new labels, ${comments} new comments. Mend that and import again: nothing is taken twice.`,
    { cause },
  );
}

/** One file on its way into the store. */
class FileImport {
  readonly #store: Store;
  readonly #report: ImportReport;
  #places: MediaPlaces;
  readonly #extract: string | undefined;
  #prompts = new Map<string, Prompt>();
  #rollouts: Rollout[] = [];
  #labels: Segmentation[] = [];
  #comments: { rolloutId: string; changes: CommentChangeRow[] }[] = [];
  /** How often a completion was seen in its group: equal ones must stay apart. */
  readonly #seen = new Map<string, number>();
  /** What the store has of the file, where that is to be brought up to date. */
  #stored: StoredRollouts | null = null;

  constructor(store: Store, report: ImportReport, places: MediaPlaces, extract: string | undefined) {
    this.#store = store;
    this.#report = report;
    this.#places = places;
    this.#extract = extract;
  }

  async read(format: Format, context: FileContext, progress: () => void, signal?: AbortSignal): Promise<void> {
    let unlisted = 0;
    const before = this.#report.rejected.length;
    const attempt = (line: number, place: string, work: () => void): void => {
      try {
        work();
      } catch (error) {
        if (isStoreFailure(error)) throw error;
        if (this.#report.rejected.length - before >= listedRejections) unlisted += 1;
        else this.#report.rejected.push({ file: context.file, line, reason: place + (error as Error).message });
      }
    };
    if (this.#report.updated) this.#stored = new StoredRollouts(this.#store, context.file);
    for await (const record of await recordsOf(format, context.file, signal)) {
      if ('value' in record) await this.#takeOut(record.files ?? [], context, progress, signal);
      attempt(record.line, '', () => {
        if ('reason' in record) throw new Error(record.reason);
        const rows = format.rows?.(record.value, context) ?? [record.value];
        for (const [i, row] of rows.entries()) {
          const place = rows.length > 1 ? `row ${i + 1} of ${rows.length}: ` : '';
          attempt(record.line, place, () => {
            this.#take(format.parse(row, context));
            this.#report.rows += 1;
          });
        }
      });
      if (this.#rollouts.length >= batchSize || this.#prompts.size >= batchSize) {
        this.#flush();
        progress();
        // A window that saves a label meanwhile gets its turn at the file.
        await sleep(pause);
        signal?.throwIfAborted();
      }
    }
    this.#flush();
    this.#tellUnmatched(context.file);
    if (unlisted > 0) {
      this.#report.rejected.push({ file: context.file, line: 0, reason: `${unlisted} more lines are broken` });
    }
    progress();
  }

  /** Writes the media that a record holds, for its prompt to name; where that was not asked for, counts the record unless they are there. */
  async #takeOut(
    files: readonly EmbeddedFile[],
    { file, note }: FileContext,
    progress: () => void,
    signal?: AbortSignal,
  ): Promise<void> {
    if (files.length === 0 && !this.#places.extracted) return;
    const extracted = new Map<string, string>();
    this.#places = { ...this.#places, extracted };
    for (const one of this.#extract === undefined ? [] : files) {
      signal?.throwIfAborted();
      const path = await extract(one, resolve(this.#extract!));
      if (path === null) {
        note(
          'some of the media that it holds are no video, sound or picture by their beginning or their name, and are left in it',
        );
        continue;
      }
      extracted.set(one.name, path);
      this.#report.extracted! += 1;
      progress();
    }
    if (files.every(({ name }) => isAbsolute(locateMedia(name, this.#places)))) return;
    const counts = (this.#report.embedded ??= []);
    const count = counts.find((one) => one.file === file);
    if (count) count.rows += 1;
    else counts.push({ file, rows: 1 });
  }

  #take(draft: Draft): void {
    if (draft.kind === 'label') {
      const { rolloutId, label, text } = draft;
      this.#flush();
      const completion = text === undefined ? undefined : this.#store.rollout(rolloutId)?.completion;
      const boundaries = completion === undefined ? label.boundaries : carriedOver(label.boundaries, text!, completion);
      this.#report.labels += this.#store.addRollouts([], [], [{ rolloutId, ...label, boundaries }]).labels;
      return;
    }
    const prompt = this.#promptOf(draft.prompt);
    this.#prompts.set(prompt.id, prompt);
    if (draft.rollout === null) return;
    const rollout = this.#rolloutOf(draft.rollout, prompt.id);
    this.#rollouts.push(rollout);
    for (const label of draft.labels) this.#labels.push({ rolloutId: rollout.id, ...label });
    if (draft.comments?.length) this.#comments.push({ rolloutId: rollout.id, changes: draft.comments });
  }

  #promptOf({ nth, ...draft }: PromptDraft): Prompt {
    const prompt = {
      ...draft,
      // From the paths as the file has them: a moved folder keeps its ids.
      id: draft.id ?? promptId(draft, nth),
      video: locateMedia(draft.video, this.#places),
      audio: locateMedia(draft.audio, this.#places),
      media: draft.media?.map(({ kind, path }) => ({ kind, path: locateMedia(path, this.#places) })),
    };
    if (draft.id !== undefined || !draft.media) return prompt;
    return { ...prompt, id: this.#store.idOfSeveral(prompt, promptId({ ...draft, media: null }, nth)) };
  }

  #rolloutOf({ groupName, ...draft }: RolloutDraft, prompt: string): Rollout {
    const group = draft.groupId ?? groupId(prompt, draft.policy, draft.policyVersion, groupName);
    const rollout = { ...draft, promptId: prompt, groupId: group };
    return { ...rollout, id: draft.id ?? rolloutId(rollout, this.#occurrence(group, draft.completion)) };
  }

  #occurrence(group: string, completion: string): number {
    const key = createHash('sha256').update(group).update('\0').update(completion).digest('base64');
    const count = this.#seen.get(key) ?? 0;
    this.#seen.set(key, count + 1);
    return count;
  }

  #flush(): void {
    if (this.#stored) this.#update(this.#stored);
    const counts = this.#store.addRollouts([...this.#prompts.values()], this.#rollouts, this.#labels);
    this.#report.prompts += counts.prompts;
    this.#report.rollouts += counts.rollouts;
    this.#report.labels += counts.labels;
    this.#report.duplicates += counts.duplicates;
    this.#prompts = new Map();
    this.#rollouts = [];
    this.#labels = [];
    for (const { rolloutId, changes } of this.#comments)
      this.#report.comments += this.#store.adoptComments(rolloutId, changes);
    this.#comments = [];
  }

  /** Brings what the store has of the file's rollouts up to date; the new ones are left to be added. */
  #update(stored: StoredRollouts): void {
    const { updated, ...report } = this.#report;
    const read = this.#rollouts.map((rollout) => ({ rollout, prompt: this.#prompts.get(rollout.promptId)! }));
    const matches = stored.match(read);
    const updates = read.flatMap(({ rollout }, i) => (matches[i] === undefined ? [] : [{ id: matches[i], rollout }]));
    const counts = this.#store.updateRollouts([...this.#prompts.values()], updates);
    updated!.rollouts += counts.changed;
    for (const { id, reason } of counts.kept) updated!.left.push({ file: this.#places.file, rollout: id, reason });
    this.#report.prompts = report.prompts + counts.added - counts.merged;
    this.#report.duplicates += updates.length - counts.changed;
    this.#rollouts = this.#rollouts.filter((_, i) => matches[i] === undefined);
  }

  #tellUnmatched(file: string): void {
    const unmatched = this.#stored?.unmatched ?? [];
    if (unmatched.length === 0) return;
    const { updated } = this.#report;
    updated!.unmatched += unmatched.length;
    const reason = 'the file has nothing that is this rollout: it stays as it was';
    for (const { id, isTouched } of unmatched) if (isTouched) updated!.left.push({ file, rollout: id, reason });
  }
}

/** Once for all files that have it in common. */
async function surveyOf(file: string, format: Format, known: Map<string, unknown>): Promise<unknown> {
  if (!format.survey) return undefined;
  const of = format.survey.of(file);
  const key = `${format.name} ${of}`;
  if (!known.has(key)) known.set(key, await format.survey.read(of, (one) => recordsOf(format, one)));
  return known.get(key);
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

async function contextOf(
  file: string,
  { companion }: Format,
): Promise<Omit<FileContext, 'phases' | 'survey' | 'note'>> {
  return {
    file,
    modifiedAt: (await stat(file)).mtime.toISOString(),
    dataset: datasetOf(file),
    companion: companion === undefined ? null : await readCompanion(join(dirname(file), companion)),
  };
}

/** Null when it is not there. Throws when it is there and cannot be read. */
async function readCompanion(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new Error(`${basename(file)} beside it cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

/** Of links, those whose name alone tells of data: what is JSON may be anything. */
const isLinkable = (file: string): boolean => isMeant(file) && endingOf(file) !== 'json';

/** Every file of a folder that may hold records, sorted so that step 2 comes before step 10. */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const byName = new Intl.Collator('en', { numeric: true });
  const found: string[] = [];
  for (const entry of entries.sort((a, b) => byName.compare(a.name, b.name))) {
    if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) found.push(...(await filesIn(path)));
    else if (entry.isFile() ? isReadable(path) : isLinkable(path)) found.push(path);
  }
  return found;
}
