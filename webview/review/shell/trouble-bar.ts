import { t } from '@vscode/l10n';
import { css, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { ReviewStore } from '../../../src/protocol/review.ts';
import { html } from '../../ui/html.ts';
import { icons } from '../../ui/icons.ts';
import { sharedStyles } from '../../ui/shared-styles.ts';
import type { Failed, PageAction } from '../actions/page-action.ts';
import { act } from '../actions/page-event.ts';

/** Below the page, where it moves no text under the pointer: what is wrong with the store, what was not done, and which edits of other labels are not saved. */
@customElement('trouble-bar')
export class TroubleBar extends LitElement {
  static override styles = [
    sharedStyles,
    css`
      p {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 2px 8px;
        margin: 0;
        padding: 4px 12px;
        color: var(--vscode-errorForeground);
        border-top: 1px solid var(--border);
        overflow-wrap: anywhere;
      }
      svg {
        flex: none;
      }
      /* The buttons come below it, on the left: notifications cover what is on the right. */
      span {
        flex: 1 0 calc(100% - 40px);
      }
    `,
  ];

  /** Null until it is known. */
  @property({ attribute: false }) store: ReviewStore | null = null;
  /** A rollout is shown; else the page itself tells why it cannot be read. */
  @property({ type: Boolean }) shown = false;
  /** Why the last thing asked was not done; empty when it was. */
  @property() failure = '';
  @property({ attribute: false }) failed: readonly Failed[] = [];

  override render(): TemplateResult {
    return html`${this.#store()} ${this.failure ? this.#line(t('Not done: {0}', this.failure)) : nothing}
    ${this.failed.map((failed) =>
      this.#line(
        this.#textOf(failed),
        button(t('Retry'), { kind: 'retry-save' }),
        button(t('Drop'), { kind: 'drop-failed', failed }),
      ),
    )}`;
  }

  #store(): TemplateResult | typeof nothing {
    const { store } = this;
    if (!store || store.problem === null) return nothing;
    if (store.replaced) return this.#line(store.problem, button(t('Save to a New Store…'), { kind: 'rescue' }));
    return this.shown ? this.#line(store.problem, button(t('Try again'), { kind: 'retry' })) : nothing;
  }

  #line(text: string, ...buttons: Button[]): TemplateResult {
    return html`<p role="alert">
      ${icons.warning} <span>${text}</span>
      ${buttons.map(
        ({ title, action }, index) =>
          html`<vscode-button appearance=${index === 0 ? 'primary' : 'secondary'} @click=${() => act(this, action)}
            >${title}</vscode-button
          >`,
      )}
    </p>`;
  }

  #textOf({ store, error, count }: Failed): string {
    const why = store === this.store?.key ? error : t('store {0}: {1}', store, error);
    return count === 1
      ? t('1 edit of another label is not saved: {0}', why)
      : t('{0} edits of other labels are not saved: {1}', count, why);
  }
}

interface Button {
  title: string;
  action: PageAction;
}

function button(title: string, action: PageAction): Button {
  return { title, action };
}
