import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { Phase } from '../../src/domain/phase.ts';
import { groupOrders, type Completion, type Group, type GroupOrder } from '../../src/protocol/review.ts';
import { sharedStyles } from '../ui/shared-styles.ts';
import { ordered, sideBySide } from './group-order.ts';
import { memberText, signed } from './group-strip.ts';
import { act } from './page-event.ts';
import { phaseStyles } from './phase-styles.ts';
import { marksOf, pieces, type Piece } from './pieces.ts';
import { reached, sentenceAt } from './playhead.ts';

/** Completions of a group side by side: a row a phase, so that planning stands beside planning, and the sentence that playback has reached marked in each. */
@customElement('group-view')
export class GroupView extends LitElement {
  static override styles = [
    sharedStyles,
    phaseStyles,
    css`
      :host {
        display: flex;
        flex-direction: column;
        flex: 1;
        min-height: 0;
      }
      .tools {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 8px;
        padding: 4px 12px;
        border-bottom: 1px solid var(--border);
      }
      .tools .close {
        margin-left: auto;
      }
      .scroll {
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
        padding: 4px 8px;
        text-align: left;
        vertical-align: top;
        border-right: 1px solid var(--border);
        border-bottom: 1px solid var(--border);
      }
      tbody td {
        min-width: 24ch;
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
        font-weight: normal;
        font-size: 11px;
        white-space: nowrap;
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

  @property({ attribute: false }) group!: Group;
  @property({ attribute: false }) phases: readonly Phase[] = [];
  /** What is known of the group's completions so far, by rollout. */
  @property({ attribute: false }) completions: ReadonlyMap<string, Completion> = new Map();
  @property() selected = '';
  @property({ type: Number }) time = 0;
  @property() order: GroupOrder = 'as generated';
  /** The first completion shown, of more than fit. */
  @state() private first = 0;

  /** Rollouts in view, in the order they stand. */
  get inView(): string[] {
    return this.#columns().map(({ member }) => member.rolloutId);
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('order') || (changed.has('group') && changed.get('group')?.id !== this.group.id)) this.first = 0;
  }

  override updated(): void {
    const missing = this.inView.filter((id) => !this.completions.has(id));
    if (missing.length > 0) act(this, { kind: 'read-completions', rolloutIds: missing });
  }

  #columns(): ReturnType<typeof ordered> {
    return ordered(this.group.members, this.order).slice(this.first, this.first + sideBySide);
  }

  override render(): TemplateResult {
    const columns = this.#columns();
    return html`
      ${this.#tools(columns.length)}
      <div class="scroll" tabindex="0" role="region" aria-label="Completions side by side">
        <table>
          <thead>
            <tr>
              <td></td>
              ${columns.map(({ member, number }) => {
                const { rolloutId, reward, advantage, length, correct } = member;
                const figures = [
                  reward === null
                    ? 'no reward'
                    : `${correct === null ? '' : correct ? '✓ ' : '✗ '}${reward.toFixed(2)}`,
                  advantage === null ? '' : signed(advantage),
                  `${length} characters`,
                  this.completions.get(rolloutId)?.whose ?? '',
                ].filter(Boolean);
                const current = rolloutId === this.selected;
                return html`<th scope="col" class=${current ? 'current' : ''} aria-current=${current}>
                  <button
                    aria-label="Open ${memberText(member, number)}"
                    title="Open this completion"
                    @click=${() => act(this, { kind: 'open', rolloutId })}
                  >
                    ${number}
                  </button>
                  ${figures.join(' · ')}
                </th>`;
              })}
            </tr>
          </thead>
          <tbody>
            ${this.phases.map(({ name }, phase) => this.#row(name, phase, columns))}
          </tbody>
        </table>
      </div>
    `;
  }

  #tools(count: number): TemplateResult {
    const { length } = this.group.members;
    const page = (first: number): void => void (this.first = first);
    return html`<div class="tools">
      <label
        >sort by
        <select
          @change=${(event: Event) =>
            act(this, {
              kind: 'prefer',
              change: { groupOrder: (event.target as HTMLSelectElement).value as GroupOrder },
            })}
        >
          ${groupOrders.map((order) => html`<option .selected=${order === this.order}>${order}</option>`)}
        </select>
      </label>
      ${
        length > sideBySide
          ? html`<button ?disabled=${this.first === 0} @click=${() => page(this.first - sideBySide)}>previous</button>
              <span class="muted">${this.first + 1} to ${this.first + count} of ${length}</span>
              <button ?disabled=${this.first + count >= length} @click=${() => page(this.first + sideBySide)}>
                next
              </button>`
          : nothing
      }
      <button class="close" @click=${() => act(this, { kind: 'press', action: { kind: 'compare' } })}>
        one completion (A)
      </button>
    </div>`;
  }

  /** A completion without phases fills all rows at once, in the first. */
  #row(name: string, phase: number, columns: ReturnType<typeof ordered>): TemplateResult {
    return html`<tr>
      <th scope="row" class="phase-${phase + 1}">${name}</th>
      ${columns.map(({ member }) => {
        const completion = this.completions.get(member.rolloutId);
        if (!completion) return phase === 0 ? html`<td rowspan=${this.phases.length} class="muted">…</td>` : nothing;
        const { boundaries } = completion;
        if (!boundaries && phase > 0) return nothing;
        const shown = this.#pieces(completion).filter((piece) => !boundaries || piece.phase === phase);
        return html`<td rowspan=${boundaries ? 1 : this.phases.length}>
          ${shown.map((piece) => this.#piece(completion.text, piece))}
        </td>`;
      })}
    </tr>`;
  }

  /** The completion's pieces, cut where the sentence that playback has reached begins and ends. */
  #pieces({ text, boundaries }: Completion): (Piece & { reached: boolean })[] {
    const marks = marksOf(text);
    const times = marks.flatMap((mark) => (mark.seconds === undefined ? [] : [{ ...mark, seconds: mark.seconds }]));
    const mention = this.time > 0 ? reached(times, this.time) : null;
    const sentence = mention && sentenceAt(text, mention.start);
    return pieces(text.length, marks, boundaries).flatMap((piece) => {
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
        : html`<span class=${kind} .textContent=${content}></span>`;
    return isReached ? html`<mark>${drawn}</mark>` : drawn;
  }
}
