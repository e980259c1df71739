import { t } from '@vscode/l10n';
import { css, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { counted } from '../../src/domain/counted.ts';
import type { SelectedRun } from '../../src/protocol/runs.ts';
import { html } from '../ui/html.ts';
import { sharedStyles } from '../ui/shared-styles.ts';

/** Where a run's token weights come from: a row for each label, suggestion and scheme, which leads to its rollouts. */
@customElement('weight-table')
export class WeightTable extends LitElement {
  static override styles = [
    sharedStyles,
    css`
      .changed {
        margin: 4px 0;
        padding: 4px 8px;
        border: 1px solid var(--vscode-inputValidation-infoBorder, var(--border));
        background: var(--vscode-inputValidation-infoBackground);
        color: var(--vscode-inputValidation-infoForeground, var(--vscode-foreground));
      }
      ul {
        list-style: none;
        margin: 4px 0 0;
        padding: 0;
        max-width: 46ch;
      }
      button {
        display: grid;
        grid-template-columns: 1fr 6em;
        gap: 2px 12px;
        width: 100%;
        text-align: left;
      }
      .count {
        text-align: right;
        font-variant-numeric: tabular-nums;
      }
      meter {
        grid-column: 1 / -1;
        width: 100%;
        height: 3px;
        appearance: none;
        border: 0;
        background: var(--vscode-editorWidget-background);
        outline: 1px solid var(--vscode-contrastBorder, transparent);
      }
      meter::-webkit-meter-bar,
      meter::-webkit-meter-inner-element {
        height: 3px;
        border: 0;
        border-radius: 0;
        background: transparent;
      }
      meter::-webkit-meter-optimum-value {
        background: var(--vscode-progressBar-background);
      }
    `,
  ];

  @property({ attribute: false }) weights!: SelectedRun['weights'];

  override render() {
    const { sources, changed } = this.weights;
    const all = sources.reduce((sum, { rollouts }) => sum + rollouts, 0);
    return html`
      ${changed === null ? nothing : html`<div class="changed" role="status">${changed}</div>`}
      ${all === 0 ? html`<p class="muted">${t('No rollouts yet.')}</p>` : nothing}
      <ul aria-label=${t('Sources of token weights')}>
        ${sources.map(
          ({ source, text, rollouts }) =>
            html`<li>
              <button title=${t('Choose one of these rollouts to review')} @click=${() => this.#choose(source)}>
                <span>${text}</span>
                <span class="count">${counted(rollouts, 'rollout')}</span>
                <meter value=${rollouts} max=${all} aria-hidden="true"></meter>
              </button>
            </li>`,
        )}
      </ul>
    `;
  }

  #choose(source: string): void {
    this.dispatchEvent(new CustomEvent('choose-source', { detail: source }));
  }
}
