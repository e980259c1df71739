import { t } from '@vscode/l10n';
import { css, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { correctionFault } from '../../../src/domain/correction.ts';
import type { Phase } from '../../../src/domain/phase.ts';
import { defaultKeys, type Keys } from '../../../src/protocol/review-keys.ts';
import type { ReviewCommand, Shown } from '../../../src/protocol/review.ts';
import { html } from '../../ui/html.ts';
import { fieldLook } from '../../ui/shared-styles.ts';
import { chord } from '../actions/keys.ts';
import type { PageAction } from '../actions/page-action.ts';
import { act } from '../actions/page-event.ts';
import './corrected-text.ts';
import type { CorrectedText } from './corrected-text.ts';
import './text-difference.ts';
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
      button[aria-pressed='true'] {
        border-color: var(--vscode-focusBorder);
        background: var(--vscode-list-inactiveSelectionBackground);
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
  /** What was given up of it last; null once something else is written. */
  @property({ attribute: false }) discarded: string | null = null;
  /** Those of others. */
  @property({ attribute: false }) others: Shown['otherCorrections'] = [];

  /** Its own boundaries, and those of the completion's label; null without. */
  @property({ attribute: false }) boundaries: readonly number[] | null = null;
  @property({ attribute: false }) labelled: readonly number[] | null = null;
  @property({ attribute: false }) phases: readonly Phase[] = [];

  /** What stands in the field's place. */
  @state() private instead: 'difference' | 'phases' | null = null;

  @query('corrected-text') private correctedText!: CorrectedText | null;
  @query('textarea') private field!: HTMLTextAreaElement;

  override willUpdate(): void {
    // Another window took it back, or goes on writing.
    if (this.instead === 'phases' && (this.saved === null || this.#isDraft)) this.instead = null;
  }

  override firstUpdated(): void {
    this.field.focus();
    this.field.setSelectionRange(0, 0);
  }

  /** Takes a chord that is meant for what is written here; false when none is. */
  takes(command: ReviewCommand): boolean {
    const isTyped = this.shadowRoot?.activeElement === this.field;
    if (command === 'undo' && isTyped && this.#canBringBack) this.#bringBack();
    // Also while its difference stands in place of the field: its button names the chord.
    else if (command === 'submit' && (isTyped || this.#isDraft)) {
      if (this.#fault === null) this.#save();
    } else return false;
    return true;
  }

  /** Does what a key is for that sets phases, while they are shown; false where they are not. */
  acts(action: PageAction): boolean {
    return this.correctedText?.acts(action) ?? false;
  }

  get #written(): string {
    return this.draft ?? this.saved ?? this.text;
  }

  /** Something is written that is not saved. */
  get #isDraft(): boolean {
    return this.draft !== null && this.draft !== (this.saved ?? this.text);
  }

  get #canBringBack(): boolean {
    return this.discarded !== null && !this.#isDraft;
  }

  /** Why it cannot be saved; null when it can. */
  get #fault(): string | null {
    if (!this.#isDraft) return t('nothing was changed yet');
    return correctionFault(this.text, this.draft!);
  }

  override render(): TemplateResult {
    const fault = this.#fault;
    const tools = html`<button
        ?disabled=${fault !== null}
        title=${t('Save the correction ({0})', chord('submitAndNext'))}
        @click=${() => this.#save()}
      >
        ${t('save')} <kbd>${chord('submitAndNext')}</kbd>
      </button>
      ${this.#wayBack()} ${this.#toggle('difference', t('What is inserted and deleted against the completion'))}
      ${this.#toggle('phases', t('Where the phases of the corrected text begin, once it is saved'), this.saved === null || this.#isDraft)}
      ${this.#isDraft ? html`<span class="chip">${t('draft')}</span>` : nothing}
      <span class="muted" role="status">${this.#standing(fault)}</span>`;
    return html`${besideTools(this, 'correction', this.keys, t('the completion'), tools)}
      <textarea
        aria-label=${t('Corrected text')}
        ?hidden=${this.instead !== null}
        .value=${this.#written}
        @input=${() => act(this, { kind: 'correcting', text: this.field.value })}
        @keydown=${this.#key}
      ></textarea>
      ${this.#shownInstead()}
      ${
        this.others.length === 0
          ? nothing
          : html`<section class="others" aria-label=${t('Corrections of others')} tabindex="0">
              ${this.others.map(
                ({ annotator, text }) =>
                  html`<p><b>${annotator}</b></p>
                    <p .textContent=${text}></p>`,
              )}
            </section>`
      }`;
  }

  #toggle(what: 'difference' | 'phases', title: string, disabled = false): TemplateResult {
    return html`<button
      aria-pressed=${this.instead === what}
      title=${title}
      ?disabled=${disabled}
      @click=${() => (this.instead = this.instead === what ? null : what)}
    >
      ${what === 'difference' ? t('difference') : t('phases')}
    </button>`;
  }

  #shownInstead(): TemplateResult | typeof nothing {
    if (this.instead === 'difference')
      return html`<text-difference .original=${this.text} .changed=${this.#written}></text-difference>`;
    if (this.instead === null || this.saved === null) return nothing;
    return html`<corrected-text
      .keys=${this.keys}
      .phases=${this.phases}
      .completion=${this.text}
      .labelled=${this.labelled}
      .text=${this.saved}
      .own=${this.boundaries}
    ></corrected-text>`;
  }

  /** Of what is written first, and once that is given up or saved, of what is saved. */
  #wayBack(): TemplateResult {
    if (this.#isDraft)
      return html`<button
        title=${t('Give up what is written and not saved; it can be brought back')}
        @click=${() => this.#leave({ kind: 'discard' })}
      >
        ${t('discard draft')}
      </button>`;
    const remove = html`<button
      ?disabled=${this.saved === null}
      title=${t('Begin again with the completion')}
      @click=${() => this.#leave({ kind: 'correct', text: null })}
    >
      ${t('remove')}
    </button>`;
    if (!this.#canBringBack) return remove;
    return html`${remove}<button
        title=${t('Go on with the draft that was discarded ({0})', chord('undoLabel'))}
        @click=${() => this.#bringBack()}
      >
        ${t('bring the draft back')} <kbd>${chord('undoLabel')}</kbd>
      </button>`;
  }

  /** The button goes with what it is of. */
  #leave(action: PageAction): void {
    act(this, action);
    this.instead = null;
    void this.updateComplete.then(() => this.field.focus());
  }

  #bringBack(): void {
    this.#leave({ kind: 'correcting', text: this.discarded! });
  }

  #standing(fault: string | null): string {
    if (this.#isDraft) return fault ?? t('kept until you save or discard it');
    if (this.#canBringBack) return t('the draft was discarded');
    return this.saved === null ? t('change the text: the completion itself stays as it is') : t('saved');
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
