import { t } from '@vscode/l10n';
import { css, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import type { Label, Phase } from '../../../src/domain/phase.ts';
import { momentText } from '../../../src/domain/moment.ts';
import type { History, ReviewActivity } from '../../../src/protocol/review.ts';
import { defaultKeys, type Keys } from '../../../src/protocol/review-keys.ts';
import { html } from '../../ui/html.ts';
import { activityText, agoText, movedText } from './activity-text.ts';
import { besideStyles, besideTools } from './view.ts';
import { act } from '../actions/page-event.ts';
import './phase-table.ts';
import type { PhaseColumn } from './phase-table.ts';

/** What was done to the rollout, by whom and when, newest first; a label of it stands beside one's own and can be used again. */
@customElement('history-view')
export class HistoryView extends LitElement {
  static override styles = [
    besideStyles,
    css`
      .list {
        max-height: 40vh;
        overflow: auto;
        border-bottom: 1px solid var(--border);
      }
      ol {
        margin: 0;
        padding: 0;
        list-style: none;
      }
      li {
        display: flex;
        flex-wrap: wrap;
        justify-content: space-between;
        gap: 0 12px;
        padding: calc(var(--row) / 2) 12px;
        overflow-wrap: anywhere;
        cursor: pointer;
      }
      li:hover {
        background: var(--vscode-list-hoverBackground);
        outline: 1px dashed var(--vscode-contrastActiveBorder, transparent);
        outline-offset: -1px;
      }
      li[aria-selected='true'] {
        color: var(--vscode-list-activeSelectionForeground);
        background: var(--vscode-list-activeSelectionBackground);
        outline: 1px solid var(--vscode-contrastActiveBorder, transparent);
        outline-offset: -1px;
      }
      li[aria-selected='true'] .muted {
        color: inherit;
      }
      .list > button {
        margin: 4px 6px;
      }
      .skeleton {
        height: 3em;
        margin: 6px 12px;
      }
    `,
  ];

  /** In force. */
  @property({ attribute: false }) keys: Keys = defaultKeys;
  @property() annotator = '';
  @property() text = '';
  @property({ attribute: false }) phases: readonly Phase[] = [];
  /** One's own; null without a label. */
  @property({ attribute: false }) own: readonly number[] | null = null;
  /** What others did waits for one’s own label. */
  @property({ type: Boolean }) blind = false;
  /** Null while it is read. */
  @property({ attribute: false }) history: History | null = null;
  @property({ type: Number }) time = 0;
  /** Markdown and maths are shown as they are meant. */
  @property({ type: Boolean }) rendered = false;
  /** What is looked at. */
  @state() private chosen = '';

  @query('ol') private list!: HTMLElement | null;
  #focused = false;

  override updated(): void {
    // The keys that move through the list wait for it to be there.
    if (this.history && !this.#focused) {
      this.#focused = true;
      this.list?.focus();
    }
  }

  override render(): TemplateResult {
    const advice = html`<span class="muted"
      >${t('Newest first. An earlier label can stand beside yours and be used again.')}</span
    >`;
    return html`${besideTools(this, 'history', this.keys, t('one label'), advice)}
      <div class="list">${this.#list()}</div>
      <phase-table
        .phases=${this.phases}
        .columns=${this.#columns()}
        .time=${this.time}
        .rendered=${this.rendered}
        name=${t('A label of before beside yours')}
      ></phase-table>`;
  }

  #list(): TemplateResult {
    if (!this.history)
      return html`<div role="status" aria-label=${t('Loading the history')}>
        ${[1, 2, 3].map(() => html`<div class="skeleton"></div>`)}
      </div>`;
    const { blind } = this;
    const { done, more } = this.history;
    return html`${
      blind
        ? html`<p class="notice muted">
            ${t('What others did here is shown once you have labelled this completion yourself.')}
          </p>`
        : nothing
    }
    ${
      done.length === 0
        ? html`<p class="notice" role="status">
            ${blind ? t('You have not done anything here yet.') : t('Nothing has been done here yet.')}
          </p>`
        : html`<ol
            role="listbox"
            tabindex="0"
            aria-label=${t('History, newest first')}
            aria-activedescendant=${this.#chosen ? `done-${done.indexOf(this.#chosen)}` : nothing}
            @keydown=${this.#move}
          >
            ${done.map((activity, index) => this.#row(activity, index))}
          </ol>`
    }
    ${more ? html`<button @click=${() => act(this, { kind: 'older' })}>${t('show older')}</button>` : nothing}`;
  }

  #row(activity: ReviewActivity, index: number): TemplateResult {
    const key = keyOf(activity);
    return html`<li
      id="done-${index}"
      role="option"
      aria-selected=${key === this.chosen}
      title=${agoText(activity.at, Date.now())}
      @click=${() => (this.chosen = key)}
    >
      <span>${activityText(activity, this.phases)}</span>
      <span class="muted">${this.#who(activity)} · ${momentText(activity.at)}</span>
    </li>`;
  }

  #who({ who }: ReviewActivity): string {
    return who === this.annotator ? t('{0} (you)', who) : who;
  }

  get #chosen(): ReviewActivity | undefined {
    return this.history?.done.find((activity) => keyOf(activity) === this.chosen);
  }

  #move(event: KeyboardEvent): void {
    const { done } = this.history!;
    const at = this.#chosen ? done.indexOf(this.#chosen) : -1;
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: done.length - 1 }[event.key];
    if (to === undefined || event.shiftKey) return;
    event.preventDefault();
    const index = Math.min(Math.max(to, 0), done.length - 1);
    this.chosen = keyOf(done[index]);
    this.renderRoot.querySelector(`#done-${index}`)?.scrollIntoView({ block: 'nearest' });
  }

  #columns(): PhaseColumn[] {
    const own: PhaseColumn = {
      head: html`${this.own ? t('{0} (you), now', this.annotator) : t('{0} (you), now: no label', this.annotator)}`,
      text: this.text,
      boundaries: this.own,
      current: true,
    };
    const chosen = this.#chosen;
    return chosen ? [own, this.#column(chosen)] : [own];
  }

  #column(activity: ReviewActivity): PhaseColumn {
    const label = labelOf(activity);
    const when = momentText(activity.at);
    const whose = activity.kind === 'review' ? activity.whose : activity.who;
    const same = label && this.own && movedText(this.own, label.boundaries, this.phases);
    return {
      head: html`<div>
          ${whose}, ${when} <span class="muted">${same === '' ? t('boundaries as yours') : same}</span>
        </div>
        ${
          label
            ? html`<button
                aria-label=${t('Use the label of {0}, {1}', whose, when)}
                title=${t('Make it your label; undo takes that back')}
                @click=${() => act(this, { kind: 'edit', change: label })}
              >
                ${t('use')}
              </button>`
            : html`<span class="muted">${noLabelText(activity)}</span>`
        }`,
      text: label ? this.text : '',
      boundaries: label?.boundaries ?? null,
      current: false,
    };
  }
}

function keyOf({ kind, seq }: ReviewActivity): string {
  return `${kind} ${seq}`;
}

/** The label that it left, or that it is about; null when that cannot be shown on the text. */
function labelOf(activity: ReviewActivity): Label | null {
  return 'outdated' in activity && !activity.outdated ? activity.after : null;
}

function noLabelText(activity: ReviewActivity): string {
  if (!('outdated' in activity)) return t('the label stayed as it was');
  return activity.outdated ? t('a label of phases that the project had before') : t('no label was left');
}
