import { t } from '@vscode/l10n';
import { css, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { letteredOptions, withoutPicture } from '../../../src/domain/option.ts';
import { choiceOf } from '../../../src/domain/rules/ours.ts';
import { queueTexts, type OptionPicture, type Queue, type ReviewPrompt } from '../../../src/protocol/review.ts';
import { icons } from '../../ui/icons.ts';
import { defaultKeys, type Keys } from '../../../src/protocol/review-keys.ts';
import { html } from '../../ui/html.ts';
import { keyHint } from '../actions/keys.ts';
import { foldButton } from '../actions/fold-button.ts';
import { keyCap } from '../actions/key-cap.ts';
import { sharedStyles } from '../../ui/shared-styles.ts';
import { act } from '../actions/page-event.ts';

/** The way through the rollouts; the question, its options, its answer behind a button, and folded the instruction that came before it. */
@customElement('prompt-header')
export class PromptHeader extends LitElement {
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: block;
        padding: 6px 12px;
        border-bottom: 1px solid var(--border);
      }
      .where {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0 var(--gap);
      }
      .where > span {
        flex: 1 1 20ch;
        min-width: 0;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      @media (max-width: 640px) {
        .where > span {
          white-space: normal;
        }
      }
      .where button {
        display: inline-flex;
        align-items: center;
        gap: 4px;
      }
      .where .fold-part {
        padding: 3px;
        margin-left: -4px;
      }
      .asked {
        display: flex;
        flex-wrap: wrap;
        align-items: baseline;
        gap: 4px 14px;
        max-height: 30vh;
        overflow-y: auto;
      }
      h1 {
        margin: 0;
        font-size: 1.1em;
        font-weight: 600;
        white-space: pre-wrap;
        overflow-wrap: anywhere;
      }
      .folded h1 {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      @media (max-width: 640px) {
        .asked {
          max-height: none;
        }
      }
      ul {
        display: flex;
        flex-wrap: wrap;
        gap: 2px 12px;
        margin: 0;
        padding: 0;
        list-style: none;
      }
      /* Long ones have a line each. */
      ul.long {
        flex: 1 0 100%;
        flex-direction: column;
      }
      li {
        display: flex;
        gap: 0.4em;
      }
      .text {
        white-space: pre-wrap;
        overflow-wrap: anywhere;
      }
      li img {
        max-width: min(24ch, 40vw);
        max-height: 16vh;
        border: 1px solid var(--border);
      }
      .true {
        font-weight: 600;
      }
      .letter {
        color: var(--muted);
        font-variant-numeric: tabular-nums;
      }
      .true .letter {
        color: inherit;
      }
      .instruction summary {
        cursor: pointer;
        color: var(--vscode-textLink-foreground);
      }
      .instruction p {
        margin: 4px 0 0;
        max-height: 12em;
        overflow: auto;
        white-space: pre-wrap;
        overflow-wrap: anywhere;
      }
      .answer button {
        color: var(--vscode-textLink-foreground);
      }
    `,
  ];

  @property({ attribute: false }) prompt!: ReviewPrompt;
  /** Of each option the picture that it has; empty while none are known. */
  @property({ attribute: false }) pictures: readonly (OptionPicture | null)[] = [];
  /** What the completion shown was sampled under; null of none. */
  @property({ attribute: false }) instruction: string | null = null;
  /** "prompt 37 of 128", "completion 3 of 8" */
  @property({ attribute: false }) place: readonly string[] = [];
  /** In force. */
  @property({ attribute: false }) keys: Keys = defaultKeys;
  @property() queue: Queue = 'unlabelled';
  /** Those that there are. */
  @property({ attribute: false }) queues: readonly Queue[] = [];
  @property({ type: Boolean }) canGoBack = false;
  /** Whether the guidelines stand beside the reasoning; null where there are none. */
  @property({ attribute: false }) guidelines: boolean | null = null;
  /** The question alone is shown, on one line. */
  @property({ type: Boolean }) folded = false;
  @state() private answerShown = false;

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.get('prompt') && changed.get('prompt')?.id !== this.prompt.id) this.answerShown = false;
  }

  override render(): TemplateResult {
    const { dataset, stage, split } = this.prompt;
    const where = [dataset, stage, split, ...this.place].filter(Boolean).join(' › ');
    return html`<header class=${this.folded ? 'folded' : ''}>
      <div class="where muted">
        ${foldButton('question', this.folded)} <span title=${where}>${where}</span>
        ${this.guidelines === null ? nothing : this.#guidelinesButton(this.guidelines)}
        <button
          ?disabled=${!this.canGoBack}
          title="${t('Back to what was shown before')}${keyHint(this.keys, 'back')}"
          @click=${() => act(this, { kind: 'back' })}
        >
          ${icons.back} ${t('back')} ${keyCap(this.keys, 'back')}
        </button>
        <select aria-label=${t('Queue: what comes next')} @change=${this.#choose}>
          ${this.queues.map(
            (queue) =>
              html`<option value=${queue} .selected=${queue === this.queue}>${queueTexts[queue].name}</option>`,
          )}
        </select>
        <button
          title="${t('Next in the queue')}${keyHint(this.keys, 'next')}"
          @click=${() => act(this, { kind: 'next' })}
        >
          ${t('next')} ${icons.next} ${keyCap(this.keys, 'next')}
        </button>
      </div>
      ${this.folded ? html`<h1 title=${this.prompt.question}>${this.prompt.question}</h1>` : this.#asked()}
    </header>`;
  }

  #asked(): TemplateResult {
    return html`<div class="asked">
        <h1>${this.prompt.question}</h1>
        ${this.#options()} ${this.#answer()}
      </div>
      ${
        this.instruction === null
          ? nothing
          : html`<details class="instruction">
              <summary>${t('Instruction')}</summary>
              <p tabindex="0">${this.instruction}</p>
            </details>`
      }`;
  }

  #choose(event: Event): void {
    act(this, { kind: 'prefer', change: { queue: (event.target as HTMLSelectElement).value as Queue } });
  }

  #options(): TemplateResult | typeof nothing {
    const { options: shown, answer } = this.prompt;
    if (shown.length === 0) return nothing;
    const { options } = letteredOptions(shown);
    const truth = this.answerShown && answer !== null ? choiceOf(answer, shown).toUpperCase() : null;
    const long = options.some(({ text }) => text.length > 60 || text.includes('\n'));
    return html`<ul class=${long ? 'long' : ''} aria-label=${t('Options')}>
      ${options.map(({ letter, text }, index) => {
        const isTrue = letter === truth;
        const picture = this.pictures[index];
        const words = picture ? withoutPicture(text) : text;
        const said = `${words}${isTrue ? ' ✓' : ''}`;
        return html`<li class=${isTrue ? 'true' : ''}>
          <span class="letter">${letter}</span> ${picture ? pictureOf(picture, letter) : nothing}
          <span class="text">${said}</span>
        </li>`;
      })}
    </ul>`;
  }

  #guidelinesButton(shown: boolean): TemplateResult {
    return html`<button
      aria-pressed=${shown}
      title="${t('The project’s guidelines for annotators')}${keyHint(this.keys, 'guidelines')}"
      @click=${() => act(this, { kind: 'prefer', change: { guidelines: !shown } })}
    >
      ${icons.guidelines} ${t('guidelines')} ${keyCap(this.keys, 'guidelines')}
    </button>`;
  }

  #answer(): TemplateResult {
    const { answer } = this.prompt;
    if (answer === null) return html`<span class="muted">${t('answer not in the dump')}</span>`;
    const toggle = (): void => void (this.answerShown = !this.answerShown);
    return html`<span class="answer">
      ${t('answer:')} ${this.answerShown ? html`<strong>${answer}</strong>` : nothing}
      <button aria-expanded=${this.answerShown} @click=${toggle}>${this.answerShown ? t('hide') : t('show')}</button>
    </span>`;
  }
}

/** An option's picture, or why it cannot be shown. */
function pictureOf({ url, fault }: OptionPicture, letter: string): TemplateResult {
  return url === null
    ? html`<span class="muted">${t('picture not shown: {0}', fault)}</span>`
    : html`<img src=${url} alt=${t('Picture of option {0}', letter)} />`;
}
