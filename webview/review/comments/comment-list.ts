import { t } from '@vscode/l10n';
import { css, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { momentText } from '../../../src/domain/moment.ts';
import type { CommentDraft, ReviewCommand, ReviewComment, Shown } from '../../../src/protocol/review.ts';
import { defaultKeys, type Keys } from '../../../src/protocol/review-keys.ts';
import { html } from '../../ui/html.ts';
import { icons } from '../../ui/icons.ts';
import { fieldLook, sharedStyles } from '../../ui/shared-styles.ts';

import { short, inOrder, placeText, quoted, spanText } from './comment-text.ts';
import { keyCap } from '../actions/key-cap.ts';
import { chord, keyHint, keyOn } from '../actions/keys.ts';
import type { CommentAction } from '../actions/page-action.ts';
import { act } from '../actions/page-event.ts';
import { clock } from '../label/playhead.ts';

/** The comments on the rollout shown, and the one that is written. */
@customElement('comment-list')
export class CommentList extends LitElement {
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: block;
        overflow: auto;
        padding: 4px 10px;
      }
      header,
      .row {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 2px 6px;
      }
      h2 {
        flex: 1;
        margin: 0;
        font-size: 1em;
        white-space: nowrap;
      }
      header button {
        display: inline-flex;
        align-items: center;
        gap: 3px;
      }
      ul {
        margin: 0;
        padding: 0;
        list-style: none;
      }
      li,
      form {
        margin: calc(var(--row) + 2px) 0;
        padding: var(--row) 8px;
        border: 1px solid var(--border);
        border-left: 3px solid var(--vscode-editorCommentsWidget-unresolvedBorder, var(--border));
        border-radius: 2px;
      }
      li.resolved {
        border-left-color: var(--vscode-editorCommentsWidget-resolvedBorder, var(--border));
      }
      li.chosen {
        background: var(--vscode-editorCommentsWidget-rangeActiveBackground);
        outline: 1px solid var(--vscode-contrastActiveBorder, transparent);
      }
      .place {
        padding: 0;
        text-align: left;
        color: var(--vscode-textLink-foreground);
        overflow-wrap: anywhere;
      }
      p {
        margin: 2px 0;
      }
      .body {
        white-space: pre-wrap;
        overflow-wrap: anywhere;
      }
      .by {
        flex: 1;
        min-width: 14ch;
      }
      textarea {
        ${fieldLook}
        min-height: 4.5em;
        resize: vertical;
      }
      label.place-of {
        display: flex;
        align-items: center;
        gap: 4px;
        overflow-wrap: anywhere;
      }
      .fault {
        color: var(--vscode-errorForeground);
      }
    `,
  ];

  /** In force. */
  @property({ attribute: false }) keys: Keys = defaultKeys;
  @property({ attribute: false }) shown!: Shown;
  /** The comment being written on it. */
  @property({ attribute: false }) draft: CommentDraft | null = null;
  /** Why the last thing done was refused. */
  @property() error: string | null = null;
  @property({ type: Boolean }) saving = false;
  /** Resolved ones too. */
  @property({ type: Boolean }) all = false;
  /** The one that was gone to. */
  @property() chosen: string | null = null;
  /** There is a video, which is here, in seconds. */
  @property({ attribute: false }) time: number | null = null;

  @query('textarea') private field!: HTMLTextAreaElement | null;
  /** The comment whose deletion is to be confirmed. */
  @state() private deleting: string | null = null;
  #hadFocus = false;

  /** Focuses the comment that was gone to, else the first, else the button that begins one. */
  override focus(): void {
    (this.renderRoot.querySelector<HTMLElement>('.chosen .place') ?? this.#places[0] ?? this.#firstButton)?.focus();
  }

  /** Focuses the comment that is written. */
  focusDraft(): void {
    this.field?.focus();
  }

  get hasFocus(): boolean {
    return this.shadowRoot?.activeElement !== null;
  }

  /** Takes the chord that saves what is written, anywhere in its form; false when it is not that. */
  takes(command: ReviewCommand): boolean {
    if (command !== 'submit' || !this.field?.form?.contains(this.shadowRoot!.activeElement)) return false;
    this.#do({ kind: 'save' });
    return true;
  }

  override willUpdate(): void {
    this.#hadFocus = this.hasUpdated && this.hasFocus;
  }

  override updated(changed: PropertyValues): void {
    if (changed.has('deleting') && this.deleting) this.renderRoot.querySelector<HTMLElement>('.confirm')?.focus();
    // What had the focus went away: a comment that was resolved or deleted.
    else if (this.#hadFocus && !this.hasFocus) this.focus();
    if (changed.has('chosen') && this.chosen)
      this.renderRoot.querySelector('.chosen')?.scrollIntoView({ block: 'nearest' });
  }

  override render(): TemplateResult {
    const { comments, hiddenComments } = this.shown;
    const open = comments.filter(({ resolved }) => !resolved);
    const resolved = comments.length - open.length;
    const listed = inOrder(this.all ? comments : open);
    return html`<section aria-label=${t('Comments')} @keydown=${this.#key}>
      <header>
        <h2>${t('Comments')} <span class="muted">${t('{0} open', open.length)}</span></h2>
        <button
          title="${t('Comment on this place')}${keyHint(this.keys, 'comment')}"
          @click=${() => act(this, { kind: 'comment' })}
        >
          ${icons.comment} ${t('new')} ${keyCap(this.keys, 'comment')}
        </button>
        ${
          resolved > 0
            ? html`<button
                aria-pressed=${this.all}
                @click=${() => act(this, { kind: 'prefer', change: { comments: this.all ? 'open' : 'all' } })}
              >
                ${this.all ? t('hide {0} resolved', resolved) : t('show {0} resolved', resolved)}
              </button>`
            : nothing
        }
        <button
          aria-label=${t('Close the comments')}
          title="${t('Close the comments')}${keyHint(this.keys, 'comments')}"
          @click=${() => act(this, { kind: 'comments' })}
        >
          ${icons.clear}
        </button>
      </header>
      ${this.#form()} ${this.error && !this.draft ? this.#fault(t('not changed')) : nothing}
      ${
        listed.length > 0
          ? html`<ul>
              ${listed.map((comment) => this.#item(comment))}
            </ul>`
          : this.draft
            ? nothing
            : html`<p class="muted">
                ${this.#noneText(comments.length > 0, hiddenComments > 0)}
                ${t('Put the caret, a selection or the video where you have something to say and press {0}.', keyOn(this.keys, 'comment'))}
              </p>`
      }
      ${
        hiddenComments > 0
          ? html`<p class="muted" role="note">
              ${t('{0} of others: shown once you have labelled this completion yourself.', hiddenComments)}
            </p>`
          : nothing
      }
    </section>`;
  }

  #noneText(someResolved: boolean, someHidden: boolean): string {
    if (someHidden) return someResolved ? t('No open comments here of yours.') : t('No comments here of yours.');
    return someResolved ? t('No open comments here.') : t('No comments here.');
  }

  #item(comment: ReviewComment): TemplateResult {
    const { id, annotator, at, body, editedAt, resolved } = comment;
    const by = [
      annotator,
      momentText(at),
      editedAt ? t('edited') : '',
      resolved ? t('resolved by {0}', resolved.annotator) : '',
    ];
    const look = `${resolved ? 'resolved' : ''} ${id === this.chosen ? 'chosen' : ''}`;
    return html`<li class=${look}>
      <button
        class="place"
        title=${t('Go there')}
        aria-current=${id === this.chosen ? 'true' : nothing}
        @click=${() => this.#do({ kind: 'go', id })}
      >
        ${placeText(this.shown.rollout.completion, comment)}
      </button>
      <p class="body" dir="auto">${body}</p>
      <div class="row">
        <span class="by muted">${by.filter(Boolean).join(' · ')}</span>
        ${id === this.deleting ? this.#confirmation(comment) : this.#buttons(comment)}
      </div>
    </li>`;
  }

  #buttons({ id, annotator, body, resolved }: ReviewComment): TemplateResult {
    return html`${
        annotator === this.shown.annotator
          ? html`<button aria-label=${t('Edit “{0}”', short(body))} @click=${() => this.#do({ kind: 'edit', id })}>
                ${t('edit')}
              </button>
              <button aria-label=${t('Delete “{0}”', short(body))} @click=${() => (this.deleting = id)}>
                ${t('delete')}
              </button>`
          : nothing
      }
      <button
        aria-label=${resolved ? t('Reopen “{0}”', short(body)) : t('Resolve “{0}”', short(body))}
        @click=${() => this.#do({ kind: 'resolve', id, resolved: !resolved })}
      >
        ${resolved ? t('reopen') : t('resolve')}
      </button>`;
  }

  #confirmation({ id, body }: ReviewComment): TemplateResult {
    return html`<button
        class="confirm"
        aria-label=${t('Delete “{0}” for good', short(body))}
        @click=${() => {
          this.deleting = null;
          this.#do({ kind: 'delete', id });
        }}
      >
        ${t('delete for good')}
      </button>
      <button @click=${() => (this.deleting = null)}>${t('keep')}</button>`;
  }

  #form(): TemplateResult | typeof nothing {
    const { draft, time } = this;
    if (!draft) return nothing;
    const { text, video } = draft;
    const place = (what: 'text' | 'video', label: string): TemplateResult =>
      html`<label class="place-of">
        <input
          type="checkbox"
          .checked=${draft[what] !== null}
          @change=${(event: Event) => this.#do({ kind: 'place', what, on: (event.target as HTMLInputElement).checked })}
        />
        ${label}
      </label>`;
    return html`<form
      aria-label=${draft.id ? t('Edit the comment') : t('New comment')}
      @submit=${(event: Event) => {
        event.preventDefault();
        this.#do({ kind: 'save' });
      }}
    >
      <textarea
        aria-label=${t('Comment')}
        dir="auto"
        placeholder=${t('What do you want to say about this place?')}
        ?readonly=${this.saving}
        .value=${draft.body}
        @input=${() => this.#do({ kind: 'write', body: this.field!.value })}
      ></textarea>
      <div role="group" aria-label=${t('What it is on; nothing ticked is the whole rollout')}>
        ${place('text', text ? quoted(this.shown.rollout.completion, text) : t('the text here'))}
        ${video || time !== null ? place('video', video ? t('video {0}', spanText(video)) : t('the video here')) : nothing}
        ${
          video && time !== null && time > video.start && time !== video.end
            ? html`<button type="button" @click=${() => this.#do({ kind: 'until' })}>
                ${t('until {0}', clock(time))}
              </button>`
            : nothing
        }
      </div>
      ${this.error ? this.#fault(t('not saved')) : nothing}
      <div class="row">
        <button class="primary" ?disabled=${this.saving || draft.body.trim() === ''}>
          ${this.saving ? t('saving…') : t('save')}
        </button>
        <kbd>${chord('submitAndNext')}</kbd>
        <button type="button" @click=${() => this.#do({ kind: 'drop' })}>${t('discard')}</button>
      </div>
    </form>`;
  }

  #fault(what: string): TemplateResult {
    return html`<p class="fault" role="alert">${what}: ${this.error}</p>`;
  }

  get #places(): HTMLElement[] {
    return [...this.renderRoot.querySelectorAll<HTMLElement>('.place')];
  }

  get #firstButton(): HTMLElement | null {
    return this.renderRoot.querySelector('button');
  }

  #key(event: KeyboardEvent): void {
    const { key } = event;
    const at = this.#places.indexOf(this.shadowRoot?.activeElement as HTMLElement);
    if (key === 'Escape' && this.deleting) this.deleting = null;
    else if (key === 'Escape') this.#do({ kind: 'leave' });
    else if (at >= 0 && (key === 'ArrowDown' || key === 'ArrowUp') && !event.shiftKey)
      this.#places[Math.max(at + (key === 'ArrowDown' ? 1 : -1), 0)]?.focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #do(comment: CommentAction): void {
    act(this, { kind: 'commenting', comment });
  }
}
