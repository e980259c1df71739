import { LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { correctnessMark, correctnessText } from '../../../src/domain/correctness.ts';
import type { Phase } from '../../../src/domain/phase.ts';
import { groupOrders, type Completion, type Group, type GroupOrder } from '../../../src/protocol/review.ts';
import { defaultKeys, type Keys } from '../../../src/protocol/review-keys.ts';
import { html } from '../../ui/html.ts';
import { besideStyles, besideTools } from './view.ts';
import { ordered, sideBySide } from './group-order.ts';
import { memberText } from './group-strip.ts';
import { signed } from '../label/number-text.ts';
import { act } from '../actions/page-event.ts';
import './phase-table.ts';
import type { PhaseColumn } from './phase-table.ts';

/** Completions of a group side by side, up to eight of them. */
@customElement('group-view')
export class GroupView extends LitElement {
  static override styles = besideStyles;

  /** In force. */
  @property({ attribute: false }) keys: Keys = defaultKeys;
  @property({ attribute: false }) group!: Group;
  @property({ attribute: false }) phases: readonly Phase[] = [];
  /** What is known of the group's completions so far, by rollout. */
  @property({ attribute: false }) completions: ReadonlyMap<string, Completion> = new Map();
  @property() selected = '';
  @property({ type: Number }) time = 0;
  /** Markdown and maths are shown as they are meant. */
  @property({ type: Boolean }) rendered = false;
  @property() order: GroupOrder = 'as generated';
  /** The first completion shown, of more than fit. */
  @state() private first = 0;

  /** Rollouts in view, in the order they stand. */
  get inView(): string[] {
    return this.#inView().map(({ member }) => member.rolloutId);
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('order') || (changed.has('group') && changed.get('group')?.id !== this.group.id)) this.first = 0;
  }

  override updated(): void {
    const missing = this.inView.filter((id) => !this.completions.has(id));
    if (missing.length > 0) act(this, { kind: 'read-completions', rolloutIds: missing });
  }

  #inView(): ReturnType<typeof ordered> {
    return ordered(this.group.members, this.order).slice(this.first, this.first + sideBySide);
  }

  override render(): TemplateResult {
    const columns = this.#inView().map((numbered) => this.#column(numbered));
    return html`${this.#tools(columns.length)}
      <phase-table
        .phases=${this.phases}
        .columns=${columns}
        .time=${this.time}
        .rendered=${this.rendered}
        name="Completions side by side"
      ></phase-table>`;
  }

  #column({ member, number }: ReturnType<typeof ordered>[number]): PhaseColumn {
    const { rolloutId, name, reward, advantage, length, correct } = member;
    const completion = this.completions.get(rolloutId);
    const figures = [
      name ?? '',
      reward === null ? 'no reward' : `${correctnessMark(correct)} ${reward.toFixed(2)}`.trim(),
      advantage === null ? '' : signed(advantage),
      `${length} characters`,
      completion?.whose ?? '',
    ];
    return {
      head: html`<button
          aria-label="Open ${memberText(member, number)}"
          title="Open this completion"
          @click=${() => act(this, { kind: 'open', rolloutId })}
        >
          ${number}
        </button>
        <span title=${correctnessText(correct) || nothing}>${figures.filter(Boolean).join(' · ')}</span>`,
      text: completion?.text ?? null,
      boundaries: completion?.boundaries ?? null,
      current: rolloutId === this.selected,
    };
  }

  #tools(count: number): TemplateResult {
    const { length } = this.group.members;
    const page = (first: number): void => void (this.first = first);
    const sort = (event: Event): void => {
      act(this, { kind: 'prefer', change: { groupOrder: (event.target as HTMLSelectElement).value as GroupOrder } });
    };
    const tools = html`<label
        >sort by
        <select @change=${sort}>
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
      }`;
    return besideTools(this, 'group', this.keys, 'one completion', tools);
  }
}
