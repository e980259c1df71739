import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Frame, Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import { writeSettings, type EditorOptions } from '../../scripts/vscode/server.ts';
import { leaveSeat, serveEditor, takeSeat, workersSeat, type View } from './seat.ts';

/** Each colour theme: its name in the settings, its label in the picker, the class the workbench wears in it. */
const themes = {
  light: { setting: 'Light Modern', label: 'Light Modern', className: 'vs' },
  dark: { setting: 'Dark Modern', label: 'Dark Modern', className: 'vs-dark' },
  'high contrast': { setting: 'Default High Contrast', label: 'Dark High Contrast', className: 'hc-black' },
} as const;

export type Theme = keyof typeof themes;

const shots = resolve(import.meta.dirname, '../../out/ui');

export interface WorkbenchOptions extends View, Pick<EditorOptions, 'restricted' | 'environment'> {
  /** Where the packaged extension is installed: `inject('extensions')` in a test. */
  extensions: string;
  /** Copied to be the workspace; an empty folder when left out. */
  from?: string;
  /** Opened as it is instead: the workspace of another window. */
  folder?: string;
  theme?: Theme;
  settings?: Record<string, unknown>;
  /** The editor's language; English when left out. */
  language?: string;
  /** The window may only read its folder. */
  readOnly?: boolean;
  /** Extensions may use the proposals of the editor's API that their manifests name. */
  proposals?: boolean;
  /** In an editor and a browser of its own, as is one with a size, a zoom, an environment, read-only or in Restricted Mode; else in the worker's. */
  alone?: boolean;
}

/**
 * Whether an exception comes wholly from the page in which the workbench hosts a webview. That page throws “Found
 * unexpected null” when its content is set again while it loads, as a panel that a reload restores does. Where one of
 * our scripts is on the stack the exception is ours.
 */
function isOfHostPage({ stack }: Error): boolean {
  const calls = stack?.split('\n').filter((line) => /^\s+at /.test(line)) ?? [];
  return calls.length > 0 && calls.every((call) => call.includes('/webview/browser/pre/index.html'));
}

/** Whether what is waited for came in time. */
export function came(waiting: Promise<unknown>): Promise<boolean> {
  return waiting.then(
    () => true,
    () => false,
  );
}

/** A real VS Code on a workspace of its own, driven like a person drives it. Close it when done (`await using` does). */
export class Workbench implements AsyncDisposable {
  /** Those that are not closed yet. */
  static readonly all = new Set<Workbench>();
  readonly page: Page;
  /** The opened workspace folder, on disk. */
  readonly folder: string;
  /** Uncaught exceptions and console errors of the webviews; of the workbench, only those that name the extension. */
  readonly errors: string[] = [];
  readonly #home: string;
  readonly #leave: () => Promise<void>;

  private constructor(page: Page, folder: string, home: string, leave: () => Promise<void>) {
    this.page = page;
    this.folder = folder;
    this.#home = home;
    this.#leave = leave;
    Workbench.all.add(this);
    page.setDefaultTimeout(30_000);
    page.on('pageerror', (error) => {
      if (!isOfHostPage(error)) this.errors.push(error.stack ?? error.message);
    });
    page.on('console', (message) => {
      const { url } = message.location();
      const foreign = /\/static\/(out\/vs\/code|node_modules)\//.test(url) && !message.text().includes('rollout-lab');
      if (message.type() === 'error' && !foreign) this.errors.push(`${message.text()} (${url})`);
    });
  }

  static async open(options: WorkbenchOptions): Promise<Workbench> {
    const { extensions, from, theme = 'dark', settings, restricted, readOnly, environment, size, zoom } = options;
    const alone = options.alone ?? [restricted, readOnly, environment, size, zoom].some(Boolean);
    const home = mkdtempSync(join(tmpdir(), 'lab-ui-'));
    const folder = options.folder ?? join(home, 'workspace');
    if (from) cpSync(from, folder, { recursive: true });
    else mkdirSync(folder, { recursive: true });
    const mounted = readOnly ? { readOnly: folder } : {};
    const editor = alone ? await serveEditor({ home, extensions, restricted, environment, ...mounted }) : undefined;
    const seat = editor ? await takeSeat(editor, { size, zoom }) : await workersSeat();
    writeSettings(seat.editor.home, {
      'workbench.colorTheme': themes[theme].setting,
      // Nothing asks whether to trust the folder.
      'security.workspace.trust.startupPrompt': 'never',
      // Half of what the palette costs is to draw how it moves.
      'workbench.reduceMotion': 'on',
      // Nobody is asked for it.
      'rolloutLab.annotator': 'me',
      ...settings,
    });
    const page = await seat.browser.newPage();
    // As the script of a language pack does: what the editor itself says stays English without one.
    if (options.language !== undefined) {
      await page.addInitScript(
        (language) => void Object.assign(globalThis, { _VSCODE_NLS_LANGUAGE: language }),
        options.language,
      );
    }
    const workbench = new Workbench(page, folder, home, async () => {
      if (!editor) return leaveSeat(seat, page);
      await seat.browser.close();
      editor.stop();
    });
    try {
      const payload = options.proposals ? '[["enableProposedApi",""]]' : '[]';
      const query = `folder=${encodeURIComponent(folder)}&payload=${encodeURIComponent(payload)}`;
      await page.goto(`${seat.editor.url}/?${query}`, { timeout: 120_000 });
      await workbench.ready();
    } catch (error) {
      // The next window is to find the seat free.
      await workbench[Symbol.asyncDispose]();
      throw error;
    }
    return workbench;
  }

