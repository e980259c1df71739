/** What is done to the reasoning as it is read: the caret, folding, search, the choice of a boundary. */
import { t } from '@vscode/l10n';
import type { Handlers } from '../actions/handlers.ts';
import type { Page } from '../actions/page.ts';
import type { Preferences } from '../../../src/protocol/review.ts';
import type { TextRange } from '../label/text-range.ts';
import type { ReasoningText } from './reasoning-text.ts';
import type { TextOutline } from './text-outline.ts';

export interface TextPage extends Page {
  readonly reasoning: ReasoningText | null;
  readonly outline: TextOutline | null;
  readonly preferences: Preferences;
  readonly updateComplete: Promise<boolean>;
  caret: number;
  /** The place of the outline where one reads; −1 before the first. */
  present: number;
  /** The sections that are folded, by where they start. */
  folded: readonly number[];
  /** The unit that the pointer is over. */
  hovered: number | null;
  /** What a rule took from the text, while it is pointed at. */
  answerRead: TextRange | null;
  /** Shows a place of the text, alone, and one of the video. */
  reveal(offset: number | null, seconds: number | null): void;
  /** Keeps where the reviewer is for the page's next life. */
  remember(): void;
}

type TextKind =
  'caret' | 'folded' | 'hover-unit' | 'answer-read' | 'find' | 'fold' | 'boundary' | 'outline' | 'present' | 'jump';

export function textActions(page: TextPage): Handlers<TextKind> {
  return {
    caret: ({ offset }) => {
      page.caret = offset;
      page.remember();
    },
    folded: ({ folded }) => {
      page.folded = folded;
      page.remember();
    },
    'hover-unit': ({ unit, reveal = false }) => {
      page.hovered = unit;
      const start = unit === null ? undefined : page.shown?.rollout.units.starts[unit];
      if (reveal && start !== undefined) page.reasoning?.reveal(start);
    },
    'answer-read': ({ at, go }) => {
      page.answerRead = at;
      if (at && go) page.reveal(at.from, null);
    },
    outline: () => {
      // To the outline, or from it back to the text.
      if (page.outline?.hasFocus) {
        page.focusText();
        page.act({ kind: 'prefer', change: { outline: false } });
        return;
      }
      page.act({ kind: 'prefer', change: { outline: true } });
      page.ask(page.updateComplete.then(() => page.outline?.updateComplete).then(() => page.outline?.focus()));
    },
    present: ({ place }) => {
      page.present = place;
    },
    jump: ({ offset }) => {
      page.act({ kind: 'caret', offset });
      page.reasoning?.reveal(offset, true);
      page.reasoning?.focus();
    },
    find: () => page.reasoning?.find(),
    fold: () => {
      if (!page.reasoning?.fold()) page.notice = t('no tagged block at the caret');
    },
    boundary: ({ direction }) => page.reasoning?.chooseBoundary(direction),
  };
}
