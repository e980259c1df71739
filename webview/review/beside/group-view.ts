import { t } from '@vscode/l10n';
import { css, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { correctnessMark, correctnessText } from '../../../src/domain/correctness.ts';
import type { Phase } from '../../../src/domain/phase.ts';
import { fromOther, type Preference } from '../../../src/domain/preference.ts';
import {
  groupOrders,
  orderTexts,
  type Completion,
  type Group,
  type GroupOrder,
  type Shown,
} from '../../../src/protocol/review.ts';
import { defaultKeys, type KeyName, type Keys } from '../../../src/protocol/review-keys.ts';
import { html } from '../../ui/html.ts';
import { besideStyles, besideTools } from './view.ts';
import { ordered, sideBySide } from './group-order.ts';
import { memberText } from './group-strip.ts';
import { signed } from '../label/number-text.ts';
import { keyCap } from '../actions/key-cap.ts';
import { keyHint, type Side } from '../actions/keys.ts';
import { act } from '../actions/page-event.ts';
import { nextOther, pairIn, pairText, pairVerdict, type Numbered, type Pair } from './pair.ts';
import './phase-table.ts';
import type { PhaseColumn } from './phase-table.ts';

/** Completions of a group side by side, up to eight of them. */
@customElement('group-view')
export class GroupView extends LitElement {
  static override styles = [
    besideStyles,
    css`
      .pair {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 4px;
        padding: 4px 12px;
        border-bottom: 1px solid var(--border);
      }
      .pair button[aria-pressed='true'] {
        border-color: var(--vscode-focusBorder);
        background: var(--vscode-list-inactiveSelectionBackground);
      }
    `,
  ];

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
  /** What the annotator says of the completion that is open against others, and what the others say of that. */
  @property({ attribute: false }) said: readonly Preference[] = [];
  @property({ attribute: false }) others: Shown['otherPreferences'] = [];
  /** What it is compared with, once that was chosen. */
  @state() private chosen: string | null = null;
  /** The first completion shown, of more than fit. */
  @state() private first = 0;

  /** Rollouts in view, in the order they stand. */
  get inView(): string[] {
    return this.#inView().map(({ member }) => member.rolloutId);
  }

  /** The two that are compared; null where the one that is open is not in view. */
  get pair(): Pair | null {
    return pairIn(this.#numbered, this.selected, this.chosen);
  }

  /** Compares the one that is open with the next of those in view. */
  nextPair(): void {
    const { pair } = this;
    if (pair) this.chosen = nextOther(this.#numbered, this.selected, pair);
  }

  get #numbered(): Numbered[] {
    return this.#inView().map(({ member, number }) => ({ rolloutId: member.rolloutId, number }));
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
    const { pair } = this;
    const columns = this.#inView().map((numbered) => this.#column(numbered, pair));
    return html`${this.#tools(columns.length)} ${pair ? this.#compared(pair) : nothing}
      <phase-table
        .phases=${this.phases}
        .columns=${columns}
        .time=${this.time}
        .rendered=${this.rendered}
        name=${t('Completions side by side')}
      ></phase-table>`;
  }

  /** The two that are compared, and what is said of them. */
  #compared(pair: Pair): TemplateResult {
    const { left, right } = pair;
    const verdict = this.said.find(({ other }) => other === pair.other)?.verdict;
    const choice = (side: Side | null, name: KeyName, text: string): TemplateResult =>
      html`<button
        aria-pressed=${verdict === pairVerdict(pair, side)}
        title=${`${side === null ? t('Neither is better') : t('Completion {0} is better', side === 'left' ? left.number : right.number)}${keyHint(this.keys, name)}`}
        @click=${() => act(this, { kind: 'better', side })}
      >
        ${text} ${keyCap(this.keys, name)}
      </button>`;
    const others = this.others
      .filter(({ other }) => other === pair.other)
      .map((one) => `${one.annotator}: ${pairText(pair, [one])}`);
    return html`<div
      class="pair"
      role="group"
      aria-label=${t('Which of completions {0} and {1} is better?', left.number, right.number)}
    >
      ${choice('left', 'preferLeft', t('{0} is better', left.number))} ${choice(null, 'preferNeither', t('a tie'))}
      ${choice('right', 'preferRight', t('{0} is better', right.number))}
      ${
        this.group.members.length > 2
          ? html`<button
              title="${t('Compare with the next completion')}${keyHint(this.keys, 'nextPair')}"
              @click=${() => act(this, { kind: 'nextPair' })}
            >
              ${t('next pair')} ${keyCap(this.keys, 'nextPair')}
            </button>`
          : nothing
      }
      <span class="muted">${others.join(' · ')}</span>
      <span class="spoken" role="status">${pairText(pair, this.said)}</span>
    </div>`;
  }

  #column({ member, number }: ReturnType<typeof ordered>[number], pair: Pair | null): PhaseColumn {
    const { rolloutId, name, reward, advantage, length, correct } = member;
    const completion = this.completions.get(rolloutId);
    const figures = [
      name ?? '',
      reward === null ? t('no reward') : `${correctnessMark(correct)} ${reward.toFixed(2)}`.trim(),
      advantage === null ? '' : signed(advantage),
      t('{0} characters', length),
      completion?.whose ?? '',
      this.#against(rolloutId),
    ];
    return {
      head: html`<button
          aria-label=${t('Open {0}', memberText(member, number))}
          title=${t('Open this completion')}
          @click=${() => act(this, { kind: 'open', rolloutId })}
        >
          ${number}
        </button>
        <span title=${correctnessText(correct) || nothing}>${figures.filter(Boolean).join(' · ')}</span>`,
      text: completion?.text ?? null,
      boundaries: completion?.boundaries ?? null,
      current: rolloutId === this.selected,
      compared: rolloutId === pair?.left.rolloutId || rolloutId === pair?.right.rolloutId,
    };
  }

  /** "worse than 1": what is said of a completion against the one that is open. */
  #against(rolloutId: string): string {
    const verdict = this.said.find(({ other }) => other === rolloutId)?.verdict;
    if (verdict === undefined) return '';
    const open = this.group.members.findIndex((one) => one.rolloutId === this.selected) + 1;
    if (verdict === 'tie') return t('ties with {0}', open);
    return fromOther(verdict) === 'better' ? t('better than {0}', open) : t('worse than {0}', open);
  }

  #tools(count: number): TemplateResult {
    const { length } = this.group.members;
    const page = (first: number): void => void (this.first = first);
    const sort = (event: Event): void => {
      act(this, { kind: 'prefer', change: { groupOrder: (event.target as HTMLSelectElement).value as GroupOrder } });
    };
    const tools = html`<label
        >${t('sort by')}
        <select @change=${sort}>
          ${groupOrders.map((order) => html`<option value=${order} .selected=${order === this.order}>${orderTexts[order]}</option>`)}
        </select>
      </label>
      ${
        length > sideBySide
          ? html`<button ?disabled=${this.first === 0} @click=${() => page(this.first - sideBySide)}>
                ${t('previous')}
              </button>
              <span class="muted">${t('{0} to {1} of {2}', this.first + 1, this.first + count, length)}</span>
              <button ?disabled=${this.first + count >= length} @click=${() => page(this.first + sideBySide)}>
                ${t('next')}
              </button>`
          : nothing
      }`;
    return besideTools(this, 'group', this.keys, t('one completion'), tools);
  }
}
