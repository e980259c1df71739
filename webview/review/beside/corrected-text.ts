import { t } from '@vscode/l10n';
import { css, LitElement, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { carriedBoundaries } from '../../../src/domain/corrected-phases.ts';
import { listText } from '../../../src/domain/list-text.ts';
import type { Phase } from '../../../src/domain/phase.ts';
import { wordUnits } from '../../../src/domain/unit.ts';
import { defaultKeys, type Keys } from '../../../src/protocol/review-keys.ts';
import { html } from '../../ui/html.ts';
import { kept } from '../../ui/kept.ts';
import { sharedStyles } from '../../ui/shared-styles.ts';
import type { PageAction } from '../actions/page-action.ts';
import { act } from '../actions/page-event.ts';
import { snap, splitAt, startPhase, unlabelled } from '../label/labelling.ts';
import { marksOf } from '../label/pieces.ts';
import { stopsOf } from '../label/stops.ts';
import '../text/reasoning-text.ts';
import type { ReasoningText } from '../text/reasoning-text.ts';

/** A corrected text with its phases, which are set by the keys and handles of a label: those of the label, carried over, until they are its own. */
@customElement('corrected-text')
export class CorrectedText extends LitElement {
  static override styles = [
    sharedStyles,
    css`
      :host {
        display: flex;
        flex-direction: column;
        flex: 1;
        min-height: 0;
      }
      p {
        flex: none;
        margin: 0;
        padding: 4px 12px;
      }
      reasoning-text {
        flex: 1;
        min-height: 0;
      }
    `,
  ];

  /** In force. */
  @property({ attribute: false }) keys: Keys = defaultKeys;
  @property({ attribute: false }) phases: readonly Phase[] = [];
  /** The completion, and the boundaries of its label; null without one. */
  @property() completion = '';
  @property({ attribute: false }) labelled: readonly number[] | null = null;
  /** As it is saved. */
  @property() text = '';
  /** Its own boundaries; null while they are those of the label. */
  @property({ attribute: false }) own: readonly number[] | null = null;

  @state() private caret = 0;
  @state() private folded: readonly number[] = [];
  /** While a boundary is dragged. */
  @state() private preview: readonly number[] | null = null;

  readonly #marks = kept(marksOf);
  readonly #starts = kept((text: string) => wordUnits(text).starts);
  readonly #stops = kept(stopsOf);
  readonly #carried = kept(
    (completion: string, text: string, labelled: readonly number[] | null) =>
      labelled && carriedBoundaries(completion, text, labelled),
  );

  @query('reasoning-text') private reasoning!: ReasoningText;

  override firstUpdated(): void {
    void this.reasoning.updateComplete.then(() => this.reasoning.focus());
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('text')) this.caret = Math.min(this.caret, this.text.length);
  }

  /** Does what a key of the page is for; false where that is nothing of this text. */
  acts(action: PageAction): boolean {
    const { text } = this;
    if (action.kind === 'boundary') this.reasoning.chooseBoundary(action.direction);
    else if (action.kind === 'phase') this.#set(startPhase(text, this.#edited, action.phase, this.#here));
    // In the last phase there is none to begin.
    else if (action.kind === 'split') this.#set(splitAt(text, this.#edited, this.#here) ?? this.#edited);
    else return false;
    return true;
  }

  get #shown(): readonly number[] | null {
    return this.preview ?? this.own ?? this.#carried(this.completion, this.text, this.labelled)?.boundaries ?? null;
  }

  get #edited(): readonly number[] {
    return this.#shown ?? unlabelled(this.text, this.phases.length);
  }

  /** Where a boundary may stand, nearest to the caret. */
  get #here(): number {
    return snap(this.#stopped, this.text.length, this.caret);
  }

  get #stopped(): readonly number[] {
    return this.#stops(this.text, this.#starts(this.text), 'token');
  }

  override render(): TemplateResult {
    const { text } = this;
    return html`<p class="muted" role="status">
        ${this.#standing()}
        ${this.own ? html`<button @click=${() => this.#set(null)}>${t('take the label’s')}</button>` : ''}
      </p>
      <reasoning-text
        name=${t('Corrected text with its phases')}
        .keys=${this.keys}
        .text=${text}
        .marks=${this.#marks(text)}
        .phases=${this.phases}
        .boundaries=${this.#shown}
        .starts=${this.#starts(text)}
        .stops=${this.#stopped}
        .caret=${this.caret}
        .folded=${this.folded}
        @action=${(event: CustomEvent<PageAction>) => this.#hear(event)}
      ></reasoning-text>`;
  }

  #standing(): string {
    if (this.own) return t('its own phases');
    const carried = this.#carried(this.completion, this.text, this.labelled);
    if (!carried) return t('the completion has no label of yours: set phases here as you would there');
    const moved = carried.stands.flatMap((stands, index) => (stands ? [] : this.phases[index + 1].name));
    return moved.length === 0
      ? t('carried over from your label')
      : t('carried over from your label; the text where {0} began was replaced', listText(moved));
  }

  /** What the text says of the label is of this one; the rest is the page's. */
  #hear(event: CustomEvent<PageAction>): void {
    const action = event.detail;
    if (action.kind === 'caret') this.caret = action.offset;
    else if (action.kind === 'folded') this.folded = action.folded;
    else if (action.kind === 'preview') this.preview = action.change?.boundaries ?? null;
    else if (action.kind === 'edit') this.#set(action.change.boundaries ?? null);
    else if (action.kind !== 'hover-unit' && action.kind !== 'present') return;
    event.stopPropagation();
  }

  #set(boundaries: readonly number[] | null): void {
    this.preview = null;
    // What stays where it was is the label's as before.
    if (boundaries && boundaries.join() === this.#edited.join()) return;
    act(this, { kind: 'correct', text: this.text, boundaries });
  }
}
