import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { counted } from '../domain/counted.ts';
import { RayJobs } from '../cluster/jobs.ts';
import { parseRunConfig, rayAddressFault, rayDefaults } from '../domain/preset.ts';
import { errorText } from '../domain/error-text.ts';
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
    mediaUri: settings.get('mediaUri', '').trim() || null,
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
      title: t('Token of the Ray cluster at {0}', address),
      prompt: openTokenWarning(address) ?? t('Kept in the editor’s secret storage, and sent to this address alone.'),
      password: true,
      validateInput: (typed) =>
        /^[\x21-\x7e]+$/u.test(typed.trim()) ? null : t('Paste the token: letters, digits and signs.'),
    });
    if (token === undefined) return;
    await this.#secrets.store(secretOf(address), token.trim());
    void plain.showInformationMessage(t('The token of the Ray cluster at {0} is kept.', address));
  }

  /** Forgets the token of the cluster in the settings. Throws when they name none. */
  async forget(): Promise<void> {
    const address = named();
    await this.#secrets.delete(secretOf(address));
    void plain.showInformationMessage(t('The token of the Ray cluster at {0} is forgotten.', address));
  }
}

/** How long the form waits for a cluster (ms). */
const answerMs = 10_000;

/** What is said of a cluster, and whether it is a warning. */
export interface ClusterWord {
  text: string;
  warns: boolean;
}

/** What the cluster at this address is and has, or what is wrong with it. */
export async function clusterWord(address: string, token: string | null): Promise<ClusterWord> {
  try {
    const late = AbortSignal.timeout(answerMs);
    const { version, nodes, resources } = await new RayJobs(address, token).cluster(late);
    const { CPU = 0, GPU = 0 } = resources;
    const warning = token === null ? null : openTokenWarning(address);
    const found = t('Ray {0}: {1}, {2} CPUs, {3} GPUs', version, counted(nodes, 'node'), CPU, GPU);
    return { text: warning === null ? found : `${found}. ${warning}`, warns: warning !== null };
  } catch (error) {
    const text =
      error instanceof DOMException ? t('no answer from {0} in {1} s', address, answerMs / 1000) : errorText(error);
    return { text, warns: true };
  }
}

/** Asks for the address of a cluster and keeps it in the user's settings, where alone runs find it. Null when the user left. */
export async function askAddress(): Promise<RayConfig | null> {
  const address = await plain.showInputBox({
    title: t('Address of the Ray cluster’s dashboard'),
    prompt: t(
      'Kept in your user settings. Runs that are sent there take their prompts, media, rollouts and policy along.',
    ),
    value: raySetting()?.address ?? 'http://127.0.0.1:8265',
    validateInput: (typed) => rayAddressFault(typed.trim()),
  });
  if (address === undefined) return null;
  await vscode.workspace
    .getConfiguration('rolloutLab.ray')
    .update('address', address.trim(), vscode.ConfigurationTarget.Global);
  return raySetting();
}

function named(): string {
  const address = raySetting()?.address;
  if (address !== undefined && URL.canParse(address)) return address;
  throw new Error(
    t('Name the cluster first: the setting rolloutLab.ray.address is its dashboard’s, as http://host:8265.'),
  );
}

const secretOf = (address: string): string => `rayToken ${new URL(address).origin}`;
