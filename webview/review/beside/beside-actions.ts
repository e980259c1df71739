/** What is set side by side with the completion shown, read and reviewed there. */
import { t } from '@vscode/l10n';
import type { Handlers } from '../actions/handlers.ts';
import type { Page } from '../actions/page.ts';
import type { CorrectionChange, CorrectionState } from '../../../src/domain/correction.ts';
import type { PreferenceChange, PreferenceState } from '../../../src/domain/preference.ts';
import type { LabelKey } from '../../../src/protocol/review.ts';
import type { Side } from '../actions/keys.ts';
import type { Said } from '../actions/said.ts';
import type { Drafting } from './drafting.ts';
import { pairVerdict, type Pair } from './pair.ts';
import type { SideBySide } from './side-by-side.ts';

export interface BesidePage extends Page {
  readonly beside: SideBySide;
  /** What is written in place of the completion shown. */
  readonly correcting: Said<CorrectionState, CorrectionChange>;
  /** Corrections as they are typed. */
  readonly drafting: Drafting;
  readonly labelKey: LabelKey | null;
  /** What is said of the completion shown against others. */
  readonly preferring: Said<PreferenceState, PreferenceChange>;
  /** The group side by side, while it is. */
  readonly groupView: { readonly pair: Pair | null; nextPair(): void } | null;
  refreshBeside(): Promise<void>;
  /** A draft was kept or given up: so its correction stands by now. */
  corrected(key: LabelKey, state: CorrectionState): void;
}

type BesideKind =
  | 'beside'
  | 'read-completions'
  | 'older'
  | 'review-label'
  | 'open'
  | 'better'
  | 'nextPair'
  | 'correct'
  | 'correcting'
  | 'discard';

export function besideActions(page: BesidePage): Handlers<BesideKind> {
  return {
    beside: ({ what }) => {
      if (what === 'group' && (page.shown?.group.members.length ?? 0) < 2) {
        page.notice = t('there is no other completion in this group');
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
    correcting: ({ text }) => {
      if (page.labelKey) page.do(page.drafting.type({ ...page.labelKey, text }));
    },
    discard: () => page.do(discard(page)),
    correct: ({ text, boundaries }) => page.do(correct(page, { text, boundaries })),
    better: ({ side }) => prefer(page, side),
    nextPair: () => {
      if (pairOf(page)) page.groupView!.nextPair();
    },
    open: ({ rolloutId }) => {
      page.beside.close();
      page.do(page.host.request('open', { rolloutId }));
    },
  };
}

/** The two that are compared; says why where there are none. */
function pairOf(page: BesidePage): Pair | null {
  const pair = page.groupView?.pair ?? null;
  if (!page.groupView) page.notice = t('two completions are compared where the group is side by side');
  else if (!pair)
    page.notice = t('the completion that is open is not among these: it is what others are compared with');
  return pair;
}

/** What is said already is taken back. */
function prefer(page: BesidePage, side: Side | null): void {
  const pair = pairOf(page);
  if (!pair) return;
  page.notice = '';
  const verdict = pairVerdict(pair, side);
  const said = page.preferring.state.pairs.find(({ other }) => other === pair.other)?.verdict;
  page.do(page.preferring.say({ other: pair.other, verdict: said === verdict ? null : verdict }));
}

/** What is written stays until it is saved. */
async function correct(page: BesidePage, change: CorrectionChange): Promise<void> {
  const key = page.labelKey;
  if (!key) return;
  await page.correcting.say(change);
  // More may have been written meanwhile.
  page.drafting.forget(key, change.text ?? undefined);
}

async function discard(page: BesidePage): Promise<void> {
  const key = page.labelKey;
  if (!key) return;
  const state = await page.host.request('discardDraft', key);
  page.drafting.forget(key);
  page.corrected(key, state);
}
