import { t } from '@vscode/l10n';
import { css, LitElement, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { defaultKeys, type Keys } from '../../../src/protocol/review-keys.ts';
import { html } from '../../ui/html.ts';
import { icons } from '../../ui/icons.ts';
import { keyHint } from '../actions/keys.ts';
import { sharedStyles } from '../../ui/shared-styles.ts';
import { act } from '../actions/page-event.ts';

/** Which of a prompt's several videos, pictures and sounds is shown, and the way to the others. */
@customElement('medium-chooser')
export class MediumChooser extends LitElement {
  static override styles = [
    sharedStyles,
    css`
      :host > div {
        display: flex;
        align-items: center;
        gap: 4px;
        padding: 4px 8px;
      }
      button {
        display: inline-flex;
        padding: 3px;
      }
      button[aria-disabled='true'] {
        opacity: 0.5;
      }
      .after svg {
        transform: scaleX(-1);
      }
    `,
  ];

  /** Each in words. */
  @property({ attribute: false }) media: readonly string[] = [];
  @property({ type: Number }) medium = 0;
  /** In force. */
  @property({ attribute: false }) keys: Keys = defaultKeys;

  override render(): TemplateResult {
    return html`<div role="group" aria-label=${t("The prompt's media")}>
      <button
        class="before"
        aria-label=${t('Previous')}
        title="${t('Previous')}${keyHint(this.keys, 'mediumBefore')}"
        aria-disabled=${this.medium === 0}
        @click=${() => act(this, { kind: 'medium', direction: -1 })}
      >
        ${icons.back}
      </button>
      <span role="status">${this.media[this.medium]}</span>
      <button
        class="after"
        aria-label=${t('Next')}
        title="${t('Next')}${keyHint(this.keys, 'mediumAfter')}"
        aria-disabled=${this.medium === this.media.length - 1}
        @click=${() => act(this, { kind: 'medium', direction: 1 })}
      >
        ${icons.back}
      </button>
    </div>`;
  }
}
