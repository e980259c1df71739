import { t } from '@vscode/l10n';
import { LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Phase } from '../../../src/domain/phase.ts';
import { momentText } from '../../../src/domain/moment.ts';
import type { LabelReview, OtherLabel } from '../../../src/protocol/review.ts';
import { defaultKeys, type Keys } from '../../../src/protocol/review-keys.ts';
import { besideStyles, besideTools } from './view.ts';
import { movedText } from './activity-text.ts';
import { focusIsLost } from '../../ui/focus.ts';
import { html } from '../../ui/html.ts';
import { act } from '../actions/page-event.ts';
import './phase-table.ts';
import type { PhaseColumn } from './phase-table.ts';

/** Labels of one completion side by side, one's own first: each of the others can be taken as it is, or accepted or rejected. */
@customElement('label-view')
export class LabelView extends LitElement {
  static override styles = besideStyles;

  /** In force. */
  @property({ attribute: false }) keys: Keys = defaultKeys;
  @property() annotator = '';
  @property() text = '';
  @property({ attribute: false }) phases: readonly Phase[] = [];
  /** One's own; null without a label. */
  @property({ attribute: false }) own: readonly number[] | null = null;
  /** Null while they are read; 'blind' while one's own label must come first. */
  @property({ attribute: false }) others: readonly OtherLabel[] | 'blind' | null = null;
  @property({ type: Number }) time = 0;
  /** Markdown and maths are shown as they are meant. */
  @property({ type: Boolean }) rendered = false;

  override updated(): void {
    if (focusIsLost() && !this.renderRoot.querySelector('phase-table'))
      this.renderRoot.querySelector('button')?.focus();
  }

  override render(): TemplateResult {
    const advice = html`<span class="muted">${t('Take a label as it is, then change what is left to change.')}</span>`;
    return html`${besideTools(this, 'labels', this.keys, t('one label'), advice)}${this.#body()}`;
  }

  #body(): TemplateResult {
    if (this.others === 'blind')
      return html`<p class="notice" role="status">
        ${t('The labels of others are shown once you have labelled this completion yourself, so that theirs do not lead yours. The setting “Blind first pass” turns that off.')}
      </p>`;
    if (this.others?.length === 0)
      return html`<p class="notice" role="status">${t('Nobody else has labelled this completion.')}</p>`;
    const own: PhaseColumn = {
      head: html`${this.own ? t('{0} (you)', this.annotator) : t('{0} (you): no label yet', this.annotator)}`,
      text: this.text,
      boundaries: this.own,
      current: true,
    };
    return html`<phase-table
      .phases=${this.phases}
      .columns=${[own, ...(this.others ?? []).map((label) => this.#column(label))]}
      .time=${this.time}
      .rendered=${this.rendered}
      name=${t('Labels side by side')}
    ></phase-table>`;
  }

  #column({ annotator, boundaries, grounding, savedAt, reviews }: OtherLabel): PhaseColumn {
    const review = (verdict: LabelReview['verdict']): void => act(this, { kind: 'review-label', annotator, verdict });
    return {
      head: html`<div>
          ${annotator}
          <span class="muted">${this.own && (movedText(this.own, boundaries, this.phases) || t('as yours'))}</span>
        </div>
        <button
          aria-label=${t('Take the label of {0}', annotator)}
          title=${t('Make it your label, saved {0}', momentText(savedAt))}
          @click=${() => act(this, { kind: 'edit', change: { boundaries, grounding } })}
        >
          ${t('take')}
        </button>
        <button aria-label=${t('Accept the label of {0}', annotator)} @click=${() => review('accepted')}>
          ${t('accept')}
        </button>
        <button aria-label=${t('Reject the label of {0}', annotator)} @click=${() => review('rejected')}>
          ${t('reject')}
        </button>
        ${reviews.length > 0 ? html`<div class="muted">${reviews.map(reviewText).join(' · ')}</div>` : nothing}`,
      text: this.text,
      boundaries,
      current: false,
    };
  }
}

/** "accepted by bo", with a word when the label is another one since. */
function reviewText({ reviewer, verdict, stale }: LabelReview): string {
  const said = verdict === 'accepted' ? t('accepted by {0}', reviewer) : t('rejected by {0}', reviewer);
  return stale ? t('{0}, changed since', said) : said;
}
