/** The journal of people's edits beside a store: JSON lines from which they come back when the store is lost. */
import {
  closeSync,
  fdatasyncSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { editKey, editLine, editOf, formatTag, type Edit } from '../domain/edit.ts';
import { errorText } from '../domain/error-text.ts';

/** A journal smaller than this is never written anew, in bytes. */
const smallest = 8 * 1024 * 1024;

/** A line of a journal: its edit, or why it has none. */
export type JournalLine = { line: number } & ({ edit: Edit } | { reason: string; text: string });

/** Where the journal of the store in `file` lies. */
export const journalOf = (file: string): string => `${file}.edits.jsonl`;

/**
 * Appended to by whoever holds the store's write lock, so that no two write at once. It is opened anew each time: another process
 * may have written it anew meanwhile.
 */
export class Journal {
  readonly file: string;
  readonly #least: number;

  /** `least` is the size below which it is never written anew, in bytes. */
  constructor(store: string, least = smallest) {
    this.file = journalOf(store);
    this.#least = least;
  }

  /** Whether there is none yet, so that it has to begin with all that people did before. */
  get isMissing(): boolean {
    return !existsSync(this.file);
  }

  /** Writes the first edits, whole or not at all. */
  begin(edits: Iterable<Edit>): void {
    this.#attempt(() => writeAnew(this.file, linesOf(edits)));
  }

  /** Adds edits; with `sync` they are on the disk when this returns. Throws, leaving the journal as it was, when it cannot be written. */
  add(edits: readonly Edit[], sync: boolean): void {
    this.#attempt(() => {
      if (append(this.file, edits.map(editLine).join(''), sync) >= this.#least) this.#compact();
    });
  }

  /** Keeps the last word on everything, once the journal has twice the size that this left last time; lines that say nothing stay as they are. */
  #compact(): void {
    if (statSync(this.file).size < 2 * compactedSize(this.file)) return;
    const last = new Map<string, string>();
    for (const line of readJournal(this.file)) {
      if ('reason' in line) {
        if (!isNote(line.text)) last.set(`line ${line.line}`, `${line.text}\n`);
        continue;
      }
      const key = editKey(line.edit);
      // What is said last comes last: an edit may need one of another kind before it.
      last.delete(key);
      last.set(key, editLine('action' in line.edit ? { ...line.edit, action: 'set' } : line.edit));
    }
    const text = [...last.values()].join('');
    writeAnew(this.file, [`${JSON.stringify({ format: formatTag, compacted: Buffer.byteLength(text) })}\n`, text]);
  }

  #attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      throw new Error(
        `not saved: the journal of edits ${this.file} cannot be written (${errorText(error)}). Make room on its disk and give yourself the right to write there, then try again.`,
        { cause: error },
      );
    }
  }
}

/** The lines of a journal, in order; what a power cut left of a last one is a line with a reason. Nothing where there is none. */
export function* readJournal(file: string): Generator<JournalLine> {
  if (!existsSync(file)) return;
  const lines = readFileSync(file, 'utf8').split('\n');
  for (const [i, text] of lines.entries()) {
    if (text === '') continue;
    try {
      yield { line: i + 1, edit: editOf(JSON.parse(text)) };
    } catch (error) {
      const reason =
        i === lines.length - 1 ? 'it is not whole: it was being written when the machine stopped' : errorText(error);
      yield { line: i + 1, reason, text };
    }
  }
}

/** How much of a journal's end is read for its last edit, in bytes: most are some hundred. */
const lastBytes = 65_536;

/** The last whole edit of a journal; null where its end has none. */
export function lastEdit(file: string): Edit | null {
  if (!existsSync(file)) return null;
  const descriptor = openSync(file, 'r');
  try {
    const end = Buffer.alloc(lastBytes);
    const length = readSync(descriptor, end, 0, lastBytes, Math.max(0, fstatSync(descriptor).size - lastBytes));
    for (const text of end.toString('utf8', 0, length).split('\n').toReversed()) {
      try {
        return editOf(JSON.parse(text));
      } catch {
        // Torn, or none.
      }
    }
    return null;
  } finally {
    closeSync(descriptor);
  }
}

/** Whether a line without an edit is the journal's own note of its size. */
export const isNote = (text: string): boolean => text.startsWith(noteStart);
const noteStart = `{"format":"${formatTag}","compacted":`;

/** What the journal's first line says that it was left with, in bytes; 0 where it was never written anew. */
function compactedSize(file: string): number {
  const descriptor = openSync(file, 'r');
  try {
    const head = Buffer.alloc(noteStart.length + 20);
    const text = head.toString('latin1', 0, readSync(descriptor, head));
    return isNote(text) ? Number.parseInt(text.slice(noteStart.length), 10) : 0;
  } finally {
    closeSync(descriptor);
  }
}

/** Returns the size it then has. A line that a power cut left unfinished is ended first. */
function append(file: string, text: string, sync: boolean): number {
  const descriptor = openSync(file, 'a+');
  try {
    const { size } = fstatSync(descriptor);
    const end = Buffer.alloc(1);
    if (size > 0) readSync(descriptor, end, 0, 1, size - 1);
    try {
      const written = write(descriptor, size === 0 || end.toString() === '\n' ? text : `\n${text}`);
      if (sync) fdatasyncSync(descriptor);
      return size + written;
    } catch (error) {
      ftruncateSync(descriptor, size);
      throw error;
    }
  } finally {
    closeSync(descriptor);
  }
}

function writeAnew(file: string, texts: Iterable<string>): void {
  const partial = `${file}.partial`;
  const descriptor = openSync(partial, 'w');
  try {
    for (const text of texts) write(descriptor, text);
    fdatasyncSync(descriptor);
  } catch (error) {
    closeSync(descriptor);
    rmSync(partial, { force: true });
    throw error;
  }
  closeSync(descriptor);
  renameSync(partial, file);
}

function write(descriptor: number, text: string): number {
  const bytes = Buffer.from(text);
  for (let done = 0; done < bytes.length;) done += writeSync(descriptor, bytes, done);
  return bytes.length;
}

/** Some hundred at once, so that a long journal is no text in memory. */
function* linesOf(edits: Iterable<Edit>): Generator<string> {
  let lines: string[] = [];
  for (const edit of edits) {
    if (lines.push(editLine(edit)) < 500) continue;
    yield lines.join('');
    lines = [];
  }
  yield lines.join('');
}
