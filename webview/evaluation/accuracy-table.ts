import { t } from '@vscode/l10n';
import { css, LitElement, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { counted } from '../../src/domain/counted.ts';
import type { Reader, ShownReader } from '../../src/protocol/evaluation.ts';
import { html } from '../ui/html.ts';
import { sharedStyles } from '../ui/shared-styles.ts';
import { accuracyTables, type AccuracyCell, type AccuracyRow } from './accuracy-rows.ts';
import { percent, shareText } from './share-text.ts';

/** Accuracy by kind of prompt, each reader a column; a reader's name says where its rule is from, and chooses it (`choose-reader`). */
@customElement('accuracy-table')
export class AccuracyTableElement extends LitElement {
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: block;
        overflow-x: auto;
      }
      table {
        border-spacing: 0;
      }
      th,
      td {
        padding: 3px 10px;
        border-bottom: 1px solid var(--border);
        text-align: right;
        vertical-align: bottom;
        font-variant-numeric: tabular-nums;
      }
      th {
        font-weight: normal;
      }
      tbody th,
      thead th:first-child {
        position: sticky;
        left: 0;
        min-width: 16ch;
        max-width: 26ch;
        overflow-wrap: anywhere;
        text-align: left;
        background: var(--vscode-editor-background);
      }
      thead th + th + th {
        min-width: 9ch;
        max-width: 14ch;
        padding: 0;
      }
      thead button {
        width: 100%;
        padding: 3px 10px;
        text-align: right;
      }
      thead button[aria-pressed='true'] {
        border-color: var(--vscode-focusBorder);
        background: var(--vscode-list-inactiveSelectionBackground);
      }
      .dimension th {
        padding-top: 12px;
        font-weight: 600;
      }
      td span {
        display: block;
        white-space: nowrap;
      }
      .interval {
        font-size: 0.85em;
        color: var(--muted);
      }
    `,
  ];

  /** Those that read some reply, in order. */
  @property({ attribute: false }) readers: readonly ShownReader[] = [];
  /** Of all readers, title and source. */
  @property({ attribute: false }) known: readonly Reader[] = [];
  @property() chosen = '';

  override render(): TemplateResult {
    const [all, ...tables] = accuracyTables(this.readers);
    return html`<table>
      <thead>
        <tr>
          <th scope="col">${t('prompts')}</th>
          <th scope="col">${t('number')}</th>
          ${this.readers.map(({ reader }) => this.#head(reader))}
        </tr>
      </thead>
      <tbody>
        ${all.rows.map((row) => this.#row(row))} ${this.#passes()}
        <tr>
          <th scope="row">${t('no answer read')}</th>
          <td></td>
          ${this.readers.map(
            ({ unread, replies }) =>
              html`<td
                title=${unread === null ? t('what was recorded does not say') : t('of {0}', counted(replies, 'reply'))}
              >
                ${unread === null ? '–' : `${percent(unread / replies)} %`}
              </td>`,
          )}
        </tr>
        ${tables.map(
          ({ dimension, rows }) => html`
            <tr class="dimension">
              <th scope="rowgroup" colspan=${this.readers.length + 2}>${t('by {0}', dimension)}</th>
            </tr>
            ${rows.map((row) => this.#row(row))}
          `,
        )}
      </tbody>
    </table>`;
  }

  #head(reader: string): TemplateResult {
    const { title, source } = this.known.find(({ name }) => name === reader)!;
    const choose = (): void =>
      void this.dispatchEvent(new CustomEvent('choose-reader', { detail: reader, bubbles: true, composed: true }));
    return html`<th scope="col">
      <button aria-pressed=${reader === this.chosen} title=${source} aria-description=${source} @click=${choose}>
        ${title}
      </button>
    </th>`;
  }

  #passes(): TemplateResult[] {
    const powers = [...new Set(this.readers.flatMap(({ passAt }) => passAt.map(({ k }) => k)))].filter((k) => k > 1);
    return powers.map((k) =>
      this.#row({
        name: `pass@${k}`,
        prompts: this.readers[0]?.accuracy.n ?? 0,
        cells: this.readers.map(({ passAt }) => {
          const pass = passAt.find((one) => one.k === k);
          return pass ? { accuracy: pass.accuracy, unread: null } : null;
        }),
      }),
    );
  }

  #row({ name, prompts, cells }: AccuracyRow): TemplateResult {
    return html`<tr>
      <th scope="row">${name}</th>
      <td>${String(prompts)}</td>
      ${cells.map((cell) => this.#cell(cell))}
    </tr>`;
  }

  #cell(cell: AccuracyCell | null): TemplateResult {
    if (!cell) return html`<td title=${t('this rule is not defined for these prompts')}>–</td>`;
    const { accuracy, unread } = cell;
    const none = unread ? [t('no answer read in {0}', counted(unread, 'reply'))] : [];
    return html`<td title=${[shareText(accuracy), counted(accuracy.n, 'prompt'), ...none].join(', ')}>
      <span>${percent(accuracy.value)}</span>
      <span class="interval">${percent(accuracy.low)}–${percent(accuracy.high)}</span>
    </td>`;
  }
}
