import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import { judgeFault } from '../domain/judge-endpoint.ts';
import { judgeDefaults, parseRunConfig } from '../domain/preset.ts';
import type { EndpointJudgeConfig, RunConfig } from '../domain/run.ts';
import type { NamedJudge } from '../training/host/local.ts';
import * as plain from './plain-window.ts';

/** The judge that the user's settings name: no workspace can set these. Null where they name none. */
export function judgeSetting(): RunConfig['judge'] {
  const settings = vscode.workspace.getConfiguration('rolloutLab.judge');
  const [endpoint, model] = [settings.get('endpoint', '').trim(), settings.get('model', '').trim()];
  if (endpoint === '') return null;
  const { style, frames, unreadable } = judgeDefaults;
  return {
    ...judgeDefaults,
    endpoint,
    model,
    style: settings.get<EndpointJudgeConfig['style']>('style', style),
    frames: settings.get<number>('frames', frames),
    unreadable: settings.get<EndpointJudgeConfig['unreadable']>('unreadable', unreadable),
  };
}

/** Throws when a run would ask another judge than the one in the user's settings, or show it more of the videos. */
export function needNamedJudge(config: RunConfig): void {
  const setting = judgeSetting();
  const fault = judgeFault(parseRunConfig(config).judge, setting?.endpoint ?? null, setting?.frames);
  if (fault !== null) throw new Error(fault);
}

/** Keys of judges, in the editor's secret storage: one a host, so that no key goes to another host than it was set for. */
export class JudgeKeys {
  readonly #secrets: vscode.SecretStorage;

  constructor(secrets: vscode.SecretStorage) {
    this.#secrets = secrets;
  }

  /** The judge that the settings name, with its key; null where they name none. */
  async named(): Promise<NamedJudge | null> {
    const judge = judgeSetting();
    if (judge === null || !URL.canParse(judge.endpoint)) return null;
    return { endpoint: judge.endpoint, key: await this.of(judge) };
  }

  /** Null where none was set for its host. */
  async of({ endpoint }: Pick<EndpointJudgeConfig, 'endpoint'>): Promise<string | null> {
    return (await this.#secrets.get(secretOf(endpoint))) ?? null;
  }

  /** Asks for the key of the judge in the settings. Throws when they name none. */
  async set(): Promise<void> {
    const { endpoint } = needJudge();
    const key = await plain.showInputBox({
      title: t('Key of the judge at {0}', endpoint),
      prompt: t('Kept in the editor’s secret storage, and sent to this address alone.'),
      password: true,
      validateInput: (typed) =>
        /^[\x21-\x7e]+$/u.test(typed.trim()) ? null : t('Paste the key: letters, digits and signs.'),
    });
    if (key === undefined) return;
    await this.#secrets.store(secretOf(endpoint), key.trim());
    void plain.showInformationMessage(t('The key of the judge at {0} is kept.', endpoint));
  }

  /** Forgets the key of the judge in the settings. Throws when they name none. */
  async forget(): Promise<void> {
    const { endpoint } = needJudge();
    await this.#secrets.delete(secretOf(endpoint));
    void plain.showInformationMessage(t('The key of the judge at {0} is forgotten.', endpoint));
  }
}

/** The judge that the user's settings name. Throws when they name none. */
export function needJudge(): EndpointJudgeConfig {
  const judge = judgeSetting();
  if (judge && URL.canParse(judge.endpoint)) return judge;
  throw new Error(t('Name the judge first: the setting rolloutLab.judge.endpoint is its address, as https://host/v1.'));
}

const secretOf = (endpoint: string): string => `judgeKey ${new URL(endpoint).origin}`;
