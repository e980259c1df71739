import { t } from '@vscode/l10n';
import { css, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { marksText, namesText } from '../../../src/domain/review.ts';
import { clockText } from '../../../src/domain/moment.ts';
import { icons } from '../../ui/icons.ts';
import { defaultKeys, type Keys } from '../../../src/protocol/review-keys.ts';
import { chord, keyHint, keyOn } from '../actions/keys.ts';
import { keyCap } from '../actions/key-cap.ts';
import { sharedStyles, spokenLook } from '../../ui/shared-styles.ts';
import type { ReviewStatus, Shown } from '../../../src/protocol/review.ts';
import { html } from '../../ui/html.ts';
import type { LabelSession } from '../label/label-session.ts';
import { act } from '../actions/page-event.ts';
import { originText } from '../label/suggestion.ts';

/** Whether the label is saved and submitted, and the buttons for that: on one line, whatever it says, so that nothing above it moves. */
@customElement('status-line')
export class StatusLine extends LitElement {
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: block;
        border-top: 1px solid var(--border);
        container: line / inline-size;
      }
      .line,
      .failed {
        display: flex;
        align-items: center;
        gap: 8px;
        min-width: 0;
      }
      .line {
        height: 34px;
        padding: 0 12px;
      }
      .saved,
      .failed {
        flex: 1 1 0;
        min-width: 22ch;
      }
      .saved,
      .failed span,
      .others {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .others {
        flex: 0 1 auto;
        min-width: 0;
        max-width: 26ch;
      }
      .buttons {
        display: flex;
        align-items: center;
        flex: none;
        gap: 2px;
      }
      .failed {
        color: var(--vscode-errorForeground);
      }
      .failed vscode-button {
        flex: none;
      }
      .failed svg {
        flex: none;
      }
      button[aria-pressed='true'] {
        color: var(--vscode-list-warningForeground, var(--vscode-foreground));
        border-color: currentColor;
      }
      .buttons button {
        display: inline-flex;
        flex: none;
        align-items: center;
        gap: 3px;
        white-space: nowrap;
      }
      /* As the line gets shorter the keys go, then the words; a screen reader goes on reading them, and titles tell them. */
      @container line (max-width: 1280px) {
        .buttons kbd {
          ${spokenLook}
        }
      }
      @container line (max-width: 860px) {
        .saved,
        .failed {
          min-width: 16ch;
        }
        .others {
          max-width: 12ch;
        }
        .buttons .word:not(.main) {
          ${spokenLook}
        }
      }
      /* Where the page scrolls: two lines, always. */
      @container line (max-width: 560px) {
        .line {
          flex-wrap: wrap;
          align-content: center;
          gap: 0 8px;
          height: 64px;
        }
        .buttons {
          flex: 1 0 100%;
        }
        .buttons button {
          padding: 2px 4px;
        }
        .buttons .word.main {
          ${spokenLook}
        }
      }
    `,
  ];

  /** In force. */
  @property({ attribute: false }) keys: Keys = defaultKeys;
  @property({ attribute: false }) shown!: Shown;
  /** Of the rollout shown. */
  @property({ attribute: false }) session: LabelSession | null = null;
  /** What is said of it beside the label. */
  @property({ attribute: false }) said: readonly { canUndo: boolean; canRedo: boolean }[] = [];
  /** Another number when the session has changed. */
  @property({ attribute: false }) edits = 0;
  /** What a suggestion offers, as "tagger 0.93"; empty when nothing. */
  @property() offer = '';
  /** A word on the last thing done. */
  @property() notice = '';

  override render(): TemplateResult {
    const { session } = this;
    const labelledBy = this.shown.labelledBy.filter((name) => name !== this.shown.annotator);
    const marks = otherMarks(this.shown);
    const saved = [this.#saved(), this.#status(), this.#suggested(), this.notice].filter(Boolean).join(' · ');
    return html`<footer class="line">
      ${session?.error ? this.#failed(session) : html`<span class="saved muted" role="status" title=${saved}>${saved}</span>`}
      ${labelledBy.length > 0 ? this.#others(t('also labelled by {0}', namesText(labelledBy))) : nothing}
      ${marks.length > 0 ? html`<span class="others muted" role="status" title=${marks.join(' · ')}>${marks.join(' · ')}</span>` : nothing}
      <div class="buttons">
        <button
          title="${t('The comments beside the text')}${keyHint(this.keys, 'comments')}"
          @click=${() => act(this, { kind: 'comments' })}
        >
          ${icons.comment} <span class="word">${t('comments')}</span> ${openComments(this.shown)}
          ${keyCap(this.keys, 'comments')}
        </button>
        <button
          title="${t('What was done here, by whom and when')}${keyHint(this.keys, 'history')}"
          @click=${() => act(this, { kind: 'beside', what: 'history' })}
        >
          ${icons.history} <span class="word">${t('history')}</span> ${keyCap(this.keys, 'history')}
        </button>
        ${this.offer ? this.#offerButtons() : nothing} ${this.#statusButtons()}
        <button
          ?disabled=${!session?.canUndo && !this.said.some(({ canUndo }) => canUndo)}
          title=${t('Undo ({0})', chord('undoLabel'))}
          @click=${() => act(this, { kind: 'undo' })}
        >
          ${icons.undo} <span class="word">${t('undo')}</span>
        </button>
        <button
          ?disabled=${!session?.saved.canRedo && !this.said.some(({ canRedo }) => canRedo)}
          title=${t('Redo ({0})', chord('redoLabel'))}
          @click=${() => act(this, { kind: 'redo' })}
        >
          ${icons.redo} <span class="word">${t('redo')}</span>
        </button>
        <button title="${t('All keys')}${keyHint(this.keys, 'keys')}" @click=${() => act(this, { kind: 'keys' })}>
          ${keyOn(this.keys, 'keys')} <span class="word">${t('keys')}</span>
        </button>
      </div>
    </footer>`;
  }

  #failed({ error, unsaved }: LabelSession): TemplateResult {
    const said = unsaved ? t('not saved: {0}', error ?? '') : t('not done: {0}', error ?? '');
    return html`<span class="failed" role="alert">
      ${icons.warning} <span title=${said}>${said}</span>
      <vscode-button @click=${() => act(this, { kind: 'retry-save' })}>${t('Retry')}</vscode-button>
      <vscode-button appearance="secondary" @click=${() => act(this, { kind: 'drop-save' })}
        >${t('Drop')}</vscode-button
      >
    </span>`;
  }

  #others(said: string): TemplateResult {
    return html`<button
      class="others"
      title="${t('{0}: their labels beside yours', said)}${keyHint(this.keys, 'otherLabels')}"
      @click=${() => act(this, { kind: 'beside', what: 'labels' })}
    >
      ${said}
    </button>`;
  }

  #offerButtons(): TemplateResult {
    return html`<button
        title=${t('Accept the suggestion ({0})', chord('acceptSuggestion'))}
        @click=${() => act(this, { kind: 'accept' })}
      >
        ${icons.accept} <span class="word">${t('accept')}</span>
      </button>
      <button
        title=${t('Refuse the suggestion ({0})', chord('refuseSuggestion'))}
        @click=${() => act(this, { kind: 'refuse' })}
      >
        ${icons.clear} <span class="word">${t('refuse')}</span>
      </button>`;
  }

  #statusButtons(): TemplateResult {
    const flagged = flaggedByOneself(this.shown);
    return html`<button
        title=${t('Submit the label and go on ({0})', chord('submitAndNext'))}
        @click=${() => act(this, { kind: 'submit' })}
      >
        ${icons.submit} <span class="word main">${t('submit')}</span> <kbd>${chord('submitAndNext')}</kbd>
      </button>
      ${
        this.#ownStatus
          ? html`<button title=${t('Put it back into the queue')} @click=${() => act(this, { kind: 'reopen' })}>
              ${icons.reopen} <span class="word">${t('reopen')}</span>
            </button>`
          : html`<button
              title="${t('Skip with a reason')}${keyHint(this.keys, 'skip')}"
              @click=${() => act(this, { kind: 'skip' })}
            >
              ${icons.skip} <span class="word">${t('skip')}</span> ${keyCap(this.keys, 'skip')}
            </button>`
      }
      <button
        aria-pressed=${flagged}
        title="${t('Flag for everyone to see')}${keyHint(this.keys, 'flag')}"
        @click=${() => act(this, { kind: 'flag' })}
      >
        ${icons.flag} <span class="word">${flagged ? t('flagged') : t('flag')}</span> ${keyCap(this.keys, 'flag')}
      </button>
      <button title="${t('Put a tag on it')}${keyHint(this.keys, 'tags')}" @click=${() => act(this, { kind: 'tags' })}>
        ${icons.tag} <span class="word">${t('tag')}</span> ${keyCap(this.keys, 'tags')}
      </button>`;
  }

  /** This annotator's; undefined while the rollout is open. */
  get #ownStatus(): ReviewStatus | undefined {
    return this.shown.statuses.find(({ annotator }) => annotator === this.shown.annotator);
  }

  #status(): string {
    const own = this.#ownStatus;
    if (!own) return '';
    const status = own.status === 'submitted' ? t('submitted') : t('skipped');
    return own.reason ? `${status}: ${own.reason}` : status;
  }

  get #labelled(): boolean {
    return this.session?.saved.boundaries !== null;
  }

  #saved(): string {
    const { session } = this;
    const { annotator } = this.shown;
    if (session?.saving) return t('saving…');
    if (!this.#labelled) {
      return this.offer
        ? t('no label yet ({0})', annotator)
        : t(
            'no label yet ({0}): put the caret where the next phase starts and press {1}',
            annotator,
            keyOn(this.keys, 'split'),
          );
    }
    const at = session?.saved.savedAt ? clockText(session.saved.savedAt) : '';
    const origin = session?.saved.origin ? ` · ${t('from {0}', originText(session.saved.origin))}` : '';
    return `${t('saved {0}', at)} · ${annotator}${origin}`;
  }

  #suggested(): string {
    const [accept, refuse] = [chord('acceptSuggestion'), chord('refuseSuggestion')];
    if (this.offer) return t('suggestion available: {0} ({1} accept, {2} refuse)', this.offer, accept, refuse);
    const refused = this.shown.suggestion?.refused.every(Boolean) ?? false;
    return refused && !this.#labelled ? t('suggestion refused ({0} accepts it all the same)', accept) : '';
  }
}

export function flaggedByOneself({ flaggedBy, annotator }: Shown): boolean {
  return flaggedBy.includes(annotator);
}

/** Those of others that wait count too. */
function openComments({ comments, hiddenComments }: Shown): number {
  return comments.filter(({ resolved }) => !resolved).length + hiddenComments;
}

/** What others than the annotator say of the rollout. */
function otherMarks({ annotator, statuses, flaggedBy }: Shown): string[] {
  return marksText({
    statuses: statuses.filter((one) => one.annotator !== annotator),
    flaggedBy: flaggedBy.filter((name) => name !== annotator),
    // Drawn as chips.
    tags: [],
  });
}
