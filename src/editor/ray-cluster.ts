import * as vscode from 'vscode';
import { parseRunConfig, rayDefaults } from '../domain/preset.ts';
import { openTokenWarning, rayFault } from '../domain/ray-address.ts';
import type { RayConfig, RunConfig } from '../domain/run.ts';
import type { NamedRay } from '../training/host/local.ts';
import * as plain from './plain-window.ts';

/** The cluster that the user's settings name: no workspace can set these. Null where they name none. */
export function raySetting(): RayConfig | null {
  const settings = vscode.workspace.getConfiguration('rolloutLab.ray');
  const address = settings.get('address', '').trim();
  if (address === '') return null;
  return {
    ...rayDefaults,
    address,
    workers: settings.get<number>('workers', rayDefaults.workers),
    gpusPerWorker: settings.get<number>('gpusPerWorker', rayDefaults.gpusPerWorker),
    files: settings.get<RayConfig['files']>('files', rayDefaults.files),
  };
}

/** Throws when a run would be sent to another cluster than the one in the user's settings. */
export function needNamedRay(config: RunConfig): void {
  const fault = rayFault(parseRunConfig(config).ray, raySetting()?.address ?? null);
  if (fault !== null) throw new Error(fault);
}

/** Tokens of clusters, in the editor's secret storage: one a host, so that no token goes to another host than it was set for. */
export class RayTokens {
  readonly #secrets: vscode.SecretStorage;

  constructor(secrets: vscode.SecretStorage) {
    this.#secrets = secrets;
  }

  /** The cluster that the settings name, with its token; null where they name none. */
  async named(): Promise<NamedRay | null> {
    const address = raySetting()?.address;
    if (address === undefined || !URL.canParse(address)) return null;
    return { address, token: await this.of(address) };
  }

  /** The token that was set for this address; null where there is none. */
  async of(address: string): Promise<string | null> {
    return (await this.#secrets.get(secretOf(address))) ?? null;
  }

  /** Asks for the token of the cluster in the settings. Throws when they name none. */
  async set(): Promise<void> {
    const address = named();
    const token = await plain.showInputBox({
      title: `Token of the Ray cluster at ${address}`,
      prompt: openTokenWarning(address) ?? 'Kept in the editor’s secret storage, and sent to this address alone.',
      password: true,
      ignoreFocusOut: true,
      validateInput: (typed) =>
        /^[\x21-\x7e]+$/u.test(typed.trim()) ? null : 'Paste the token: letters, digits and signs.',
    });
    if (token === undefined) return;
    await this.#secrets.store(secretOf(address), token.trim());
    void plain.showInformationMessage(`The token of the Ray cluster at ${address} is kept.`);
  }

  /** Forgets the token of the cluster in the settings. Throws when they name none. */
  async forget(): Promise<void> {
    const address = named();
    await this.#secrets.delete(secretOf(address));
    void plain.showInformationMessage(`The token of the Ray cluster at ${address} is forgotten.`);
  }
}

function named(): string {
  const address = raySetting()?.address;
  if (address !== undefined && URL.canParse(address)) return address;
  throw new Error(
    'Name the cluster first: the setting rolloutLab.ray.address is its dashboard’s, as http://host:8265.',
  );
}

const secretOf = (address: string): string => `rayToken ${new URL(address).origin}`;
