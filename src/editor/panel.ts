/** A webview panel of ours: its page, its rights, and its end of the protocol. */
import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import { language } from '../domain/language.ts';
import {
  answer,
  assertNever,
  parseFromWebview,
  type EventBody,
  type EventName,
  type FromHost,
  type Handlers,
  type Protocol,
} from '../protocol/message.ts';

export type Page = 'review' | 'runs' | 'agreement' | 'evaluation' | 'table' | 'preview';

export interface PanelParts<P extends Protocol> {
  /** A fresh panel, or one that a reload brought back. */
  panel: vscode.WebviewPanel;
  /** The dist folder; `page`.js and `page`.css in it are loaded. */
  assets: vscode.Uri;
  page: Page;
  protocol: P;
  handlers: Handlers<P>;
  /** Folders the page may read beside the assets. */
  roots?: readonly vscode.Uri[];
  log: Pick<vscode.LogOutputChannel, 'error'>;
}

/**
 * The host's side of a webview panel. A hidden page is gone and hears nothing, so state is told by `publish`: the newest
 * complete snapshot of each name is kept, and sent again whenever the page (re)appears.
 */
export class Panel<P extends Protocol> {
  readonly view: vscode.WebviewPanel;
  /** Aborted when the panel is closed. */
  readonly signal: AbortSignal;
  readonly #parts: PanelParts<P>;
  readonly #published = new Map<string, unknown>();
  #roots: vscode.Uri[];

  constructor(parts: PanelParts<P>) {
    this.#parts = parts;
    this.view = parts.panel;
    this.#roots = [parts.assets, ...(parts.roots ?? [])];
    const closed = new AbortController();
    this.signal = closed.signal;
    const { webview } = this.view;
    const listening = webview.onDidReceiveMessage((data: unknown) => this.#receive(data));
    this.view.onDidDispose(() => {
      listening.dispose();
      closed.abort();
    });
    webview.options = { enableScripts: true, localResourceRoots: this.#roots };
    webview.html = pageOf(webview, parts.assets, parts.page);
  }

  /** Keeps `body` as the newest complete snapshot of this name and sends it now if the page is shown. */
  publish<Name extends EventName<P>>(name: Name, body: EventBody<P, Name>): void {
    this.keep(name, body);
    this.tell(name, body);
  }

  /** Keeps `body` for the page's next life only: what the page itself said. */
  keep<Name extends EventName<P>>(name: Name, body: EventBody<P, Name>): void {
    this.#published.set(name, body);
  }

  /** Sends something of the moment: a hidden page never hears of it. */
  tell<Name extends EventName<P>>(name: Name, body: EventBody<P, Name>): void {
    if (this.view.visible) this.#post({ kind: 'event', name, body });
  }

  /** A URI the page can load for a file, whose folder it may then read. `mtime-size` in the query defeats the cache. */
  fileUri(file: string, version: string): string {
    const uri = vscode.Uri.file(file);
    const folder = vscode.Uri.joinPath(uri, '..');
    if (!this.#roots.some((root) => contains(root, folder))) {
      this.#roots = [...this.#roots, folder];
      // This reloads the page; it says `ready` again and gets every snapshot.
      this.view.webview.options = { enableScripts: true, localResourceRoots: this.#roots };
    }
    return this.view.webview.asWebviewUri(uri).with({ query: version }).toString();
  }

  /** Disposes of these when the panel is closed. */
  own(...subscriptions: vscode.Disposable[]): void {
    this.view.onDidDispose(() => {
      for (const subscription of subscriptions) subscription.dispose();
    });
  }

  /** Has `publish` run while the page is seen, one at a time: asked for during one, it runs once more. */
  refresher(publish: () => Promise<void>): () => void {
    let [isStale, isRunning] = [false, false];
    const run = async (): Promise<void> => {
      while (isStale) {
        isStale = false;
        await publish();
      }
    };
    return () => {
      if (!this.view.visible || this.signal.aborted) return;
      isStale = true;
      if (isRunning) return;
      isRunning = true;
      void run().finally(() => (isRunning = false));
    };
  }

  #receive(data: unknown): void {
    try {
      const message = parseFromWebview(data);
      switch (message.kind) {
        case 'ready':
          for (const [name, body] of this.#published) this.#post({ kind: 'event', name, body });
          return;
        case 'request':
          void answer(this.#parts.protocol, this.#parts.handlers, message).then((reply) => {
            if (reply.kind === 'error') this.#parts.log.error(`${this.#parts.page}: ${message.name}: ${reply.message}`);
            this.#post(reply);
          });
          return;
        case 'fault':
          this.#parts.log.error(`${this.#parts.page} page: ${message.message}`);
          return;
        default:
          assertNever(message);
      }
    } catch (error) {
      this.#parts.log.error(`${this.#parts.page}: ${String(error)}`);
    }
  }

  #post(message: FromHost): void {
    if (!this.signal.aborted) void this.view.webview.postMessage(message);
  }
}

function contains(root: vscode.Uri, folder: vscode.Uri): boolean {
  return folder.path === root.path || folder.path.startsWith(root.path.endsWith('/') ? root.path : `${root.path}/`);
}

function pageOf(webview: vscode.Webview, assets: vscode.Uri, page: string): string {
  const nonce = randomBytes(16).toString('base64');
  // The toolkit adds one style element of its own, with the nonce it finds in this meta element.
  const styleNonce = randomBytes(16).toString('base64');
  const source = webview.cspSource;
  const policy = `default-src 'none'; script-src 'nonce-${nonce}'; style-src ${source} 'nonce-${styleNonce}'; font-src ${source}; img-src ${source} blob:; media-src ${source}`;
  const asset = (file: string): string => webview.asWebviewUri(vscode.Uri.joinPath(assets, file)).toString();
  // What is data is not run, whatever the policy says of scripts.
  const texts = JSON.stringify(vscode.l10n.bundle ?? null).replaceAll('<', '\\u003c');
  return `<!doctype html>
<html lang="${language}">
  <head>
    <meta charset="utf-8" />
    <title>Rollout Lab</title>
    <meta http-equiv="Content-Security-Policy" content="${policy}" />
    <meta property="csp-nonce" content="${styleNonce}" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <link rel="stylesheet" href="${asset(`${page}.css`)}" />
  </head>
  <body>
    <script type="application/json" id="texts">${texts}</script>
    <script type="module" nonce="${nonce}" src="${asset(`${page}.js`)}"></script>
  </body>
</html>`;
}
