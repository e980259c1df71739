import { t } from '@vscode/l10n';
import { css, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { ShownEstimate } from '../../src/protocol/evaluation.ts';
import { html } from '../ui/html.ts';
import { sharedStyles } from '../ui/shared-styles.ts';
import { shareText } from './share-text.ts';

/** A share to draw. */
export interface Plotted {
  label: string;
  share: ShownEstimate;
  /** It is the one that is looked at. */
  current: boolean;
  /** What is chosen with it (`choose`); null where it stands for nothing to choose. */
  id: string | null;
}

/** Shares from 0 to 100 %, one below the other: a point each, with its interval. */
@customElement('share-plot')
export class SharePlot extends LitElement {
  static override styles = [
    sharedStyles,
    css`
      ul {
        display: grid;
        grid-template-columns: fit-content(34ch) minmax(120px, 420px) max-content;
        gap: 2px 10px;
        margin: 0;
        padding: 0;
        align-items: center;
        list-style: none;
        font-variant-numeric: tabular-nums;
      }
      li {
        display: contents;
      }
      .label {
        overflow-wrap: anywhere;
        text-align: left;
      }
      button.label {
        padding: 0;
        color: var(--vscode-textLink-foreground);
      }
      .current {
        font-weight: 600;
      }
      .axis {
        position: relative;
        height: 14px;
        border-left: 1px solid var(--border);
        border-right: 1px solid var(--border);
        background: linear-gradient(var(--border), var(--border)) center / 100% 1px no-repeat;
      }
      .interval,
      .point {
        position: absolute;
        background: var(--vscode-charts-blue);
        outline: 1px solid var(--vscode-contrastBorder, transparent);
      }
      .interval {
        top: 5px;
        height: 4px;
        opacity: 0.6;
      }
      .point {
        top: 2px;
        width: 4px;
        height: 10px;
        margin-left: -2px;
      }
    `,
  ];

  @property({ attribute: false }) plotted: readonly Plotted[] = [];
  /** Names the list for a screen reader. */
  @property() name = '';

  override render(): TemplateResult {
    return html`<ul aria-label=${this.name}>
      ${this.plotted.map((one) => this.#one(one))}
    </ul>`;
  }

  #one({ label, share, current, id }: Plotted): TemplateResult {
    const choose = (): void =>
      void this.dispatchEvent(new CustomEvent('choose', { detail: id, bubbles: true, composed: true }));
    const [low, high] = [100 * share.low, 100 * share.high];
    return html`<li>
      ${
        id === null || current
          ? html`<span class="label ${current ? 'current' : ''}" aria-current=${current ? 'true' : nothing}
              >${label}</span
            >`
          : html`<button class="label" title=${t('Compare {0}', label)} @click=${choose}>${label}</button>`
      }
      <span class="axis" aria-hidden="true">
        <span class="interval" .style=${`left: ${low}%; width: ${high - low}%`}></span>
        <span class="point" .style=${`left: ${100 * share.value}%`}></span>
      </span>
      <span>${shareText(share)}</span>
    </li>`;
  }
}
