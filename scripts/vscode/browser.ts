import { chromium, type Browser, type BrowserContext, type BrowserContextOptions } from 'playwright-core';
import { findProgram, needPrograms } from '../programs.ts';

const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--autoplay-policy=no-user-gesture-required',
];

/** Starts the machine's browser without a window. */
export async function launchBrowser(): Promise<Browser> {
  return chromium.launch(machinesBrowser());
}

/** The same with one profile for all of its pages: what one has fetched and compiled, the next need not. */
export async function launchProfile(
  options: Pick<BrowserContextOptions, 'viewport' | 'deviceScaleFactor'>,
): Promise<BrowserContext> {
  return chromium.launchPersistentContext('', { ...machinesBrowser(), ...options });
}

function machinesBrowser(): { executablePath: string | undefined; args: string[] } {
  needPrograms(['chromium']);
  return { executablePath: findProgram('chromium'), args };
}
