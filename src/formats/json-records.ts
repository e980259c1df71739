/**
 * The records of a JSON file, streamed: one a line, objects spread over lines one after another, the elements of one array, or those
 * of an object's first list, `results`.
 */
import { isUtf8 } from 'node:buffer';
import type { EmbeddedFile } from './embedded-media.ts';
import { DamagedText, utf8Chunks } from './utf8.ts';

export interface Numbered {
  /** Line on which the record begins, from 1; in a parquet file the row, from 1. */
  line: number;
}
/** `files` are media that the record itself holds. */
export type RawRecord = Numbered & ({ value: unknown; files?: readonly EmbeddedFile[] } | { reason: string });

/** A record longer than this (bytes) is refused: nothing we read comes near, and it must fit in memory. */
const longestRecord = 64 * 1024 * 1024;

/**
 * Yields every record of a JSONL file, of indented objects, of a JSON array, or of an object that begins with `"results": […]`; a broken
 * one, or an end that comes too soon, with what is wrong. Reads a chunk at a time, and stops with the signal's reason.
 */
export async function* jsonRecords(file: string, signal?: AbortSignal): AsyncGenerator<RawRecord> {
  for await (const piece of pieces(file, signal)) yield 'reason' in piece ? piece : recordOf(piece);
}

/** Lists and objects within one record: an empty one takes fifty times its bytes. A shorter text (UTF-16 units) has not so many. */
const mostWithin = 1_000_000;
const unlooked = 1_000_000;

/** How many lists and objects begin in a text of JSON. */
function opened(text: string): number {
  let [count, inString] = [0, false];
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code === quote) inString = !inString;
    else if (inString) i += Number(code === backslash);
    else count += Number(code === bracket || code === brace);
  }
  return count;
}

const [quote, backslash, bracket, brace] = Buffer.from('"\\[{');

function recordOf({ line, text }: Numbered & { text: string }): RawRecord {
  const bytes = Buffer.from(text, 'latin1');
  if (!isUtf8(bytes)) return { line, reason: 'not UTF-8: its text would be read wrongly' };
  try {
    return { line, value: parseJson(bytes.toString('utf8')) };
  } catch (error) {
    return { line, reason: faultOf(error) };
  }
}

const faultOf = (error: unknown): string =>
  error instanceof SyntaxError ? `not JSON: ${error.message}` : (error as Error).message;

/** JSON, also as Python writes it: a bare NaN, by which trainers mean that there is no value, is null. Throws when it is none, or has too much in it. */
export function parseJson(text: string): unknown {
  if (text.length > unlooked && opened(text) > mostWithin)
    throw new Error(`more than ${mostWithin} lists and objects in one record, which would not fit in memory`);
  const revive = /(?<![\d.])\d{16,}(?![\d.])/u.test(text) ? (exact as Reviver) : undefined;
  try {
    return JSON.parse(text, revive);
  } catch (error) {
    if (!/NaN|Infinity/u.test(text)) throw error;
    const written: Record<string, string> = { NaN: 'null', Infinity: '1e999' };
    let inString = false;
    return JSON.parse(
      text.replaceAll(/\\.|"|NaN|Infinity/gu, (found) => {
        if (found === '"') inString = !inString;
        return inString ? found : (written[found] ?? found);
      }),
      revive,
    );
  }
}

type Reviver = (key: string, value: unknown) => unknown;

/** An integer that a number cannot hold, as ids are, is its digits. */
function exact(_: string, value: unknown, { source = '' }: { source?: string }): unknown {
  const isOther = typeof value === 'number' && !Number.isSafeInteger(value) && String(value) !== source;
  return isOther && /^-?\d+$/u.test(source) ? source : value;
}

type Piece = Numbered & ({ text: string } | { reason: string });

/** A beginning of this many bytes tells how a file's records stand in it: no first line of indented JSON is as long. */
const telling = 64 * 1024;

