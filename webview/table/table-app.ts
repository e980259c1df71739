import { t } from '@vscode/l10n';
import { LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';
import { errorText } from '../../src/domain/error-text.ts';
import { numberText } from '../../src/domain/number-text.ts';
import { spreadFields, type SpreadField } from '../../src/domain/query-fields.ts';
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
import { allColumns, shownColumns, type Named } from './columns.ts';
import { promptColumns, shownPromptColumns } from './prompt-columns.ts';
import './query-bar.ts';
import type { QueryBar } from './query-bar.ts';
import './rollout-grid.ts';
import type { RolloutGrid } from './rollout-grid.ts';
import { RowBlocks } from './row-blocks.ts';
import { rowBar } from './row-bar.ts';
import { selectionBar } from './selection-bar.ts';
import { grown, selectedCount, type Selection } from './selection.ts';
import './spread-chart.ts';
import type { Narrowed } from './spread-chart.ts';
import { viewBar } from './view-bar.ts';

const host = new Host(tableProtocol, tablePageState);

/** The Rollouts table’s page: what is asked above, how numbers spread, and the rows. */
@customElement('table-app')
export class TableApp extends LitElement {
  static override styles = appStyles;

  @state() private choice: TableChoice | null = null;
  @state() private table: TableState | null = null;
  /** How numbers spread: what is not counted yet is as it was before; null before anything was. */
  @state() private spreads: readonly ShownHistogram[] | null = null;
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
    host.on('counted', ({ turn, count }) => this.#count(turn, count));
    host.on('spreads', ({ turn, histograms, isAll }) => {
      if (this.#isShown(turn)) this.spreads = isAll ? histograms : merged(this.spreads ?? [], histograms);
    });
    host.on('saved', (saved) => (this.saved = saved));
    host.on('parts', (parts) => (this.parts = parts));
    host.on('changed', ({ turn, total }) => {
      if (!this.#isShown(turn)) return;
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
    this.total = table.total;
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

  #isShown(turn: number): boolean {
    return this.table?.status === 'read' && this.table.turn === turn;
  }

  #count(turn: number, count: number): void {
    if (this.table?.status !== 'read' || this.table.turn !== turn) return;
    this.selection = grown(this.selection, this.table.rows.length, count);
    this.table = { ...this.table, count };
  }

  override updated(): void {
    if (this.table?.status !== 'read') return;
    const selection = this.selection.map(([from, to]): Stretch => [from, to]);
    host.setState({ version: 1, turn: this.table.turn, active: this.active, selection });
  }

  override render(): TemplateResult {
    const { table, choice } = this;
    if (!table || !choice)
      return html`<div class="bones" role="status" aria-label=${t('Loading rollouts')}>${bones}</div>`;
    if (table.status === 'failed') {
      return html`<div class="empty" role="alert">
        <h1>${t('Rollouts')}</h1>
        <p>${t('The rollouts cannot be shown: {0}', table.message)}</p>
        <vscode-button @click=${() => this.#do(host.request('refresh', {}))}>${t('Try Again')}</vscode-button>
      </div>`;
    }
    return table.total === 0 ? this.#empty(table) : this.#page(table, choice);
  }

  #empty({ prompts }: ReadTable): TemplateResult {
    return html`<main class="empty">
      <h1>${t('Rollouts')}</h1>
      ${this.#complaintBox()}
      <p>${t('No rollout yet. The table shows what a policy wrote, sorted and filtered as you like.')}</p>
      <vscode-button @click=${() => this.#do(host.request('import', {}))}>${t('Import Rollouts…')}</vscode-button>
      ${
        prompts === 0
          ? nothing
          : html`<vscode-button appearance="secondary" @click=${() => this.#ask({ line: '', shows: 'prompts' })}
              >${prompts === 1 ? t('Show the Prompt') : t('Show the {0} Prompts', numberText(prompts))}</vscode-button
            >`
      }
    </main>`;
  }

  #page(table: ReadTable, choice: TableChoice): TemplateResult {
    const length = this.#known(table).includes('tokens') ? 'tokens' : 'characters';
    const isPrompts = table.shows === 'prompts';
    const { all, shown } = this.#columns(table, choice);
    const sort = choice.shows === 'prompts' ? choice.promptSort : choice.sort;
    const isAsking =
      table.shows !== choice.shows || table.line !== choice.line || JSON.stringify(table.sort) !== JSON.stringify(sort);
    return html`<main aria-label=${t('Rollouts table')}>
      <h1 class="spoken">${t('Rollouts')}</h1>
      <div class="asked">
        <query-bar
          .line=${choice.line}
          @query=${({ detail }: CustomEvent<string>) => this.#ask({ line: detail })}
        ></query-bar>
        ${viewBar({
          ...{ choice, length, saved: this.saved },
          ask: (change) => this.#ask(change),
          save: () => this.#do(host.request('saveView', {})),
          forget: (name) => this.#do(host.request('forgetView', { name })),
        })}
        ${this.#complaintBox()}
        <div
          class="spreads ${this.spreads === null ? 'awaited' : ''}"
          @narrow=${({ detail }: CustomEvent<Narrowed>) => this.#narrow(detail)}
        >
          ${this.spreads?.map((one) => html`<spread-chart .shown=${one} .range=${rangeIn(choice.line, one)}></spread-chart>`)}
        </div>
        ${rowBar({
          ...{ table, shows: choice.shows, isAsking, total: this.total, all, shown },
          ask: (change) => this.#ask(change),
          refresh: () => this.#do(host.request('refresh', {})),
        })}
      </div>
      ${table.count === 0 ? this.#none(choice) : nothing}
      <rollout-grid
        ?hidden=${table.count === 0}
        class=${isAsking ? 'asking' : ''}
        .count=${table.count ?? table.rows.length}
        .name=${isPrompts ? t('Prompts') : t('Rollouts')}
        .columns=${shown}
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
      ${this.#selected(table)}
    </main>`;
  }

  /** Those that there are, and those that are shown. */
  #columns(table: ReadTable, choice: TableChoice): { all: readonly Named[]; shown: readonly Named[] } {
    if (table.shows === 'prompts') {
      const all = promptColumns(table.policies);
      return { all, shown: shownPromptColumns(all, choice.promptColumns) };
    }
    const all = allColumns(this.parts);
    return { all, shown: shownColumns(all, choice.columns, this.#known(table)) };
  }

  /** The numbers that some row has; of the first ones, until they are counted. */
  #known({ shows, rows }: ReadTable): SpreadField[] {
    if (this.spreads !== null) return this.spreads.map(({ field }) => field);
    if (shows === 'prompts') return [];
    return spreadFields.filter((field) => rows.some((row) => row !== null && row[field] !== null));
  }

  /** What can be done with the rows that are selected. */
  #selected({ turn, shows }: ReadTable) {
    const count = selectedCount(this.selection);
    if (count === 0) return nothing;
    const places = { turn, stretches: this.selection.map(([from, to]): Stretch => [from, to]) };
    return selectionBar({
      ...{ shows, count },
      queue: () => this.#do(host.request('queue', places)),
      flag: (raised) => this.#do(host.request('flag', { ...places, raised })),
      tag: (on) => this.#do(host.request('tag', { ...places, on })),
      export: () => this.#do(host.request('export', places)),
      startRun: () => this.#do(host.request('startRun', places)),
      selectNone: () => (this.selection = []),
    });
  }

  #none({ line }: TableChoice): TemplateResult {
    const lacksTokens = /\b(?:tokens|length):/u.test(line);
    return html`<div class="none">
      <p>
        ${this.choice?.shows === 'prompts' ? t('No rollout is so, of whatever prompt.') : t('No rollout is so.')}
        ${lacksTokens ? t('Those without recorded tokens have no length in tokens: ask for characters.') : ''}
      </p>
      <button class="link" @click=${() => this.#ask({ line: '' })}>${t('Show all')}</button>
    </div>`;
  }

  #complaintBox() {
    if (this.complaint === null) return nothing;
    return html`<p class="problem" role="alert">
      ${this.complaint} <button @click=${() => (this.complaint = null)} aria-label=${t('Close this message')}>✕</button>
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

/** What is known by now, with what was known before of the others. */
function merged(before: readonly ShownHistogram[], now: readonly ShownHistogram[]): ShownHistogram[] {
  return spreadFields.flatMap(
    (field) => now.find((one) => one.field === field) ?? before.find((one) => one.field === field) ?? [],
  );
}

const bones = html`<div class="skeleton"></div>
  <div class="skeleton"></div>
  <div class="skeleton"></div>`;
