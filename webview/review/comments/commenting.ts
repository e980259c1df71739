/** Writing comments: a draft a rollout, which outlives a switch to another and a reload of the page, until it is saved or dropped. */
import type { CommentAction } from '../actions/page-action.ts';
import type { CommentDraft, ReviewComment, Shown } from '../../../src/protocol/review.ts';
import { inOrder, type Place } from './comment-text.ts';
import { kept } from '../../ui/kept.ts';
import type { TextRange } from '../label/text-range.ts';

/** The page around it. */
export interface CommentPage {
  shown(): Shown | null;
  /** The selection or the sentence at the caret, and the play head. */
  here(): Place;
  goTo(place: Place): void;
  /** Shows the list, with the focus on the draft, in the list, or where it is. */
  open(focus: 'draft' | 'list' | null): void;
  /** Goes back to the text. */
  leave(): void;
  changed(): void;
  /** The host's side. */
  save(draft: CommentDraft): Promise<unknown>;
  delete(id: string): Promise<unknown>;
  resolve(id: string, resolved: boolean): Promise<unknown>;
}

export class Commenting {
  /** The comment that was gone to. */
  chosen: string | null = null;
  saving = false;
  /** The comments marked along the text and along the video: the open ones, or all. */
  readonly marked = kept((comments: readonly ReviewComment[], all: boolean) => {
    const shown = inOrder(comments.filter(({ resolved }) => all || !resolved));
    return { text: shown.filter(({ text }) => text), video: shown.filter(({ video }) => video) };
  });
  readonly #rangeOf = kept((text: Place['text']): TextRange | null => text && { from: text.start, to: text.end });
  readonly #page: CommentPage;
  readonly #drafts = new Map<string, CommentDraft>();
  /** Why a rollout's draft could not be saved. */
  readonly #errors = new Map<string, string>();

  constructor(page: CommentPage) {
    this.#page = page;
  }

  /** Goes on with what was being written in an earlier page. */
  restore(drafts: readonly CommentDraft[]): void {
    for (const draft of drafts) if (!this.#drafts.has(nameOf(draft))) this.#drafts.set(nameOf(draft), draft);
  }

  get drafts(): CommentDraft[] {
    return [...this.#drafts.values()];
  }

  /** Of the rollout shown. */
  get draft(): CommentDraft | null {
    const { rollout, store, formerStore } = this.#page.shown() ?? {};
    // An earlier version kept no store.
    const stores = [store, formerStore, undefined];
    return this.drafts.find((one) => one.rolloutId === rollout?.id && stores.includes(one.store)) ?? null;
  }

  /** The text that the draft, or else the comment gone to, is on. */
  get on(): TextRange | null {
    const chosen = this.#page.shown()?.comments.find(({ id }) => id === this.chosen);
    return this.#rangeOf((this.draft ?? chosen)?.text ?? null);
  }

  get error(): string | null {
    return this.#errors.get(this.#name) ?? null;
  }

  /** Begins a comment on the text, or on the video, here; goes on with one that says something. */
  begin(what: keyof Place): void {
    if (!this.draft?.body) {
      const here = this.#page.here();
      const place = { text: null, video: null, [what]: here[what] };
      this.#set({ ...this.#here, id: null, body: '', ...place });
    }
    this.#page.open('draft');
  }

  act(action: CommentAction): void {
    const { draft } = this;
    switch (action.kind) {
      case 'write':
        if (draft) this.#set({ ...draft, body: action.body });
        return;
      case 'place':
        if (draft)
          this.#set({
            ...draft,
            ...(action.what === 'text' && this.#here),
            [action.what]: action.on ? this.#page.here()[action.what] : null,
          });
        return;
      case 'until': {
        const until = this.#page.here().video?.end ?? 0;
        if (draft?.video) this.#set({ ...draft, video: { start: draft.video.start, end: until } });
        return;
      }
      case 'save':
        void this.#save();
        return;
      case 'drop':
        this.#drop();
        return;
      case 'leave':
        if (draft?.body === '') this.#drop();
        else this.#page.leave();
        return;
      case 'edit': {
        const { id, body, text, video } = this.#comment(action.id);
        // What is being typed is to be saved or dropped first.
        if (!draft?.body) this.#set({ ...this.#here, id, body, text, video });
        this.#page.open('draft');
        return;
      }
      case 'go':
        this.chosen = action.id;
        this.#page.open(null);
        this.#page.goTo(this.#comment(action.id));
        return;
      case 'delete':
        this.#ask(this.#page.delete(action.id));
        return;
      case 'resolve':
        this.#ask(this.#page.resolve(action.id, action.resolved));
    }
  }

  /** What is shown, and the completion in which places count. */
  get #here(): Pick<CommentDraft, 'rolloutId' | 'store' | 'of'> {
    const { rollout, store } = this.#page.shown() ?? {};
    return { rolloutId: rollout?.id ?? '', store, of: rollout?.hash };
  }

  /** Of the draft of what is shown, or that it would have. */
  get #name(): string {
    return nameOf(this.draft ?? this.#here);
  }

  #comment(id: string): ReviewComment {
    return this.#page.shown()!.comments.find((comment) => comment.id === id)!;
  }

  #set(draft: CommentDraft): void {
    // What it goes on from may have had another store, or none.
    this.#drafts.delete(this.#name);
    this.#errors.delete(this.#name);
    this.#drafts.set(nameOf(draft), draft);
    this.#page.changed();
  }

  #drop(): void {
    const name = this.#name;
    this.#drafts.delete(name);
    this.#errors.delete(name);
    this.#page.leave();
    this.#page.changed();
  }

  /** Keeps the draft until the store has it. */
  async #save(): Promise<void> {
    const { draft } = this;
    if (!draft || this.saving) return;
    this.saving = true;
    this.#page.changed();
    try {
      await this.#page.save(draft);
      const isShown = nameOf(draft) === this.#name;
      this.#drafts.delete(nameOf(draft));
      this.#errors.delete(nameOf(draft));
      if (isShown) this.#page.leave();
    } catch (error) {
      this.#failed(nameOf(draft), error as Error);
    }
    this.saving = false;
    this.#page.changed();
  }

  #ask(request: Promise<unknown>): void {
    const name = this.#name;
    request.catch((error: Error) => this.#failed(name, error));
  }

  #failed(name: string, { message }: Error): void {
    this.#errors.set(name, message);
    this.#page.changed();
  }
}

/** A rollout of one id may be in several stores. */
const nameOf = ({ store, rolloutId }: Pick<CommentDraft, 'store' | 'rolloutId'>): string =>
  JSON.stringify([store, rolloutId]);
