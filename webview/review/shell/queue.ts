/** From one rollout to the next: what is opened, and what is said of the one that is left. */
import { t } from '@vscode/l10n';
import type { Mark } from '../../../src/domain/review.ts';
import { queueTexts, type Preferences } from '../../../src/protocol/review.ts';
import type { Handlers } from '../actions/handlers.ts';
import type { Page } from '../actions/page.ts';
import type { LabelSession } from '../label/label-session.ts';
import type { ReasonDialog } from './reason-dialog.ts';
import type { RolloutTags } from './rollout-tags.ts';
import { flaggedByOneself } from './status-line.ts';

export interface QueuePage extends Page {
  readonly session: LabelSession | null;
  readonly preferences: Preferences;
  readonly reasonDialog: ReasonDialog;
  readonly tags: RolloutTags | null;
}

type QueueKind = 'next' | 'back' | 'submit' | 'skip' | 'because' | 'flag' | 'reopen' | 'tags' | 'tag';

export function queueActions(page: QueuePage): Handlers<QueueKind> {
  /** The last reason for a skip: one that could not be saved is not typed again. */
  let skipped: { rolloutId: string; reason: string } | null = null;
  return {
    next: () => page.do(next(page)),
    back: () => page.do(page.host.request('back', null)),
    submit: () => page.do(submit(page)),
    skip: () => {
      if (!page.shown) return;
      page.do(page.reasonDialog.open('skipped', skipped?.rolloutId === page.shown.rollout.id ? skipped.reason : ''));
    },
    because: ({ mark: said, reason }) => {
      if (said === 'flagged') return page.do(mark(page, 'flagged', reason));
      skipped = { rolloutId: page.shown?.rollout.id ?? '', reason };
      page.do(mark(page, 'skipped', reason).then(() => next(page)));
    },
    flag: () => {
      if (!page.shown) return;
      page.do(flaggedByOneself(page.shown) ? mark(page, 'unflagged') : page.reasonDialog.open('flagged'));
    },
    reopen: () => page.do(mark(page, 'open')),
    tags: () => {
      if (!page.tags?.isOpen) return void page.tags?.open();
      page.tags.close();
      page.focusText();
    },
    tag: ({ tag, on }) => {
      if (page.shown) page.do(page.host.request('tag', { rolloutId: page.shown.rollout.id, tag, on }));
    },
  };
}

async function next(page: QueuePage): Promise<void> {
  if (!(await page.host.request('next', null))) page.notice = queueTexts[page.preferences.queue].end;
}

/** Submits the label, once it is saved, and goes on. */
async function submit(page: QueuePage): Promise<void> {
  const { session } = page;
  if (!session) return;
  await session.settled();
  // Its error stands in the status line.
  if (session.error !== null || session !== page.session) return;
  if (session.saved.boundaries === null) {
    page.notice = t('nothing to submit: set a label, or skip this rollout');
    return;
  }
  await mark(page, 'submitted');
  await next(page);
}

async function mark(page: QueuePage, as: Mark, reason?: string): Promise<void> {
  if (!page.shown) return;
  page.notice = '';
  await page.host.request('mark', { rolloutId: page.shown.rollout.id, as, reason });
}
