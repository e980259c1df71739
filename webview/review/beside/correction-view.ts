import { css, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import { correctionFault } from '../../../src/domain/correction.ts';
import { defaultKeys, type Keys } from '../../../src/protocol/review-keys.ts';
import type { ReviewCommand, Shown } from '../../../src/protocol/review.ts';
import { html } from '../../ui/html.ts';
import { fieldLook } from '../../ui/shared-styles.ts';
import { chord } from '../actions/keys.ts';
import { act } from '../actions/page-event.ts';
import { besideStyles, besideTools } from './view.ts';

/** The completion as it should have been: a field that begins with the completion, which itself stays as it is. */
@customElement('correction-view')
export class CorrectionView extends LitElement {
  static override styles = [
    besideStyles,
    css`
      textarea {
        ${fieldLook}
        flex: 1;
        min-height: 120px;
        margin: 8px 12px;
        width: auto;
        resize: none;
        line-height: 1.6;
      }
      .others {
        flex: 0 1 auto;
        min-height: 0;
        max-height: 40%;
        margin: 0 12px 8px;
        overflow: auto;
        white-space: pre-wrap;
        overflow-wrap: anywhere;
      }
    `,
  ];

  /** In force. */
  @property({ attribute: false }) keys: Keys = defaultKeys;
  /** The completion. */
  @property() text = '';
  /** As it is saved; null without one. */
  @property({ attribute: false }) saved: string | null = null;
  /** As it is written and not saved yet; null while nothing is. */
  @property({ attribute: false }) draft: string | null = null;
  /** Those of others. */
  @property({ attribute: false }) others: Shown['otherCorrections'] = [];

  @query('textarea') private field!: HTMLTextAreaElement;

  override firstUpdated(): void {
    this.field.focus();
    this.field.setSelectionRange(0, 0);
  }

  /** Takes a chord of the editor that is meant for the text being typed; false when none is. */
  takes(command: ReviewCommand): boolean {
    if (this.shadowRoot?.activeElement !== this.field) return false;
    // The editor keeps these chords from the browser, which alone can undo typing.
    if (command === 'undo' || command === 'redo') document.execCommand(command);
    if (command === 'submit' && this.#fault === null) this.#save();
    return true;
  }

  get #written(): string {
    return this.draft ?? this.saved ?? this.text;
  }

  /** Why it cannot be saved; null when it can. */
  get #fault(): string | null {
    if (this.draft === null || this.draft === this.saved) return 'nothing was changed yet';
    return correctionFault(this.text, this.draft);
  }

  override render(): TemplateResult {
    const fault = this.#fault;
    const tools = html`<button
        ?disabled=${fault !== null}
        title="Save the correction (${chord('submitAndNext')})"
        @click=${() => this.#save()}
      >
        save <kbd>${chord('submitAndNext')}</kbd>
      </button>
      <button
        ?disabled=${this.saved === null && this.draft === null}
        title="Begin again with the completion"
        @click=${() => act(this, { kind: 'correct', text: null })}
      >
        remove
      </button>
      <span class="muted" role="status">${this.#standing(fault)}</span>`;
    return html`${besideTools(this, 'correction', this.keys, 'the completion', tools)}
      <textarea
        aria-label="Corrected text"
        .value=${this.#written}
        @input=${() => act(this, { kind: 'correcting', text: this.field.value })}
        @keydown=${this.#key}
      ></textarea>
      ${
        this.others.length === 0
          ? nothing
          : html`<section class="others" aria-label="Corrections of others" tabindex="0">
              ${this.others.map(
                ({ annotator, text }) =>
                  html`<p><b>${annotator}</b></p>
                    <p .textContent=${text}></p>`,
              )}
            </section>`
      }`;
  }

  #standing(fault: string | null): string {
    if (this.draft !== null && this.draft !== this.saved) return fault ?? 'not saved yet';
    return this.saved === null ? 'change the text: the completion itself stays as it is' : 'saved';
  }

  #save(): void {
    act(this, { kind: 'correct', text: this.#written });
  }

  #key(event: KeyboardEvent): void {
    if (event.key !== 'Escape') return;
    event.preventDefault();
    event.stopPropagation();
    act(this, { kind: 'giveUp' });
  }
}
