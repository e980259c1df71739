import { t } from '@vscode/l10n';
import { nothing, type LitElement, type TemplateResult } from 'lit';
import { moveBoundary, type Phase } from '../../../src/domain/phase.ts';
import { html } from '../../ui/html.ts';
import { byStops, snap, startPhase, step, unlabelled } from '../label/labelling.ts';
import { act } from '../actions/page-event.ts';
import { saidText, verdictSigns, type Step } from '../judge/steps.ts';
import { wholeCluster } from '../label/stops.ts';
import { sourceText, type Offer } from '../label/suggestion.ts';
import type { TextPlaces } from './text-places.ts';

/** The text that the boundaries cut. */
interface Cut extends LitElement {
  text: string;
  phases: readonly Phase[];
  /** Null without a label. */
  boundaries: readonly number[] | null;
  /** What a suggestion offers beside them. */
  offer: Offer | null;
  /** The phases with what is said of each; none while there are none to judge. */
  steps: readonly Step[];
  /** Where a boundary may stand. */
  stops: readonly number[];
}

/** How that text is laid out. */
interface Layout {
  places: TextPlaces;
  isFolded(offset: number): boolean;
  /** Unfolds what hides this place. */
  show(offset: number): void;
  /** Forward (1) or back (−1), for an arrow key. */
  along(key: string, offset: number): 1 | -1;
  /** `offset`, or the nearest one that way at which something begins that is drawn as one. */
  whole(offset: number, direction: 1 | -1): number;
}

/** The boundaries as handles over the text: dragged, nudged by keys, and, where a suggestion offers one, accepted or refused. */
export class BoundaryHandles {
  readonly #of: Cut;
  readonly #around: Layout;
  /** The one that is dragged. */
  #dragging: number | null = null;
  /** From the pointer to the boundary's place, so that grabbing a handle does not move it. */
  #grip = { x: 0, y: 0 };
  /** How a move changes the label as it was when a handle was grabbed. */
  #move: (offset: number) => number[] = () => [];

  constructor(of: Cut, around: Layout) {
    this.#of = of;
    this.#around = around;
  }

  get dragging(): number | null {
    return this.#dragging;
  }

  render(): TemplateResult[] {
    return this.edges.map((boundary, index) => this.#handle(boundary, index));
  }

  #handle(boundary: number, index: number): TemplateResult {
    const phase = index + 1;
    const { name } = this.#of.phases[phase];
    const before = this.#of.text.slice(boundary, boundary + 24).trim();
    const said = this.#isOffered(index) ? sourceText(this.#of.offer!.source, this.#of.offer!.scores[index]) : '';
    const step = this.#of.steps[phase];
    const judged = step?.said ? t('judged {0}', saidText(step)) : '';
    return html`<div
      class="handle phase-${phase + 1} ${said ? 'offered' : this.#of.boundaries ? '' : 'ghost'}"
      role="slider"
      tabindex="0"
      aria-label=${t('{0} starts', name)}
      aria-valuemin="0"
      aria-valuemax=${this.#of.text.length}
      aria-valuenow=${boundary}
      aria-valuetext=${[
        before ? t('before “{0}”', before) : t('at the end'),
        said && t('suggested: {0}; Enter accepts, Delete refuses', said),
        judged,
      ]
        .filter(Boolean)
        .join(', ')}
      @pointerdown=${(event: PointerEvent) => this.#grab(event, index)}
      @pointermove=${(event: PointerEvent) => this.#drag(event, index)}
      @pointerup=${() => this.#drop()}
      @focus=${() => this.#around.show(this.edges[index])}
      @pointercancel=${() => this.#giveUp()}
      @keydown=${(event: KeyboardEvent) => this.#nudge(event, index)}
    >
      <span class="flag phase-${phase + 1}"
        >${flagText(this.#of.phases[phase])}${judgedMark(step)}${said ? html` <i>${said}</i>` : nothing}</span
      >
    </div>`;
  }

