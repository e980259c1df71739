/** Compiled programs by key: each is built and compiled when first asked for. */
import type { Program } from '../graph/program.ts';
import type { Backend, Executable } from './backend.ts';

/**
 * How many graphs stay, of rows' layouts and of decoding: more than an iteration of the sample's run has. docs/backends.md (“Memory”) has
 * what that saves and costs.
 */
export const mostLayouts = 16;
export const mostDecoding = 32;

export class CompiledPrograms {
  readonly #backend: Backend;
  readonly #most: number;
  /** In the order in which they were asked for last. */
  readonly #executables = new Map<string, Promise<Executable>>();

  /** Of more than `most` the one goes that was asked for longest ago: one is good until as many others were asked for. */
  constructor(backend: Backend, most = Infinity) {
    this.#backend = backend;
    this.#most = most;
  }

  get(key: string, build: () => Program): Promise<Executable> {
    const compiled = this.#executables.get(key) ?? this.#backend.compile(build());
    this.#executables.delete(key);
    this.#executables.set(key, compiled);
    return this.#executables.size > this.#most ? this.#makeRoom().then(() => compiled) : compiled;
  }

  async dispose(): Promise<void> {
    for (const executable of this.#executables.values()) (await executable).dispose();
    this.#executables.clear();
  }

  async #makeRoom(): Promise<void> {
    const [[oldest, executable]] = this.#executables;
    this.#executables.delete(oldest);
    (await executable).dispose();
  }
}
