/** The records of a JSON file, streamed: one a line, or the elements of one array. */
import { createReadStream } from 'node:fs';

export interface Numbered {
  /** Line on which the record begins, from 1; in a parquet file the row, from 1. */
  line: number;
}
export type RawRecord = Numbered & ({ value: unknown } | { reason: string });

/** A record longer than this (UTF-16 units) is refused: nothing we read comes near, and it must fit in memory. */
const longestRecord = 64 * 1024 * 1024;

/** Yields every record of a JSONL file or a JSON array, a broken one with what is wrong; reads a chunk at a time. */
export async function* jsonRecords(file: string): AsyncGenerator<RawRecord> {
  for await (const { line, text } of pieces(file)) {
    if (text === null) {
      yield { line, reason: `longer than ${longestRecord} characters` };
      continue;
    }
    try {
      yield { line, value: JSON.parse(text) };
    } catch (error) {
      yield { line, reason: `not JSON: ${(error as Error).message}` };
    }
  }
}

interface Piece extends Numbered {
  /** Null when too long to keep. */
  text: string | null;
}

async function* pieces(file: string): AsyncGenerator<Piece> {
  const chunks = createReadStream(file, { encoding: 'utf8' }) as AsyncIterable<string>;
  let cutter: Cutter | null = null;
  let blank = '';
  for await (const chunk of chunks) {
    if (cutter) {
      yield* cutter.add(chunk);
      continue;
    }
    blank += chunk.replace(/^\uFEFF/u, '');
    const start = blank.trimStart();
    if (start === '') continue;
    cutter = start.startsWith('[') ? new Elements() : new Lines();
    yield* cutter.add(blank);
    blank = '';
  }
  if (cutter) yield* cutter.end();
}

interface Cutter {
  add(chunk: string): Iterable<Piece>;
  end(): Iterable<Piece>;
}

class Lines implements Cutter {
  #line = 1;
  #rest = new Text();

  *add(chunk: string): Iterable<Piece> {
    let start = 0;
    for (let end = chunk.indexOf('\n'); end >= 0; end = chunk.indexOf('\n', start)) {
      this.#rest.add(chunk.slice(start, end));
      yield* this.#take();
      this.#line += 1;
      start = end + 1;
    }
    this.#rest.add(chunk.slice(start));
  }

  *end(): Iterable<Piece> {
    yield* this.#take();
  }

  *#take(): Iterable<Piece> {
    const text = this.#rest.take();
    if (text === null || text.trim() !== '') yield { line: this.#line, text };
  }
}

/** Cuts an array into its elements at the commas outside strings, objects and inner arrays. */
class Elements implements Cutter {
  #line = 1;
  #startLine = 1;
  #depth = 0;
  #inString = false;
  #escaped = false;
  #element = new Text();

  *add(chunk: string): Iterable<Piece> {
    let start = 0;
    for (let i = 0; i < chunk.length; i += 1) {
      const char = chunk[i];
      if (char === '\n') this.#line += 1;
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (char === '\\') this.#escaped = true;
        else if (char === '"') this.#inString = false;
      } else if (char === '"') this.#inString = true;
      else if (char === '[' || char === '{') {
        this.#depth += 1;
        if (this.#depth === 1) start = i + 1;
        if (this.#depth === 2) this.#startLine = this.#line;
      } else if (char === ']' || char === '}') {
        this.#depth -= 1;
        if (this.#depth === 0) {
          this.#element.add(chunk.slice(start, i));
          yield* this.end();
          start = i + 1;
        }
      } else if (char === ',' && this.#depth === 1) {
        this.#element.add(chunk.slice(start, i));
        yield* this.end();
        start = i + 1;
      }
    }
    if (this.#depth > 0) this.#element.add(chunk.slice(start));
  }

  /** What is left when the file ends too soon is an element too, and a broken one. */
  *end(): Iterable<Piece> {
    const text = this.#element.take();
    if (text === null || text.trim() !== '') yield { line: this.#startLine, text };
  }
}

/** Text gathered in parts, up to the longest record. */
class Text {
  #parts: string[] = [];
  #length = 0;

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
