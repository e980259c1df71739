import { css, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Phase } from '../../../src/domain/phase.ts';
import { signOf } from '../../../src/domain/plain-text.ts';
import { focusIsLost } from '../../ui/focus.ts';
import { html } from '../../ui/html.ts';
import { sharedStyles } from '../../ui/shared-styles.ts';
import { act } from '../actions/page-event.ts';
import { phaseStyles } from '../label/phase-styles.ts';
import { marksOf, pieces, type Piece } from '../label/pieces.ts';
import { reached, sentenceAt } from '../label/playhead.ts';

/** A completion as one column shows it. */
export interface PhaseColumn {
  head: TemplateResult;
  /** Null while it is read. */
  text: string | null;
  /** Null without phases. */
  boundaries: readonly number[] | null;
  current: boolean;
}

/** Completions side by side: a row a phase, so that planning stands beside planning, and the sentence that playback has reached marked in each. */
@customElement('phase-table')
export class PhaseTable extends LitElement {
  static override styles = [
    sharedStyles,
    phaseStyles,
    css`
      :host {
        flex: 1;
        min-height: 120px;
        overflow: auto;
      }
      table {
        border-collapse: collapse;
        min-width: 100%;
      }
      th,
      td {
        padding: 4px 6px;
        text-align: left;
        vertical-align: top;
        border-right: 1px solid var(--border);
        border-bottom: 1px solid var(--border);
      }
      /* Four columns stand beside the video in a window of 1,400 pixels. */
      tbody td {
        min-width: 17ch;
        line-height: 1.6;
        overflow-wrap: anywhere;
      }
      tbody :is(span, button) {
        white-space: pre-wrap;
      }
      thead th {
        position: sticky;
        top: 0;
        background: var(--vscode-editor-background);
        font-weight: normal;
        font-variant-numeric: tabular-nums;
      }
      thead th.current {
        background: var(--vscode-editorWidget-background);
      }
      tbody th {
        border-left: 4px var(--line, solid) var(--phase, transparent);
        padding: 6px 2px;
        font-weight: normal;
        font-size: 11px;
        white-space: nowrap;
        writing-mode: sideways-lr;
        text-align: right;
      }
      .tag {
        color: var(--muted);
        font-family: var(--vscode-editor-font-family, monospace);
        font-size: 0.85em;
      }
      .time {
        padding: 0;
        color: var(--vscode-textLink-foreground);
        text-decoration: underline dotted;
      }
      mark {
        color: var(--vscode-editor-selectionForeground, inherit);
        background: var(--vscode-editor-selectionBackground);
      }
    `,
  ];

  @property({ attribute: false }) phases: readonly Phase[] = [];
  @property({ attribute: false }) columns: readonly PhaseColumn[] = [];
  @property({ type: Number }) time = 0;
  /** Names the region for a screen reader. */
  @property() name = '';

  /** It is drawn in the place of what may have had focus. */
  override firstUpdated(): void {
    if (focusIsLost()) this.renderRoot.querySelector('table')?.focus({ preventScroll: true });
  }

  override render(): TemplateResult {
    return html`<table tabindex="0" aria-label=${this.name}>
      <thead>
        <tr>
          <td></td>
          ${this.columns.map(
            ({ head, current }) =>
              html`<th scope="col" class=${current ? 'current' : ''} aria-current=${current}>${head}</th>`,
          )}
        </tr>
      </thead>
      <tbody>
        ${this.phases.map(
          ({ name }, phase) =>
            html`<tr>
              <th scope="row" class="phase-${phase + 1}">${name}</th>
              ${this.columns.map((column) => this.#cell(column, phase))}
            </tr>`,
        )}
      </tbody>
    </table>`;
  }

  /** A completion without phases fills all rows at once, in the first. */
  #cell({ text, boundaries }: PhaseColumn, phase: number): TemplateResult | typeof nothing {
    const whole = text === null || boundaries === null;
    if (whole && phase > 0) return nothing;
    if (text === null) return html`<td rowspan=${this.phases.length} class="muted">…</td>`;
    const shown = this.#pieces(text, boundaries).filter((piece) => whole || piece.phase === phase);
    return html`<td rowspan=${whole ? this.phases.length : 1}>${shown.map((piece) => this.#piece(text, piece))}</td>`;
  }

  /** The completion's pieces, cut where the sentence that playback has reached begins and ends. */
  #pieces(text: string, boundaries: readonly number[] | null): (Piece & { reached: boolean })[] {
    const marks = marksOf(text);
    const times = marks.flatMap((mark) => (mark.seconds === undefined ? [] : [{ ...mark, seconds: mark.seconds }]));
    const mention = this.time > 0 ? reached(times, this.time) : null;
    const sentence = mention && sentenceAt(text, mention.start);
    return pieces({ start: 0, end: text.length }, marks, boundaries).flatMap((piece) => {
      const cuts = sentence ? [sentence.start, sentence.end].filter((at) => at > piece.start && at < piece.end) : [];
      const edges = [piece.start, ...cuts, piece.end];
      return edges.slice(1).map((end, i) => ({
        ...piece,
        start: edges[i],
        end,
        reached: sentence !== null && edges[i] >= sentence.start && end <= sentence.end,
      }));
    });
  }

  #piece(
    text: string,
    { start, end, kind, seconds, reached: isReached }: Piece & { reached: boolean },
  ): TemplateResult {
    const content = text.slice(start, end);
    const drawn =
      kind === 'time'
        ? html`<button
            class="time"
            title="Go to ${seconds} s"
            .textContent=${content}
            @click=${() => act(this, { kind: 'seek', seconds: seconds! })}
          ></button>`
        : html`<span
            class=${kind}
            data-sign=${kind === 'control' ? signOf(content) : nothing}
            .textContent=${content}
          ></span>`;
    return isReached ? html`<mark>${drawn}</mark>` : drawn;
  }
}
