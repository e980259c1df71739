import { t } from '@vscode/l10n';
import { css, LitElement, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { html } from '../ui/html.ts';
import { closeByKey, closeWhenLeft } from '../ui/popover.ts';
import { floatingLook, sharedStyles } from '../ui/shared-styles.ts';
import { moved, type Named } from './columns.ts';

/** Which columns are shown, and in which order (`choose`: their names; null for the usual ones). */
@customElement('column-chooser')
export class ColumnChooser extends LitElement {
  static override styles = [
    sharedStyles,
    css`
      details {
        position: relative;
      }
      summary {
        padding: 2px 6px;
        cursor: pointer;
      }
      .list {
        ${floatingLook}
        width: 300px;
        max-height: 60vh;
        padding: 6px 10px;
      }
      ul {
        margin: 0;
        padding: 0;
        list-style: none;
      }
      li {
        display: flex;
        align-items: center;
        gap: 2px;
      }
      label {
        display: inline-flex;
        flex: 1;
        align-items: center;
        gap: 6px;
        min-width: 0;
        overflow-wrap: anywhere;
      }
    `,
  ];

  @property({ attribute: false }) all: readonly Named[] = [];
  @property({ attribute: false }) shown: readonly Named[] = [];
  /** What was pressed last. */
  #used: HTMLElement | null = null;

  override render(): TemplateResult {
    const names = this.shown.map(({ name }) => name);
    const others = this.all.filter(({ name }) => !names.includes(name));
    return html`<details @keydown=${closeByKey} @focusout=${closeWhenLeft}>
      <summary>${t('Columns…')}</summary>
      <div class="list" tabindex="-1">
        <ul aria-label=${t('Columns')}>
          ${repeat(
            [...this.shown, ...others],
            ({ name }) => name,
            (column) => this.#column(column, names),
          )}
        </ul>
        <button @click=${({ currentTarget }: Event) => this.#choose(currentTarget, null)}>
          ${t('The usual columns')}
        </button>
      </div>
    </details>`;
  }

  #column({ name, title }: Named, names: readonly string[]): TemplateResult {
    const at = names.indexOf(name);
    const toggle = ({ currentTarget }: Event): void =>
      this.#choose(currentTarget, at < 0 ? [...names, name] : names.filter((one) => one !== name));
    const move = (by: 1 | -1, sign: string, words: string): TemplateResult =>
      html`<button
        aria-label=${words}
        title=${words}
        ?disabled=${at < 0 || at + by < 0 || at + by >= names.length}
        @click=${({ currentTarget }: Event) => this.#choose(currentTarget, moved(names, name, by))}
      >
        ${sign}
      </button>`;
    return html`<li>
      <label
        ><input type="checkbox" .checked=${at >= 0} ?disabled=${at >= 0 && names.length === 1} @change=${toggle} />
        ${title}</label
      >
      ${move(-1, '↑', t('Move {0} left', title))} ${move(1, '↓', t('Move {0} right', title))}
    </li>`;
  }

  override updated(): void {
    // Its row may have moved, and with it the focus been lost; at an end it can move no more.
    const control = this.#used;
    this.#used = null;
    control?.focus();
    if (control?.matches(':disabled')) control.closest('li')?.querySelector('input')?.focus();
  }

  #choose(control: EventTarget | null, names: readonly string[] | null): void {
    this.#used = control as HTMLElement;
    this.dispatchEvent(new CustomEvent('choose', { detail: names }));
  }
}