  /** Reloads the window, as **Developer: Reload Window** does, once what it has stored says each of these. */
  async reload(...kept: (string | RegExp)[]): Promise<void> {
    // It stores its editors every five seconds when it is idle.
    for (const words of kept) await expect.poll(() => this.#stored(), { timeout: 60_000 }).toMatch(words);
    await this.page.reload({ timeout: 120_000 });
    await this.ready();
  }

  /** The open editors with the states of their pages, and what the extension keeps, as the window has them for its next life. */
  #stored(): Promise<string> {
    return this.page.evaluate(async () => {
      const of = (name: string): Promise<string> =>
        new Promise((resolve, reject) => {
          const opening = indexedDB.open(name);
          opening.onerror = () => reject(opening.error!);
          opening.onsuccess = () => {
            const table = opening.result.transaction('ItemTable').objectStore('ItemTable');
            const kept = ['memento/workbench.parts.editor', 'rollout-lab.rollout-lab'].map((key) => table.get(key));
            table.transaction.onerror = () => reject(table.transaction.error!);
            table.transaction.oncomplete = () => {
              opening.result.close();
              resolve(kept.map(({ result }) => String(result)).join());
            };
          };
        });
      const names = (await indexedDB.databases()).map(({ name }) => name!);
      return (await Promise.all(names.filter((name) => /^vscode-web-state-db-(?!global)/.test(name)).map(of))).join();
    });
  }

  /** Waits until the window is there, and the extension's place in it: from then on the palette has its commands. */
  async ready(): Promise<void> {
    await this.page.locator('.monaco-workbench .statusbar').waitFor({ timeout: 120_000 });
    await this.page.locator('.explorer-viewlet, .pane-body, .composite.viewlet').first().waitFor();
    await this.#place.waitFor({ timeout: 60_000 });
  }

