import { t } from '@vscode/l10n';
import { css, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import * as v from 'valibot';
import { counted } from '../../src/domain/counted.ts';
import { errorText } from '../../src/domain/error-text.ts';
import { listText } from '../../src/domain/list-text.ts';
import { momentText } from '../../src/domain/moment.ts';
import { numberText } from '../../src/domain/number-text.ts';
import { previewProtocol, type FileFate, type PreviewSnapshot } from '../../src/protocol/preview.ts';
import { Host } from '../ui/host.ts';
import { html } from '../ui/html.ts';
import { pageLook } from '../ui/page-styles.ts';
import { sharedStyles } from '../ui/shared-styles.ts';

type Read = Extract<PreviewSnapshot, { status: 'read' }>;
type Seen = Exclude<PreviewSnapshot, { status: 'reading' }>;

const host = new Host(previewProtocol, v.null());

/** The preview of a dump: what it is read as, what becomes of each column, what is wrong with it, and its first records. */
@customElement('preview-app')
export class PreviewApp extends LitElement {
  static override styles = [
    sharedStyles,
    pageLook,
    css`
      /* What takes no time is over before it is seen. */
      main[aria-busy='true'] {
        opacity: 0.6;
        transition: opacity 0s 300ms;
      }
      h1,
      h2 {
        overflow-wrap: anywhere;
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

  /** What was read last; the name alone before. */
  @state() private seen: Seen | null = null;
  @state() private name: string | null = null;
  @state() private isReading = true;
  @state() private fate: FileFate | null = null;
  /** What the last request said when it failed. */
  @state() private complaint: string | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    host.on('snapshot', (snapshot) => {
      this.name = snapshot.name;
      this.isReading = snapshot.status === 'reading';
      if (snapshot.status !== 'reading') this.seen = snapshot;
    });
    host.on('fate', (fate) => {
      this.fate = fate;
    });
    host.ready();
  }

  override render() {
    const { seen, fate, isReading } = this;
    if (!seen) return html`<main><p role="status">${t('Reading {0}…', this.name ?? t('the file'))}</p></main>`;
    const isDeleted = fate?.became === 'deleted';
    return html`<main aria-busy=${isReading ? 'true' : 'false'}>
      <header>
        <h1>${seen.name}</h1>
        <vscode-button appearance="secondary" @click=${() => this.#ask(host.request('readAgain', {}))}
          >${t('Read Again')}</vscode-button
        >
        ${
          !isDeleted && canOpen(seen)
            ? html`<vscode-button @click=${() => this.#ask(host.request('open', {}))}
                >${t('Open in Rollout Lab')}</vscode-button
              >`
            : nothing
        }
      </header>
      <div role="status">
        ${fate ? html`<p class=${isDeleted ? 'problem' : 'muted'}>${fateText(fate)}</p>` : nothing}
      </div>
      ${this.complaint === null ? nothing : html`<p class="problem" role="alert">${this.complaint}</p>`}
      ${
        seen.status === 'failed'
          ? html`<p class="problem" role="alert">${t('It cannot be read: {0}', seen.message)}</p>`
          : readPart(seen)
      }
    </main>`;
  }

  #ask(asked: Promise<unknown>): void {
    this.complaint = null;
    asked.catch((error: unknown) => (this.complaint = errorText(error)));
  }
}

const canOpen = (seen: Seen): boolean => seen.status === 'read' && (seen.title !== null || seen.isOffered);

/** To the minute: a file that grows all the time is not told of all the time. */
const fateText = ({ became, at }: FileFate): string =>
  became === 'changed'
    ? t('Changed at {0}.', momentText(at))
    : t('Deleted at {0}. What was read of it before stays here.', momentText(at));

function readPart(read: Read): TemplateResult {
  const { title, reason, isOffered, columns, rows, rejected, notes } = read;
  return html`${
    title === null
      ? html`<p class="problem">${t('It is not read as it is: {0}.', reason ?? '')}</p>
          ${
            isOffered
              ? html`<p>
                  ${t('Open in Rollout Lab asks which column is what, and remembers that for files with the same columns.')}
                </p>`
              : nothing
          }`
      : html`<p>${t('Read as {0}.', title)} ${countText(read)}</p>`
  }
  ${
    rejected.length === 0
      ? nothing
      : html`<h2>${t('Not imported, and reported')}</h2>
          <ul>
            ${rejected.map(({ line, reason: why }) => html`<li>${line > 0 ? `${t('Line {0}:', line)} ` : nothing}${why}</li>`)}
          </ul>`
  }
  ${
    notes.length === 0
      ? nothing
      : html`<h2>${t('To be known of it')}</h2>
          <ul>
            ${notes.map((note) => html`<li>${note}</li>`)}
          </ul>`
  }
  ${
    columns.length === 0
      ? nothing
      : html`<h2>${t('Columns')}</h2>
          <table class="columns">
            <thead class="muted">
              <tr>
                <td>${t('Column')}</td>
                <td>${title === null ? t('May be') : t('Imported as')}</td>
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
      : html`<h2>${rows.length === 1 ? t('First row') : t('First {0} rows', rows.length)}</h2>
          <div class="scroll" tabindex="0" role="region" aria-label=${t('First rows')}>
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
  if (becomes === null) return t('empty, or not read, in the rows that were looked at');
  return becomes.length === 0 ? t('not imported') : becomes.join(', ');
}

function countText({ count, looked, made }: Read): string {
  const parts = [
    ...(made.rollouts > 0 ? [counted(made.rollouts, 'rollout')] : []),
    ...(made.prompts > 0 ? [counted(made.prompts, 'prompt')] : []),
    ...(made.others > 0 ? [counted(made.others, 'label or edit')] : []),
  ];
  const taken = parts.length === 0 ? t('nothing') : listText(parts);
  const rows = count === null ? t('Rows: more than {0}.', numberText(looked)) : t('Rows: {0}.', numberText(count));
  const from =
    count === looked
      ? t('Imported from them: {0}.', taken)
      : t('Imported from the first {0}: {1}.', numberText(looked), taken);
  return `${rows} ${from}`;
}
