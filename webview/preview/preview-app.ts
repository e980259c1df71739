import { css, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import * as v from 'valibot';
import { errorText } from '../../src/domain/error-text.ts';
import { previewProtocol, type PreviewSnapshot } from '../../src/protocol/preview.ts';
import { Host } from '../ui/host.ts';
import { html } from '../ui/html.ts';
import { sharedStyles } from '../ui/shared-styles.ts';

type Read = Extract<PreviewSnapshot, { status: 'read' }>;

const host = new Host(previewProtocol, v.null());

/** The preview of a dump: what it is read as, what becomes of each column, what is wrong with it, and its first records. */
@customElement('preview-app')
export class PreviewApp extends LitElement {
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: block;
        height: 100vh;
        overflow: auto;
        padding: 6px 12px 20px;
      }
      header {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 6px 12px;
      }
      h1,
      h2 {
        margin: 14px 0 4px;
        font-size: 1em;
        font-weight: 600;
        overflow-wrap: anywhere;
      }
      header h1 {
        margin: 0 auto 0 0;
      }
      p {
        max-width: 90ch;
        margin: 4px 0;
        overflow-wrap: anywhere;
      }
      ul {
        max-width: 90ch;
        margin: 4px 0;
        padding-left: 18px;
        overflow-wrap: anywhere;
      }
      .scroll {
        overflow-x: auto;
      }
      table {
        border-collapse: collapse;
      }
      th,
      td {
        padding: 2px 14px 2px 0;
        text-align: left;
        vertical-align: top;
        font-weight: inherit;
      }
      .columns th {
        font-family: var(--vscode-editor-font-family);
      }
      .rows :is(th, td) {
        min-width: 8ch;
        max-width: 40ch;
        border-bottom: 1px solid var(--border);
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .rows td {
        font-family: var(--vscode-editor-font-family);
        font-size: var(--vscode-editor-font-size);
      }
    `,
  ];

  @state() private snapshot: PreviewSnapshot | null = null;
  /** What the last request said when it failed. */
  @state() private complaint: string | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    host.on('snapshot', (snapshot) => {
      this.snapshot = snapshot;
    });
    host.ready();
  }

  override render() {
    const { snapshot } = this;
    if (!snapshot || snapshot.status === 'reading')
      return html`<main><p role="status">Reading ${snapshot?.name ?? 'the file'}…</p></main>`;
    return html`<main>
      <header>
        <h1>${snapshot.name}</h1>
        <vscode-button appearance="secondary" @click=${() => this.#ask(host.request('readAgain', {}))}
          >Read Again</vscode-button
        >
        ${
          canOpen(snapshot)
            ? html`<vscode-button @click=${() => this.#ask(host.request('open', {}))}
                >Open in Rollout Lab</vscode-button
              >`
            : nothing
        }
      </header>
      ${this.complaint === null ? nothing : html`<p class="problem" role="alert">${this.complaint}</p>`}
      ${
        snapshot.status === 'failed'
          ? html`<p class="problem" role="alert">It cannot be read: ${snapshot.message}</p>`
          : readPart(snapshot)
      }
    </main>`;
  }

  #ask(asked: Promise<unknown>): void {
    this.complaint = null;
    asked.catch((error: unknown) => (this.complaint = errorText(error)));
  }
}

const canOpen = (snapshot: Exclude<PreviewSnapshot, { status: 'reading' }>): boolean =>
  snapshot.status === 'read' && (snapshot.title !== null || snapshot.isOffered);

function readPart(read: Read): TemplateResult {
  const { title, reason, isOffered, columns, rows, rejected, notes } = read;
  return html`${
    title === null
      ? html`<p class="problem">It is not read as it is: ${reason}.</p>
          ${
            isOffered
              ? html`<p>
                  Open in Rollout Lab asks which column is what, and remembers that for files with the same columns.
                </p>`
              : nothing
          }`
      : html`<p>Read as ${title}. ${countText(read)}</p>`
  }
  ${
    rejected.length === 0
      ? nothing
      : html`<h2>Not imported, and reported</h2>
          <ul>
            ${rejected.map(({ line, reason: why }) => html`<li>${line > 0 ? `Line ${line}: ` : nothing}${why}</li>`)}
          </ul>`
  }
  ${
    notes.length === 0
      ? nothing
      : html`<h2>To be known of it</h2>
          <ul>
            ${notes.map((note) => html`<li>${note}</li>`)}
          </ul>`
  }
  ${
    columns.length === 0
      ? nothing
      : html`<h2>Columns</h2>
          <table class="columns">
            <thead class="muted">
              <tr>
                <td>Column</td>
                <td>${title === null ? 'May be' : 'Imported as'}</td>
              </tr>
            </thead>
            <tbody>
              ${columns.map(
                ({ name, becomes }) =>
                  html`<tr>
                    <th scope="row">${name}</th>
                    <td class=${becomes?.length ? '' : 'muted'}>${useText(becomes, title !== null)}</td>
                  </tr>`,
              )}
            </tbody>
          </table>`
  }
  ${
    rows.length === 0
      ? nothing
      : html`<h2>First ${rows.length === 1 ? 'row' : `${rows.length} rows`}</h2>
          <div class="scroll" tabindex="0" role="region" aria-label="First rows">
            <table class="rows">
              <thead>
                <tr>
                  ${columns.map(({ name }) => html`<th scope="col" title=${name}>${name}</th>`)}
                </tr>
              </thead>
              <tbody>
                ${rows.map(
                  (row) =>
                    html`<tr>
                      ${row.map((cell) => html`<td title=${cell}>${cell}</td>`)}
                    </tr>`,
                )}
              </tbody>
            </table>
          </div>`
  }`;
}

function useText(becomes: readonly string[] | null, isRead: boolean): string {
  if (!isRead) return becomes?.join(', ') ?? '';
  if (becomes === null) return 'empty, or not read, in the rows that were looked at';
  return becomes.length === 0 ? 'not imported' : becomes.join(', ');
}

function countText({ count, looked, made }: Read): string {
  const numbers = (value: number): string => value.toLocaleString('en-GB');
  const counted = (value: number, noun: string): string => `${numbers(value)} ${noun}${value === 1 ? '' : 's'}`;
  const parts = [
    ...(made.rollouts > 0 ? [counted(made.rollouts, 'rollout')] : []),
    ...(made.prompts > 0 ? [counted(made.prompts, 'prompt')] : []),
    ...(made.others > 0 ? [counted(made.others, 'label or edit')] : []),
  ];
  const taken = parts.length === 0 ? 'nothing' : parts.join(' and ');
  const rows = count === null ? `more than ${numbers(looked)}` : numbers(count);
  return `Rows: ${rows}. Imported from ${count === looked ? 'them' : `the first ${numbers(looked)}`}: ${taken}.`;
}
