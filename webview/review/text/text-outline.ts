import { t } from '@vscode/l10n';
import { css, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import type { MediaSpan } from '../../../src/domain/phase.ts';
import { html } from '../../ui/html.ts';
import { sharedStyles } from '../../ui/shared-styles.ts';
import { act } from '../actions/page-event.ts';
import { spanText } from '../comments/comment-text.ts';
import { phaseStyles } from '../label/phase-styles.ts';
import type { Place } from './outline.ts';

/** The phases of the reasoning and its headings, as a list that leads to each; where one reads is marked. */
@customElement('text-outline')
export class TextOutline extends LitElement {
  static override styles = [
    sharedStyles,
    phaseStyles,
    css`
      :host {
        display: flex;
        flex-direction: column;
        overflow: hidden;
      }
      ul {
        min-height: 0;
        margin: 0;
        padding: 4px 0;
        overflow: auto;
        list-style: none;
        outline-offset: -1px;
      }
      li {
        padding: var(--row) 8px var(--row) calc(var(--level) * 10px - 4px);
        border-left: 4px solid transparent;
        cursor: pointer;
        overflow-wrap: anywhere;
      }
      li[class] {
        border-left: 4px var(--line) var(--phase);
      }
      li .length {
        white-space: nowrap;
      }
      li:hover {
        background: var(--vscode-list-hoverBackground);
        outline: 1px dashed var(--vscode-contrastActiveBorder, transparent);
        outline-offset: -1px;
      }
      li[aria-current='location'] {
        color: var(--vscode-list-inactiveSelectionForeground, inherit);
        background: var(--vscode-list-inactiveSelectionBackground);
        font-weight: 600;
        outline: 1px dotted var(--vscode-contrastActiveBorder, transparent);
        outline-offset: -1px;
      }
      ul:focus-visible li[aria-selected='true'] {
        color: var(--vscode-list-activeSelectionForeground);
        background: var(--vscode-list-activeSelectionBackground);
        outline: 1px solid var(--vscode-contrastActiveBorder, transparent);
        outline-offset: -1px;
      }
      ul:focus-visible li[aria-selected='true'] .muted {
        color: inherit;
      }
      p {
        margin: 0;
        padding: 8px;
      }
    `,
  ];

  @property({ attribute: false }) places: readonly Place[] = [];
  /** What each phase talks about in the video; null where that is not known. */
  @property({ attribute: false, hasChanged: (a, b) => JSON.stringify(a) !== JSON.stringify(b) })
  spans: readonly (MediaSpan | null)[] = [];
  /** The phases are those of a suggestion. */
  @property({ type: Boolean }) suggested = false;
  /** The place where one reads, in the list; −1 before the first. */
  @property({ type: Number }) present = -1;
  /** The one that keys have come to; null while that is where one reads. */
  @state() private chosen: number | null = null;

  @query('ul') private list!: HTMLElement;

  override focus(): void {
    this.list.focus();
  }

  get hasFocus(): boolean {
    return this.shadowRoot?.activeElement === this.list;
  }

  get #at(): number {
    return this.chosen ?? this.present;
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('places')) this.chosen = null;
  }

  override updated(): void {
    const row = this.list.children.item(this.#at);
    if (!(row instanceof HTMLElement)) return;
    // The list alone is scrolled, not what is around it.
    const { offsetTop, offsetHeight } = row;
    const top = offsetTop - this.list.offsetTop;
    const { scrollTop, clientHeight } = this.list;
    if (top < scrollTop) this.list.scrollTop = top;
    else if (top + offsetHeight > scrollTop + clientHeight) this.list.scrollTop = top + offsetHeight - clientHeight;
  }

  override render(): TemplateResult {
    return html`<ul
        role="tree"
        tabindex="0"
        aria-label=${t('Outline of the reasoning')}
        aria-activedescendant=${this.#at < 0 ? nothing : `place-${this.#at}`}
        @keydown=${this.#key}
        @blur=${() => (this.chosen = null)}
      >
        ${this.places.map((place, index) => this.#row(place, index))}
      </ul>
      ${
        this.places.length === 0
          ? html`<p class="muted" role="status">${t('No phase and no heading here yet.')}</p>`
          : nothing
      }`;
  }

  #row({ name, level, phase }: Place, index: number): TemplateResult {
    const span = phase && this.spans[phase.index];
    const told = phase && [phase.length, span && spanText(span), this.suggested && t('suggested')].filter(Boolean);
    return html`<li
      id="place-${index}"
      role="treeitem"
      class=${phase ? `phase-${phase.index + 1}` : nothing}
      .style=${`--level: ${level}`}
      aria-level=${level}
      aria-selected=${index === this.#at}
      aria-current=${index === this.present ? 'location' : nothing}
      @click=${() => this.#go(index)}
    >
      ${name} ${told ? html`<span class="muted">${told.join(' · ')}</span>` : nothing}
    </li>`;
  }

  #go(index: number): void {
    act(this, { kind: 'jump', offset: this.places[index].start });
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    const last = this.places.length - 1;
    const to = { ArrowDown: this.#at + 1, ArrowUp: this.#at - 1, Home: 0, End: last }[event.key];
    if (to !== undefined) this.chosen = Math.max(0, Math.min(to, last));
    else if (event.key === 'Enter' && this.#at >= 0) this.#go(this.#at);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
