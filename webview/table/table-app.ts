import { LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';
import { errorText } from '../../src/domain/error-text.ts';
import { isOfNumber, parseQuery, printQuery, withRange, type Range } from '../../src/domain/rollout-query.ts';
import {
  tablePageState,
  tableProtocol,
  type ReadTable,
  type SavedView,
  type ShownHistogram,
  type ShownPrompt,
  type ShownRow,
  type Stretch,
  type TableChoice,
  type TableState,
} from '../../src/protocol/table.ts';
import { Host } from '../ui/host.ts';
import { html } from '../ui/html.ts';
import { appStyles } from './app-styles.ts';
import './column-chooser.ts';
import { allColumns, shownColumns, type Column } from './columns.ts';
import { promptColumns } from './prompt-columns.ts';
import './query-bar.ts';
import type { QueryBar } from './query-bar.ts';
import { readyMade, type ReadyMade } from './ready-made.ts';
import './rollout-grid.ts';
import type { RolloutGrid } from './rollout-grid.ts';
import { RowBlocks } from './row-blocks.ts';
import { selectionBar } from './selection-bar.ts';
import { selectedCount, type Selection } from './selection.ts';
import './spread-chart.ts';
import type { Narrowed } from './spread-chart.ts';

const host = new Host(tableProtocol, tablePageState);

const figure = (count: number): string => count.toLocaleString('en');

/** The Rollouts table’s page: what is asked above, how numbers spread, and the rows. */
@customElement('table-app')
export class TableApp extends LitElement {
  static override styles = appStyles;

  @state() private choice: TableChoice | null = null;
  @state() private table: TableState | null = null;
  /** Views that have a name. */
  @state() private saved: readonly SavedView[] = [];
  /** Of rewards, by name. */
  @state() private parts: readonly string[] = [];
  /** Rollouts in the store by now. */
  @state() private total = 0;
  @state() private selection: Selection = [];
  /** Place of the row that the keys act on. */
  @state() private active = 0;
  @state() private fetched = 0;
  /** What the last request said when it failed. */
  @state() private complaint: string | null = null;
  @query('query-bar') private bar!: QueryBar | null;
  @query('rollout-grid') private grid!: RolloutGrid | null;
  #blocks: RowBlocks<ShownRow | ShownPrompt> | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    host.on('choice', (choice) => (this.choice = choice));
    host.on('view', (table) => this.#show(table));
    host.on('saved', (saved) => (this.saved = saved));
    host.on('parts', (parts) => (this.parts = parts));
    host.on('changed', ({ total }) => {
      this.total = total;
      this.#blocks?.refresh();
    });
    host.ready();
  }

  #show(table: TableState): void {
    const before = this.table?.status === 'read' ? this.table.turn : null;
    this.table = table;
    if (table.status !== 'read' || table.turn === before) return;
    const { turn } = table;
    // A page that was hidden goes on where it was.
    const kept = host.getState();
    const isSame = kept?.turn === turn;
    [this.active, this.selection] = isSame ? [kept.active, kept.selection] : [0, []];
    this.#blocks = new RowBlocks<ShownRow | ShownPrompt>(
      table.rows,
      (from, count) => host.request('rows', { turn, from, count }),
      () => (this.fetched += 1),
    );
    void this.updateComplete.then(async () => {
      await this.grid?.updateComplete;
      this.grid?.see(this.active);
    });
  }

  override updated(): void {
    if (this.table?.status !== 'read') return;
    const selection = this.selection.map(([from, to]): Stretch => [from, to]);
    host.setState({ version: 1, turn: this.table.turn, active: this.active, selection });
  }

  override render(): TemplateResult {
    const { table, choice } = this;
    if (!table || !choice) return html`<div class="bones" role="status" aria-label="Loading rollouts">${bones}</div>`;
    if (table.status === 'failed') {
      return html`<div class="empty" role="alert">
        <h1>Rollouts</h1>
        <p>The rollouts cannot be shown: ${table.message}</p>
        <vscode-button @click=${() => this.#do(host.request('refresh', {}))}>Try Again</vscode-button>
      </div>`;
    }
    return table.total === 0 ? this.#empty() : this.#page(table, choice);
  }

  #empty(): TemplateResult {
    return html`<main class="empty">
      <h1>Rollouts</h1>
      ${this.#complaintBox()}
      <p>No rollout yet. The table shows what a policy wrote, sorted and filtered as you like.</p>
      <vscode-button @click=${() => this.#do(host.request('import', {}))}>Import Rollouts…</vscode-button>
    </main>`;
  }

  #page(table: ReadTable, choice: TableChoice): TemplateResult {
    const length = table.histograms.some(({ field }) => field === 'tokens') ? 'tokens' : 'characters';
    const all = allColumns(this.parts);
    const columns = shownColumns(
      all,
      choice.columns,
      table.histograms.map(({ field }) => field),
    );
    const isPrompts = table.shows === 'prompts';
    const sort = choice.shows === 'prompts' ? choice.promptSort : choice.sort;
    const isAsking =
      table.shows !== choice.shows || table.line !== choice.line || JSON.stringify(table.sort) !== JSON.stringify(sort);
    return html`<main aria-label="Rollouts table">
      <h1 class="spoken">Rollouts</h1>
      <div class="asked">
        <query-bar
          .line=${choice.line}
          @query=${({ detail }: CustomEvent<string>) => this.#ask({ line: detail })}
        ></query-bar>
        <div class="ready-made" role="toolbar" aria-label="Ready-made and saved views">
          ${readyMade(length).map((one) => this.#readyMade(one, choice))}
          ${this.saved.map((one) => this.#savedView(one, choice))}
          <button class="link" @click=${() => this.#do(host.request('saveView', {}))}>Save View…</button>
        </div>
        ${this.#complaintBox()}
        <div class="spreads" @narrow=${({ detail }: CustomEvent<Narrowed>) => this.#narrow(detail)}>
          ${table.histograms.map((one) => html`<spread-chart .shown=${one} .range=${rangeIn(choice.line, one)}></spread-chart>`)}
        </div>
        ${this.#bar(table, all, columns, isAsking)}
      </div>
      ${table.count === 0 ? this.#none(choice) : nothing}
      <rollout-grid
        ?hidden=${table.count === 0}
        class=${isAsking ? 'asking' : ''}
        .count=${table.count}
        .name=${isPrompts ? 'Prompts' : 'Rollouts'}
        .columns=${isPrompts ? promptColumns(table.policies) : columns}
        .sort=${sort}
        .selection=${this.selection}
        .active=${this.active}
        @activate=${({ detail }: CustomEvent<number>) => (this.active = detail)}
        .fetched=${this.fetched}
        .rowAt=${(place: number) => this.#blocks?.at(place)}
        @need=${({ detail }: CustomEvent<{ from: number; to: number }>) => this.#blocks?.need(detail.from, detail.to)}
        @open=${({ detail }: CustomEvent<number>) => this.#do(host.request('review', { turn: table.turn, place: detail }))}
        @select=${({ detail }: CustomEvent<Selection>) => (this.selection = detail)}
        @sort=${({ detail }: CustomEvent<TableChoice['sort']>) =>
          this.#ask(isPrompts ? { promptSort: detail } : { sort: detail })}
      ></rollout-grid>
    </main>`;
  }

  #readyMade({ name, line, sort }: ReadyMade, choice: TableChoice): TemplateResult {
    const isSorted = choice.shows === 'prompts' || JSON.stringify(sort) === JSON.stringify(choice.sort);
    const isInForce = line === choice.line && isSorted;
    return html`<button
      aria-pressed=${isInForce ? 'true' : 'false'}
      @click=${() => this.#ask(choice.shows === 'prompts' ? { line } : { line, sort })}
    >
      ${name}
    </button>`;
  }

  #savedView({ name, ...view }: SavedView, choice: TableChoice): TemplateResult {
    const isInForce = JSON.stringify(view) === JSON.stringify(choice);
    return html`<span class="saved">
      <button aria-pressed=${isInForce ? 'true' : 'false'} @click=${() => this.#ask(view)}>${name}</button
      ><button
        title="Forget the view ${name}"
        aria-label="Forget the view ${name}"
        @click=${() => this.#do(host.request('forgetView', { name }))}
      >
        ✕
      </button>
    </span>`;
  }

  /** How many rows there are, and what can be done with those that are selected. */
  #bar(table: ReadTable, all: readonly Column[], columns: readonly Column[], isAsking: boolean): TemplateResult {
    const selected = selectedCount(this.selection);
    const others = this.total - table.total;
    return html`<div class="bar">
      <span role="group" aria-label="What the rows are">
        ${(['rollouts', 'prompts'] as const).map(
          (shows) =>
            html`<button
              aria-pressed=${this.choice?.shows === shows ? 'true' : 'false'}
              @click=${() => this.#ask({ shows })}
            >
              ${shows}
            </button>`,
        )}
      </span>
      <span role="status"
        >${isAsking ? 'Looking…' : `${figure(table.count)} of ${figure(table.total)} ${table.shows}`}</span
      >
      ${
        others === 0
          ? nothing
          : html`<button class="link" @click=${() => this.#do(host.request('refresh', {}))}>
              ${others > 0 ? `${figure(others)} more by now: show` : 'Some are gone by now: show'}
            </button>`
      }
      ${selected === 0 ? nothing : this.#selected(table, selected)}
      ${
        table.shows === 'prompts'
          ? nothing
          : html`<column-chooser
              .all=${all}
              .shown=${columns}
              @choose=${({ detail }: CustomEvent<string[] | null>) => this.#ask({ columns: detail })}
            ></column-chooser>`
      }
    </div>`;
  }

  #selected({ turn, shows }: ReadTable, count: number): TemplateResult {
    const places = { turn, stretches: this.selection.map(([from, to]): Stretch => [from, to]) };
    return selectionBar({
      ...{ shows, count },
      queue: () => this.#do(host.request('queue', places)),
      flag: (raised) => this.#do(host.request('flag', { ...places, raised })),
      tag: (on) => this.#do(host.request('tag', { ...places, on })),
      export: () => this.#do(host.request('export', places)),
      selectNone: () => (this.selection = []),
    });
  }

  #none({ line }: TableChoice): TemplateResult {
    const lacksTokens = /\b(?:tokens|length):/u.test(line);
    return html`<div class="none">
      <p>
        No rollout is so${this.choice?.shows === 'prompts' ? ', of whatever prompt' : ''}.
        ${lacksTokens ? 'Those without recorded tokens have no length in tokens: ask for characters.' : ''}
      </p>
      <button class="link" @click=${() => this.#ask({ line: '' })}>Show all</button>
    </div>`;
  }

  #complaintBox() {
    if (this.complaint === null) return nothing;
    return html`<p class="problem" role="alert">
      ${this.complaint} <button @click=${() => (this.complaint = null)} aria-label="Close this message">✕</button>
    </p>`;
  }

  #narrow({ field, range }: Narrowed): void {
    this.#ask({ line: printQuery(withRange(parseQuery(this.choice!.line), field, range)) });
  }

  #ask(change: Partial<TableChoice>): void {
    if (change.line !== undefined) this.bar?.forget();
    this.choice = { ...this.choice!, ...change };
    this.#do(host.request('ask', this.choice));
  }

  #do(request: Promise<unknown>): void {
    this.complaint = null;
    request.catch((error: unknown) => (this.complaint = errorText(error)));
  }
}

/** What a line asks of a histogram's number. */
function rangeIn(line: string, { field }: ShownHistogram): Range | null {
  const term = parseQuery(line).find((one) => isOfNumber(one, field));
  return term?.kind === 'number' ? term.range : null;
}

const bones = html`<div class="skeleton"></div>
  <div class="skeleton"></div>
  <div class="skeleton"></div>`;
