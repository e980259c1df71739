import { t } from '@vscode/l10n';
import { css, LitElement, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { defaultKeys, type Keys } from '../../../src/protocol/review-keys.ts';
import { keyHint } from '../actions/keys.ts';
import { focused } from '../../ui/focus.ts';
import { html } from '../../ui/html.ts';
import { fieldLook, sharedStyles } from '../../ui/shared-styles.ts';
import { Frames } from './frames.ts';
import { act } from '../actions/page-event.ts';
import { clock } from '../label/playhead.ts';
import { parseTime } from './time-entry.ts';

/** The time shown; pressed, a field to type the one to go to. */
@customElement('time-clock')
export class TimeClock extends LitElement {
  static override styles = [
    sharedStyles,
    css`
      :host {
        position: relative;
        font-variant-numeric: tabular-nums;
        white-space: nowrap;
      }
      input {
        ${fieldLook}
        width: 11ch;
        padding: 1px 4px;
      }
      input[aria-invalid='true'] {
        border-color: var(--vscode-inputValidation-errorBorder);
      }
      [role='alert'] {
        position: absolute;
        bottom: calc(100% + 2px);
        left: 0;
        z-index: 2;
        padding: 2px 6px;
        color: var(--vscode-inputValidation-errorForeground, var(--vscode-foreground));
        background: var(--vscode-inputValidation-errorBackground, var(--vscode-editorWidget-background));
        border: 1px solid var(--vscode-inputValidation-errorBorder);
      }
    `,
  ];

  @property({ type: Number }) time = 0;
  /** In force. */
  @property({ attribute: false }) keys: Keys = defaultKeys;
  @property({ attribute: false }) frames = new Frames(0, 0);
  @state() private typing = false;
  @state() private fault = '';
  @query('input') private input!: HTMLInputElement | null;

  /** What had focus before the field did. */
  #before: HTMLElement | null = null;

  /** Opens the field, with what is shown in it. */
  enter(): void {
    this.#before = focused();
    this.typing = true;
    void this.updateComplete.then(() => {
      this.input!.value = clock(this.time);
      this.input!.select();
    });
  }

  override render(): TemplateResult {
    const { time, frames } = this;
    if (!this.typing) {
      return html`<button
          aria-label=${t('Time {0}, frame {1}: go to another', clock(time), frames.at(time))}
          title="${t('Frame {0}. Type a time to go to', frames.at(time))}${keyHint(this.keys, 'enterTime')}"
          @click=${() => this.enter()}
        >
          ${clock(time)}
        </button>
        / ${clock(frames.duration)}`;
    }
    return html`<input
        aria-label=${t('Go to a time, such as 0:03.20, 3.2 or 93f')}
        aria-invalid=${this.fault !== ''}
        spellcheck="false"
        autocomplete="off"
        @input=${() => (this.fault = '')}
        @keydown=${this.#key}
        @blur=${() => this.#leave()}
      />
      / ${clock(frames.duration)} ${this.fault ? html`<span role="alert">${this.fault}</span>` : ''}`;
  }

  #key(event: KeyboardEvent): void {
    event.stopPropagation();
    if (event.key === 'Escape') this.#back();
    if (event.key !== 'Enter') return;
    const parsed = parseTime(this.input!.value, this.frames);
    if ('fault' in parsed) {
      this.fault = parsed.fault;
      return;
    }
    act(this, { kind: 'seek', seconds: parsed.seconds });
    this.#back();
  }

  #back(): void {
    const before = this.#before;
    this.#leave();
    before?.focus({ preventScroll: true });
  }

  #leave(): void {
    this.typing = false;
    this.fault = '';
    this.#before = null;
  }
}
