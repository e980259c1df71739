import { t } from '@vscode/l10n';
import type { LitElement } from 'lit';
import { stepText, type StepJudgement } from '../../../src/domain/judgement.ts';
import { phaseAt, type Phase } from '../../../src/domain/phase.ts';
import type { ReviewComment } from '../../../src/protocol/review.ts';
import { actionOf, keyOf, type Keys } from '../../../src/protocol/review-keys.ts';
import { wordKey } from '../actions/keys.ts';
import { act } from '../actions/page-event.ts';
import { saidText, type Step } from '../judge/steps.ts';
import { byStops, step } from '../label/labelling.ts';
import type { TextRange } from '../label/text-range.ts';
import { unitAt } from '../label/weights.ts';
import { outside } from './maths.ts';
import type { TextLines } from './text-lines.ts';
import type { TextPlaces } from './text-places.ts';

/** The text that the caret is in. */
interface Walked extends LitElement {
  text: string;
  caret: number;
  /** In force. */
  keys: Keys;
  /** What is selected; null when nothing is. */
  readonly selected: TextRange | null;
  phases: readonly Phase[];
  /** Null without a label. */
  boundaries: readonly number[] | null;
  /** The phases with what is said of each; none while there are none to judge. */
  steps: readonly Step[];
  /** What is said of other text than just one of them. */
  judged: readonly StepJudgement[];
  /** Where units start. */
  starts: readonly number[];
  /** Where a boundary may stand. */
  stops: readonly number[];
  comments: readonly ReviewComment[];
  /** Where the folded sections start. */
  folded: readonly number[];
}

/** The caret in the reasoning: where keys take it, and what a screen reader says when it moves. */
export class TextCaret {
  readonly #of: Walked;
  readonly #lines: TextLines;
  readonly #places: TextPlaces;

  constructor(of: Walked, lines: TextLines, places: TextPlaces) {
    this.#of = of;
    this.#lines = lines;
    this.#places = places;
  }

  /** Answers a key that moves the caret, or with Shift selects. */
  press(event: KeyboardEvent): void {
    const { keys, selected, caret } = this.#of;
    // With Shift some arrows are keys of the page.
    if (event.shiftKey && actionOf(keys, keyOf(event)) !== null && !event.ctrlKey && !event.altKey) return;
    const from = event.shiftKey && selected && caret !== selected.from ? selected.to : caret;
    const offset = this.#after(event, from);
    if (offset === null) return;
    event.preventDefault();
    event.stopPropagation();
    // The end that does not move.
    const anchor = selected ? (from === selected.from ? selected.to : selected.from) : from;
    if (event.shiftKey || selected) this.#places.select(event.shiftKey ? anchor : offset, offset);
    act(this.#of, { kind: 'caret', offset });
  }

  /** Where a key takes the caret, or the end of the selection at `from`; null when it does not. */
  #after({ key, ctrlKey, altKey, metaKey }: KeyboardEvent, from: number): number | null {
    const [byWord, other] = wordKey() === 'Alt' ? [altKey, ctrlKey] : [ctrlKey, altKey];
    if (other || metaKey) return null;
    const { text, stops } = this.#of;
    switch (key) {
      case 'ArrowLeft':
      case 'ArrowRight': {
        const direction = this.along(key, from);
        if (byWord) return byStops(stops, text.length, from, direction);
        return outside(this.#lines.maths, step(text, from, direction), direction);
      }
      case 'ArrowUp':
      case 'ArrowDown':
        return this.#places.lineBeside(from, key === 'ArrowUp' ? -1 : 1);
      case 'Home':
        return 0;
      case 'End':
        return text.length;
      default:
        return null;
    }
  }

  /** Forward (1) or back (−1) in the text, for an arrow key that says where on the page. */
  along(key: string, offset: number): 1 | -1 {
    if (key === 'ArrowUp' || key === 'ArrowDown') return key === 'ArrowUp' ? -1 : 1;
    return (key === 'ArrowLeft') === this.#places.rightToLeft(offset) ? 1 : -1;
  }

  /** What a screen reader says: the sections and the phase there, and the unit. */
  spoken(): string {
    const { text, caret, starts, boundaries, phases, steps, judged: parts, comments, folded, selected } = this.#of;
    const unit = unitAt(starts, caret);
    const word = text.slice(starts[unit] ?? 0, starts[unit + 1] ?? text.length).trim();
    const at = boundaries && phaseAt(boundaries, caret);
    const judged = at !== null && steps[at] ? saidText(steps[at]) : '';
    const phase = at === null ? null : `${phases[at].name}${judged && `, ${t('judged {0}', judged)}`}`;
    const part = parts.find(({ start, end }) => start <= caret && caret < end);
    const within = this.#lines.sections.filter(({ start, end }) => start <= caret && caret < end);
    const noted = comments.filter((comment) => comment.text!.start <= caret && caret < comment.text!.end);
    const by = noted.map(({ annotator }) => t('comment of {0}', annotator));
    const names = within.map(({ name, start }) => (folded.includes(start) ? t('{0} folded', name) : name));
    const chosen = selected && t('{0} characters selected', selected.to - selected.from);
    const place = [...names, phase, part && t('text judged {0}', stepText(part)), ...by, chosen]
      .filter(Boolean)
      .join(', ');
    return place ? `${place}: ${word}` : word;
  }
}
