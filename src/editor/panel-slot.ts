import * as vscode from 'vscode';
import type { Page } from './panel.ts';
import { setContext } from './rollouts-tree.ts';
import { showRestoredTab } from './restored-tab.ts';

type Make<One> = (view: vscode.WebviewPanel) => One;

/** Where the one panel of its kind stands in a window. */
export class PanelSlot<One> {
  readonly #page: Page;
  readonly #viewType: string;
  readonly #title: string;
  #open: { one: One; view: vscode.WebviewPanel } | null = null;

  /** The title is its tab's. */
  constructor(page: Page, title: string) {
    this.#page = page;
    this.#viewType = `rolloutLab.${page}`;
    this.#title = title;
  }

  /** The panel that is open. */
  get current(): One | null {
    return this.#open?.one ?? null;
  }

  /** Waits for the panel of a tab that a reload of the window brought back, and puts the panel that is open to the front. */
  async reveal(): Promise<One | null> {
    await showRestoredTab(this.#viewType, () => this.#open !== null);
    this.#open?.view.reveal(undefined, false);
    return this.current;
  }

  /** Makes the panel in a tab of its own. */
  open(make: Make<One>): void {
    this.#fill(vscode.window.createWebviewPanel(this.#viewType, this.#title, vscode.ViewColumn.Active), make);
  }

  /** Brings the panel back after a reload of the window, made of what its page kept; a second one, and one of which nothing can be made, is closed. */
  bringBack(makeOf: (state: unknown) => Promise<Make<One> | null>): vscode.Disposable {
    return vscode.window.registerWebviewPanelSerializer(this.#viewType, {
      deserializeWebviewPanel: async (view, state: unknown) => {
        const make = await makeOf(state);
        if (make && !this.#open) this.#fill(view, make);
        else view.dispose();
      },
    });
  }

  #fill(view: vscode.WebviewPanel, make: Make<One>): void {
    this.#open = { one: make(view), view };
    // A step of the walkthrough.
    void setContext(`opened.${this.#page}`, true);
    view.onDidDispose(() => {
      if (this.#open?.view === view) this.#open = null;
    });
  }
}
