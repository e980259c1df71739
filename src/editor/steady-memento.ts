import type * as vscode from 'vscode';

/**
 * The editor's memory of all windows. The editor tells a window of each write, its own too, and takes that for what is newest: what was written
 * meanwhile was lost. So a write waits for the one before.
 */
export class SteadyMemento {
  readonly #memento: Pick<vscode.Memento, 'get' | 'update'>;
  /** Not written yet. */
  readonly #newest = new Map<string, unknown>();
  #writing: Promise<void> = Promise.resolve();

  constructor(memento: Pick<vscode.Memento, 'get' | 'update'>) {
    this.#memento = memento;
  }

  get(key: string): unknown {
    return this.#newest.has(key) ? this.#newest.get(key) : this.#memento.get(key);
  }

  /** Resolves once it, or what was given after it, is written; rejects with why it is not. */
  update(key: string, value: unknown): Promise<void> {
    this.#newest.set(key, value);
    const written = this.#writing.then(() => this.#write(key));
    this.#writing = written.catch(() => undefined);
    return written;
  }

  async #write(key: string): Promise<void> {
    if (!this.#newest.has(key)) return;
    const value = this.#newest.get(key);
    try {
      await this.#memento.update(key, value);
    } finally {
      if (this.#newest.get(key) === value) this.#newest.delete(key);
    }
  }
}
