import { t } from '@vscode/l10n';
import { signed } from '../label/number-text.ts';
import { css, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { correctnessMark, correctnessText } from '../../../src/domain/correctness.ts';
import type { Group, Member, Shown } from '../../../src/protocol/review.ts';
import { icons } from '../../ui/icons.ts';
import { defaultKeys, type Keys } from '../../../src/protocol/review-keys.ts';
import { html } from '../../ui/html.ts';
import { keyHint } from '../actions/keys.ts';
import { sharedStyles } from '../../ui/shared-styles.ts';
import { vanishingText } from './group-order.ts';
import { act } from '../actions/page-event.ts';

/** All completions of the group with reward and advantage; a vanishing group is said in words. */
@customElement('group-strip')
export class GroupStrip extends LitElement {
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 4px;
        padding: 6px 12px;
        border-bottom: 1px solid var(--border);
        container: strip / inline-size;
      }
      /* Two rows of them; more are scrolled. */
      ul {
        display: flex;
        flex: 1 0 100%;
        flex-wrap: wrap;
        gap: 4px;
        max-height: 62px;
        margin: 0;
        padding: 1px;
        position: relative;
        overflow-y: auto;
        list-style: none;
      }
      button {
        border-color: var(--border);
        font-variant-numeric: tabular-nums;
        white-space: nowrap;
      }
      button[aria-current='true'],
      button[aria-current='true']:hover:not(:disabled) {
        color: var(--vscode-list-activeSelectionForeground);
        background: var(--vscode-list-activeSelectionBackground);
      }
      button[aria-current='true']:not(:focus-visible) {
        outline: 1px solid var(--vscode-contrastActiveBorder, transparent);
      }
      .number {
        opacity: 0.8;
      }
      .parts {
        margin-left: 4px;
        font-variant-numeric: tabular-nums;
      }
      /* Where there is little room, the button's title tells them. */
      @container strip (max-width: 640px) {
        .parts,
        .tokens {
          display: none;
        }
      }
      @media (max-width: 640px) {
        ul {
          max-height: none;
        }
      }
      slot {
        display: block;
        margin-left: auto;
      }
      .finish {
        font-style: italic;
      }
      .warning {
        display: inline-flex;
        gap: 4px;
        align-items: center;
        flex-basis: 100%;
        color: var(--vscode-editorWarning-foreground, var(--vscode-foreground));
      }
    `,
  ];

  @property({ attribute: false }) group!: Group;
  @property({ attribute: false }) groups!: Shown['groups'];
  @property() selected = '';
  /** What the selected completion's reward is made of, by name. */
  @property({ attribute: false }) parts: Readonly<Record<string, number>> = {};
  /** What was taken for its answer, in words. */
  @property({ attribute: false }) reading: string | null = null;
  /** Whether they are side by side. */
  @property({ type: Boolean }) comparing = false;
  /** In force. */
  @property({ attribute: false }) keys: Keys = defaultKeys;

  override updated(changed: PropertyValues<this>): void {
    const chosen = this.renderRoot.querySelector<HTMLElement>('[aria-current="true"]');
    // The list alone is scrolled, not what is around it.
    if (changed.has('selected') && chosen) chosen.closest('ul')!.scrollTop = chosen.offsetTop;
  }

  override render(): TemplateResult {
    const { members, std, vanishing } = this.group;
    return html`
      ${this.#chooser()}
      ${
        members.length > 1
          ? html`<button
              class="compare"
              aria-pressed=${this.comparing}
              title="${t('All completions side by side')}${keyHint(this.keys, 'group')}"
              @click=${() => act(this, { kind: 'beside', what: 'group' })}
            >
              ${t('side by side')}
            </button>`
          : nothing
      }
      ${std === null ? nothing : html`<span class="muted">${t('std {0}', std.toFixed(2))}</span>`}
      ${this.#rewardParts()}
      <slot></slot>
      <ul aria-label=${t('Completions of this group')}>
        ${members.map((member, index) => html`<li>${this.#member(member, index + 1)}</li>`)}
      </ul>
      ${vanishing ? html`<span class="warning">${icons.warning} ${t('vanishing: {0}', vanishingText(members))}</span>` : nothing}
    `;
  }

  get #partTexts(): string[] {
    return Object.entries(this.parts).map(([name, value]) => `${name} ${Number(value.toFixed(3))}`);
  }

  #rewardParts(): TemplateResult | typeof nothing {
    const parts = this.#partTexts;
    if (parts.length === 0) return nothing;
    const reward = this.group.members.find(({ rolloutId }) => rolloutId === this.selected)?.reward ?? null;
    const total = reward === null ? t('reward unknown') : t('reward {0}', Number(reward.toFixed(3)));
    return html`<span class="parts muted" title=${this.reading ?? nothing}>${total}: ${parts.join(' · ')}</span>`;
  }

  #chooser(): TemplateResult {
    if (this.groups.length < 2) return html`<span class="muted">${this.group.name}</span>`;
    const choose = (event: Event): void => {
      act(this, { kind: 'open', rolloutId: (event.target as HTMLSelectElement).value });
    };
    return html`<select aria-label=${t('Group: policy and version')} @change=${choose}>
      ${this.groups.map(
        ({ id, name, rolloutId }) =>
          html`<option value=${rolloutId} .selected=${id === this.group.id}>${name}</option>`,
      )}
    </select>`;
  }

  #member(member: Member, number: number): TemplateResult {
    const { rolloutId, reward, advantage, advantageByRewards, correct, labelled, hinted, tokens, finish } = member;
    const selected = rolloutId === this.selected ? [...this.#partTexts, ...(this.reading ? [this.reading] : [])] : [];
    const says = [memberText(member, number), ...selected].join(', ');
    return html`<button
      aria-current=${rolloutId === this.selected}
      title=${says}
      @click=${() => act(this, { kind: 'open', rolloutId })}
    >
      <span class="spoken">${says}</span>
      <span aria-hidden="true"
        ><span class="number">${number}</span> ${correctnessMark(correct)}${reward?.toFixed(1) ?? '–'}
        ${advantage === null ? '' : signed(advantage)}${advantageByRewards === null ? '' : ' ≠'}
        ${tokens === null ? nothing : html`<span class="tokens">${t('{0} tok', tokens)}</span>`}
        ${finish === null ? nothing : html`<span class="finish">${finish}</span>`}
        ${labelled ? '●' : '○'}${hinted ? ` ${t('hint')}` : ''}</span
      >
    </button>`;
  }
}

/** "completion 2, right by accuracy, reward 1.00, advantage +0.94, not labelled". */
export function memberText(member: Member, number: number): string {
  const { name, reward, advantage, advantageByRewards, correct, labelled, hinted, tokens, finish } = member;
  const says = [
    t('completion {0}', number),
    name ? t('of {0}', name) : '',
    correctnessText(correct),
    reward === null ? t('no reward') : t('reward {0}', reward.toFixed(2)),
    advantage === null ? '' : t('advantage {0}', signed(advantage)),
    advantageByRewards === null ? '' : t("by its trainer, its group's rewards give {0}", signed(advantageByRewards)),
    tokens === null ? '' : t('{0} tokens', tokens),
    finish ?? '',
    labelled ? t('labelled') : t('not labelled'),
    hinted ? t('with a hint') : '',
  ];
  return says.filter(Boolean).join(', ');
}
