import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { icons } from '../ui/icons.ts';
import { sharedStyles } from '../ui/shared-styles.ts';
import { act } from './page-event.ts';

/** Whether the label is saved, and undo, redo, keys. */
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
      button {
        display: inline-flex;
        align-items: center;
        gap: 3px;
      }
    `,
  ];

  @property() annotator = '';
  /** ISO time; null while there is no label. */
  @property({ attribute: false }) savedAt: string | null = null;
  @property({ type: Boolean }) labelled = false;
  @property({ type: Boolean }) saving = false;
  @property({ attribute: false }) error: string | null = null;
  @property({ type: Boolean }) canUndo = false;
  @property({ type: Boolean }) canRedo = false;
  @property({ attribute: false }) others: readonly string[] = [];
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
              >${this.#saved()}${this.notice ? ` · ${this.notice}` : ''}</span
            >`
      }
      ${
        this.unsavedElsewhere > 0
          ? html`<vscode-button @click=${() => act(this, { kind: 'retry-save' })}>
              Save ${this.unsavedElsewhere} more
            </vscode-button>`
          : nothing
      }
      ${this.others.length > 0 ? html`<span class="muted">also labelled by ${this.others.join(', ')}</span>` : nothing}
      <button ?disabled=${!this.canUndo} title="Undo (Ctrl+Z)" @click=${() => act(this, { kind: 'undo' })}>
        ${icons.undo} undo
      </button>
      <button ?disabled=${!this.canRedo} title="Redo (Ctrl+Shift+Z)" @click=${() => act(this, { kind: 'redo' })}>
        ${icons.redo} redo
      </button>
      <button title="All keys (?)" @click=${() => act(this, { kind: 'keys' })}>? keys</button>
    `;
  }

  #saved(): string {
    if (this.saving) return 'saving…';
    if (!this.labelled) return `no label yet (${this.annotator}): put the caret where evidence starts and press Enter`;
    const at = this.savedAt ? new Date(this.savedAt).toLocaleTimeString('en-GB') : '';
    return `saved ${at} · ${this.annotator}`;
  }
}
