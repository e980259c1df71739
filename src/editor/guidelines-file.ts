/** The project's guidelines for annotators, a Markdown file: told as it is, and again whenever it changes on the disk. */
import { existsSync, unwatchFile, watchFile } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative } from 'node:path';
import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { errorText } from '../domain/error-text.ts';
import type { Guidelines } from '../protocol/review.ts';
import type { Stores } from './stores.ts';

/** The file beside the store, where the setting names no other. */
const defaultName = 'GUIDELINES.md';

/** Bytes: more is no text that somebody reads while they label. */
const longest = 1024 * 1024;

/** How often it is asked whether the file changed. */
const pollMs = 1000;

export class GuidelinesFile implements vscode.Disposable {
  readonly #stores: Stores;
  readonly #tell: (guidelines: Guidelines) => void;
  readonly #watched: vscode.Disposable;
  #file: string | null = null;
  /** Rises with every reading: of two the later one is told. */
  #turn = 0;
  readonly #read = (): void => void this.#told();

  constructor(stores: Stores, tell: (guidelines: Guidelines) => void) {
    this.#stores = stores;
    this.#tell = tell;
    this.#watched = vscode.Disposable.from(
      stores.onDidMove(() => this.#watch()),
      vscode.workspace.onDidChangeConfiguration((change) => {
        if (change.affectsConfiguration('rolloutLab.guidelines')) this.#watch();
      }),
    );
    this.#watch();
  }

  dispose(): void {
    this.#watched.dispose();
    this.#leave();
  }

  /** The setting `rolloutLab.guidelines`; empty where it names no file. */
  get #setting(): string {
    return vscode.workspace
      .getConfiguration('rolloutLab', this.#stores.current.folder)
      .get<string>('guidelines', '')
      .trim();
  }

  #watch(): void {
    this.#leave();
    const { file: store, folder } = this.#stores.current;
    if (store === null || folder === null) return;
    const setting = this.#setting;
    const inFolder = isAbsolute(setting) ? setting : join(folder.uri.fsPath, setting);
    this.#file = setting === '' ? join(dirname(store), defaultName) : inFolder;
    // Polled, so that a file is seen that is made, replaced or on a network drive.
    watchFile(this.#file, { interval: pollMs, persistent: false }, this.#read);
    this.#read();
  }

  #leave(): void {
    this.#turn += 1;
    if (this.#file !== null) unwatchFile(this.#file, this.#read);
    this.#file = null;
  }

  async #told(): Promise<void> {
    const file = this.#file;
    if (file === null) return;
    const turn = (this.#turn += 1);
    const guidelines = await read(file, this.#nameOf(file), this.#setting !== '');
    if (turn === this.#turn) this.#tell(guidelines);
  }

  /** From the folder on, when it is in it. */
  #nameOf(file: string): string {
    const name = relative(this.#stores.current.folder!.uri.fsPath, file);
    return name.startsWith('..') || isAbsolute(name) ? file : name;
  }
}

/** What is in the file; one that is `named` must be there. */
async function read(file: string, name: string, named: boolean): Promise<Guidelines> {
  const failed = (why: string): Guidelines => ({
    status: 'failed',
    message: t('The guidelines cannot be read: {0}, or name another file in the setting rolloutLab.guidelines.', why),
  });
  try {
    const found = await stat(file);
    if (!found.isFile()) return failed(t('{0} is no file: put one there', name));
    if (found.size > longest) return failed(t('{0} is longer than {1} bytes: shorten it', name, longest));
    return { status: 'shown', name, text: new TextDecoder().decode(await readFile(file)) };
  } catch (error) {
    if (!existsSync(file)) return named ? failed(t('there is no file {0}: write it', name)) : { status: 'none', name };
    return failed(t('{0}: make it readable', errorText(error)));
  }
}
