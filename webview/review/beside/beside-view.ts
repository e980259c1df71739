/** What takes the reasoning's place while things stand side by side. */
import type { TemplateResult } from 'lit';
import type { LabelKey, Preferences, Shown } from '../../../src/protocol/review.ts';
import type { Keys } from '../../../src/protocol/review-keys.ts';
import { html } from '../../ui/html.ts';
import './group-view.ts';
import './history-view.ts';
import './label-view.ts';
import type { PreferenceState } from '../../../src/domain/preference.ts';
import type { CorrectionState } from '../../../src/domain/correction.ts';
import './correction-view.ts';
import type { SideBySide } from './side-by-side.ts';

/** The page as it is now. */
export interface BesideShown {
  readonly beside: SideBySide;
  readonly correcting: { readonly state: CorrectionState };
  /** What is typed in place of the completion shown, and not in the store yet. */
  readonly drafting: { of(key: LabelKey): string | null };
  readonly labelKey: LabelKey | null;
  readonly preferring: { readonly state: PreferenceState };
  readonly keys: Keys;
  readonly preferences: Preferences;
  /** Where the video is, in seconds. */
  readonly time: number;
}

/** Null where the reasoning itself stands; `own` are the boundaries of the label under edit. */
export function besideView(
  { beside, correcting, drafting, labelKey, preferring, keys, preferences, time }: BesideShown,
  { rollout, group, phases, annotator, blind, otherPreferences, otherCorrections }: Shown,
  own: readonly number[] | null,
): TemplateResult | null {
  switch (beside.what) {
    case 'labels':
      return html`<label-view
        .keys=${keys}
        .annotator=${annotator}
        .text=${rollout.completion}
        .phases=${phases}
        .own=${own}
        .others=${beside.others}
        .time=${time}
        .rendered=${preferences.rendered}
      ></label-view>`;
    case 'history':
      return html`<history-view
        .keys=${keys}
        .annotator=${annotator}
        .text=${rollout.completion}
        .phases=${phases}
        .own=${own}
        .blind=${blind}
        .history=${beside.history}
        .time=${time}
        .rendered=${preferences.rendered}
      ></history-view>`;
    case 'correction':
      return html`<correction-view
        .keys=${keys}
        .text=${rollout.completion}
        .saved=${correcting.state.text}
        .draft=${(labelKey && drafting.of(labelKey)) ?? correcting.state.draft}
        .discarded=${correcting.state.discarded}
        .boundaries=${correcting.state.boundaries}
        .phases=${phases}
        .labelled=${own}
        .others=${otherCorrections}
      ></correction-view>`;
    case 'group':
      return html`<group-view
        .keys=${keys}
        .group=${group}
        .phases=${phases}
        .completions=${beside.completions}
        .selected=${rollout.id}
        .time=${time}
        .rendered=${preferences.rendered}
        .order=${preferences.groupOrder}
        .said=${preferring.state.pairs}
        .others=${otherPreferences}
      ></group-view>`;
    case null:
      return null;
  }
}
