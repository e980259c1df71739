/** What is done to comments: they are written where caret and play head are, and their list comes and goes. */
import type { Preferences } from '../../../src/protocol/review.ts';
import type { Handlers } from '../actions/handlers.ts';
import type { Page } from '../actions/page.ts';
import { sentenceAt } from '../label/playhead.ts';
import type { TextRange } from '../label/text-range.ts';
import type { CommentList } from './comment-list.ts';
import { Commenting } from './commenting.ts';

export interface CommentsPage extends Page {
  readonly commenting: Commenting;
  readonly commentList: CommentList | null;
  readonly preferences: Preferences;
  readonly updateComplete: Promise<boolean>;
  readonly caret: number;
  /** Where the video is, in seconds. */
  readonly time: number;
  /** The text that is selected. */
  readonly selected: TextRange | null;
  /** The focus is on the video that times are of, or its timeline. */
  readonly inVideo: boolean;
  /** Shows a place of the text, alone, and one of the video. */
  reveal(offset: number | null, seconds: number | null): void;
  /** Drafts changed. */
  drafted(): void;
}

export function commentingOn(page: CommentsPage): Commenting {
  const { host } = page;
  return new Commenting({
    shown: () => page.shown,
    here: () => {
      const { selected, time } = page;
      const sentence = sentenceAt(page.shown?.rollout.completion ?? '', page.caret);
      return {
        text: selected ? { start: selected.from, end: selected.to } : sentence,
        video: { start: time, end: time },
      };
    },
    goTo: ({ text, video }) => page.reveal(text?.start ?? null, video?.start ?? null),
    open: (focus) => void open(page, focus),
    leave: () => page.focusText(),
    changed: () => page.drafted(),
    save: (draft) => host.request('comment', draft),
    delete: (id) => host.request('deleteComment', { id }),
    resolve: (id, resolved) => host.request('resolveComment', { id, resolved }),
  });
}

type CommentKind = 'commenting' | 'comment' | 'comments';

export function commentActions(page: CommentsPage): Handlers<CommentKind> {
  return {
    commenting: ({ comment }) => page.commenting.act(comment),
    comment: () => page.commenting.begin(page.inVideo ? 'video' : 'text'),
    comments: () => {
      // To the comments, or from them back to the text.
      if (!page.commentList?.hasFocus) {
        void open(page, 'list');
        return;
      }
      page.focusText();
      page.act({ kind: 'prefer', change: { comments: 'none' } });
    },
  };
}

async function open(page: CommentsPage, focus: 'draft' | 'list' | null): Promise<void> {
  if (page.preferences.comments === 'none') page.act({ kind: 'prefer', change: { comments: 'open' } });
  await page.updateComplete;
  await page.commentList?.updateComplete;
  if (focus === 'draft') page.commentList?.focusDraft();
  if (focus === 'list') page.commentList?.focus();
}