/** Cut as latin1, a byte a character: what cuts is ASCII, and a record's bytes are checked before they become text. */
async function* pieces(file: string, signal?: AbortSignal): AsyncGenerator<Piece> {
  let cutter: Cutter | null = null;
  let start = '';
  let fault: string | null = null;
  try {
    for await (const bytes of utf8Chunks(file, signal)) {
      const chunk = bytes.toString('latin1');
      if (cutter) {
        yield* cutter.add(chunk);
        continue;
      }
      start = (start + chunk).replace(/^\u00EF\u00BB\u00BF/u, '');
      if (start.length < telling && start.trimStart().split('\n', 3).length < 3) continue;
      cutter = cutterFor(start.trimStart());
      yield* cutter.add(start);
    }
  } catch (error) {
    // What stands before the place where a packed file is damaged is read.
    if (!(error instanceof DamagedText)) throw error;
    fault = `${error.message}; nothing behind this place is read`;
  }
  if (!cutter) {
    cutter = cutterFor(start.trimStart());
    yield* cutter.add(start);
  }
  yield* cutter.end();
  if (fault !== null) yield { line: cutter.line, reason: fault };
}

interface Cutter {
  /** The line it has come to. */
  readonly line: number;
  add(chunk: string): Iterable<Piece>;
  end(): Iterable<Piece>;
}

