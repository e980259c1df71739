/** Compiled programs by key: each is built and compiled when first asked for. */
import type { Program } from '../graph/program.ts';
import type { Backend, Executable } from './backend.ts';

export class CompiledPrograms {
  readonly #backend: Backend;
  readonly #executables = new Map<string, Promise<Executable>>();

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  get(key: string, build: () => Program): Promise<Executable> {
    const known = this.#executables.get(key);
    if (known) return known;
    const compiled = this.#backend.compile(build());
    this.#executables.set(key, compiled);
    return compiled;
  }

  async dispose(): Promise<void> {
    for (const executable of this.#executables.values()) (await executable).dispose();
    this.#executables.clear();
  }
}
