import { t } from '@vscode/l10n';
import { css, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import { guard } from 'lit/directives/guard.js';
import { signOf } from '../../../src/domain/plain-text.ts';
import type { Guidelines } from '../../../src/protocol/review.ts';
import { defaultKeys, type Keys } from '../../../src/protocol/review-keys.ts';
import { html } from '../../ui/html.ts';
import { icons } from '../../ui/icons.ts';
import { sharedStyles } from '../../ui/shared-styles.ts';
import { keyHint } from '../actions/keys.ts';
import { act } from '../actions/page-event.ts';
import { cellsOf, textLayout, type Dressed, type TextLayout } from '../text/dressing.ts';
import { markdownStyles } from '../text/markdown-styles.ts';
import { formula, inCells } from '../text/text-lines.ts';

/** The project's guidelines as their Markdown is meant: nothing of it is HTML, and nothing is loaded. */
@customElement('guidelines-pane')
export class GuidelinesPane extends LitElement {
  static override styles = [
    sharedStyles,
    markdownStyles,
    css`
      :host {
        display: flex;
        flex-direction: column;
        overflow: hidden;
        --indent: 0px;
      }
      header {
        display: flex;
        align-items: center;
        gap: 8px;
        padding: 2px 4px 2px 10px;
        border-bottom: 1px solid var(--border);
      }
      h2 {
        margin: 0;
        font-size: 1em;
        font-weight: 600;
      }
      header span {
        flex: 1;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      header button {
        display: inline-flex;
        padding: 2px;
      }
      .read {
        min-height: 0;
        padding: 6px 10px;
        overflow: auto;
        line-height: 1.45;
        overflow-wrap: anywhere;
        outline-offset: -1px;
      }
      .block span {
        white-space: pre-wrap;
      }
      .blank {
        height: 0.6em;
      }
      .heading span {
        white-space: normal;
      }
      /* No offset counts here: what Markdown's signs say is seen. */
      span.sign,
      .rule span {
        display: none;
      }
      .problem {
        margin: 8px 10px;
      }
    `,
  ];

  /** In force. */
  @property({ attribute: false }) keys: Keys = defaultKeys;
  @property({ attribute: false }) guidelines!: Exclude<Guidelines, { status: 'none' }>;
  /** How far down they begin, in pixels. */
  @property({ attribute: false }) top = 0;

  @query('.read') private body!: HTMLElement | null;

  override focus(): void {
    (this.body ?? this.renderRoot.querySelector<HTMLElement>('.problem button'))?.focus({ preventScroll: true });
  }

  get hasFocus(): boolean {
    return this.shadowRoot?.activeElement !== null;
  }

  /** What changed on the disk is read on where one was. */
  override updated(changed: PropertyValues<this>): void {
    if (changed.has('guidelines') && this.body) this.body.scrollTop = this.top;
  }

  override render(): TemplateResult {
    const { guidelines } = this;
    const name = guidelines.status === 'shown' ? guidelines.name : '';
    return html`<header>
        <h2>${t('Guidelines')}</h2>
        <span class="muted" title=${name}>${name}</span>
        <button
          aria-label=${t('Close the guidelines')}
          title="${t('Close the guidelines')}${keyHint(this.keys, 'guidelines')}"
          @click=${() => act(this, { kind: 'guidelines' })}
        >
          ${icons.clear}
        </button>
      </header>
      ${guidelines.status === 'shown' ? this.#text(guidelines.text) : this.#problem(guidelines.message)}`;
  }

  #problem(message: string): TemplateResult {
    return html`<p class="problem" role="alert">
      ${message}
      <button @click=${() => act(this, { kind: 'choose-guidelines' })}>${t('Open Setting')}</button>
    </p>`;
  }

  #text(text: string): TemplateResult {
    return html`<div
      class="read"
      role="region"
      aria-label=${t('The project’s guidelines')}
      tabindex="0"
      @scrollend=${this.#scrolled}
    >
      ${guard([text], () => drawn(textLayout(text, true)))}
    </div>`;
  }

  #scrolled(): void {
    act(this, { kind: 'guidelines-top', top: this.body!.scrollTop });
  }
}

/** The lines of a text; those of signs alone, such as the second of a table, are not drawn. */
function drawn(layout: TextLayout): TemplateResult[] {
  return layout.blocks.flatMap((block, index) => {
    const line = layout.lines[index];
    const cells = cellsOf(layout, block, line, null);
    const said = cells.flat().filter(({ start, end }) => layout.text.slice(start, end).trim() !== '');
    if (said.length > 0 && said.every(isSign)) return [];
    const blank = said.length === 0 && !line.look.includes('fenced') ? 'blank' : '';
    return html`<div class="block ${blank} ${line.look}" dir="auto" .style=${`--cells: ${cells.length}`}>
      ${inCells(cells, (piece) => drawnPiece(layout, piece))}
    </div>`;
  });
}

const isSign = ({ look }: Dressed): boolean => look.split(' ').includes('sign');

function drawnPiece(layout: TextLayout, piece: Dressed): TemplateResult {
  const { start, end, kind, look } = piece;
  if (kind === 'maths') return formula(layout, piece, kind);
  const content = layout.text.slice(start, end);
  return html`<span
    class="${kind} ${look}"
    data-sign=${kind === 'control' ? signOf(content) : nothing}
    .textContent=${content}
  ></span>`;
}
