import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { icons } from '../ui/icons.ts';
import { defaultKeys, type Keys } from '../../src/protocol/review-keys.ts';
import { keyHint, keyOn } from './keys.ts';
import { keyCap } from './key-cap.ts';
import { sharedStyles } from '../ui/shared-styles.ts';
import type { ReviewStatus } from '../../src/protocol/review.ts';
import { act } from './page-event.ts';

/** Whether the label is saved and submitted, and the buttons for that. */
@customElement('status-line')
export class StatusLine extends LitElement {
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 2px 8px;
        padding: 2px 12px;
        border-top: 1px solid var(--border);
      }
      .saved {
        flex: 1;
        min-width: 20ch;
      }
      .failed {
        display: flex;
        flex: 1;
        align-items: center;
        gap: 8px;
        color: var(--vscode-errorForeground);
      }
      button[aria-pressed='true'] {
        color: var(--vscode-list-warningForeground, var(--vscode-foreground));
        border-color: currentColor;
      }
      button {
        display: inline-flex;
        align-items: center;
        gap: 3px;
      }
    `,
  ];

  /** In force. */
  @property({ attribute: false }) keys: Keys = defaultKeys;
  @property() annotator = '';
  /** ISO time; null while there is no label. */
  @property({ attribute: false }) savedAt: string | null = null;
  @property({ type: Boolean }) labelled = false;
  /** What the label was taken from, as "tagger 0.93"; empty when from nothing. */
  @property() origin = '';
  /** What a suggestion offers, as "tagger 0.93"; empty when nothing. */
  @property() offer = '';
  /** The suggestion was refused. */
  @property({ type: Boolean }) refused = false;
  @property({ type: Boolean }) saving = false;
  @property({ attribute: false }) error: string | null = null;
  @property({ type: Boolean }) canUndo = false;
  @property({ type: Boolean }) canRedo = false;
  /** This annotator's; null while the rollout is open. */
  @property({ attribute: false }) status: ReviewStatus | null = null;
  /** This annotator flagged the rollout. */
  @property({ type: Boolean }) flagged = false;
  @property({ attribute: false }) others: readonly string[] = [];
  /** What others say of the rollout, as "flagged by ana". */
  @property({ attribute: false }) marks: readonly string[] = [];
  /** Edits of other rollouts that are not saved. */
  @property({ type: Number }) unsavedElsewhere = 0;
  /** A word on the last thing done. */
  @property() notice = '';

  override render(): TemplateResult {
    return html`
      ${
        this.error
          ? html`<span class="failed" role="alert">
              ${icons.warning} not saved: ${this.error}
              <vscode-button @click=${() => act(this, { kind: 'retry-save' })}>Retry</vscode-button>
            </span>`
          : html`<span class="saved muted" role="status"
              >${[this.#saved(), this.#status(), this.#suggested(), this.notice].filter(Boolean).join(' · ')}</span
            >`
      }
      ${
        this.unsavedElsewhere > 0
          ? html`<vscode-button @click=${() => act(this, { kind: 'retry-save' })}>
              Save ${this.unsavedElsewhere} more
            </vscode-button>`
          : nothing
      }
      ${
        this.others.length > 0
          ? html`<button
              title="The labels of others beside yours${keyHint(this.keys, 'otherLabels')}"
              @click=${() => act(this, { kind: 'press', action: { kind: 'beside', what: 'labels' } })}
            >
              also labelled by ${this.others.join(', ')}
            </button>`
          : nothing
      }
      ${this.marks.length > 0 ? html`<span class="muted">${this.marks.join(' · ')}</span>` : nothing}
      ${
        this.offer
          ? html`<button title="Accept the suggestion (Alt+A)" @click=${() => act(this, { kind: 'accept' })}>
                ${icons.accept} accept
              </button>
              <button title="Refuse the suggestion (Alt+X)" @click=${() => act(this, { kind: 'refuse' })}>
                ${icons.clear} refuse
              </button>`
          : nothing
      }
      ${this.#statusButtons()}
      <button ?disabled=${!this.canUndo} title="Undo (Ctrl+Z)" @click=${() => act(this, { kind: 'undo' })}>
        ${icons.undo} undo
      </button>
      <button ?disabled=${!this.canRedo} title="Redo (Ctrl+Shift+Z)" @click=${() => act(this, { kind: 'redo' })}>
        ${icons.redo} redo
      </button>
      <button title="All keys${keyHint(this.keys, 'keys')}" @click=${() => act(this, { kind: 'keys' })}>
        ${keyOn(this.keys, 'keys')} keys
      </button>
    `;
  }

  #statusButtons(): TemplateResult {
    return html`<button title="Submit the label and go on (Ctrl+Enter)" @click=${() => act(this, { kind: 'submit' })}>
        ${icons.accept} submit <kbd>Ctrl+Enter</kbd>
      </button>
      ${
        this.status
          ? html`<button title="Put it back into the queue" @click=${() => act(this, { kind: 'reopen' })}>
              reopen
            </button>`
          : html`<button
              title="Skip with a reason${keyHint(this.keys, 'skip')}"
              @click=${() => act(this, { kind: 'skip' })}
            >
              ${icons.skip} skip ${keyCap(this.keys, 'skip')}
            </button>`
      }
      <button
        aria-pressed=${this.flagged}
        title="Flag for everyone to see${keyHint(this.keys, 'flag')}"
        @click=${() => act(this, { kind: 'flag' })}
      >
        ${icons.flag} ${this.flagged ? 'flagged' : 'flag'} ${keyCap(this.keys, 'flag')}
      </button>`;
  }

  #status(): string {
    return this.status ? `${this.status.status}${this.status.reason ? `: ${this.status.reason}` : ''}` : '';
  }

  #saved(): string {
    if (this.saving) return 'saving…';
    if (!this.labelled) {
      const how = this.offer
        ? ''
        : `: put the caret where the next phase starts and press ${keyOn(this.keys, 'split')}`;
      return `no label yet (${this.annotator})${how}`;
    }
    const at = this.savedAt ? new Date(this.savedAt).toLocaleTimeString('en-GB') : '';
    return `saved ${at} · ${this.annotator}${this.origin ? ` · from ${this.origin}` : ''}`;
  }

  #suggested(): string {
    if (this.offer) return `suggestion available: ${this.offer} (Alt+A accept, Alt+X refuse)`;
    return this.refused && !this.labelled ? 'suggestion refused (Alt+A accepts it all the same)' : '';
  }
}
