/** The guidelines beside the reasoning: gone to, left, and where one reads in them. */
import { t } from '@vscode/l10n';
import type { Guidelines, Preferences } from '../../../src/protocol/review.ts';
import type { Handlers } from '../actions/handlers.ts';
import type { Page } from '../actions/page.ts';
import type { GuidelinesPane } from './guidelines-pane.ts';

export interface GuidelinesPage extends Page {
  /** Null until they are read. */
  readonly guidelines: Guidelines | null;
  /** Null while they are closed. */
  readonly guidelinesPane: GuidelinesPane | null;
  readonly preferences: Preferences;
  readonly updateComplete: Promise<boolean>;
  /** How far down they are, in pixels. */
  guidelinesTop: number;
  /** Keeps where the reviewer is for the page's next life. */
  remember(): void;
}

type GuidelinesKind = 'guidelines' | 'guidelines-top' | 'choose-guidelines';

export function guidelinesActions(page: GuidelinesPage): Handlers<GuidelinesKind> {
  return {
    guidelines: () => {
      if (!page.guidelines || page.guidelines.status === 'none') {
        const file = page.guidelines?.name ?? 'GUIDELINES.md';
        page.notice = t(
          'this project has no guidelines: write them in {0}, or name a file in the setting rolloutLab.guidelines',
          file,
        );
        return;
      }
      // To them, or from them back to the text.
      const leaves = page.guidelinesPane?.hasFocus ?? false;
      page.act({ kind: 'prefer', change: { guidelines: !leaves } });
      if (leaves) page.focusText();
      else
        page.ask(
          page.updateComplete.then(() => page.guidelinesPane?.updateComplete).then(() => page.guidelinesPane?.focus()),
        );
    },
    'guidelines-top': ({ top }) => {
      page.guidelinesTop = top;
      page.remember();
    },
    'choose-guidelines': () => page.do(page.host.request('chooseGuidelines', null)),
  };
}
