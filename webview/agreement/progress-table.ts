import { t } from '@vscode/l10n';
import { LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import {
  medianText,
  progressFigures,
  type AnnotatorProgress,
  type Progress,
} from '../../src/domain/annotator-progress.ts';
import { html } from '../ui/html.ts';
import { sharedStyles } from '../ui/shared-styles.ts';
import { tableStyles } from './table-styles.ts';

/** How far each annotator has come: with all that there is, and where there are several datasets with each. */
@customElement('progress-table')
export class ProgressTable extends LitElement {
  static override styles = [sharedStyles, tableStyles];

  @property({ attribute: false }) progress: readonly AnnotatorProgress[] = [];

  override render(): TemplateResult {
    return html`<h2>${t('Progress')}</h2>
      <p class="muted">
        ${t('Left is what “Next Unlabelled” still has for them: neither labelled nor skipped. The median time is that from the first edit of a label to its submission.')}
      </p>
      <div class="scroll" tabindex="0" role="region" aria-label=${t('Progress of each annotator')}>
        <table>
          <thead>
            <tr>
              <th scope="col">${t('Who')}</th>
              ${progressFigures.map((name) => html`<th scope="col">${name}</th>`)}
              <th scope="col">${t('median time')}</th>
            </tr>
          </thead>
          <tbody>
            ${this.progress.map(
              ({ annotator, all, datasets }) =>
                html`${row(annotator, all)}
                ${datasets.length > 1 ? datasets.map((one) => row(one.dataset, one, annotator)) : nothing}`,
            )}
          </tbody>
        </table>
      </div>`;
  }
}

/** Of an annotator, or with `whose` of one's part in a dataset. */
function row(name: string, progress: Progress, whose: string | null = null): TemplateResult {
  return html`<tr class=${whose === null ? '' : 'dataset'}>
    <th scope="row" title=${name}>${whose === null ? nothing : html`<span class="spoken">${whose}, </span>`}${name}</th>
    ${progressFigures.map((figure) => html`<td>${progress[figure]}</td>`)}
    <td>${medianText(progress)}</td>
  </tr>`;
}
