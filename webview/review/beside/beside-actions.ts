/** What is set side by side with the completion shown, read and reviewed there. */
import type { Handlers } from '../actions/handlers.ts';
import type { Page } from '../actions/page.ts';
import type { SideBySide } from './side-by-side.ts';

export interface BesidePage extends Page {
  readonly beside: SideBySide;
  refreshBeside(): Promise<void>;
}

type BesideKind = 'beside' | 'read-completions' | 'older' | 'review-label' | 'open';

export function besideActions(page: BesidePage): Handlers<BesideKind> {
  return {
    beside: ({ what }) => {
      if (what === 'group' && (page.shown?.group.members.length ?? 0) < 2) {
        page.notice = 'there is no other completion in this group';
        return;
      }
      page.ask(page.beside.toggle(what));
      if (!page.beside.what) page.focusText();
    },
    'read-completions': ({ rolloutIds }) => page.ask(page.beside.read(rolloutIds)),
    older: () => page.ask(page.beside.readOlder()),
    'review-label': ({ annotator, verdict }) => {
      const rolloutId = page.shown?.rollout.id ?? '';
      page.do(page.host.request('reviewLabel', { rolloutId, annotator, verdict }).then(() => page.refreshBeside()));
    },
    open: ({ rolloutId }) => {
      page.beside.close();
      page.do(page.host.request('open', { rolloutId }));
    },
  };
}
