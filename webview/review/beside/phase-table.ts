import { t } from '@vscode/l10n';
import { css, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { guard } from 'lit/directives/guard.js';
import { partitionPoint } from '../../../src/domain/partition-point.ts';
import { spans, type Phase } from '../../../src/domain/phase.ts';
import { signOf } from '../../../src/domain/plain-text.ts';
import { focusIsLost } from '../../ui/focus.ts';
import { html } from '../../ui/html.ts';
import { sharedStyles } from '../../ui/shared-styles.ts';
import { act } from '../actions/page-event.ts';
import { phaseStyles } from '../label/phase-styles.ts';
import { reached, sentenceAt } from '../label/playhead.ts';
import { cellsOf, textLayout, type Dressed, type TextLayout } from '../text/dressing.ts';
import { markdownStyles } from '../text/markdown-styles.ts';
import { formula, inCells } from '../text/text-lines.ts';

/** About how many letters a line of a column has, for the height of what is not laid out yet. */
const lettersALine = 35;

/** A completion as one column shows it. */
export interface PhaseColumn {
  head: TemplateResult;
  /** Null while it is read. */
  text: string | null;
  /** Null without phases. */
  boundaries: readonly number[] | null;
  current: boolean;
  /** One of the two that are compared. */
  compared?: boolean;
}

/** [start, end) of a text. */
interface Stretch {
  start: number;
  end: number;
}

/** Completions side by side: a row a phase, so that planning stands beside planning, and the sentence that playback has reached marked in each. */
@customElement('phase-table')
export class PhaseTable extends LitElement {
  static override styles = [
    sharedStyles,
    phaseStyles,
    markdownStyles,
    css`
      :host {
        flex: 1;
        min-height: 120px;
        overflow: auto;
      }
      /* Widths that no text has a say in: else every line of every column is laid out twice. */
      table {
        border-collapse: collapse;
        table-layout: fixed;
        width: max(100%, calc(26px + var(--columns) * 17ch));
      }
      thead td {
        width: 26px;
      }
      th,
      td {
        padding: var(--row) 6px;
        text-align: left;
        vertical-align: top;
        border-right: 1px solid var(--border);
        border-bottom: 1px solid var(--border);
      }
      /* Four columns stand beside the video in a window of 1,400 pixels. */
      tbody td {
        line-height: var(--side-line);
        overflow-wrap: anywhere;
      }
      td :is(span, button) {
        white-space: pre-wrap;
      }
      /* A long column is laid out where it is seen. */
      .block {
        --indent: 0px;
        content-visibility: auto;
        contain-intrinsic-block-size: auto calc(var(--lines) * var(--side-line) * 1em);
      }
      /* What is laid out where it is seen paints nothing beyond itself: a wide formula is scrolled. */
      .block:has(tex-maths) {
        overflow: auto hidden;
      }
      thead th {
        position: sticky;
        top: 0;
        background: var(--vscode-editor-background);
        font-weight: normal;
        font-variant-numeric: tabular-nums;
      }
      thead th.compared {
        border-bottom: 2px solid var(--vscode-focusBorder);
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
      }
      /* In sight as long as something of its phase is. */
      tbody th span {
        position: sticky;
        top: 40px;
        display: block;
        writing-mode: sideways-lr;
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
      /* What is laid out where it is seen would cut the ring off. */
      .time:focus-visible {
        outline-offset: -1px;
      }
      mark {
        color: var(--vscode-editor-selectionForeground, inherit);
        background: var(--vscode-editor-selectionBackground);
      }
      /* A link's own colour cannot be read on it. */
      mark .time {
        color: inherit;
      }
    `,
  ];

  @property({ attribute: false }) phases: readonly Phase[] = [];
  @property({ attribute: false }) columns: readonly PhaseColumn[] = [];
  @property({ type: Number }) time = 0;
  /** Markdown and maths are shown as they are meant. */
  @property({ type: Boolean }) rendered = false;
  /** Names the region for a screen reader. */
  @property() name = '';
  /** Of each text that stands in a column. */
  #layouts: ReadonlyMap<string, TextLayout> = new Map();

  override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has('columns') && !changed.has('rendered')) return;
    const known = changed.has('rendered') ? new Map<string, TextLayout>() : this.#layouts;
    const texts = this.columns.flatMap(({ text }) => text ?? []);
    this.#layouts = new Map(texts.map((text) => [text, known.get(text) ?? textLayout(text, this.rendered)]));
  }

  /** It is drawn in the place of what may have had focus. */
  override firstUpdated(): void {
    if (focusIsLost()) this.renderRoot.querySelector('table')?.focus({ preventScroll: true });
  }

  override render(): TemplateResult {
    return html`<table tabindex="0" aria-label=${this.name} .style=${`--columns: ${this.columns.length}`}>
      <thead>
        <tr>
          <td></td>
          ${this.columns.map(
            ({ head, current, compared = false }) =>
              html`<th
                scope="col"
                class=${[current && 'current', compared && 'compared'].filter(Boolean).join(' ')}
                aria-current=${current}
              >
                ${head}
              </th>`,
          )}
        </tr>
      </thead>
      <tbody>
        ${this.phases.map(
          ({ name }, phase) =>
            html`<tr>
              <th scope="row" class="phase-${phase + 1}"><span>${name}</span></th>
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
    const layout = this.#layouts.get(text)!;
    const { start, end } = whole ? { start: 0, end: text.length } : spans(text.length, boundaries)[phase];
    const sentence = this.#reached(layout);
    const said = sentence && sentence.start < end && sentence.end > start ? sentence : null;
    return html`<td rowspan=${whole ? this.phases.length : 1}>
      ${guard([layout, start, end, said?.start, said?.end], () => this.#lines(layout, { start, end }, said))}
    </td>`;
  }

  /** The sentence that playback has reached. */
  #reached({ text, marks }: TextLayout): Stretch | null {
    const times = marks.flatMap((mark) => (mark.seconds === undefined ? [] : [{ ...mark, seconds: mark.seconds }]));
    const mention = this.time > 0 ? reached(times, this.time) : null;
    return mention && sentenceAt(text, mention.start);
  }

  /** The lines of a stretch of a text. */
  #lines(layout: TextLayout, { start, end }: Stretch, said: Stretch | null): TemplateResult[] {
    const { blocks, lines } = layout;
    const first = partitionPoint(blocks, (block) => block.end <= start);
    const last = partitionPoint(blocks, (block) => block.start < end);
    return blocks.slice(first, last).map((block, index) => {
      const line = lines[first + index];
      const part = { start: Math.max(block.start, start), end: Math.min(block.end, end) };
      const cells = cellsOf(layout, part, line, null).map((cell) => cutAt(said, cell));
      const drawn = Math.ceil((part.end - part.start) / lettersALine);
      return html`<div class="block ${line.look}" dir="auto" .style=${`--cells: ${cells.length}; --lines: ${drawn}`}>
        ${inCells(cells, (piece) => this.#piece(layout, piece, said))}
      </div>`;
    });
  }

  #piece(layout: TextLayout, piece: Dressed, said: Stretch | null): TemplateResult {
    const { start, end, kind, seconds, look } = piece;
    const content = layout.text.slice(start, end);
    const drawn =
      kind === 'time'
        ? html`<button
            class="time"
            title=${t('Go to {0} s', seconds!)}
            .textContent=${content}
            @click=${() => act(this, { kind: 'seek', seconds: seconds! })}
          ></button>`
        : kind === 'maths'
          ? formula(layout, piece, kind)
          : html`<span
              class="${kind} ${look}"
              data-sign=${kind === 'control' ? signOf(content) : nothing}
              .textContent=${content}
            ></span>`;
    return said && said.start <= start && end <= said.end ? html`<mark>${drawn}</mark>` : drawn;
  }
}

/** Pieces, cut where the sentence begins and ends that playback has reached. */
function cutAt(said: Stretch | null, pieces: readonly Dressed[]): readonly Dressed[] {
  if (!said) return pieces;
  return pieces.flatMap((piece) => {
    const cuts = [said.start, said.end].filter((at) => at > piece.start && at < piece.end);
    const edges = [piece.start, ...cuts, piece.end];
    return edges.slice(1).map((end, i) => ({ ...piece, start: edges[i], end }));
  });
}
