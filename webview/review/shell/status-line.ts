import { css, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { JudgementState } from '../../../src/domain/judgement.ts';
import { marksText, namesText } from '../../../src/domain/review.ts';
import { clockText } from '../../../src/domain/moment.ts';
import { icons } from '../../ui/icons.ts';
import { defaultKeys, type Keys } from '../../../src/protocol/review-keys.ts';
import { chord, keyHint, keyOn } from '../actions/keys.ts';
import { keyCap } from '../actions/key-cap.ts';
import { sharedStyles } from '../../ui/shared-styles.ts';
import type { ReviewStatus, Shown } from '../../../src/protocol/review.ts';
import { html } from '../../ui/html.ts';
import type { LabelSession } from '../label/label-session.ts';
import { act } from '../actions/page-event.ts';
import { originText } from '../label/suggestion.ts';

/** Whether the label is saved and submitted, and the buttons for that. */
@customElement('status-line')
export class StatusLine extends LitElement {
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 2px 8px;
        padding: 2px 12px;
        border-top: 1px solid var(--border);
      }
      .saved {
        flex: 1;
        min-width: 20ch;
      }
      .failed {
        display: flex;
        flex: 1 0 100%;
        align-items: center;
        gap: 8px;
        color: var(--vscode-errorForeground);
      }
      .failed svg {
        flex: none;
      }
      button[aria-pressed='true'] {
        color: var(--vscode-list-warningForeground, var(--vscode-foreground));
        border-color: currentColor;
      }
      button {
        display: inline-flex;
        align-items: center;
        gap: 3px;
      }
    `,
  ];

  /** In force. */
  @property({ attribute: false }) keys: Keys = defaultKeys;
  @property({ attribute: false }) shown!: Shown;
  /** Of the rollout shown. */
  @property({ attribute: false }) session: LabelSession | null = null;
  /** Of its steps. */
  @property({ attribute: false }) judgement!: JudgementState;
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
    return html`
      ${
        session?.error
          ? html`<span class="failed" role="alert">
              ${icons.warning} <span>${session.unsaved ? 'not saved' : 'not done'}: ${session.error}</span>
              <vscode-button @click=${() => act(this, { kind: 'retry-save' })}>Retry</vscode-button>
              <vscode-button appearance="secondary" @click=${() => act(this, { kind: 'drop-save' })}
                >Drop</vscode-button
              >
            </span>`
          : html`<span class="saved muted" role="status"
              >${[this.#saved(), this.#status(), this.#suggested(), this.notice].filter(Boolean).join(' · ')}</span
            >`
      }
      ${
        labelledBy.length > 0
          ? html`<button
              title="The labels of others beside yours${keyHint(this.keys, 'otherLabels')}"
              @click=${() => act(this, { kind: 'beside', what: 'labels' })}
            >
              also labelled by ${namesText(labelledBy)}
            </button>`
          : nothing
      }
      <button
        title="The comments beside the text${keyHint(this.keys, 'comments')}"
        @click=${() => act(this, { kind: 'comments' })}
      >
        ${icons.comment} comments ${openComments(this.shown)} ${keyCap(this.keys, 'comments')}
      </button>
      <button
        title="What was done here, by whom and when${keyHint(this.keys, 'history')}"
        @click=${() => act(this, { kind: 'beside', what: 'history' })}
      >
        ${icons.history} history ${keyCap(this.keys, 'history')}
      </button>
      ${marks.length > 0 ? html`<span class="muted" role="status">${marks.join(' · ')}</span>` : nothing}
      ${
        this.offer
          ? html`<button
                title="Accept the suggestion (${chord('acceptSuggestion')})"
                @click=${() => act(this, { kind: 'accept' })}
              >
                ${icons.accept} accept
              </button>
              <button
                title="Refuse the suggestion (${chord('refuseSuggestion')})"
                @click=${() => act(this, { kind: 'refuse' })}
              >
                ${icons.clear} refuse
              </button>`
          : nothing
      }
      ${this.#statusButtons()}
      <button
        ?disabled=${!session?.canUndo && !this.judgement.canUndo}
        title="Undo (${chord('undoLabel')})"
        @click=${() => act(this, { kind: 'undo' })}
      >
        ${icons.undo} undo
      </button>
      <button
        ?disabled=${!session?.saved.canRedo && !this.judgement.canRedo}
        title="Redo (${chord('redoLabel')})"
        @click=${() => act(this, { kind: 'redo' })}
      >
        ${icons.redo} redo
      </button>
      <button title="All keys${keyHint(this.keys, 'keys')}" @click=${() => act(this, { kind: 'keys' })}>
        ${keyOn(this.keys, 'keys')} keys
      </button>
    `;
  }

  #statusButtons(): TemplateResult {
    const flagged = flaggedByOneself(this.shown);
    return html`<button
        title="Submit the label and go on (${chord('submitAndNext')})"
        @click=${() => act(this, { kind: 'submit' })}
      >
        ${icons.accept} submit <kbd>${chord('submitAndNext')}</kbd>
      </button>
      ${
        this.#ownStatus
          ? html`<button title="Put it back into the queue" @click=${() => act(this, { kind: 'reopen' })}>
              reopen
            </button>`
          : html`<button
              title="Skip with a reason${keyHint(this.keys, 'skip')}"
              @click=${() => act(this, { kind: 'skip' })}
            >
              ${icons.skip} skip ${keyCap(this.keys, 'skip')}
            </button>`
      }
      <button
        aria-pressed=${flagged}
        title="Flag for everyone to see${keyHint(this.keys, 'flag')}"
        @click=${() => act(this, { kind: 'flag' })}
      >
        ${icons.flag} ${flagged ? 'flagged' : 'flag'} ${keyCap(this.keys, 'flag')}
      </button>
      <button title="Put a tag on it${keyHint(this.keys, 'tags')}" @click=${() => act(this, { kind: 'tags' })}>
        tag ${keyCap(this.keys, 'tags')}
      </button>`;
  }

  /** This annotator's; undefined while the rollout is open. */
  get #ownStatus(): ReviewStatus | undefined {
    return this.shown.statuses.find(({ annotator }) => annotator === this.shown.annotator);
  }

  #status(): string {
    const own = this.#ownStatus;
    return own ? `${own.status}${own.reason ? `: ${own.reason}` : ''}` : '';
  }

  get #labelled(): boolean {
    return this.session?.saved.boundaries !== null;
  }

  #saved(): string {
    const { session } = this;
    const { annotator } = this.shown;
    if (session?.saving) return 'saving…';
    if (!this.#labelled) {
      const how = this.offer
        ? ''
        : `: put the caret where the next phase starts and press ${keyOn(this.keys, 'split')}`;
      return `no label yet (${annotator})${how}`;
    }
    const at = session?.saved.savedAt ? clockText(session.saved.savedAt) : '';
    const origin = session?.saved.origin ? ` · from ${originText(session.saved.origin)}` : '';
    return `saved ${at} · ${annotator}${origin}`;
  }

  #suggested(): string {
    const [accept, refuse] = [chord('acceptSuggestion'), chord('refuseSuggestion')];
    if (this.offer) return `suggestion available: ${this.offer} (${accept} accept, ${refuse} refuse)`;
    const refused = this.shown.suggestion?.refused.every(Boolean) ?? false;
    return refused && !this.#labelled ? `suggestion refused (${accept} accepts it all the same)` : '';
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