  /** The boundaries, or where they wait while there is no label. */
  get #label(): readonly number[] {
    return this.#of.boundaries ?? unlabelled(this.#of.text, this.#of.phases.length);
  }

  /** The same, but where a suggestion offers them. */
  get edges(): readonly number[] {
    return this.#label.map((boundary, index) => this.#of.offer?.places[index] ?? boundary);
  }

  #isOffered(index: number): boolean {
    return (this.#of.offer?.places[index] ?? null) !== null;
  }

  /** Moves a boundary of the label to an offset: its own stays between its neighbours, an offered one makes room for itself. */
  #mover(index: number): (offset: number) => number[] {
    const label = this.#label;
    if (this.#isOffered(index)) return (offset) => startPhase(this.#of.text, label, index + 1, offset);
    return (offset) => moveBoundary(this.#of.text, label, index, offset);
  }

  #grab(event: PointerEvent, index: number): void {
    // The focus that comes with it shows a boundary that was folded away; it is not where the pointer is.
    if (event.button !== 0 || this.#around.isFolded(this.edges[index])) return;
    const handle = event.currentTarget as HTMLElement;
    handle.setPointerCapture(event.pointerId);
    const place = this.#around.places.rectAt(this.edges[index]);
    this.#grip = { x: place.left - event.clientX, y: place.top + place.height / 2 - event.clientY };
    this.#move = this.#mover(index);
    this.#setDragging(index);
  }

  #drag(event: PointerEvent, index: number): void {
    if (this.#dragging !== index) return;
    const at = this.#around.places.offsetAt(event.clientX + this.#grip.x, event.clientY + this.#grip.y);
    if (at === null) return;
    const offset = event.altKey ? wholeCluster(this.#of.text, at) : snap(this.#of.stops, this.#of.text.length, at);
    act(this.#of, { kind: 'preview', change: { boundaries: this.#move(offset) } });
  }

  #drop(): void {
    if (this.#dragging === null) return;
    this.#setDragging(null);
    if (this.#of.boundaries) act(this.#of, { kind: 'edit', change: { boundaries: [...this.#of.boundaries] } });
  }

  #giveUp(): void {
    this.#setDragging(null);
    act(this.#of, { kind: 'preview', change: null });
  }

  #nudge(event: KeyboardEvent, index: number): void {
    if (event.key === 'Escape') {
      if (this.#dragging !== null) this.#giveUp();
      this.#of.focus();
    }
    if (this.#isOffered(index) && ['Enter', 'Delete', 'Backspace'].includes(event.key)) {
      event.preventDefault();
      event.stopPropagation();
      act(this.#of, { kind: event.key === 'Enter' ? 'accept' : 'refuse', boundary: index });
      return;
    }
    if (!event.key.startsWith('Arrow') || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    const edge = this.edges[index];
    const direction = this.#around.along(event.key, edge);
    const offset = event.altKey
      ? this.#around.whole(step(this.#of.text, edge, direction), direction)
      : byStops(this.#of.stops, this.#of.text.length, edge, direction * (event.shiftKey ? 10 : 1));
    act(this.#of, { kind: 'edit', change: { boundaries: this.#mover(index)(offset) } });
  }

  #setDragging(index: number | null): void {
    this.#dragging = index;
    this.#of.requestUpdate();
  }
}

/** A sign of what is said of a phase, with its type of error; fainter where it was said of other text. */
export function judgedMark(step: Step | undefined): TemplateResult | typeof nothing {
  if (!step?.said) return nothing;
  const { verdict, error } = step.said;
  return html` <b class="mark ${step.moved ? 'moved' : ''}"
    >${verdictSigns[verdict]}${error === null ? '' : ` ${error}`}</b
  >`;
}

/** Its key, and its name. */
export const flagText = ({ key, name }: Phase): string => `${key} ${name}`;
