import { t } from '@vscode/l10n';
import { LitElement, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { metricTexts } from '../../src/domain/agreement.ts';
import { figureText } from '../../src/domain/agreement-report.ts';
import { goldMetrics, type GoldAgreement } from '../../src/domain/gold-agreement.ts';
import { html } from '../ui/html.ts';
import { sharedStyles } from '../ui/shared-styles.ts';
import { tableStyles } from './table-styles.ts';

/** How each annotator does against gold. */
@customElement('gold-table')
export class GoldTable extends LitElement {
  static override styles = [sharedStyles, tableStyles];

  /** Of those who submitted gold items. */
  @property({ attribute: false }) gold: readonly GoldAgreement[] = [];

  override render(): TemplateResult {
    return html`<h2>${t('Against gold')}</h2>
      <p class="muted">
        ${t('How far each annotator agrees with gold labels on the gold items that they submitted. In brackets the 95 % interval over these.')}
      </p>
      <div class="scroll" tabindex="0" role="region" aria-label=${t('Each annotator against gold')}>
        <table>
          <thead>
            <tr>
              <th scope="col">${t('Who')}</th>
              ${goldMetrics.map((metric) => html`<th scope="col">${metricTexts[metric].label}</th>`)}
              <th scope="col">${t('gold items')}</th>
              <th scope="col">${t('κ of judgements')}</th>
              <th scope="col">${t('judged by both')}</th>
            </tr>
          </thead>
          <tbody>
            ${this.gold.map(
              ({ annotator, labels, judgements }) =>
                html`<tr>
                  <th scope="row" title=${annotator}>${annotator}</th>
                  ${goldMetrics.map((metric) => html`<td>${figureText(labels.figures[metric])}</td>`)}
                  <td>${labels.rollouts}</td>
                  <td>${figureText(judgements.figures.kappa)}</td>
                  <td>${judgements.rollouts}</td>
                </tr>`,
            )}
          </tbody>
        </table>
      </div>`;
  }
}
