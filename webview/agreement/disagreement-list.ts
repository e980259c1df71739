import { t } from '@vscode/l10n';
import { css, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { metricTexts, type AgreementMetric } from '../../src/domain/agreement.ts';
import { figureText } from '../../src/domain/agreement-report.ts';
import { spans } from '../../src/domain/phase.ts';
import type { DisagreementItem } from '../../src/protocol/agreement.ts';
import { html } from '../ui/html.ts';
import { phaseStyles, type DrawnPhase } from '../review/label/phase-styles.ts';
import { sharedStyles } from '../ui/shared-styles.ts';

/** Rollouts with a value and each annotator's phases as bars; one that is clicked asks to be reviewed (`review`). */
@customElement('disagreement-list')
export class DisagreementList extends LitElement {
  static override styles = [
    sharedStyles,
    phaseStyles,
    css`
      ol {
        max-width: 900px;
        margin: 0;
        padding: 0;
        list-style: none;
      }
      button {
        display: grid;
        grid-template-columns: 4em minmax(0, 1fr);
        gap: 2px 8px;
        width: 100%;
        padding: 4px 6px;
        text-align: left;
      }
      .value {
        font-variant-numeric: tabular-nums;
      }
      .question {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .bars {
        display: grid;
        grid-column: 2;
        grid-template-columns: fit-content(14ch) minmax(0, 1fr);
        gap: 1px 8px;
        align-items: center;
        font-size: 0.9em;
      }
      .waiting {
        grid-column: 2;
        font-size: 0.9em;
      }
      .name {
        overflow: hidden;
        color: var(--muted);
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .bar {
        display: flex;
        height: 9px;
      }
      .skeleton {
        height: 40px;
        max-width: 900px;
        margin: 4px 0;
      }
    `,
  ];

  /** Null while they are read. */
  @property({ attribute: false }) items: DisagreementItem[] | null = null;
  @property({ attribute: false }) metric!: AgreementMetric;
  @property({ attribute: false }) phases: DrawnPhase[] = [];

  override render() {
    if (!this.items) return html`<div role="status" aria-label=${t('Reading rollouts')}>${bones}</div>`;
    return html`<ol aria-label=${t('Rollouts, least agreement first')}>
      ${this.items.map((item) => html`<li>${this.#item(item)}</li>`)}
    </ol>`;
  }

  #item(item: DisagreementItem): TemplateResult {
    const value = item.values[this.metric];
    const text = figureText({ value, low: null, high: null });
    const { label, undefinedWhen } = metricTexts[this.metric];
    const why = value === null ? t('no value, {0}', undefinedWhen) : nothing;
    return html`<button
      title=${t('Open in Review: {0}', item.question)}
      @click=${() => this.dispatchEvent(new CustomEvent('review', { detail: item.rolloutId }))}
    >
      <span class="spoken">${label}</span>
      <span class="value" title=${why}>${text}</span>
      <span class="spoken">${why}</span>
      <span class="question">${item.question}</span>
      ${
        item.labels.length === 0
          ? html`<span class="waiting muted">${t('the labels are shown once you have labelled it yourself')}</span>`
          : html`<span class="bars"
              >${item.labels.map(({ annotator, boundaries }) => this.#bar(item.length, annotator, boundaries))}</span
            >`
      }
    </button>`;
  }

  #bar(length: number, annotator: string, boundaries: number[]): TemplateResult {
    const says = boundaries.map((at, i) => t('{0} from character {1}', this.phases[i + 1].name, at)).join(', ');
    return html`<span class="name">${annotator}</span>
      <span class="spoken">${says}</span>
      <span class="bar">
        ${spans(length, boundaries).map(({ phase, start, end }) =>
          start === end
            ? nothing
            : html`<span
                class="phase-${phase + 1} filled"
                title=${this.phases[phase].name}
                .style=${`width: ${(100 * (end - start)) / length}%`}
              ></span>`,
        )}
      </span>`;
  }
}

const bones = Array.from({ length: 3 }, () => html`<div class="skeleton"></div>`);