  /** The extension's tab in the activity bar. */
  get #place(): Locator {
    return this.page.locator('.activitybar [role="tab"]', { has: this.page.getByLabel('Rollout Lab') });
  }

  /** Runs a command by its whole title in the palette, such as `Rollout Lab: Next Unlabelled`. */
  async run(title: string): Promise<void> {
    await this.#insist(async () => {
      await this.page.keyboard.press('F1');
      await this.input.fill(`>${title}`, { timeout: 3000 });
      await this.#accept(title, 5000);
    });
  }

  /** Goes through quick picks: again from the start when an editor that opens late takes the focus and so closes one. */
  async #insist(through: () => Promise<void>): Promise<void> {
    for (const limit = Date.now() + 90_000; ;) {
      try {
        await through();
        return;
      } catch (error) {
        if (Date.now() > limit) throw error;
        await this.page.keyboard.press('Escape');
      }
    }
  }

  /** The text field of the open quick pick or input box. */
  get input(): Locator {
    return this.page.locator('.quick-input-widget input.input');
  }

  /** Types into the open quick pick or input box and accepts. */
  async answer(text: string): Promise<void> {
    await this.input.waitFor();
    await this.input.fill(text);
    await this.input.press('Enter');
  }

  /** Answers the dialogue of files until it is closed: it may still be reading its folder, and drop what is typed. */
  async answerPath(path: string): Promise<void> {
    const closed = async (): Promise<boolean> => {
      if (!(await this.input.isVisible())) return true;
      await this.answer(path);
      return !(await this.input.isVisible());
    };
    await expect.poll(closed, { interval: 1000 }).toBe(true);
  }

  /** Opens the extension's container in the activity bar. */
  async showContainer(): Promise<void> {
    const isShown = async (): Promise<boolean> => (await this.#place.getAttribute('aria-expanded')) === 'true';
    // A window that is being restored may open it a moment before the click, which then closes it.
    for (const limit = Date.now() + 30_000; !(await isShown()); await this.page.waitForTimeout(500)) {
      if (Date.now() > limit) throw new Error('The container does not open.');
      await this.#place.click();
    }
  }

  /** The rows of a tree view of the side bar, by the view's title. */
  rows(view: string): Locator {
    return this.page
      .locator('.pane', { has: this.page.locator('.pane-header', { hasText: view }) })
      .locator('.pane-body .monaco-list-row');
  }

  /** The newest open notifications. */
  get notifications(): Locator {
    return this.page.locator('.notification-list-item-message');
  }

  /** Waits for a notification. The editor keeps one that comes among several in their list, without showing it: it is looked for there, too. */
  async told(words: string | RegExp, timeout = 10_000): Promise<void> {
    const notification = this.notifications.filter({ hasText: words });
    if (await came(notification.waitFor({ timeout }))) return;
    await this.run('Notifications: Show Notifications');
    await notification.waitFor();
    await this.run('Notifications: Hide Notifications');
  }

  /** Presses a button of a notification. One that has been shown for a while has gone to their list by itself. */
  async press(words: string | RegExp, button: string): Promise<void> {
    const notification = this.page.locator('.notification-list-item', { hasText: words });
    const target = notification.locator('.monaco-button', { hasText: button });
    if (await came(target.click({ timeout: 2000 }))) return;
    await this.run('Notifications: Show Notifications');
    await target.click();
  }

  /** Clicks until that is so: what is drawn anew, or has only just come, may miss a click. */
  async clickUntil(target: Locator, done: () => Promise<boolean>): Promise<void> {
    const clicked = async (): Promise<boolean> => {
      await target.click({ timeout: 1000 }).catch(() => undefined);
      return done();
    };
    await expect.poll(clicked, { interval: 500 }).toBe(true);
  }

  /** The same of what a second click turns back: only where nothing comes of one for some seconds it is clicked again. */
  async toggleUntil(target: Locator, done: () => Promise<boolean>): Promise<void> {
    const toggled = async (): Promise<boolean> => {
      if (await done()) return true;
      await target.click({ timeout: 1000 }).catch(() => undefined);
      return came(expect.poll(done, { timeout: 8000 }).toBe(true));
    };
    await expect.poll(toggled).toBe(true);
  }

  /** The document of the visible webview that holds the selector; waits for it. Webviews are recreated by a reload. */
  async webview(selector: string, timeout = 30_000): Promise<Frame> {
    for (const limit = Date.now() + timeout; Date.now() < limit; await this.page.waitForTimeout(100)) {
      for (const frame of this.page.frames()) {
        const found = frame.locator(selector).first();
        if (await found.isVisible().catch(() => false)) return frame;
      }
    }
    await this.screenshot('webview-missing');
    throw new Error(`No webview shows ${selector}.\n${this.errors.join('\n')}`);
  }

  /** Changes the colour theme of the whole workbench. */
  async theme(theme: Theme): Promise<void> {
    const { label, className } = themes[theme];
    await this.#insist(async () => {
      await this.run('Preferences: Color Theme');
      await this.pick('Color Theme', label, 5000);
    });
    await this.page.locator(`.monaco-workbench.${className}`).waitFor();
  }

  /** Picks the row that begins with `label` in the open quick pick, known by a part of its placeholder. */
  async pick(placeholder: string, label: string, timeout?: number): Promise<void> {
    await this.page.locator(`.quick-input-widget input[placeholder*="${placeholder}"]`).fill(label, { timeout });
    await this.#accept(label, timeout);
  }

  /** Accepts what the open quick pick begins with, known by a part of its title or placeholder. */
  async acceptFirst(words: string): Promise<void> {
    const { page } = this;
    const named = page.locator(`.quick-input-widget input[placeholder*="${words}"]`);
    await named.or(page.locator('.quick-input-title', { hasText: words })).waitFor();
    // Its rows come after it.
    await page.locator('.quick-input-list .monaco-list-row.focused').waitFor();
    await this.input.press('Enter');
  }

  /** Accepts the first row of the open quick pick that begins with `label`. */
  async #accept(label: string, timeout?: number): Promise<void> {
    const row = this.page.locator(`.quick-input-list .monaco-list-row[aria-label^="${label}"]`).first();
    await row.waitFor({ timeout });
    while (!(await row.getAttribute('class', { timeout }))?.includes('focused')) await this.input.press('ArrowDown');
    await this.input.press('Enter');
  }

  /** Writes out/ui/NAME.png, the window or its upper left part, and returns the path. */
  async screenshot(name: string, part?: { width: number; height: number }): Promise<string> {
    const path = join(shots, `${name}.png`);
    await this.page.screenshot({ path, clip: part && { x: 0, y: 0, ...part } });
    return path;
  }

  /** What it says at this moment outside its editors' contents, for who asks why a test failed: notifications, dialogs, quick picks, alerts of panels, errors. */
  async shown(): Promise<string> {
    const places = {
      notification: '.notification-list-item-message',
      dialog: '.monaco-dialog-box',
      'quick input': '.quick-input-widget:visible',
      tab: '.tabs-container .tab',
      panel: '[role="alert"], [role="status"], status-line',
    };
    const lines: string[] = [];
    for (const frame of this.page.frames())
      for (const [place, selector] of Object.entries(places)) {
        const texts = await frame
          .locator(selector)
          .allInnerTexts()
          .catch(() => []);
        lines.push(...texts.map((text) => `${place}: ${text.replaceAll(/\s+/g, ' ').trim()}`));
      }
    return [...lines, ...this.errors.map((error) => `error: ${error}`)].join('\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    Workbench.all.delete(this);
    await this.#leave();
    rmSync(this.#home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}
