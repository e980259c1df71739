import { mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { launchProfile } from '../../scripts/vscode/browser.ts';
import { startEditor, writeSettings, type Editor, type EditorOptions } from '../../scripts/vscode/server.ts';

export interface SeatOptions extends Pick<EditorOptions, 'home' | 'extensions' | 'restricted' | 'environment'> {
  size?: { width: number; height: number };
  /** How large everything is, as the window's zoom makes it. */
  zoom?: number;
}

/** An editor that is served, and a browser in front of it. A window finds in it nothing of the one before, but for what the browser has fetched and compiled. */
export class Seat implements AsyncDisposable {
  readonly #home: string;
  readonly #editor: Editor;
  readonly #browser: BrowserContext;
  #gone = false;

  private constructor(home: string, editor: Editor, browser: BrowserContext) {
    this.#home = home;
    this.#editor = editor;
    this.#browser = browser;
    browser.once('close', () => (this.#gone = true));
    void editor.ended.then(() => (this.#gone = true));
  }

  static async take({ size, zoom = 1, ...options }: SeatOptions): Promise<Seat> {
    const editor = await startEditor({ ...options, environment: { ...options.environment, HOME: options.home } });
    const { width, height } = size ?? { width: 1400, height: 900 };
    const viewport = { width: width / zoom, height: height / zoom };
    return new Seat(options.home, editor, await launchProfile({ viewport, deviceScaleFactor: zoom }));
  }

  /** Whether its editor or its browser has ended. */
  get gone(): boolean {
    return this.#gone;
  }

  /** A page for a window with these user settings. */
  async sit(settings: Record<string, unknown>): Promise<Page> {
    writeSettings(this.#home, settings);
    return this.#browser.newPage();
  }

  /** Opens a folder in the page. */
  async open(page: Page, folder: string): Promise<void> {
    await page.goto(`${this.#editor.url}/?folder=${encodeURIComponent(folder)}`, { timeout: 120_000 });
  }

  /** Closes the page and forgets what its window has stored. */
  async leave(page: Page): Promise<void> {
    await page.close();
    const devtools = await this.#browser.newCDPSession(this.#browser.pages()[0]);
    await devtools.send('Storage.clearDataForOrigin', { origin: this.#editor.url, storageTypes: 'all' });
    await devtools.detach();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
    this.#editor.stop();
    rmSync(this.#home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

let seat: Seat | undefined;

/** The seat of this worker, where its test files open their windows one after the other; it ends with the process. */
export async function workersSeat(extensions: string): Promise<Seat> {
  if (seat?.gone) {
    await seat[Symbol.asyncDispose]();
    seat = undefined;
  }
  // Where the set-up of the tests removes it.
  return (seat ??= await Seat.take({ home: mkdtempSync(join(dirname(extensions), 'seat-')), extensions }));
}
