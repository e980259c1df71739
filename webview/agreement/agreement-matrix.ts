import { t } from '@vscode/l10n';
import { css, LitElement, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { metricTexts, type AgreementMetric } from '../../src/domain/agreement.ts';
import { figureText, type Agreement, type AgreementScope } from '../../src/domain/agreement-report.ts';
import { counted } from '../../src/domain/counted.ts';
import { html } from '../ui/html.ts';
import { sharedStyles } from '../ui/shared-styles.ts';

/** Steps of tint, from no agreement to full. */
const levels = 5;

/** Every annotator against every other, as a grid: arrows move, Enter or a click chooses a pair (`choose-pair`). */
@customElement('agreement-matrix')
export class AgreementMatrix extends LitElement {
  static override styles = [
    sharedStyles,
    css`
      table {
        border-collapse: separate;
        border-spacing: 2px;
      }
      th {
        max-width: 16ch;
        padding: 2px 6px;
        overflow: hidden;
        font-weight: normal;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      tbody th {
        text-align: right;
      }
      td {
        min-width: 7em;
        padding: 4px 8px;
        border: 1px solid var(--border);
        border-radius: 2px;
        text-align: center;
        font-variant-numeric: tabular-nums;
        white-space: nowrap;
      }
      td.corner {
        border: 0;
      }
      td.pair {
        cursor: pointer;
      }
      td.pair:hover {
        outline: 1px dashed var(--vscode-contrastActiveBorder, var(--vscode-focusBorder));
      }
      td[aria-selected='true'] {
        border: 1px solid var(--vscode-focusBorder);
        box-shadow: inset 0 0 0 1px var(--vscode-focusBorder);
      }
      td span {
        display: block;
      }
      .count {
        font-size: 0.9em;
      }
      .level-1 {
        background: color-mix(in srgb, var(--heat) 10%, transparent);
      }
      .level-2 {
        background: color-mix(in srgb, var(--heat) 20%, transparent);
      }
      .level-3 {
        background: color-mix(in srgb, var(--heat) 30%, transparent);
      }
      .level-4 {
        background: color-mix(in srgb, var(--heat) 42%, transparent);
      }
    `,
  ];

  @property({ attribute: false }) agreement!: Agreement;
  @property({ attribute: false }) metric!: AgreementMetric;
  @property({ attribute: false }) scope: AgreementScope = null;

  /** The cell that Tab comes to. */
  @state() private row = 0;
  @state() private column = 1;

  override render(): TemplateResult {
    const { annotators } = this.agreement;
    return html`<table role="grid" aria-label=${t('Agreement of each pair: {0}', metricTexts[this.metric].label)}>
      <thead>
        <tr>
          <td class="corner"></td>
          ${annotators.map((name) => html`<th scope="col" role="columnheader" title=${name}>${name}</th>`)}
        </tr>
      </thead>
      <tbody @keydown=${this.#key}>
        ${annotators.map(
          (name, row) =>
            html`<tr>
              <th scope="row" role="rowheader" title=${name}>${name}</th>
              ${annotators.map((_, column) => this.#cell(row, column))}
            </tr>`,
        )}
      </tbody>
    </table>`;
  }

  #cell(row: number, column: number): TemplateResult {
    const { annotators } = this.agreement;
    const [a, b] = [annotators[row], annotators[column]];
    const tab = row === this.#place.row && column === this.#place.column ? 0 : -1;
    const focused = (): void => {
      this.row = row;
      this.column = column;
    };
    const pair = this.#pair(row, column);
    if (!pair) {
      const says = row === column ? t('{0} alone', a) : t('{0} and {1}: no rollout in common', a, b);
      const text = row === column ? '' : '–';
      return html`<td role="gridcell" tabindex=${tab} aria-label=${says} title=${says} @focus=${focused}>${text}</td>`;
    }
    const figure = pair.figures[this.metric];
    const { better, undefinedWhen } = metricTexts[this.metric];
    const count = counted(pair.rollouts, 'rollout');
    const why = figure.value === null ? t('no value, {0}', undefinedWhen) : figureText(figure);
    const says = t('{0} and {1}: {2}, {3}', a, b, why, count);
    const agreed = figure.value === null ? 0 : better === 'higher' ? figure.value : 1 - figure.value;
    const level = Math.min(Math.max(Math.floor(agreed * levels), 0), levels - 1);
    return html`<td
      role="gridcell"
      class="pair level-${level}"
      tabindex=${tab}
      aria-selected=${pair.a === this.scope?.a && pair.b === this.scope.b}
      aria-label=${says}
      title=${says}
      @focus=${focused}
      @click=${() => this.#choose(row, column)}
    >
      <span>${figureText(figure)}</span>
      <span class="count">${count}</span>
    </td>`;
  }

  /** Kept within a matrix that became smaller. */
  get #place(): { row: number; column: number } {
    const last = this.agreement.annotators.length - 1;
    return { row: Math.min(this.row, last), column: Math.min(this.column, last) };
  }

  #pair(row: number, column: number): Agreement['pairs'][number] | undefined {
    const { annotators, pairs } = this.agreement;
    const [one, other] = [annotators[row], annotators[column]];
    return pairs.find(({ a, b }) => (a === one && b === other) || (a === other && b === one));
  }

  #choose(row: number, column: number): void {
    const pair = this.#pair(row, column);
    if (!pair) return;
    this.dispatchEvent(new CustomEvent<AgreementScope>('choose-pair', { detail: { a: pair.a, b: pair.b } }));
  }

  #key(event: KeyboardEvent): void {
    const { row, column } = this.#place;
    const last = this.agreement.annotators.length - 1;
    const moves: Record<string, [number, number]> = {
      ArrowUp: [row - 1, column],
      ArrowDown: [row + 1, column],
      ArrowLeft: [row, column - 1],
      ArrowRight: [row, column + 1],
      Home: [event.ctrlKey ? 0 : row, 0],
      End: [event.ctrlKey ? last : row, last],
    };
    if (event.key === 'Enter' || event.key === ' ') this.#choose(row, column);
    else if (event.key in moves) void this.#focus(...moves[event.key]);
    else return;
    event.preventDefault();
  }

  async #focus(row: number, column: number): Promise<void> {
    const last = this.agreement.annotators.length - 1;
    this.row = Math.min(Math.max(row, 0), last);
    this.column = Math.min(Math.max(column, 0), last);
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>('td[tabindex="0"]')?.focus();
  }
}
