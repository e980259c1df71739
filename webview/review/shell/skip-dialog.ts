import { css, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import { keepTab } from '../../ui/focus.ts';
import { html } from '../../ui/html.ts';
import { dialogLook, fieldLook, sharedStyles } from '../../ui/shared-styles.ts';
import { act } from '../actions/page-event.ts';

/** Asks why a rollout is skipped, over the page: Enter skips, Escape leaves; a reason given before is one press. */
@customElement('skip-dialog')
export class SkipDialog extends LitElement {
  static override styles = [
    sharedStyles,
    css`
      dialog {
        width: min(60ch, 90vw);
        margin-top: 12vh;
        ${dialogLook}
        padding: 10px 14px;
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
  @property({ attribute: false }) reasons: readonly string[] = [];

  @query('dialog') private dialog!: HTMLDialogElement;
  @query('input') private input!: HTMLInputElement;

  /** With a reason to begin with. */
  open(reason: string): void {
    this.input.value = reason;
    this.dialog.showModal();
  }

  override render(): TemplateResult {
    return html`<dialog aria-label="Skip" @keydown=${this.#key}>
      <form @submit=${this.#submitted}>
        <label for="reason">Why is this rollout skipped?</label>
        <input id="reason" autocomplete="off" required pattern=".*\\S.*" title="A reason" />
      </form>
      ${
        this.reasons.length === 0
          ? nothing
          : html`<ul aria-label="Reasons given before">
              ${this.reasons.map(
                (reason) => html`<li><button @click=${() => this.#skip(reason)}>${reason}</button></li>`,
              )}
            </ul>`
      }
      <p class="muted">Enter skips and goes to the next rollout. Escape cancels.</p>
    </dialog>`;
  }

  #key(event: KeyboardEvent): void {
    // The page's keys rest while this is open.
    event.stopPropagation();
    keepTab(this.dialog, event);
  }

  #submitted(event: Event): void {
    event.preventDefault();
    this.#skip(this.input.value);
  }

  #skip(reason: string): void {
    this.dialog.close();
    act(this, { kind: 'skip-because', reason });
  }
}
