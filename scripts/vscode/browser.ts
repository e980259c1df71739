import { chromium, type Browser } from 'playwright-core';
import { findProgram, needPrograms } from '../programs.ts';

/** Starts the machine's browser without a window. */
export async function launchBrowser(): Promise<Browser> {
  needPrograms(['chromium']);
  return chromium.launch({
    executablePath: findProgram('chromium'),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--autoplay-policy=no-user-gesture-required',
    ],
  });
}
