import { t } from '@vscode/l10n';
import { css, LitElement, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import type { ErrorType } from '../../../src/domain/judgement.ts';
import { keepTab } from '../../ui/focus.ts';
import { html } from '../../ui/html.ts';
import { questionLook, sharedStyles } from '../../ui/shared-styles.ts';
import { act } from '../actions/page-event.ts';

/** Asks what is wrong with a step, over the page: a digit chooses, Escape leaves it as it is. */
@customElement('error-chooser')
export class ErrorChooser extends LitElement {
  static override styles = [
    sharedStyles,
    css`
      dialog {
        ${questionLook}
      }
      ul {
        margin: 6px 0;
        padding: 0;
        list-style: none;
      }
      button {
        width: 100%;
        text-align: left;
        overflow-wrap: anywhere;
      }
      button[aria-pressed='true'] {
        border-color: var(--vscode-focusBorder);
      }
      p {
        margin: 0;
      }
    `,
  ];

  /** Of the project. */
  @property({ attribute: false }) types: readonly ErrorType[] = [];
  /** The one that the step has. */
  @state() private chosen: string | null = null;

  @query('dialog') private dialog!: HTMLDialogElement;

  /** With the one that the step has; not where the project has none to choose from. */
  open(chosen: string | null): void {
    if (this.types.length === 0) return;
    this.chosen = chosen;
    this.dialog.showModal();
  }

  close(): void {
    this.dialog.close();
  }

  override render(): TemplateResult {
    return html`<dialog aria-label=${t('Type of error')} @keydown=${this.#key}>
      <p>${t('What is wrong here?')}</p>
      <ul>
        ${this.types.map(({ name, about }, i) => this.#choice(i + 1, name, name, about))}
        ${this.#choice(0, null, t('something else'), '')}
      </ul>
      <p class="muted">${t('A digit chooses. Escape leaves it as it is.')}</p>
    </dialog>`;
  }

  #choice(digit: number, error: string | null, name: string, about: string): TemplateResult {
    return html`<li>
      <button aria-pressed=${error === this.chosen} @click=${() => this.#choose(error)}>
        <kbd>${digit}</kbd> ${name} <span class="muted">${about}</span>
      </button>
    </li>`;
  }

  #key(event: KeyboardEvent): void {
    // The page's keys rest while this is open.
    event.stopPropagation();
    keepTab(this.dialog, event);
    if (event.ctrlKey || event.altKey || event.metaKey || !/^\d$/u.test(event.key)) return;
    const digit = Number(event.key);
    if (digit > this.types.length) return;
    event.preventDefault();
    this.#choose(digit === 0 ? null : this.types[digit - 1].name);
  }

  #choose(error: string | null): void {
    this.dialog.close();
    act(this, { kind: 'error', error });
  }
}
