/** Rows of a view as they come in, block by block; the ones that were used last stay. */
import { blockSize } from '../../src/protocol/table.ts';

const mostBlocks = 40;
/** Blocks that are on their way at a time: who scrolls on needs others by the time that more would come. */
const mostWaiting = 2;

type Block<Row> = readonly (Row | null)[];

export class RowBlocks<Row> {
  readonly #read: (from: number, count: number) => Promise<Block<Row>>;
  readonly #came: () => void;
  readonly #blocks = new Map<number, Block<Row>>();
  readonly #waiting = new Set<number>();
  /** Those whose rows may say something else by now: shown until they are read anew. */
  readonly #stale = new Set<number>();

  /** `first` are rows from the first on, which are there already. `read` rejects when nothing more will come; `came` is called when there are rows to draw. */
  constructor(first: Block<Row>, read: (from: number, count: number) => Promise<Block<Row>>, came: () => void) {
    this.#read = read;
    this.#came = came;
    if (first.length > 0) this.#blocks.set(0, first);
  }

  /** Undefined when it is not there yet. */
  at(place: number): Row | null | undefined {
    return this.#blocks.get(Math.floor(place / blockSize))?.[place % blockSize];
  }

  /** Has rows from one place to before another come, unless enough are on their way. */
  need(from: number, to: number): void {
    for (let block = Math.floor(from / blockSize); block * blockSize < to; block += 1) {
      const isThere = this.#blocks.has(block) && !this.#stale.has(block);
      if (isThere || this.#waiting.has(block) || this.#waiting.size >= mostWaiting) continue;
      this.#waiting.add(block);
      this.#stale.delete(block);
      void this.#read(block * blockSize, blockSize).then(
        (rows) => {
          this.#waiting.delete(block);
          this.#blocks.delete(block);
          this.#blocks.set(block, rows);
          if (this.#blocks.size > mostBlocks) this.#blocks.delete(this.#blocks.keys().next().value!);
          this.#came();
        },
        // Of a view that is no more; else it is asked for again where it is needed.
        () => this.#waiting.delete(block),
      );
    }
  }

  /** Rows are read anew where they are needed. */
  refresh(): void {
    for (const block of this.#blocks.keys()) this.#stale.add(block);
    this.#came();
  }
}
