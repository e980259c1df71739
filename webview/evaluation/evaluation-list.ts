import { t } from '@vscode/l10n';
import { css, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { live } from 'lit/directives/live.js';
import { repeat } from 'lit/directives/repeat.js';
import { counted } from '../../src/domain/counted.ts';
import { dayText } from '../../src/domain/moment.ts';
import { statusTexts, type RunStatus } from '../../src/domain/run.ts';
import type { EvaluationItem } from '../../src/protocol/evaluation.ts';
import { html } from '../ui/html.ts';
import { sharedStyles, tickedRows } from '../ui/shared-styles.ts';

/** The evaluations, newest first. Clicking one shows it alone; ticking a second compares it with the first. */
@customElement('evaluation-list')
export class EvaluationListElement extends LitElement {
  static override styles = [
    sharedStyles,
    tickedRows,
    css`
      strong,
      .line {
        display: block;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .line {
        font-size: 0.9em;
        color: var(--muted);
      }
      .selected .line {
        color: inherit;
      }
    `,
  ];

  @property({ attribute: false }) evaluations: readonly EvaluationItem[] = [];
  /** In the order in which they are compared. */
  @property({ attribute: false }) selected: readonly string[] = [];

  override render(): TemplateResult {
    return html`<ul aria-label=${t('Evaluations')}>
      ${repeat(
        this.evaluations,
        ({ id }) => id,
        (one) => this.#item(one),
      )}
    </ul>`;
  }

  #item(one: EvaluationItem): TemplateResult {
    const ticked = this.selected.includes(one.id);
    const what = `${one.name}, ${one.policy}`;
    return html`<li class=${ticked ? 'selected' : ''}>
      <vscode-checkbox
        .checked=${live(ticked)}
        title=${t('Compare {0} with another', what)}
        @change=${(event: Event) => this.#tick(one.id, (event.target as HTMLInputElement).checked)}
        >${t('Compare {0}', what)}</vscode-checkbox
      >
      <button class="name" title=${t('Show {0}', what)} aria-current=${ticked} @click=${() => this.#select([one.id])}>
        <strong>${one.policy}</strong>
        <span class="line">${one.name}${one.split === null ? '' : ` · ${one.split}`}</span>
        <span class="line"
          >${statusText(one)} · ${dayText(one.createdAt)}${one.engine === null ? '' : ` · ${one.engine}`}</span
        >
        ${one.error === null ? nothing : html`<span class="line" title=${one.error}>${one.error}</span>`}
      </button>
    </li>`;
  }

  /** Two at most: the third that is ticked takes the second's place. */
  #tick(id: string, ticked: boolean): void {
    if (ticked === this.selected.includes(id)) return;
    this.#select(ticked ? [...this.selected.slice(0, 1), id] : this.selected.filter((other) => other !== id));
  }

  #select(ids: string[]): void {
    this.dispatchEvent(new CustomEvent('select-evaluations', { detail: ids }));
  }
}

/** "128 replies", "running: 37 of 128 replies". */
function statusText({ status, done, total }: EvaluationItem): string {
  const replies = done === total ? counted(done, 'reply') : t('{0} of {1} replies', done, total);
  return status === 'finished' ? replies : `${statusTexts[status as RunStatus] ?? status}: ${replies}`;
}
