import { t } from '@vscode/l10n';
import { LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { guard } from 'lit/directives/guard.js';
import { plainText } from '../../src/domain/plain-text.ts';
import type { TableChoice } from '../../src/protocol/table.ts';
import { html } from '../ui/html.ts';
import type { Column } from './columns.ts';
import { gridStyles } from './grid-styles.ts';
import { rowHeight, rowsAbove, rowsDrawn, scrollHeight, scrollTopToSee, type RowWindow } from './row-window.ts';
import { isSelected, toggled, withStretch, type Selection } from './selection.ts';

/** Height of the head in px. */
const headHeight = 28;

/**
 * Rows by their place, of which only those that are seen are drawn. Asks for rows that it has not (`need`: from which place to which), to open
 * one (`open`), to act on one (`activate`), to select (`select`) and to sort (`sort`).
 */
@customElement('rollout-grid')
export class RolloutGrid<Row = unknown> extends LitElement {
  static override styles = gridStyles;

  /** What the rows are. */
  @property() name = t('Rollouts');
  /** Rows that there are. */
  @property({ type: Number }) count = 0;
  @property({ attribute: false }) columns: readonly Column<Row>[] = [];
  @property({ attribute: false }) sort: TableChoice['sort'] = null;
  @property({ attribute: false }) selection: Selection = [];
  /** The row at a place: null when it is there no more, undefined when it is not fetched yet. */
  @property({ attribute: false }) rowAt: (place: number) => Row | null | undefined = () => undefined;
  /** Rises when other rows were fetched. */
  @property({ type: Number }) fetched = 0;
  /** The row that the keys act on. */
  @property({ type: Number }) active = 0;
  @state() private scrolled = 0;
  @state() private viewport = 0;
  @query('[role="grid"]') private grid!: HTMLElement | null;
  /** Where a stretch that Shift extends began. */
  #anchor = 0;
  /** The cell whose title says what it cuts off. */
  #named: HTMLElement | null = null;
  readonly #resizing = new ResizeObserver(([{ contentRect }]) => {
    const isSeen = scrollTopToSee(this.active, this.scrolled, this.#window) === this.scrolled;
    this.viewport = Math.max(0, contentRect.height - headHeight);
    // The bar that comes below when it is selected takes of its room.
    if (isSeen) this.see(this.active);
  });

  override firstUpdated(): void {
    this.#resizing.observe(this.grid!);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#resizing.disconnect();
  }

  override willUpdate(): void {
    // Its element may be of another row then.
    this.#unname();
  }

  override updated(changed: PropertyValues<this>): void {
    const { first, end } = rowsDrawn(this.scrolled, this.#window);
    if (end > first) this.#tell('need', { from: first, to: end });
    if (changed.has('count') && this.grid) this.scrolled = this.grid.scrollTop;
  }

  /** Puts a row in sight. */
  see(place: number): void {
    if (!this.grid) return;
    // Before it was measured, too.
    const viewport = Math.max(0, this.grid.clientHeight - headHeight);
    this.grid.scrollTop = scrollTopToSee(place, this.grid.scrollTop, { count: this.count, viewport });
    this.scrolled = this.grid.scrollTop;
  }

  get #window(): RowWindow {
    return { count: this.count, viewport: this.viewport };
  }

  override render(): TemplateResult {
    const { first, end } = rowsDrawn(this.scrolled, this.#window);
    // A row that goes on being seen keeps its elements, and one that comes takes those of one that went: none is moved among the others.
    const drawn = end - first;
    const places = Array.from({ length: drawn }, (_, slot) => first + ((slot + drawn - (first % drawn)) % drawn));
    const names = this.columns.map(({ name }) => name).join();
    const shift = this.scrolled - rowsAbove(this.scrolled, this.#window);
    const isDrawn = first <= this.active && this.active < end;
    const tracks = ['34px', ...this.columns.map(trackOf)].join(' ');
    const wide = 34 + this.columns.reduce((sum, { width }) => sum + width, 0);
    return html`<div
      class="grid"
      role="grid"
      tabindex="0"
      aria-label=${this.name}
      aria-multiselectable="true"
      aria-rowcount=${this.count + 1}
      aria-colcount=${this.columns.length + 1}
      aria-activedescendant=${isDrawn ? `row-${this.active}` : nothing}
      .style=${`--tracks: ${tracks}; --wide: ${wide}px`}
      @scroll=${this.#scroll}
      @keydown=${this.#key}
    >
      <div role="rowgroup" class="head">
        <div role="row" aria-rowindex="1">
          <span role="columnheader"><span class="spoken">${t('selected')}</span></span>
          ${this.columns.map((column) => this.#head(column))}
        </div>
      </div>
      <div
        role="rowgroup"
        class="space"
        .style=${`height: ${scrollHeight(this.count)}px`}
        aria-owns=${places
          .toSorted((a, b) => a - b)
          .map((place) => `row-${place}`)
          .join(' ')}
        @pointerover=${this.#name}
        @pointerout=${this.#unname}
      >
        ${places.map((place) => this.#row(place, place * rowHeight + shift, names))}
      </div>
    </div>`;
  }

  #head({ name, title, isNumber, isSorted }: Column<Row>): TemplateResult {
    const isBy = this.sort?.by === name;
    const order = isBy ? (this.sort!.descending ? 'descending' : 'ascending') : 'none';
    const side = isNumber ? 'number' : '';
    if (!isSorted) return html`<span role="columnheader" class=${side}>${title}</span>`;
    const sort = (): void => this.#tell('sort', { by: name, descending: isBy ? !this.sort!.descending : isNumber });
    return html`<span role="columnheader" class=${side} aria-sort=${order}>
      <button title=${t('Sort by {0}', title)} @click=${sort}>
        ${title} ${isBy ? html`<span aria-hidden="true">${this.sort!.descending ? '↓' : '↑'}</span>` : nothing}
      </button>
    </span>`;
  }

  /** `names` are those of the columns. Drawn again only when something of it changes. */
  #row(place: number, top: number, names: string): unknown {
    const row = this.rowAt(place);
    const [selected, isActive] = [isSelected(this.selection, place), place === this.active];
    return guard(
      [place, top, row, selected, isActive, names],
      () =>
        html`<div
          role="row"
          id="row-${place}"
          class="row ${isActive ? 'active' : ''} ${place % 2 === 1 ? 'odd' : ''}"
          aria-rowindex=${place + 2}
          aria-selected=${selected ? 'true' : 'false'}
          .style=${`transform: translateY(${top}px)`}
          @click=${(event: MouseEvent) => this.#click(event, place)}
          @dblclick=${() => this.#tell('open', place)}
        >
          <span role="gridcell" class="tick" aria-label=${selected ? t('selected') : t('not selected')}
            >${selected ? '☑' : '☐'}</span
          >
          ${
            row
              ? this.columns.map((column) => this.#cell(column, row))
              : html`<span role="gridcell" class="none muted" aria-colspan=${this.columns.length}
                  >${row === null ? t('It is in the store no more.') : '…'}</span
                >`
          }
        </div>`,
    );
  }

  #cell({ isNumber, text, spoken, chips, look }: Column<Row>, row: Row): TemplateResult {
    return html`<span
      role="gridcell"
      class="${isNumber ? 'number' : ''} ${look?.(row) ?? ''}"
      aria-label=${spoken?.(row) ?? nothing}
      >${chips ? chips(row).map((chip) => html`<span class="chip">${chip}</span>`) : text(row)}</span
    >`;
  }

  /** Has the cell that the pointer comes to say whole what it cuts off, or in words what it has as a sign: a title in each would be written with each row. */
  readonly #name = ({ target }: Event): void => {
    const cell = (target as Element).closest<HTMLElement>('.row > [role="gridcell"]');
    if (!cell) return;
    const at = [...cell.parentElement!.children].indexOf(cell) - 1;
    const row = this.rowAt(Number(cell.parentElement!.id.slice('row-'.length)));
    if (at < 0 || !row) return;
    const { spoken, text } = this.columns[at];
    cell.title = plainText((spoken ?? text)(row));
    this.#named = cell;
  };

  readonly #unname = (): void => {
    this.#named?.removeAttribute('title');
    this.#named = null;
  };

  readonly #scroll = (): void => {
    this.scrolled = this.grid!.scrollTop;
  };

  #click(event: MouseEvent, place: number): void {
    const isTick = (event.target as Element).classList.contains('tick');
    if (event.shiftKey)
      this.#select(withStretch(this.selection, Math.min(this.#anchor, place), Math.max(this.#anchor, place) + 1));
    else {
      if (isTick || event.ctrlKey || event.metaKey) this.#select(toggled(this.selection, place));
      this.#anchor = place;
    }
    this.#tell('activate', place);
  }

  readonly #key = (event: KeyboardEvent): void => {
    // The head's buttons have keys of their own.
    if (event.target !== this.grid || this.count === 0) return;
    const page = Math.max(1, Math.floor(this.viewport / rowHeight) - 1);
    const last = this.count - 1;
    const steps: Record<string, number> = {
      ...{ ArrowDown: this.active + 1, ArrowUp: this.active - 1, Home: 0, End: last },
      ...{ PageDown: this.active + page, PageUp: this.active - page },
    };
    const isCommand = event.ctrlKey || event.metaKey;
    if (Object.hasOwn(steps, event.key)) this.#go(Math.min(last, Math.max(0, steps[event.key])), event.shiftKey);
    else if (event.key === ' ') this.#select(toggled(this.selection, this.active));
    else if (event.key === 'Enter') this.#tell('open', this.active);
    else if (event.key === 'Escape') this.#select([]);
    else if (isCommand && event.key.toLowerCase() === 'a') this.#select([[0, this.count]]);
    else return;
    event.preventDefault();
  };

  #go(place: number, isExtending: boolean): void {
    if (isExtending)
      this.#select(withStretch(this.selection, Math.min(this.#anchor, place), Math.max(this.#anchor, place) + 1));
    else this.#anchor = place;
    this.#tell('activate', place);
    this.see(place);
  }

  #select(selection: Selection): void {
    this.#tell('select', selection);
  }

  #tell(name: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: false }));
  }
}

const trackOf = ({ width, grows }: Pick<Column, 'width' | 'grows'>): string =>
  grows ? `minmax(${width}px, 1fr)` : `${width}px`;
