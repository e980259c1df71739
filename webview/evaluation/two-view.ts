import { t } from '@vscode/l10n';
import { LitElement, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { counted } from '../../src/domain/counted.ts';
import { listText } from '../../src/domain/list-text.ts';
import type { EvaluationItem, Reader, ShownDifference, TwoShown } from '../../src/protocol/evaluation.ts';
import { html } from '../ui/html.ts';
import './reply-list.ts';
import { flipRow } from './reply-rows.ts';
import { differenceText, percent, pText, shareText } from './share-text.ts';
import { viewStyles } from './view-styles.ts';

/** Two evaluations on the prompts that both have: what the second has right that the first has not, and the other way. */
@customElement('two-view')
export class TwoView extends LitElement {
  static override styles = viewStyles;

  @property({ attribute: false }) view!: TwoShown;
  @property({ attribute: false }) readers: readonly Reader[] = [];
  @property({ attribute: false }) evaluations: readonly EvaluationItem[] = [];

  override render(): TemplateResult {
    const { comparison, reader, readers } = this.view;
    const [first, second] = this.#names;
    if (!comparison) {
      return html`<p>
        ${t('These two have no prompt in common that a rule can score: choose evaluations of one dataset.')}
      </p>`;
    }
    const { overall, onlyFirst, onlySecond, by } = comparison;
    const left = [
      onlyFirst > 0 ? t('{0} of the first alone', counted(onlyFirst, 'prompt')) : '',
      onlySecond > 0 ? t('{0} of the second alone', counted(onlySecond, 'prompt')) : '',
    ].filter(Boolean);
    const figures = [
      counted(overall.prompts, 'prompt'),
      ...[shareText(overall.first), shareText(overall.second), differenceText(overall.difference)],
      overall.p < 0.001 ? pText(overall.p) : `= ${pText(overall.p)}`,
    ];
    return html`
      <section aria-labelledby="difference">
        <h2 id="difference">${first} → ${second}</h2>
        <label
          >${t('by the rule')}
          <select @change=${(event: Event) => this.#choose((event.target as HTMLSelectElement).value)}>
            ${readers.map(
              (name) => html`<option value=${name} .selected=${name === reader}>${this.#title(name)}</option>`,
            )}
          </select>
        </label>
        <p>
          ${
            left.length === 0
              ? t('On {0} that both have: {1} → {2}, a difference of {3} points, p {4}.', ...figures)
              : t(
                  'On {0} that both have ({5} do not count): {1} → {2}, a difference of {3} points, p {4}.',
                  ...figures,
                  listText(left),
                )
          }
        </p>
        <p class="muted">
          ${t('In brackets 95 % intervals: Wilson’s, and of the difference the paired bootstrap’s. p is of the exact McNemar test that neither is better. A prompt with several replies is right where most of them are.')}
        </p>
        <div class="scroll" role="group" tabindex="0" aria-label=${t('The difference by kind of prompt')}>
          <table>
            <thead>
              <tr>
                ${[
                  t('prompts'),
                  t('number'),
                  first,
                  second,
                  t('difference, points'),
                  t('fixed'),
                  t('broken'),
                  t('both right'),
                  t('both wrong'),
                  'p',
                ].map((name) => html`<th scope="col">${name}</th>`)}
              </tr>
            </thead>
            <tbody>
              ${this.#row(t('all'), overall)}
              ${by.map(
                ({ dimension, kinds }) => html`
                  <tr class="dimension">
                    <th scope="rowgroup" colspan="10">${t('by {0}', dimension)}</th>
                  </tr>
                  ${kinds.map(({ name, ...of }) => this.#row(name, of))}
                `,
              )}
            </tbody>
          </table>
        </div>
      </section>
      ${this.#flips()}
    `;
  }

  get #names(): [string, string] {
    const [a, b] = this.view.ids.map((id) => this.evaluations.find((one) => one.id === id));
    const names = a?.policy === b?.policy ? [a?.name, b?.name] : [a?.policy, b?.policy];
    return [names[0] ?? '', names[1] ?? ''];
  }

  #title(reader: string): string {
    return this.readers.find(({ name }) => name === reader)!.title;
  }

  #choose(reader: string): void {
    this.dispatchEvent(new CustomEvent('choose-reader', { detail: reader, bubbles: true, composed: true }));
  }

  #row(name: string, of: ShownDifference): TemplateResult {
    const { prompts, first, second, difference, fixed, broken, bothRight, bothWrong, p } = of;
    return html`<tr>
      <th scope="row">${name}</th>
      <td>${String(prompts)}</td>
      <td title=${shareText(first)}>${percent(first.value)}</td>
      <td title=${shareText(second)}>${percent(second.value)}</td>
      <td>${differenceText(difference)}</td>
      ${[fixed, broken, bothRight, bothWrong].map((count) => html`<td>${String(count)}</td>`)}
      <td>${pText(p)}</td>
    </tr>`;
  }

  #flips(): TemplateResult {
    const { rows, count } = this.view.flips;
    return html`<section aria-labelledby="flips">
      <h2 id="flips">${t('Prompts that changed: {0}', String(count))}</h2>
      ${
        count === 0
          ? html`<p class="muted">${t('The same prompts are right in both.')}</p>`
          : html`<p class="muted">${t('Each opens both replies side by side in Review.')}</p>
              <reply-list name=${t('Prompts that changed')} .rows=${rows.map(flipRow)} .count=${count}></reply-list>`
      }
    </section>`;
  }
}
