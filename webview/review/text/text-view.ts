import { t } from '@vscode/l10n';
import type { LitElement } from 'lit';
import { counted } from '../../../src/domain/counted.ts';
import type { Phase } from '../../../src/domain/phase.ts';
import type { ReviewComment } from '../../../src/protocol/review.ts';
import { act } from '../actions/page-event.ts';
import type { Step } from '../judge/steps.ts';
import type { MiniMap } from './mini-map.ts';
import { placeAt, type Place } from './outline.ts';
import { readingLine, stretchesOf, viewOf } from './text-map.ts';
import type { TextPlaces } from './text-places.ts';

/** The text that scrolls. */
interface Viewed extends LitElement {
  caret: number;
  phases: readonly Phase[];
  /** The phases with what is said of each; none while there are none to judge. */
  steps: readonly Step[];
  comments: readonly ReviewComment[];
  /** What the outline names; null while it is closed. */
  places: readonly Place[] | null;
  /** The one of them where one reads. */
  present: number;
}

/** What of the text is in view: the map beside it is told, and the outline the place where one reads. */
export class TextView {
  readonly #of: Viewed;
  readonly #places: TextPlaces;

  constructor(of: Viewed, places: TextPlaces) {
    this.#of = of;
    this.#places = places;
  }

  /** Puts on the map what has another place now. */
  lay(map: MiniMap): void {
    map.style.height = `${this.#of.clientHeight}px`;
    const { scrollTop, scrollHeight, steps, comments } = this.#of;
    const top = this.#of.getBoundingClientRect().top - scrollTop;
    const shareAt = (offset: number): number => (this.#places.rectAt(offset).top - top) / scrollHeight;
    map.stretches = stretchesOf(steps, shareAt);
    map.comments = comments.map(({ text }) => shareAt(text!.start));
    this.look(map);
  }

  /** Takes what is in view now. One reads at the caret while it is. */
  look(map: MiniMap): void {
    const { places, present } = this.#of;
    const view = viewOf(this.#of);
    map.view = view;
    map.hidden = view.share >= 1;
    if (!places) return;
    const { left, top, bottom, height } = this.#of.getBoundingClientRect();
    const caret = this.#places.rectAt(this.#of.caret);
    const seen = caret.top >= top && caret.bottom <= bottom;
    const offset = seen ? this.#of.caret : this.#places.offsetAt(left + 40, top + readingLine(view) * height);
    const place = offset === null ? present : placeAt(places, offset);
    if (place !== present) act(this.#of, { kind: 'present', place });
  }
}

/** What the map shows, in words. */
export function mapText({ phases, steps, comments }: Pick<Viewed, 'phases' | 'steps' | 'comments'>): string {
  const names = steps.filter(({ start, end }) => end > start).map(({ phase }) => phases[phase].name);
  const judged = steps.filter(({ said }) => said).length;
  const marks = [
    ...(comments.length > 0 ? [counted(comments.length, 'comment')] : []),
    ...(judged > 0 ? [counted(judged, 'judgement')] : []),
  ];
  return [t('Map of the reasoning'), ...names, ...marks].join(', ');
}
