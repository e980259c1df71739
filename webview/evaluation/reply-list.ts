import { t } from '@vscode/l10n';
import { css, LitElement, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { html } from '../ui/html.ts';
import { sharedStyles } from '../ui/shared-styles.ts';
import type { ReplyRow } from './reply-rows.ts';

/** Rows that are seen at a time. */
const pageSize = 20;

/** Replies a page at a time; one that is clicked asks to be reviewed (`review`). */
@customElement('reply-list')
export class ReplyList extends LitElement {
  static override styles = [
    sharedStyles,
    css`
      ol {
        margin: 0;
        padding: 0;
        list-style: none;
      }
      li button {
        display: grid;
        grid-template-columns: minmax(5em, auto) minmax(0, 1fr);
        gap: 0 8px;
        width: 100%;
        max-width: 110ch;
        padding: 3px 6px;
        text-align: left;
      }
      li span {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      li .detail {
        grid-column: 2;
        white-space: normal;
        overflow-wrap: anywhere;
        font-size: 0.9em;
        color: var(--muted);
      }
      nav {
        display: flex;
        align-items: center;
        gap: 8px;
        padding: 2px 0;
      }
    `,
  ];

  @property({ attribute: false }) rows: readonly ReplyRow[] = [];
  /** Of all that there are, also those beyond the rows. */
  @property({ type: Number }) count = 0;
  /** Names the list for a screen reader. */
  @property() name = '';
  @state() private first = 0;

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('rows') && this.first >= this.rows.length) this.first = 0;
  }

  override render(): TemplateResult {
    const shown = this.rows.slice(this.first, this.first + pageSize);
    return html`<ol aria-label=${this.name} start=${this.first + 1}>
        ${shown.map((row) => html`<li>${this.#row(row)}</li>`)}
      </ol>
      ${this.#pages(shown.length)}`;
  }

  #row({ rolloutIds, question, mark, detail }: ReplyRow): TemplateResult {
    return html`<button
      title=${t('Open in Review: {0}', question)}
      @click=${() => this.dispatchEvent(new CustomEvent('review', { detail: rolloutIds, bubbles: true, composed: true }))}
    >
      <span>${mark}</span><span>${question}</span>
      <span class="detail">${detail}</span>
    </button>`;
  }

  #pages(shown: number) {
    const { first, rows, count } = this;
    const page = (to: number): void => void (this.first = to);
    if (count <= pageSize) return '';
    const [from, to] = [first + 1, first + shown];
    const place =
      count > rows.length
        ? t('{0} to {1} of {2}, of which the first {3} are listed', from, to, count, rows.length)
        : t('{0} to {1} of {2}', from, to, count);
    return html`<nav aria-label=${t('Pages of {0}', this.name)}>
      <button ?disabled=${first === 0} @click=${() => page(first - pageSize)}>${t('previous')}</button>
      <span class="muted">${place}</span>
      <button ?disabled=${first + pageSize >= rows.length} @click=${() => page(first + pageSize)}>${t('next')}</button>
    </nav>`;
  }
}
