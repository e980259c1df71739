import { t } from '@vscode/l10n';
import { LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { counted } from '../../src/domain/counted.ts';
import type { EvaluationItem, OneShown, Reader, ShownLength } from '../../src/protocol/evaluation.ts';
import { html } from '../ui/html.ts';
import './accuracy-table.ts';
import './reply-list.ts';
import { disagreementRow, failedRow } from './reply-rows.ts';
import { percent } from './share-text.ts';
import './share-plot.ts';
import { viewStyles } from './view-styles.ts';

/** One evaluation: how often it is right by each reader, and where they disagree. */
@customElement('one-view')
export class OneView extends LitElement {
  static override styles = viewStyles;

  @property({ attribute: false }) view!: OneShown;
  @property({ attribute: false }) readers: readonly Reader[] = [];
  @property({ attribute: false }) evaluations: readonly EvaluationItem[] = [];

  override render(): TemplateResult {
    const { report, reader } = this.view;
    if (report.replies === 0) return html`<p>${t('It has no reply yet.')}</p>`;
    if (report.readers.length === 0) {
      return html`<p>
        ${t('Nothing scores these replies: they have neither an answer to compare with nor a recorded accuracy. Import the dataset with its answers.')}
      </p>`;
    }
    const { title } = this.#reader;
    return html`
      <section aria-labelledby="accuracy">
        <h2 id="accuracy">${t('Accuracy in percent, by each rule')}</h2>
        <p class="muted">
          ${t('Below each its 95 % interval (Wilson). A rule’s name says where it is from, and chooses it for what stands below the table.')}
        </p>
        <accuracy-table .readers=${report.readers} .known=${this.readers} .chosen=${reader}></accuracy-table>
        ${this.#paper()}
      </section>
      ${this.#disagreements()}
      <section aria-labelledby="length">
        <h2 id="length">${t('How length goes with being right, by {0}', title)}</h2>
        ${this.#length(report.readers.find((one) => one.reader === reader)!.length)}
      </section>
      ${this.#beside()}
    `;
  }

  get #reader(): Reader {
    return this.readers.find(({ name }) => name === this.view.reader)!;
  }

  #paper() {
    const { paper } = this.view;
    if (!paper) return nothing;
    return html`<p>
      ${t('AVATAR’s paper reports {0} for Qwen2.5-Omni and {1} for AVATAR on {2}, in its comparison with Qwen2.5-Omni; its own script’s rule is the column “AVATAR, of {2}”:', paper.base.toFixed(1), paper.avatar.toFixed(1), paper.benchmark)}
      <a href="https://arxiv.org/abs/2508.03100">arXiv 2508.03100v3</a>.
    </p>`;
  }

  #disagreements(): TemplateResult {
    const { rows, count } = this.view.report.disagreements;
    return html`<section aria-labelledby="disagreements">
      <h2 id="disagreements">${t('Replies that some rules call right and others wrong: {0}', String(count))}</h2>
      ${
        count === 0
          ? html`<p class="muted">${t('All rules agree on every reply.')}</p>`
          : html`<p class="muted">${t('Each opens in Review, with what every rule took marked in the reply.')}</p>
              <reply-list
                name=${t('Replies on which rules disagree')}
                .rows=${rows.map((row) => disagreementRow(row, this.readers))}
                .count=${count}
              ></reply-list>`
      }
    </section>`;
  }

  #length({ unit, right, wrong, fifths }: ShownLength): TemplateResult {
    const mean = (of: number | null): string => (of === null ? t('none') : `${Math.round(of)} ${unit}`);
    return html`<p class="muted">
        ${t('Replies from the shortest to the longest, in fifths. Mean of the right ones: {0}; of the wrong ones: {1}.', mean(right), mean(wrong))}
      </p>
      <share-plot
        name=${t('Accuracy by length')}
        .plotted=${fifths.map(({ from, to, accuracy }) => ({
          label: from === to ? `${from} ${unit}` : t('{0} to {1} {2}', from, to, unit),
          ...{ share: accuracy, current: false, id: null },
        }))}
      ></share-plot>`;
  }

  /** The evaluations of the same dataset: a policy's versions below one another are a series. */
  #beside() {
    const { view, evaluations } = this;
    if (view.beside.length === 0) return nothing;
    const { rows, count } = view.failed;
    const plotted = view.beside.flatMap(({ id, accuracy }) => {
      const one = evaluations.find((item) => item.id === id);
      return one ? { id, label: `${one.policy} · ${one.name}`, share: accuracy, current: id === view.id } : [];
    });
    const prompts = counted(count, 'prompt');
    return html`
      <section aria-labelledby="beside">
        <h2 id="beside">${t('Evaluations of the same dataset, by {0}', this.#reader.title)}</h2>
        <p class="muted">
          ${t('Each policy’s versions in their order. One that is clicked is compared with this one.')}
        </p>
        <share-plot name=${t('Evaluations of the same dataset')} .plotted=${plotted}></share-plot>
      </section>
      <section aria-labelledby="failed">
        <h2 id="failed">${t('Prompts that all of them fail, by {0}: {1}', this.#reader.title, String(count))}</h2>
        ${
          count === 0
            ? html`<p class="muted">${t('Every prompt is right in some evaluation.')}</p>`
            : html`<p class="muted">
                  ${t('{0} of {1} ({2} %): too hard for these policies, or a rule that cannot read what they answer.', prompts, view.report.prompts, percent(count / view.report.prompts))}
                </p>
                <reply-list
                  name=${t('Prompts that all fail')}
                  .rows=${rows.map(failedRow)}
                  .count=${count}
                ></reply-list>`
        }
      </section>
    `;
  }
}
