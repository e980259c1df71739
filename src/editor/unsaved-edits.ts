import * as v from 'valibot';
import type * as vscode from 'vscode';
import {
  unsaved as schema,
  type CommentDraft,
  type LabelKey,
  type Unsaved,
  type UnsavedEdit,
  type WrittenDraft,
} from '../protocol/review.ts';

const key = 'review.unsaved';
const nothing: Unsaved = { edits: [], drafts: [], corrections: [] };

/** What was done in Review and is not in the store yet: kept with the workspace, so that Review offers it again. */
export class UnsavedEdits {
  readonly #memory: vscode.Memento;

  constructor(memory: vscode.Memento) {
    this.#memory = memory;
  }

  get now(): Unsaved {
    const parsed = v.safeParse(schema, this.#memory.get(key));
    return parsed.success ? parsed.output : nothing;
  }

  async keep(unsaved: Unsaved): Promise<void> {
    const isEmpty = Object.values(unsaved).every((made) => made.length === 0);
    await this.#memory.update(key, isEmpty ? undefined : unsaved);
  }

  /** Forgets an edit that is in its store by now: the page may be gone and cannot tell. */
  async saved(edit: UnsavedEdit): Promise<void> {
    const { edits, ...others } = this.now;
    const left = edits.filter((one) => JSON.stringify(one) !== JSON.stringify(edit));
    if (left.length < edits.length) await this.keep({ edits: left, ...others });
  }

  /** Forgets a draft in the same way. */
  async commented({ store, rolloutId, id, body }: CommentDraft): Promise<void> {
    const { drafts, ...others } = this.now;
    const left = drafts.filter(
      (one) => one.store !== store || one.rolloutId !== rolloutId || one.id !== id || one.body !== body,
    );
    if (left.length < drafts.length) await this.keep({ drafts: left, ...others });
  }

  /** Keeps a draft of a correction that its store did not take: the page may be gone and hears nothing of it. */
  async undrafted(draft: WrittenDraft): Promise<void> {
    const { corrections, ...others } = this.now;
    await this.keep({ corrections: [...corrections.filter((one) => !isOfOne(one, draft)), draft], ...others });
  }

  /** Forgets one that is in its store by now, or an older one of the same. */
  async drafted(draft: WrittenDraft): Promise<void> {
    const { corrections, ...others } = this.now;
    const left = corrections.filter((one) => !isOfOne(one, draft));
    if (left.length < corrections.length) await this.keep({ corrections: left, ...others });
  }
}

const isOfOne = (one: LabelKey, other: LabelKey): boolean =>
  one.store === other.store && one.annotator === other.annotator && one.rolloutId === other.rolloutId;
