import { t } from '@vscode/l10n';
import { css, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { queryFields } from '../../src/domain/query-fields.ts';
import { parseQuery, printQuery, printTerm, queryFault, type QueryTerm } from '../../src/domain/rollout-query.ts';
import { html } from '../ui/html.ts';
import { closeByKey, closeWhenLeft } from '../ui/popover.ts';
import { fieldLook, floatingLook, sharedStyles } from '../ui/shared-styles.ts';

/** Keys that come quickly after one another ask once. */
const pauseMs = 300;

/** The query line, and its terms as chips. A line that can be read is asked for (`query`) while it is typed; of another, what is wrong is said. */
@customElement('query-bar')
export class QueryBar extends LitElement {
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: block;
      }
      .line {
        display: flex;
        align-items: start;
        gap: 8px;
      }
      input {
        ${fieldLook}
        flex: 1;
        min-width: 0;
        font-family: var(--vscode-editor-font-family, monospace);
      }
      input[aria-invalid='true'] {
        border-color: var(--vscode-inputValidation-errorBorder, var(--vscode-errorForeground));
      }
      .fault {
        margin: 4px 0 0;
        color: var(--vscode-errorForeground);
        overflow-wrap: anywhere;
      }
      ul {
        display: flex;
        flex-wrap: wrap;
        gap: 4px;
        margin: 4px 0 0;
        padding: 0;
        list-style: none;
      }
      details {
        position: relative;
      }
      summary {
        padding: 3px 6px;
        cursor: pointer;
      }
      .fields {
        ${floatingLook}
        width: min(640px, 90vw);
        max-height: 60vh;
        padding: 8px 12px;
      }
      table {
        border-spacing: 0 2px;
      }
      th {
        padding-right: 12px;
        font-weight: normal;
        text-align: left;
        vertical-align: baseline;
        white-space: nowrap;
      }
      th button {
        padding: 0 2px;
        color: var(--vscode-textLink-foreground);
        font-family: var(--vscode-editor-font-family, monospace);
      }
    `,
  ];

  /** In force. */
  @property() line = '';
  /** What stands in the field while it is another. */
  @state() private typed: string | null = null;
  #waiting = 0;

  override render(): TemplateResult {
    const text = this.typed ?? this.line;
    const fault = queryFault(text);
    return html`<div class="line">
        <input
          type="text"
          spellcheck="false"
          autocomplete="off"
          aria-label=${t('Query: which rollouts are shown')}
          aria-invalid=${fault === null ? 'false' : 'true'}
          aria-describedby=${fault === null ? nothing : 'fault'}
          placeholder=${t('correct:no tokens:>800 words of the reasoning')}
          .value=${text}
          @input=${this.#type}
          @keydown=${this.#key}
          @change=${() => this.#send()}
        />
        <details @keydown=${closeByKey} @focusout=${closeWhenLeft}>
          <summary>${t('Fields')}</summary>
          <div class="fields" tabindex="0" role="region" aria-label=${t('Fields of the query')}>${this.#fields()}</div>
        </details>
      </div>
      <div role="status">${fault === null ? nothing : html`<p class="fault" id="fault">${fault}</p>`}</div>
      ${this.#chips()}`;
  }

  #chips() {
    const terms = parseQuery(this.line);
    if (terms.length === 0) return nothing;
    return html`<ul aria-label=${t('Terms of the query')}>
      ${terms.map((term, i) => {
        const text = printTerm(term);
        return html`<li class="chip">
          <span>${text}</span>
          <button
            title=${t('Take {0} out', text)}
            aria-label=${t('Take {0} out', text)}
            @click=${() => this.#ask(printQuery(terms.toSpliced(i, 1)))}
          >
            ✕
          </button>
        </li>`;
      })}
    </ul>`;
  }

  #fields(): TemplateResult {
    return html`<p class="muted">
        ${t('All terms must hold; a - before one means that it must not. Words are looked for in completion and question; words in quotes follow one another. Numbers: 0.5, >0.5, <=0.5, 0.2..0.8, none.')}
      </p>
      <table>
        <tbody>
          ${Object.entries(queryFields).map(
            ([, { text, example }]) =>
              html`<tr>
                <th scope="row">
                  <button title=${t('Add {0}', example)} @click=${() => this.#add(example)}>${example}</button>
                </th>
                <td>${text}</td>
              </tr>`,
          )}
        </tbody>
      </table>`;
  }

  /** Forgets what is typed and cannot be read: something else is asked for. */
  forget(): void {
    clearTimeout(this.#waiting);
    this.typed = null;
  }

  #type(event: Event): void {
    this.typed = (event.target as HTMLInputElement).value;
    clearTimeout(this.#waiting);
    this.#waiting = window.setTimeout(() => this.#send(), pauseMs);
  }

  #key(event: KeyboardEvent): void {
    if (event.key === 'Enter') this.#send();
    if (event.key === 'Escape') this.#ask(this.line);
  }

  #add(example: string): void {
    const [term] = parseQuery(example) as [QueryTerm];
    this.#ask(printQuery([...parseQuery(this.line), term]));
  }

  #send(): void {
    if (this.typed !== null && queryFault(this.typed) === null && this.typed !== this.line) this.#ask(this.typed);
  }

  #ask(line: string): void {
    this.forget();
    if (line !== this.line)
      this.dispatchEvent(new CustomEvent('query', { detail: line, bubbles: true, composed: true }));
  }
}
