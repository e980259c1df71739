/** What is done to the label shown: edits by keys and by hand, the suggestion taken or refused, and what could not be saved. */
import { t } from '@vscode/l10n';
import type { LabelKey } from '../../../src/protocol/review.ts';
import type { Handlers } from '../actions/handlers.ts';
import type { Page } from '../actions/page.ts';
import type { LabelSession } from './label-session.ts';
import type { LabelSessions } from './label-sessions.ts';
import { blankLabel, snap, splitAt, startPhase } from './labelling.ts';
import { offerOf, taken, type Offer } from './suggestion.ts';

export interface LabelPage extends Page {
  /** Of the label that is shown. */
  readonly labelKey: LabelKey | null;
  readonly session: LabelSession | null;
  readonly sessions: LabelSessions;
  readonly caret: number;
  /** The caret; where playback is, when the text is not in focus and playback has reached a sentence. */
  readonly splitPoint: number;
  /** What the suggestion still offers, and where boundaries may stand. */
  readonly reading: { readonly offer: Offer | null; readonly stops: readonly number[] };
}

type LabelKind =
  'preview' | 'edit' | 'accept' | 'refuse' | 'phase' | 'split' | 'retry-save' | 'drop-save' | 'drop-failed';

export function labelActions(page: LabelPage): Handlers<LabelKind> {
  return {
    preview: ({ change }) => page.session?.preview(change),
    edit: ({ change }) => {
      page.notice = '';
      page.session?.edit(change);
    },
    accept: ({ boundary }) => accept(page, boundary),
    refuse: ({ boundary }) => refuse(page, boundary),
    phase: ({ phase }) =>
      edit(page, (text, boundaries) => startPhase(text, boundaries, phase, snapped(page, page.caret))),
    split: () => {
      const offered = page.reading.offer?.places.indexOf(page.splitPoint) ?? -1;
      if (offered >= 0) return accept(page, offered);
      return edit(page, (text, boundaries) => splitAt(text, boundaries, snapped(page, page.splitPoint)));
    },
    'retry-save': () => page.do(page.host.request('reopen', null).finally(() => page.sessions.retry())),
    'drop-save': () => page.session?.drop(),
    'drop-failed': ({ failed }) => page.sessions.drop(page.labelKey, failed),
  };
}

/** Takes one boundary of the suggestion, or all that it offers: even what was refused, when nothing else is left. */
function accept(page: LabelPage, boundary?: number): void {
  const { shown, session } = page;
  if (!shown || !session) return;
  const { completion } = shown.rollout;
  const { boundaries, origin } = session.value;
  const offer = page.reading.offer ?? offerOf(shown.suggestion, boundaries, completion.length, true);
  if (!offer) {
    page.notice = shown.suggestion
      ? t('the suggestion has nothing to add')
      : t('no suggestion here: the command Suggest Phases makes some');
    return;
  }
  const which = boundary === undefined ? [...boundaries.keys()] : [boundary];
  page.act({ kind: 'edit', change: taken(completion, { boundaries, origin }, offer, which) });
  // A button that was pressed goes with the offer.
  if (boundary === undefined) page.focusText();
}

function refuse(page: LabelPage, boundary?: number): void {
  const { offer } = page.reading;
  if (!page.shown || !offer) return;
  const offered = offer.places.flatMap((place, k) => (place === null ? [] : k));
  const boundaries = boundary === undefined ? offered : [boundary];
  const rolloutId = page.shown.rollout.id;
  page.do(page.host.request('refuseSuggestion', { rolloutId, source: offer.source, boundaries }));
  page.focusText();
}

function edit(page: LabelPage, change: (text: string, boundaries: readonly number[]) => number[] | null): boolean {
  const { shown, session } = page;
  if (!shown || !session) return false;
  const text = shown.rollout.completion;
  const boundaries = change(text, session.boundaries ?? blankLabel(text, shown.phases.length).boundaries);
  if (boundaries) page.act({ kind: 'edit', change: { boundaries } });
  else page.notice = t('the caret is in {0}, the last phase', shown.phases.at(-1)!.name);
  return true;
}

/** Where a boundary may stand, nearest to `offset`. */
function snapped(page: LabelPage, offset: number): number {
  return snap(page.reading.stops, page.shown?.rollout.completion.length ?? 0, offset);
}
