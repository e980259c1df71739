/** What is done to the reasoning as it is read: the caret, folding, search, the choice of a boundary. */
import type { Handlers } from '../actions/handlers.ts';
import type { Page } from '../actions/page.ts';
import type { TextRange } from '../label/text-range.ts';
import type { ReasoningText } from './reasoning-text.ts';

export interface TextPage extends Page {
  readonly reasoning: ReasoningText | null;
  caret: number;
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

type TextKind = 'caret' | 'folded' | 'hover-unit' | 'answer-read' | 'find' | 'fold' | 'boundary';

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
    find: () => page.reasoning?.find(),
    fold: () => {
      if (!page.reasoning?.fold()) page.notice = 'no tagged block at the caret';
    },
    boundary: ({ direction }) => page.reasoning?.chooseBoundary(direction),
  };
}
