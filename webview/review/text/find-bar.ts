import { t } from '@vscode/l10n';
import { css, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { html } from '../../ui/html.ts';
import { icons } from '../../ui/icons.ts';
import { sharedStyles } from '../../ui/shared-styles.ts';
import { chord, shownKeys } from '../actions/keys.ts';
import { matchFrom, search, type Match } from './search.ts';

/** What is found, for a `found` event; `chosen` is the place of the match shown, −1 for none. */
export interface Found {
  matches: readonly Match[];
  chosen: number;
}

/** Finds words in the reasoning, as the editor's find bar does. A `leave` event says where the caret goes; null for nowhere. */
@customElement('find-bar')
export class FindBar extends LitElement {
  static override styles = [
    sharedStyles,
    css`
      :host {
        position: sticky;
        top: -18px;
        z-index: 2;
        display: block;
        height: 0;
      }
      [role='search'] {
        position: absolute;
        top: 0;
        right: 0;
        display: flex;
        align-items: center;
        gap: 2px;
        padding: 4px;
        color: var(--vscode-editorWidget-foreground, var(--vscode-foreground));
        background: var(--vscode-editorWidget-background);
        border: 1px solid var(--vscode-widget-border, var(--border));
        border-radius: 4px;
        box-shadow: 0 0 8px 2px var(--vscode-widget-shadow, transparent);
      }
      input {
        width: 22ch;
        padding: 2px 4px;
        font: inherit;
        color: var(--vscode-input-foreground);
        background: var(--vscode-input-background);
        border: 1px solid var(--vscode-input-border, transparent);
        border-radius: 2px;
      }
      input::placeholder {
        color: var(--vscode-input-placeholderForeground);
      }
      input:focus {
        outline: 1px solid var(--vscode-focusBorder);
        outline-offset: -1px;
      }
      .count {
        min-width: 11ch;
        padding: 0 4px;
        font-variant-numeric: tabular-nums;
        white-space: nowrap;
      }
      .none {
        color: var(--vscode-errorForeground);
      }
      button {
        display: inline-flex;
        min-width: 22px;
        justify-content: center;
      }
      button[aria-pressed='true'] {
        color: var(--vscode-inputOption-activeForeground);
        background: var(--vscode-inputOption-activeBackground);
        border-color: var(--vscode-inputOption-activeBorder);
      }
    `,
  ];

  @property() text = '';
  @property({ type: Number }) caret = 0;
  @state() private open = false;
  @state() private words = '';
  @state() private matchCase = false;
  @state() private found: readonly Match[] = [];
  @state() private chosen = -1;
  /** Where the search began: typing on looks from there again. */
  #from = 0;

  @query('input') private input!: HTMLInputElement;

  /** Opens the bar, with the words selected, when there are some on one line. */
  show(selected: string): void {
    this.open = true;
    this.#from = this.caret;
    if (selected && !selected.includes('\n')) this.words = selected;
    this.#search();
    void this.updateComplete.then(() => {
      this.input.focus();
      this.input.select();
    });
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('text') && this.open) {
      this.#from = 0;
      this.#search();
    }
  }

  override render(): TemplateResult | typeof nothing {
    if (!this.open) return nothing;
    const none = this.found.length === 0;
    return html`<div role="search" aria-label=${t('Find in the reasoning')} @keydown=${this.#key}>
      <input
        aria-label=${t('Find')}
        placeholder=${t('Find')}
        spellcheck="false"
        dir="auto"
        .value=${this.words}
        @input=${(event: Event) => this.#type((event.target as HTMLInputElement).value)}
      />
      <button
        title=${t('Match case ({0})', chord('matchCase'))}
        aria-label=${t('Match case')}
        aria-pressed=${this.matchCase}
        @click=${() => this.#toggleCase()}
      >
        Aa
      </button>
      <span class="count ${none && this.words ? 'none' : ''}" role="status">${this.#count()}</span>
      <button
        title=${t('Previous ({0})', shownKeys('Shift+Enter'))}
        aria-label=${t('Previous match')}
        ?disabled=${none}
        @click=${() => this.#go(-1)}
      >
        ↑
      </button>
      <button title=${t('Next (Enter)')} aria-label=${t('Next match')} ?disabled=${none} @click=${() => this.#go(1)}>
        ↓
      </button>
      <button title=${t('Close (Escape)')} aria-label=${t('Close')} @click=${() => this.#close()}>
        ${icons.clear}
      </button>
    </div>`;
  }

  #count(): string {
    if (!this.words) return '';
    return this.found.length === 0 ? t('No results') : t('{0} of {1}', this.chosen + 1, this.found.length);
  }

  #key(event: KeyboardEvent): void {
    const { key, code, shiftKey, altKey } = event;
    if (key === 'Escape') this.#close();
    else if (key === 'Enter' && event.target === this.input) this.#go(shiftKey ? -1 : 1);
    // On a Mac Option makes another letter of it.
    else if (altKey && (key.toLowerCase() === 'c' || code === 'KeyC')) this.#toggleCase();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #type(words: string): void {
    this.words = words;
    this.#search();
  }

  #toggleCase(): void {
    this.matchCase = !this.matchCase;
    this.#search();
  }

  #search(): void {
    this.found = search(this.text, this.words, this.matchCase);
    this.chosen = matchFrom(this.found, this.#from);
    this.#tell();
  }

  #go(direction: 1 | -1): void {
    const count = this.found.length;
    if (count === 0) return;
    this.chosen = (this.chosen + direction + count) % count;
    this.#from = this.found[this.chosen].from;
    this.#tell();
  }

  #close(): void {
    const match = this.found[this.chosen] as Match | undefined;
    this.open = false;
    this.found = [];
    this.chosen = -1;
    this.#tell();
    this.dispatchEvent(new CustomEvent<number | null>('leave', { detail: match ? match.from : null }));
  }

  #tell(): void {
    const { found: matches, chosen } = this;
    // After the text is drawn: a search may be for a text that comes with it.
    void this.updateComplete.then(() =>
      this.dispatchEvent(new CustomEvent<Found>('found', { detail: { matches, chosen } })),
    );
  }
}
