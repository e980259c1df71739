import type { BrowserContext, Page } from 'playwright-core';
import { inject } from 'vitest';
import { launchProfile } from '../../scripts/vscode/browser.ts';
import { startEditor, type Editor, type EditorOptions } from '../../scripts/vscode/server.ts';

/** Where windows are opened: an editor that is served, and a browser in front of it. */
export interface Seat {
  editor: Pick<Editor, 'home' | 'url'>;
  browser: BrowserContext;
}

export interface View {
  size?: { width: number; height: number };
  /** How large everything is, as the window's zoom makes it. */
  zoom?: number;
}

/** Serves an editor whose processes have their home in its folder. */
export function serveEditor({ environment, ...options }: EditorOptions): Promise<Editor> {
  return startEditor({ ...options, environment: { ...environment, HOME: options.home } });
}

export async function takeSeat(editor: Seat['editor'], { size, zoom = 1 }: View = {}): Promise<Seat> {
  const { width, height } = size ?? { width: 1400, height: 900 };
  const viewport = { width: width / zoom, height: height / zoom };
  return { editor, browser: await launchProfile({ viewport, deviceScaleFactor: zoom }) };
}

/** Closes a window, and has the browser forget what it stored. What was fetched and compiled for it stays: the next one opens in two thirds of the time. */
export async function leaveSeat({ editor, browser }: Seat, page: Page): Promise<void> {
  await page.close();
  const devtools = await browser.newCDPSession(browser.pages()[0]);
  await devtools.send('Storage.clearDataForOrigin', { origin: editor.url, storageTypes: 'all' });
  await devtools.detach();
}

let seat: Seat | undefined;

/** The seat of this worker, where its test files open their windows one after the other. */
export async function workersSeat(): Promise<Seat> {
  if (!seat) {
    seat = await takeSeat(inject('editors')[Number(process.env.VITEST_POOL_ID) - 1]);
    seat.browser.once('close', () => (seat = undefined));
  }
  return seat;
}
