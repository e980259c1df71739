import { t } from '@vscode/l10n';
import { css, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { AnswerRead } from '../../../src/protocol/review.ts';
import { html } from '../../ui/html.ts';
import { sharedStyles } from '../../ui/shared-styles.ts';
import { act } from '../actions/page-event.ts';
import type { TextRange } from '../label/text-range.ts';
import { sameReads } from './same-reads.ts';

/** Which answer each rule takes from an evaluation's reply, and from where: what is pointed at is marked in the text, what is chosen is gone to. */
@customElement('answer-reads')
export class AnswerReads extends LitElement {
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: block;
        padding: 4px 12px;
        border-bottom: 1px solid var(--border);
      }
      ul {
        display: flex;
        flex-wrap: wrap;
        gap: 2px 4px;
        margin: 0;
        padding: 0;
        list-style: none;
      }
      button {
        border-color: var(--border);
        text-align: left;
        overflow-wrap: anywhere;
      }
      b {
        text-decoration: underline 2px var(--vscode-foreground);
        text-underline-offset: 3px;
      }
      .none {
        font-style: italic;
      }
    `,
  ];

  @property({ attribute: false }) reads: readonly AnswerRead[] = [];

  override render(): TemplateResult {
    return html`<ul aria-label=${t('The answer that each rule takes')}>
      ${sameReads(this.reads).map((same) => html`<li>${this.#entry(same)}</li>`)}
    </ul>`;
  }

  #entry({ extracted, correct, at, rules }: ReturnType<typeof sameReads>[number]): TemplateResult {
    const range = at && { from: at.start, to: at.end };
    const point = (to: TextRange | null): void => act(this, { kind: 'answer-read', at: to, go: false });
    const how = rules.map(({ title, how }) => `${title}: ${how}`).join('\n');
    return html`<button
      title=${how}
      @pointerenter=${() => point(range)}
      @pointerleave=${() => point(null)}
      @focus=${() => point(range)}
      @blur=${() => point(null)}
      @click=${range ? () => act(this, { kind: 'answer-read', at: range, go: true }) : nothing}
    >
      <span aria-hidden="true">${correct ? '✓' : '✗'}</span
      ><span class="spoken">${correct ? t('right:') : t('wrong:')}</span>
      ${extracted === null ? html`<span class="none">${t('no answer')}</span>` : html`<b>${extracted}</b>`}
      <span class="muted">${rules.map(({ title }) => title).join(' · ')}</span>
    </button>`;
  }
}
