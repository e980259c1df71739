import { t } from '@vscode/l10n';
import { css, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import type { ReasonedMark } from '../../../src/domain/review.ts';
import { keepTab } from '../../ui/focus.ts';
import { html } from '../../ui/html.ts';
import { fieldLook, questionLook, sharedStyles } from '../../ui/shared-styles.ts';
import { act } from '../actions/page-event.ts';

export const noReasons = { skipped: [], flagged: [] } as const;

const asked = {
  skipped: {
    name: 'Skip',
    question: t('Why is this rollout skipped?'),
    needed: true,
    end: t('Enter skips and goes to the next rollout.'),
  },
  flagged: {
    name: 'Flag',
    question: t('Why is this rollout flagged?'),
    needed: false,
    end: t('Enter flags, with a reason or without.'),
  },
} as const;

/** Asks why a rollout is skipped or flagged, over the page: Enter does it, Escape leaves; a reason given before is one press. */
@customElement('reason-dialog')
export class ReasonDialog extends LitElement {
  static override styles = [
    sharedStyles,
    css`
      dialog {
        ${questionLook}
      }
      label {
        display: block;
        margin-bottom: 4px;
      }
      input {
        ${fieldLook}
      }
      ul {
        margin: 6px 0;
        padding: 0;
        list-style: none;
      }
      li button {
        width: 100%;
        text-align: left;
        overflow-wrap: anywhere;
      }
      p {
        margin: 6px 0 0;
      }
    `,
  ];

  /** Given before, the latest first. */
  @property({ attribute: false }) reasons: Readonly<Record<ReasonedMark, readonly string[]>> = noReasons;
  @state() private mark: ReasonedMark = 'skipped';

  @query('dialog') private dialog!: HTMLDialogElement;
  @query('input') private input!: HTMLInputElement;

  /** With a reason to begin with. */
  async open(mark: ReasonedMark, reason = ''): Promise<void> {
    this.mark = mark;
    await this.updateComplete;
    this.input.value = reason;
    this.dialog.showModal();
  }

  close(): void {
    this.dialog.close();
  }

  override render(): TemplateResult {
    const reasons = this.reasons[this.mark];
    const { name, question, needed, end } = asked[this.mark];
    return html`<dialog aria-label=${name} @keydown=${this.#key}>
      <form @submit=${this.#submitted}>
        <label for="reason">${question}</label>
        <input
          id="reason"
          autocomplete="off"
          ?required=${needed}
          pattern=${needed ? '.*\\S.*' : nothing}
          title=${t('A reason')}
        />
      </form>
      ${
        reasons.length === 0
          ? nothing
          : html`<ul aria-label=${t('Reasons given before')}>
              ${reasons.map(
                (reason) => html`<li><button @click=${() => this.#because(reason)}>${reason}</button></li>`,
              )}
            </ul>`
      }
      <p class="muted">${t('{0} Escape cancels.', end)}</p>
    </dialog>`;
  }

  #key(event: KeyboardEvent): void {
    // The page's keys rest while this is open.
    event.stopPropagation();
    keepTab(this.dialog, event);
  }

  #submitted(event: Event): void {
    event.preventDefault();
    this.#because(this.input.value);
  }

  #because(reason: string): void {
    this.dialog.close();
    act(this, { kind: 'because', mark: this.mark, reason });
  }
}
