import { t } from '@vscode/l10n';
import { css, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import type { Shown } from '../../../src/protocol/review.ts';
import { html } from '../../ui/html.ts';
import { fieldLook, sharedStyles } from '../../ui/shared-styles.ts';
import { act } from '../actions/page-event.ts';

/** The tags on the rollout shown, and a field that puts one more on it; nothing while there are none and none is added. */
@customElement('rollout-tags')
export class RolloutTags extends LitElement {
  static override styles = [
    sharedStyles,
    css`
      section {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 4px;
        padding: 2px 12px;
        border-top: 1px solid var(--border);
      }
      ul {
        display: contents;
        list-style: none;
      }
      input {
        ${fieldLook}
        width: 24ch;
      }
    `,
  ];

  @property({ attribute: false }) shown!: Shown;
  @state() private isAdding = false;
  @query('input') private field!: HTMLInputElement | null;

  get isOpen(): boolean {
    return this.isAdding;
  }

  /** Shows the field, with the focus in it. */
  async open(): Promise<void> {
    this.isAdding = true;
    await this.updateComplete;
    this.field?.focus();
  }

  close(): void {
    this.isAdding = false;
  }

  override render(): TemplateResult | typeof nothing {
    const names = [...new Set(this.shown.tags.map(({ tag }) => tag))];
    if (names.length === 0 && !this.isAdding) return nothing;
    return html`<section aria-label=${t('Tags of the rollout')}>
      <span class="muted">${t('tags')}</span>
      <ul aria-label=${t('Tags')}>
        ${names.map((tag) => this.#chip(tag))}
      </ul>
      ${this.isAdding ? this.#adding(names) : nothing}
    </section>`;
  }

  #chip(tag: string): TemplateResult {
    const by = this.shown.tags.filter((one) => one.tag === tag).map(({ annotator }) => annotator);
    return html`<li class="chip">
      <span title=${t('by {0}', by.join(', '))}>${tag}</span>
      ${
        by.includes(this.shown.annotator)
          ? html`<button
              title=${t('Take your tag {0} off', tag)}
              aria-label=${t('Take your tag {0} off', tag)}
              @click=${() => act(this, { kind: 'tag', tag, on: false })}
            >
              ✕
            </button>`
          : nothing
      }
    </li>`;
  }

  #adding(names: readonly string[]): TemplateResult {
    return html`<input
        aria-label=${t('Tag')}
        autocomplete="off"
        list="known"
        maxlength="60"
        placeholder=${t('a tag, then Enter')}
        @keydown=${this.#key}
      />
      <datalist id="known">
        ${this.shown.knownTags.filter((tag) => !names.includes(tag)).map((tag) => html`<option .value=${tag}></option>`)}
      </datalist>`;
  }

  readonly #key = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' && event.key !== 'Escape') return;
    event.preventDefault();
    event.stopPropagation();
    const { value } = this.field!;
    if (event.key === 'Enter' && value.trim() !== '') {
      this.field!.value = '';
      act(this, { kind: 'tag', tag: value, on: true });
    } else act(this, { kind: 'tags' });
  };
}