function cutterFor(start: string): Cutter {
  if (start.startsWith('[')) return new Elements(1);
  if (/^\{\s*"results"\s*:\s*\[/u.test(start)) return new Elements(2);
  return isSpread(start) ? new Objects() : new Lines();
}

/** Whether a text begins with an object that its first line leaves open and the next goes on with. */
function isSpread(start: string): boolean {
  const [first, second] = start.split('\n', 2);
  if (!first.startsWith('{') || second === undefined || /^\s*\{/u.test(second)) return false;
  const nesting = new Nesting();
  for (const char of first) nesting.take(char);
  return nesting.depth > 0 && !nesting.inString;
}

function hasText(text: string): boolean {
  return /[^ \t\r\n]/u.test(text);
}

/** A space, a tab or a line end. */
const isBlank = (code: number): boolean => code === 32 || code === 10 || code === 13 || code === 9;

class Lines implements Cutter {
  line: number;
  #rest = new Text();

  constructor(line = 1) {
    this.line = line;
  }

  *add(chunk: string): Iterable<Piece> {
    let start = this.#rest.isEmpty ? this.#skip(chunk, 0) : 0;
    for (let end = chunk.indexOf('\n', start); end >= 0; end = chunk.indexOf('\n', start)) {
      this.#rest.add(chunk.slice(start, end));
      yield* this.end();
      this.line += 1;
      start = this.#skip(chunk, end + 1);
    }
    this.#rest.add(chunk.slice(start));
  }

  /** Where what is blank ends from a line's beginning on: a file may be blank for very long. */
  #skip(chunk: string, start: number): number {
    let at = start;
    for (; at < chunk.length && isBlank(chunk.charCodeAt(at)); at += 1) if (chunk[at] === '\n') this.line += 1;
    return at;
  }

  *end(): Iterable<Piece> {
    yield* pieceOf(this.line, this.#rest.take());
  }
}

/** How deep in JSON's brackets a text is, outside its strings. */
class Nesting {
  depth = 0;
  inString = false;
  #escaped = false;

  /** Goes past a character; false when it is one of a string. */
  take(char: string): boolean {
    if (char === '\n') {
      // No string holds a line break: one that has lost its quote ends here.
      this.inString = false;
      this.#escaped = false;
    } else if (this.inString) {
      if (this.#escaped) this.#escaped = false;
      else if (char === '\\') this.#escaped = true;
      else if (char === '"') this.inString = false;
      return false;
    } else if (char === '"') this.inString = true;
    else if (char === '[' || char === '{') this.depth += 1;
    else if (char === ']' || char === '}') this.depth -= 1;
    return true;
  }
}

/** Cuts objects that are spread over lines, one after another; one that never closes ends where the next begins in the first column. */
class Objects implements Cutter {
  line = 1;
  #startLine = 1;
  #nesting = new Nesting();
  #object = new Text();
  /** Whether what is within the object stands further in than it does; null until its second line begins. */
  #isIndented: boolean | null = null;
  #atStart = true;

  *add(chunk: string): Iterable<Piece> {
    let start = 0;
    for (let i = 0; i < chunk.length; i += 1) {
      const char = chunk[i];
      if (this.#atStart) {
        if (this.#nesting.depth > 0) this.#isIndented ??= char === ' ' || char === '\t';
        if (char === '{' && this.#isIndented) {
          this.#object.add(chunk.slice(start, i));
          yield* this.end();
          start = i;
        }
      }
      this.#atStart = char === '\n';
      if (char === '\n') this.line += 1;
      if (this.#nesting.take(char) && char === '}' && this.#nesting.depth <= 0) {
        this.#object.add(chunk.slice(start, i + 1));
        yield* this.end();
        start = i + 1;
      }
    }
    this.#object.add(chunk.slice(start));
  }

  *end(): Iterable<Piece> {
    const text = this.#object.take();
    const ofFirst = text?.indexOf('\n') ?? -1;
    if (this.#nesting.depth > 0 && this.#isIndented === false && ofFirst >= 0) {
      // Nothing but the end of the file has ended it: a lost brace hides all that follows, which is read a line at a time.
      yield* pieceOf(this.#startLine, text!.slice(0, ofFirst));
      const lines = new Lines(this.#startLine + 1);
      yield* lines.add(text!.slice(ofFirst + 1));
      yield* lines.end();
    } else yield* pieceOf(this.#startLine, text);
    this.#startLine = this.line;
    this.#nesting = new Nesting();
    this.#isIndented = null;
  }
}

/** Cuts an array into its elements at the commas outside strings, objects and inner arrays. */
class Elements implements Cutter {
  /** How many brackets enclose an element: 1 in an array, 2 in the array of an object. */
  readonly #level: number;
  line = 1;
  #startLine = 1;
  readonly #nesting = new Nesting();
  #element = new Text();
  #count = 0;
  /** What follows the array. */
  #tail: Text | null = null;

  constructor(level: 1 | 2) {
    this.#level = level;
  }

  *add(chunk: string): Iterable<Piece> {
    let start = 0;
    for (let i = 0; i < chunk.length && !this.#tail; i += 1) {
      const char = chunk[i];
      if (char === '\n') this.line += 1;
      const enclosed = this.#nesting.depth;
      if (!this.#nesting.take(char)) continue;
      if (this.#nesting.depth > enclosed) {
        if (this.#nesting.depth === this.#level) {
          start = i + 1;
          this.#startLine = this.line;
        }
      } else if (this.#nesting.depth < enclosed || (char === ',' && enclosed === this.#level)) {
        if (this.#nesting.depth < this.#level || char === ',') {
          this.#element.add(chunk.slice(start, i));
          yield* this.#take(char === ',' || this.#count > 0);
          start = i + 1;
        }
        if (this.#nesting.depth < this.#level) this.#tail = new Text();
      }
    }
    if (this.#tail) this.#tail.add(chunk.slice(start));
    else if (this.#nesting.depth >= this.#level) this.#element.add(chunk.slice(start));
  }

  *end(): Iterable<Piece> {
    if (!this.#tail) {
      yield* this.#take(false);
      yield { line: this.line, reason: 'the file ends before its list does' };
      return;
    }
    const tail = this.#tail.take();
    try {
      parseJson((this.#level === 1 ? '[]' : '{"results":[]') + String(tail));
    } catch (error) {
      yield { line: this.line, reason: `after the list: ${faultOf(error)}` };
    }
  }

  /** `due` where a comma before or behind says that there is an element. */
  *#take(due: boolean): Iterable<Piece> {
    const [piece] = pieceOf(this.#startLine, this.#element.take());
    if (piece) yield piece;
    else if (due) yield { line: this.line, reason: 'not JSON: a comma without an element' };
    this.#count += 1;
    this.#startLine = this.line;
  }
}

/** A record's text unless it is blank; `line` is that on which the text begins. */
function* pieceOf(line: number, text: string | null): Iterable<Piece> {
  if (text === null) yield { line, reason: `longer than ${longestRecord} bytes` };
  else if (hasText(text)) yield { line: line + /^\s*/u.exec(text)![0].split('\n').length - 1, text };
}

/** Text gathered in parts, up to the longest record. */
class Text {
  #parts: string[] = [];
  #length = 0;

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  add(part: string): void {
    this.#length += part.length;
    if (this.#length <= longestRecord) this.#parts.push(part);
    else this.#parts = [];
  }

  take(): string | null {
    const text = this.#length <= longestRecord ? this.#parts.join('') : null;
    this.#parts = [];
    this.#length = 0;
    return text;
  }
}
