import { t } from '@vscode/l10n';
import * as vscode from 'vscode';
import * as plain from './plain-window.ts';

/** How long bringing an old store up to date takes before anybody is told, in ms: of most they notice nothing. */
const noticedMs = 500;

/** What is shown while an old store is brought up to date. */
export class StoreUpdate {
  readonly #ended = Promise.withResolvers<void>();
  #timer: NodeJS.Timeout | null = null;
  #report: ((doing: string) => void) | null = null;
  #doing = '';

  tell(doing: string): void {
    this.#doing = doing;
    this.#report?.(doing);
    this.#timer ??= setTimeout(() => this.#show(), noticedMs);
  }

  end(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#ended.resolve();
  }

  #show(): void {
    void plain.withProgress(
      { location: vscode.ProgressLocation.Notification, title: t('Bringing the store up to date') },
      (progress) => {
        this.#report = (message) => progress.report({ message });
        this.#report(this.#doing);
        return this.#ended.promise;
      },
    );
  }
}
