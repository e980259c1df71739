import { t } from '@vscode/l10n';
import { css, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { stepVerdicts, verdictTexts, type StepVerdict } from '../../../src/domain/judgement.ts';
import type { Preferences } from '../../../src/protocol/review.ts';
import { defaultKeys, type KeyName, type Keys } from '../../../src/protocol/review-keys.ts';
import { html } from '../../ui/html.ts';
import { sharedStyles } from '../../ui/shared-styles.ts';
import { keyCap } from '../actions/key-cap.ts';
import { keyHint } from '../actions/keys.ts';
import { act } from '../actions/page-event.ts';
import { movedText, saidText, verdictSigns, type Judged } from './steps.ts';

const keyOf: Record<StepVerdict, KeyName> = {
  correct: 'judgeCorrect',
  wrong: 'judgeWrong',
  unsupported: 'judgeUnsupported',
};

const meanings: Record<StepVerdict, string> = {
  correct: t('This is correct'),
  wrong: t('Something here is wrong'),
  unsupported: t('The video does not show what this says'),
};

/** What is said of the phase or the sentence at the caret, or of what is selected, in one line of always the same height. */
@customElement('judge-bar')
export class JudgeBar extends LitElement {
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: flex;
        flex: none;
        align-items: center;
        gap: 4px;
        height: 28px;
        padding: 0 12px;
        border-top: 1px solid var(--border);
        overflow: hidden;
        white-space: nowrap;
        container: bar / inline-size;
      }
      @container bar (max-width: 660px) {
        kbd {
          display: none;
        }
      }
      /* The text marks the phase at the caret, too. */
      @container bar (max-width: 420px) {
        [aria-hidden].name,
        .error:disabled {
          display: none;
        }
      }
      [role='group'] {
        display: contents;
      }
      .name {
        flex: 0 1 auto;
        min-width: 4ch;
        overflow: hidden;
        text-overflow: ellipsis;
      }
      button[aria-pressed='true'] {
        border-color: var(--vscode-focusBorder);
        background: var(--vscode-list-inactiveSelectionBackground);
      }
      .by {
        margin-left: auto;
      }
      .by,
      .error {
        flex: 0 1 auto;
        min-width: 6ch;
        overflow: hidden;
        text-overflow: ellipsis;
      }
    `,
  ];

  /** In force. */
  @property({ attribute: false }) keys: Keys = defaultKeys;
  /** Null while there are no phases. */
  @property({ attribute: false }) judged: Judged | null = null;
  @property() by: Preferences['judgeBy'] = 'phase';
  /** The project has some. */
  @property({ type: Boolean }) hasErrors = false;

  override render(): TemplateResult {
    const { judged } = this;
    if (!judged)
      return html`<span class="muted name">${t('Phases are judged here once there are some.')}</span>${this.#choice()}`;
    const { said, name } = judged;
    const isWrong = said !== null && said.verdict !== 'correct';
    return html`<div role="group" aria-label=${t('Judgement of {0}', name)}>
        ${judged.isPhase || name !== 'sentence' ? html`<span class="name" aria-hidden="true">${name}:</span>` : nothing}
        ${stepVerdicts.map((verdict) => this.#button(verdict))}
        <button
          class="error"
          ?disabled=${!isWrong || !this.hasErrors}
          title=${`${said?.error ?? t('What is wrong with it')}${keyHint(this.keys, 'errorType')}`}
          @click=${() => act(this, { kind: 'errorType' })}
        >
          ${said?.error ?? t('type of error')} ${keyCap(this.keys, 'errorType')}
        </button>
        ${judged.moved ? html`<span class="muted name">${movedText(judged)}</span>` : ''}
      </div>
      ${this.#choice()}
      <span class="spoken" role="status">${said ? t('{0} is {1}', name, saidText(judged)) : ''}</span>`;
  }

  #choice(): TemplateResult {
    return html`<button
      class="by"
      aria-pressed=${this.by === 'sentence'}
      title="${t('Judge the sentence at the caret instead of its phase; what is selected is judged by itself')}${keyHint(this.keys, 'judgeBy')}"
      @click=${() => act(this, { kind: 'judgeBy' })}
    >
      ${t('by sentence')} ${keyCap(this.keys, 'judgeBy')}
    </button>`;
  }

  #button(verdict: StepVerdict): TemplateResult {
    const { said, moved } = this.judged!;
    return html`<button
      aria-pressed=${said?.verdict === verdict && !moved}
      title=${`${meanings[verdict]}${keyHint(this.keys, keyOf[verdict])}`}
      @click=${() => act(this, { kind: 'judge', verdict })}
    >
      <span aria-hidden="true">${verdictSigns[verdict]}</span> ${verdictTexts[verdict]}
      ${keyCap(this.keys, keyOf[verdict])}
    </button>`;
  }
}
